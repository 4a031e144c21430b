//! Unpacks nested inputs down to their texts: plain, gzip, zstd, tar and zip.
//!
//! Nothing is written to disk, links are not followed, and everything that could grow without end has a
//! limit. What a limit or an error leaves out is reported, and what was read before it still counts.

mod zip_bomb_limits;

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::text::FoundText;
use crate::scan::RandomAccess;
pub use zip_bomb_limits::Limits;
use zip_bomb_limits::{Counted, Gated, Metered, too_large};

/// The format of a file according to its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileFormat {
    Text,
    Gzip,
    Zstd,
    Tar,
    Zip,
    /// A format that is not supported, and the program that reads it.
    Foreign(&'static str),
    Binary,
}

/// Bytes that decide the format: a tar header is one block.
const HEAD: usize = 512;
/// Signature of each entry in the list of a zip file (APPNOTE 4.3.12).
const LISTED: &[u8] = b"PK\x01\x02";
/// Memory for an entry of that list besides its names, in bytes; and the greatest length of an entry.
const ENTRY: (u64, usize) = (600, 46 + 3 * 65_535);
/// Longest file name that is shown, in bytes.
const SHOWN: usize = 1000;

/// Receives each text with its name, `archive.tar.gz: folder/file.log`.
pub type Each<'e> = dyn FnMut(&str, FoundText<'_>) -> io::Result<()> + 'e;

/// A walk through one input.
pub struct Walk<'e> {
    limits: Limits,
    each: &'e mut Each<'e>,
    out: Cell<u64>,
    raw: Cell<u64>,
    entries: u64,
    /// Bytes of zip files held in memory.
    held: u64,
    /// The input for random access, if it is available that way.
    parts: Option<&'e Arc<dyn RandomAccess>>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// Something in an input that was not passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The name of the file, or of the archive that was not read to its end.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Whether it is a link to something elsewhere.
    pub is_link: bool,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.name, self.reason)
    }
}

/// Returns an earlier read error again, once what was read before it is consumed.
pub struct Failing(pub Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

impl<'e> Walk<'e> {
    /// Starts a walk that passes its texts to `each`.
    pub fn new(limits: Limits, each: &'e mut Each<'e>) -> Self {
        Self {
            limits,
            each,
            out: Cell::new(0),
            raw: Cell::new(0),
            entries: 0,
            held: 0,
            parts: None,
            left_out: Vec::new(),
        }
    }

    /// Makes the input available for random access; nothing of it may have been read yet.
    #[must_use]
    pub fn in_parts(self, parts: Option<&'e Arc<dyn RandomAccess>>) -> Self {
        Self { parts, ..self }
    }

    /// Walks through an input; `named` is true if the user named it, so that it is read whatever it contains.
    ///
    /// # Errors
    /// [`io::Error`] if the input itself cannot be read or is truncated; an entry of an archive with an error
    /// is left out.
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
        let format = file_format(&head);
        let mut whole = Cursor::new(head).chain(Failing(failed)).chain(from);
        if depth >= self.limits.depth
            && !matches!(format, FileFormat::Text | FileFormat::Binary | FileFormat::Foreign(_))
        {
            self.leave_out(name, &format!("archives nested deeper than {}", self.limits.depth));
            return Ok(());
        }
        let parts = self.parts.filter(|_| depth == 0);
        match format {
            FileFormat::Text => (self.each)(name, FoundText { from: &mut whole, parts, is_binary: false }),
            FileFormat::Binary if named => {
                (self.each)(name, FoundText { from: &mut whole, parts, is_binary: true })
            }
            FileFormat::Binary => {
                self.leave_out(name, "binary file");
                Ok(())
            }
            FileFormat::Foreign(program) => {
                let reason = format!("its format is not read; `{program} -dc` and a pipe help");
                if named && depth == 0 {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
                self.leave_out(name, &reason);
                Ok(())
            }
            FileFormat::Gzip => {
                let raw = Cell::new(0);
                self.unpacked(
                    name,
                    &raw,
                    &mut flate2::read::MultiGzDecoder::new(Counted { inner: whole, count: &raw }),
                    named,
                    depth,
                )
            }
            FileFormat::Zstd => {
                let raw = Cell::new(0);
                let window = self.limits.windows[usize::from(depth > 0)];
                let mut decoder =
                    crate::snapshot::zstd_stream::decoder(Counted { inner: whole, count: &raw }, window)?;
                self.unpacked(name, &raw, &mut decoder, named, depth)
            }
            FileFormat::Tar => self.tar(name, &mut whole, depth),
            FileFormat::Zip => self.zip(name, &mut whole, depth),
        }
    }

    /// Returns a reader of a compressed layer that counts and limits its output.
    fn unpacked(
        &mut self,
        name: &str,
        raw: &Cell<u64>,
        from: &mut dyn Read,
        named: bool,
        depth: u32,
    ) -> io::Result<()> {
        let (out, own, limits) = (Cell::new(self.out.get()), Cell::new(0), self.limits);
        let mut metered = Metered { inner: from, raw, own: &own, out: &out, limits };
        let done = self.layer(name, &mut metered, named, depth + 1);
        self.out.set(out.get());
        done
    }

    fn tar(&mut self, name: &str, from: &mut dyn Read, depth: u32) -> io::Result<()> {
        let (at, end, names) = (Cell::new(0), Cell::new(self.limits.names), self.limits.names);
        let mut archive = tar::Archive::new(Gated { inner: from, at: &at, end: &end, names });
        let mut links = 0_u64;
        for entry in archive.entries()? {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.leave_out(name, &format!("the rest of the archive: {error}"));
                    break;
                }
            };
            // The file itself may be long; what is read to find the next one may not.
            end.set(end_of(&mut entry).saturating_add(names));
            let kind = entry.header().entry_type();
            if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
                links += u64::from(kind.is_symlink() || kind.is_hard_link());
                continue;
            }
            if !self.may_enter(name) {
                break;
            }
            let path =
                entry.path().map_or_else(|_| "?".to_owned(), |path| path.to_string_lossy().into_owned());
            // A sparse file is as large as it claims, whatever the archive contains of it.
            let (out, own, raw, limits) =
                (Cell::new(self.out.get()), Cell::new(0), Cell::new(u64::MAX / 2048), self.limits);
            let mut metered = Metered { inner: &mut entry, raw: &raw, own: &own, out: &out, limits };
            let done = self.entry(&label(name, &path), &mut metered, depth);
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
        let room = self.limits.zip.saturating_sub(self.held);
        from.take(room + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > room {
            return Err(too_large(&format!(
                "zip files that need more than {} MiB of memory",
                self.limits.zip >> 20
            )));
        }
        let cost = bytes.len() as u64 + cost_of_list(&bytes);
        if cost > room {
            return Err(too_large("a zip file with too many files"));
        }
        self.held += cost;
        let done = self.zip_entries(name, bytes, depth);
        self.held -= cost;
        done
    }

    fn zip_entries(&mut self, name: &str, bytes: Vec<u8>, depth: u32) -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(io::Error::from)?;
        let names: Vec<String> =
            (0..archive.len()).map(|index| archive.name_for_index(index).unwrap_or("?").to_owned()).collect();
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
                self.leave_out(
                    &label(name, entry.name()),
                    &format!("it would unpack to {promised} times its size"),
                );
                continue;
            }
            let (out, own, raw, limits) =
                (Cell::new(self.out.get()), Cell::new(0), Cell::new(entry.compressed_size()), self.limits);
            let label = label(name, entry.name());
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

    /// Reads one file of an archive. An error in it is recorded and does not end the walk; an exhausted limit
    /// does.
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

/// Returns the most memory that the list of a zip file may take, in bytes: each entry, and its names in
/// several copies.
fn cost_of_list(bytes: &[u8]) -> u64 {
    let mut starts = memchr::memmem::find_iter(bytes, LISTED).peekable();
    let mut cost = 0;
    while let Some(start) = starts.next() {
        let length = starts.peek().unwrap_or(&bytes.len()) - start;
        cost += ENTRY.0 + 4 * length.min(ENTRY.1) as u64;
    }
    cost
}

/// Returns the name of a file within an archive; the end of one that is longer than any file system allows is
/// cut off.
fn label(archive: &str, name: &str) -> String {
    match name.get(..name.floor_char_boundary(SHOWN)) {
        Some(begin) if begin.len() < name.len() => format!("{archive}: {begin}…"),
        _ => format!("{archive}: {name}"),
    }
}

/// Returns the end of a tar entry in the archive, rounded up to whole blocks.
fn end_of(entry: &mut tar::Entry<'_, impl Read>) -> u64 {
    let size = entry.header().entry_size().unwrap_or_default();
    let told = entry
        .pax_extensions()
        .ok()
        .flatten()
        .into_iter()
        .flatten()
        .flatten()
        .find(|told| told.key() == Ok("size"));
    let size = told.and_then(|told| told.value().ok()?.parse().ok()).unwrap_or(size);
    entry.raw_file_position().saturating_add(size).saturating_add(HEAD as u64)
}

fn file_format(head: &[u8]) -> FileFormat {
    match head {
        [0x1f, 0x8b, ..] => FileFormat::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => FileFormat::Zstd,
        [b'P', b'K', 3 | 5, 4 | 6, ..] => FileFormat::Zip,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => FileFormat::Foreign("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => FileFormat::Foreign("bzip2"),
        [b'7', b'z', 0xbc, 0xaf, ..] => FileFormat::Foreign("7z"),
        _ if head.get(257..262) == Some(b"ustar") => FileFormat::Tar,
        // The end of an archive, without any file before it.
        _ if head.len() == HEAD && head.iter().all(|byte| *byte == 0) => FileFormat::Tar,
        // UTF-16 has a zero in every other byte.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => FileFormat::Text,
        _ if head.contains(&0) => FileFormat::Binary,
        _ => FileFormat::Text,
    }
}

#[cfg(test)]
mod tests;
