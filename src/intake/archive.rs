//! Files within files: plain, gzip, zstd, tar and zip, nested, down to the texts in them.
//!
//! Nothing is written to disk, links are not followed, and every way to grow without end has a limit. What a limit or a
//! mistake leaves out is said, and what was read before it counts.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

pub use super::meter::Limits;
use super::meter::{Counted, Metered, too_large};
use super::text::FoundText;
use crate::scan::Parts;

/// What a file's first bytes say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Gzip,
    Zstd,
    Tar,
    Zip,
    /// A form that is not read, and the program that reads it.
    Foreign(&'static str),
    Binary,
}

/// Bytes that decide the form: a tar header is one block.
const HEAD: usize = 512;

/// Takes each text with its name, `archive.tar.gz: folder/file.log`.
pub type Each<'e> = dyn FnMut(&str, FoundText<'_>) -> io::Result<()> + 'e;

/// A walk through one input.
pub struct Walk<'e> {
    limits: Limits,
    each: &'e mut Each<'e>,
    out: Cell<u64>,
    raw: Cell<u64>,
    entries: u64,
    /// The input in parts, if it can be had so.
    parts: Option<&'e Arc<dyn Parts>>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// Something of an input that was not handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The name of the file, or of the archive whose rest it is.
    pub name: String,
    /// Why.
    pub reason: String,
    /// It only points to what is elsewhere.
    pub is_link: bool,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.name, self.reason)
    }
}

/// Fails where a reader failed before, once what came before that was read.
pub struct Failing(pub Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

impl<'e> Walk<'e> {
    /// Starts a walk that hands its texts to `each`.
    pub fn new(limits: Limits, each: &'e mut Each<'e>) -> Self {
        Self { limits, each, out: Cell::new(0), raw: Cell::new(0), entries: 0, parts: None, left_out: Vec::new() }
    }

    /// The input, of which nobody has read the beginning, can be had in parts.
    #[must_use]
    pub fn in_parts(self, parts: Option<&'e Arc<dyn Parts>>) -> Self {
        Self { parts, ..self }
    }

    /// Walks through an input; `named` is true for one that the user gave, whatever is in it.
    ///
    /// # Errors
    /// [`io::Error`] when the input itself cannot be read or was cut; a mistake in one entry of an archive is left out.
    pub fn input(&mut self, name: &str, from: &mut dyn Read, named: bool) -> io::Result<()> {
        let raw = Cell::new(0);
        let mut counted = Counted { inner: from, count: &raw };
        let raw_total = std::mem::replace(&mut self.raw, Cell::new(0));
        let done = self.layer(name, &mut counted, named, 0);
        self.raw = raw_total;
        done
    }

    fn layer(&mut self, name: &str, from: &mut dyn Read, named: bool, depth: u32) -> io::Result<()> {
        let mut head = Vec::with_capacity(HEAD);
        let failed = from.take(HEAD as u64).read_to_end(&mut head).err();
        if head.is_empty()
            && let Some(error) = failed
        {
            return Err(error);
        }
        let form = form(&head);
        let mut whole = Cursor::new(head).chain(Failing(failed)).chain(from);
        if depth >= self.limits.depth && !matches!(form, Form::Text | Form::Binary | Form::Foreign(_)) {
            self.leave_out(name, &format!("archives within archives, deeper than {}", self.limits.depth));
            return Ok(());
        }
        let parts = self.parts.filter(|_| depth == 0);
        match form {
            Form::Text => (self.each)(name, FoundText { from: &mut whole, parts, is_binary: false }),
            Form::Binary if named => (self.each)(name, FoundText { from: &mut whole, parts, is_binary: true }),
            Form::Binary => {
                self.leave_out(name, "no text");
                Ok(())
            }
            Form::Foreign(program) => {
                let reason = format!("its form is not read; `{program} -dc` and a pipe help");
                if named && depth == 0 {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
                self.leave_out(name, &reason);
                Ok(())
            }
            Form::Gzip => {
                let raw = Cell::new(0);
                self.unpacked(name, &raw, &mut flate2::read::MultiGzDecoder::new(Counted { inner: whole, count: &raw }), named, depth)
            }
            Form::Zstd => {
                let raw = Cell::new(0);
                let mut decoder = zstd::Decoder::new(Counted { inner: whole, count: &raw })?;
                self.unpacked(name, &raw, &mut decoder, named, depth)
            }
            Form::Tar => self.tar(name, &mut whole, depth),
            Form::Zip => self.zip(name, &mut whole, depth),
        }
    }

    /// A compressed layer, metered.
    fn unpacked(&mut self, name: &str, raw: &Cell<u64>, from: &mut dyn Read, named: bool, depth: u32) -> io::Result<()> {
        let (out, own, limits) = (Cell::new(self.out.get()), Cell::new(0), self.limits);
        let mut metered = Metered { inner: from, raw, own: &own, out: &out, limits };
        let done = self.layer(name, &mut metered, named, depth + 1);
        self.out.set(out.get());
        done
    }

    fn tar(&mut self, name: &str, from: &mut dyn Read, depth: u32) -> io::Result<()> {
        let mut archive = tar::Archive::new(from);
        let mut links = 0_u64;
        for entry in archive.entries()? {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.leave_out(name, &format!("the rest of the archive: {error}"));
                    break;
                }
            };
            let kind = entry.header().entry_type();
            if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
                links += u64::from(kind.is_symlink() || kind.is_hard_link());
                continue;
            }
            if !self.may_enter(name) {
                break;
            }
            let path = entry.path().map_or_else(|_| "?".to_owned(), |path| path.to_string_lossy().into_owned());
            // A sparse file is as large as it says, whatever the archive holds of it.
            let (out, own, raw, limits) = (Cell::new(self.out.get()), Cell::new(0), Cell::new(u64::MAX / 2048), self.limits);
            let mut metered = Metered { inner: &mut entry, raw: &raw, own: &own, out: &out, limits };
            let done = self.entry(&format!("{name}: {path}"), &mut metered, depth);
            self.out.set(out.get());
            if !done {
                break;
            }
        }
        if links > 0 {
            let reason = format!("links, which are not followed: {links}");
            self.left_out.push(LeftOut { name: name.to_owned(), reason, is_link: true });
        }
        Ok(())
    }

    fn zip(&mut self, name: &str, from: &mut dyn Read, depth: u32) -> io::Result<()> {
        let mut bytes = Vec::new();
        from.take(self.limits.zip + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > self.limits.zip {
            return Err(too_large(&format!("a zip file larger than {} MiB", self.limits.zip >> 20)));
        }
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(io::Error::from)?;
        let names: Vec<String> = (0..archive.len()).map(|index| archive.name_for_index(index).unwrap_or("?").to_owned()).collect();
        for index in 0..archive.len() {
            if !self.may_enter(name) {
                break;
            }
            let mut entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(error) => {
                    let label = format!("{name}: {}", names.get(index).map_or("?", String::as_str));
                    self.leave_out(&label, &error.to_string());
                    continue;
                }
            };
            if !entry.is_file() {
                continue;
            }
            let promised = entry.size() / entry.compressed_size().max(1);
            if entry.size() > self.limits.free && promised > self.limits.ratio {
                let label = format!("{name}: {}", entry.name());
                self.leave_out(&label, &format!("what unpacks to {promised} times its size is not read"));
                continue;
            }
            let (out, own, raw, limits) = (Cell::new(self.out.get()), Cell::new(0), Cell::new(entry.compressed_size()), self.limits);
            let label = format!("{name}: {}", entry.name());
            let mut metered = Metered { inner: &mut entry, raw: &raw, own: &own, out: &out, limits };
            let done = self.entry(&label, &mut metered, depth);
            self.out.set(out.get());
            if !done {
                break;
            }
        }
        Ok(())
    }

    fn may_enter(&mut self, name: &str) -> bool {
        self.entries += 1;
        if self.entries > self.limits.entries {
            self.leave_out(name, &format!("all files after the first {}", self.limits.entries));
        }
        self.entries <= self.limits.entries
    }

    /// One file of an archive; a mistake in it is said and does not end the walk, a used-up limit does.
    fn entry(&mut self, name: &str, from: &mut dyn Read, depth: u32) -> bool {
        if let Err(error) = self.layer(name, from, false, depth + 1) {
            self.leave_out(name, &error.to_string());
        }
        self.out.get() <= self.limits.bytes
    }

    fn leave_out(&mut self, name: &str, reason: &str) {
        self.left_out.push(LeftOut { name: name.to_owned(), reason: reason.to_owned(), is_link: false });
    }
}

fn form(head: &[u8]) -> Form {
    match head {
        [0x1f, 0x8b, ..] => Form::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Form::Zstd,
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Form::Zip,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Form::Foreign("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => Form::Foreign("bzip2"),
        [b'7', b'z', 0xbc, 0xaf, ..] => Form::Foreign("7z"),
        _ if head.get(257..262) == Some(b"ustar") => Form::Tar,
        // The end of an archive, without any file before it.
        _ if head.len() == HEAD && head.iter().all(|byte| *byte == 0) => Form::Tar,
        // UTF-16 has a zero in every other byte.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Form::Text,
        _ if head.contains(&0) => Form::Binary,
        _ => Form::Text,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Texts with their names, and what was left out.
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
        let (_, left_out, good) =
            walked(&zipped(&[("a", &zeros), ("b", b"later")]), Limits { free: 1 << 20, ratio: 100, ..Limits::default() });
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
    fn broken_input_is_said() {
        let packed = gz(&vec![b'y'; 100_000]);
        assert!(!walked(&packed[..packed.len() / 2], Limits::default()).2);
        assert!(!walked(b"PK\x03\x04garbage", Limits::default()).2);
        assert!(!walked(b"\xfd7zXZ\x00rest", Limits::default()).2);
        let (texts, _, good) = walked(b"\x00\x01\x02", Limits::default());
        assert!(good && texts.len() == 1);
        let (texts, left_out, _) = walked(&tarred(&[("core", b"\x7fELF\x00\x00")]), Limits::default());
        assert!(texts.is_empty() && left_out[0].contains("no text"));
        let cut = tarred(&[("a", b"abc")]);
        let (texts, ..) = walked(&cut[..514], Limits::default());
        assert_eq!(texts.len(), 1);
    }
}
