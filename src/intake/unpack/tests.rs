//! Valid, broken and hostile archives.

use std::io::Write;

use super::*;

/// Returns the texts with their names, what was left out, and whether the walk succeeded.
fn walked(bytes: &[u8], limits: Limits) -> (Vec<(String, usize)>, Vec<String>, bool) {
    let mut texts = Vec::new();
    let mut each = |name: &str, mut from: FoundText<'_>| {
        let mut text = Vec::new();
        let read = from.read_to_end(&mut text);
        texts.push((name.to_owned(), text.len()));
        read.map(|_| ())
    };
    let mut walk = Walk::new(limits, &mut each);
    let good = walk.input("in", &mut Cursor::new(bytes), true).is_ok();
    let left_out = walk.left_out.iter().map(ToString::to_string).collect();
    (texts, left_out, good)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        // Names that a careful writer would refuse.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn layers_come_off_in_any_order() {
    let inner = tarred(&[("a.log", b"hello"), ("b.log.gz", &gz(b"hello again"))]);
    for packed in [gz(&inner), zstd::encode_all(inner.as_slice(), 0).unwrap(), zipped(&[("x.tar", &inner)])] {
        let (texts, left_out, good) = walked(&packed, Limits::default());
        assert!(good && left_out.is_empty(), "{left_out:?}");
        assert_eq!(texts.iter().map(|(_, length)| *length).collect::<Vec<_>>(), [5, 11]);
        assert!(texts[0].0.ends_with("a.log"));
    }
}

#[test]
fn bombs_end_at_the_limit() {
    let zeros = vec![b'x'; 8 << 20];
    let limits = Limits { bytes: 4 << 20, ..Limits::default() };
    let (texts, _, good) = walked(&gz(&zeros), limits);
    assert!(!good && texts[0].1 <= 4 << 20);
    let (_, left_out, good) = walked(
        &zipped(&[("a", &zeros), ("b", b"later")]),
        Limits { free: 1 << 20, ratio: 100, ..Limits::default() },
    );
    assert!(good && left_out.iter().any(|said| said.contains(" times its size")), "{left_out:?}");
    let nested = (0..9).fold(b"text".to_vec(), |bytes, _| gz(&bytes));
    let (texts, left_out, _) = walked(&nested, Limits::default());
    assert!(texts.is_empty() && left_out[0].contains("deeper"), "{left_out:?}");
    let many: Vec<(String, &[u8])> = (0..30).map(|n| (format!("f{n}"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let (texts, left_out, _) = walked(&tarred(&many), Limits { entries: 10, ..Limits::default() });
    assert_eq!((texts.len(), left_out.len()), (10, 1));
}

#[test]
fn names_and_links_lead_nowhere() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "link", "/etc/passwd").unwrap();
    let mut bytes = builder.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend(tarred(&[("../../etc/cron.d/x", b"text")]));
    let (texts, left_out, good) = walked(&bytes, Limits::default());
    assert!(good && left_out[0].contains("links"), "{left_out:?}");
    assert_eq!(texts, [("in: ../../etc/cron.d/x".to_owned(), 4)]);
}

#[test]
fn broken_input_is_reported() {
    let packed = gz(&vec![b'y'; 100_000]);
    assert!(!walked(&packed[..packed.len() / 2], Limits::default()).2);
    assert!(!walked(b"PK\x03\x04garbage", Limits::default()).2);
    assert!(!walked(b"\xfd7zXZ\x00rest", Limits::default()).2);
    let (texts, _, good) = walked(b"\x00\x01\x02", Limits::default());
    assert!(good && texts.len() == 1);
    let (texts, left_out, _) = walked(&tarred(&[("core", b"\x7fELF\x00\x00")]), Limits::default());
    assert!(texts.is_empty() && left_out[0].contains("binary file"));
    let cut = tarred(&[("a", b"abc")]);
    let (texts, ..) = walked(&cut[..514], Limits::default());
    assert_eq!(texts.len(), 1);
}

/// Makes one tar header: kind, size, and the fields that old programs expect.
fn header(kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_path("x").unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_cksum();
    header
}

/// Returns a tar in which an endless entry precedes any file.
fn endless(kind: tar::EntryType, fill: u8) -> impl Read {
    Cursor::new(header(kind, 2 << 30).as_bytes().to_vec()).chain(io::repeat(fill))
}

#[test]
fn names_and_attributes_without_end_are_left() {
    for (kind, fill) in [
        (tar::EntryType::GNULongName, b'a'),
        (tar::EntryType::GNULongLink, b'/'),
        (tar::EntryType::XHeader, b'9'),
    ] {
        let read = Cell::new(0);
        let mut each = |_: &str, _: FoundText<'_>| Ok(());
        let mut walk = Walk::new(Limits::default(), &mut each);
        walk.input("in", &mut Counted { inner: endless(kind, fill), count: &read }, true).unwrap();
        assert!(
            walk.left_out[0].to_string().contains("names and attributes of more than 1024 KiB"),
            "{kind:?}: {:?}",
            walk.left_out
        );
        assert!(read.get() < 2 << 20, "{kind:?}: {}", read.get());
    }
    // An endless list of the parts of a sparse file.
    let mut sparse = header(tar::EntryType::GNUSparse, 0);
    sparse.as_gnu_mut().unwrap().set_is_extended(true);
    sparse.set_cksum();
    let read = Cell::new(0);
    let mut each = |_: &str, _: FoundText<'_>| Ok(());
    let mut walk = Walk::new(Limits::default(), &mut each);
    let parts = Cursor::new(sparse.as_bytes().to_vec()).chain(io::repeat(1));
    walk.input("in", &mut Counted { inner: parts, count: &read }, true).unwrap();
    assert!(
        walk.left_out[0].to_string().contains("the rest of the archive") && read.get() < 2 << 20,
        "{:?}",
        walk.left_out
    );
}

#[test]
fn long_names_and_large_files_that_real_archives_have_are_read() {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, size) in [("a/".repeat(300) + "b.log", 3 << 20), ("c.log".to_owned(), 5)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        builder.append_data(&mut header, name, io::repeat(b'x').take(size)).unwrap();
    }
    let (texts, left_out, good) = walked(&builder.into_inner().unwrap(), Limits::default());
    assert!(good && left_out.is_empty(), "{left_out:?}");
    assert_eq!(texts.iter().map(|(_, length)| *length).collect::<Vec<_>>(), [3 << 20, 5]);
}

#[test]
fn zip_files_share_their_memory() {
    let noise: String = (0..8000_u64)
        .map(|n| char::from(b'0' + u8::try_from(((n * n * 2_654_435_761) >> 13) & 63).unwrap()))
        .collect();
    let inner = zipped(&[("a.log", noise.as_bytes())]);
    let outer = zipped(&[("b.zip", &inner)]);
    let limits = |zip| Limits { zip, ..Limits::default() };
    assert_eq!(walked(&outer, limits(1 << 20)).0.len(), 1);
    // Enough for the outer one alone.
    let (texts, left_out, _) = walked(&outer, limits(outer.len() as u64 + 3500));
    assert!(texts.is_empty() && left_out[0].contains("zip file"), "{left_out:?}");
    let many: Vec<String> = (0..3000).map(|n| format!("f{n}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(!walked(&zipped(&many), limits(1 << 20)).2, "a list takes more than its bytes");
}

#[test]
fn a_window_of_zstd_is_limited() {
    let packed = |log| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(&vec![b'x'; 40 << 20]).unwrap();
        encoder.finish().unwrap()
    };
    assert!(walked(&packed(25), Limits::default()).2);
    assert!(!walked(&packed(27), Limits::default()).2);
    let (texts, left_out, _) = walked(&tarred(&[("a.log.zst", &packed(25))]), Limits::default());
    assert!(texts.iter().all(|(_, length)| *length == 0) && left_out.len() == 1, "{texts:?} {left_out:?}");
}
