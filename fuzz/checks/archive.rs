//! Any archive is walked through to its end, within its limits, the same way each time.

use std::io::{Cursor, Read, Write};

use flate2::write::GzEncoder;
use sysdock::intake::FoundText;
use sysdock::intake::unpack::{Limits, Walk};

/// Small, so that a few bytes reach them.
const LIMITS: Limits = Limits {
    bytes: 1 << 20,
    ratio: 50,
    free: 16 << 10,
    entries: 20,
    depth: 4,
    zip: 1 << 20,
    names: 1 << 16,
    windows: [23, 20],
};
/// Bytes that a reader may take beyond a limit before it is told.
const BUFFER: u64 = 64 << 10;

/// Walks through the bytes, and through the archive that they make.
///
/// # Panics
/// When more comes out than may, or not the same twice.
pub fn check(bytes: &[u8]) {
    same_twice(bytes);
    if let [how, rest @ ..] = bytes {
        let mut packed = packed(rest);
        // Broken a little, at times.
        if how % 2 == 1 && !packed.is_empty() {
            let at = usize::from(*how) * 7 % packed.len();
            packed[at] ^= 1 << (how % 8);
        }
        packed.truncate(if how % 16 == 2 { packed.len() / 2 } else { packed.len() });
        same_twice(&packed);
    }
}

/// Texts with their lengths, what was left out, and whether the walk came to its end.
type Walked = (Vec<(String, u64)>, Vec<String>, bool);

fn same_twice(bytes: &[u8]) {
    assert_eq!(walked(bytes), walked(bytes));
}

fn walked(bytes: &[u8]) -> Walked {
    let mut texts: Vec<(String, u64)> = Vec::new();
    let mut each = |name: &str, from: FoundText<'_>| {
        let mut text = Vec::new();
        let read = from.take(2 * LIMITS.bytes).read_to_end(&mut text);
        texts.push((name.to_owned(), text.len() as u64));
        read.map(|_| ())
    };
    let mut walk = Walk::new(LIMITS, &mut each);
    let is_whole = walk.input("in", &mut Cursor::new(bytes), true).is_ok();
    let left_out = walk.left_out.iter().map(ToString::to_string).collect();
    let out: u64 = texts.iter().map(|(_, length)| length).sum();
    assert!(out <= LIMITS.bytes + bytes.len() as u64 + BUFFER, "{out} bytes came out of {}", bytes.len());
    assert!(
        texts.len() as u64 <= LIMITS.entries && texts.iter().all(|(name, _)| name.starts_with("in")),
        "{texts:?}"
    );
    (texts, left_out, is_whole)
}

/// An archive: a byte names a form and goes around what came before, or adds a file to it.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut inner = b"text\n".to_vec();
    for (at, pair) in bytes.chunks_exact(2).take(12).enumerate() {
        let number = usize::from(pair[1]);
        match pair[0] % 8 {
            0 => inner = gz(&inner),
            1 => inner = zstd::encode_all(inner.as_slice(), 0).expect("memory can be written"),
            2 => inner = tarred(&std::mem::take(&mut files), &inner),
            3 => inner = zipped(&std::mem::take(&mut files), &inner),
            4 => inner = b"0123456789abcdef".repeat(1 + number * number),
            5 => files.push((format!("{at}/../f{number}"), inner.clone())),
            6 => files.push(("x".repeat(1 + number), b"line\n".repeat(number))),
            _ => inner = [inner.clone(), inner].concat(),
        }
        inner.truncate(4 << 20);
    }
    inner
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn tarred(files: &[(String, Vec<u8>)], inner: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let all = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in all.chain([("inner", inner)]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // A name that leads out is refused by the writer; then it is written as it is.
        if builder.append_data(&mut header, name, bytes).is_err() {
            let room = &mut header.as_old_mut().name;
            let length = name.len().min(room.len());
            room[..length].copy_from_slice(&name.as_bytes()[..length]);
            header.set_cksum();
            builder.append(&header, bytes).expect("memory can be written");
        }
    }
    builder.into_inner().expect("memory can be written")
}

fn zipped(files: &[(String, Vec<u8>)], inner: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let all = files.iter().enumerate().map(|(at, (name, bytes))| (format!("{at}{name}"), bytes.as_slice()));
    for (name, bytes) in all.chain([("inner".to_owned(), inner)]) {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory can be written");
        writer.write_all(bytes).expect("memory can be written");
    }
    writer.finish().expect("memory can be written").into_inner()
}
