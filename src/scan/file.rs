//! Parts of a file, read at any place and by any thread: a thread that sifts what it read itself has it in its own cache.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::{BLOCK, Block, Open};

/// Bytes from the beginning of one part to that of the next: with its last line a part mostly fits into a block.
pub const PART: usize = BLOCK - BLOCK / 8;
/// Bytes that are read at once where the beginning of a line is looked for.
const GLANCE: usize = 512;

/// A regular file that is read from its beginning to its end, and may be read elsewhere meanwhile.
#[derive(Debug)]
pub struct PlainFile<'f> {
    file: Arc<File>,
    /// Counts the bytes that are passed over by whoever reads it from its beginning.
    read: &'f AtomicU64,
}

impl<'f> PlainFile<'f> {
    /// The file behind a reader that has just been opened, with one who counts what is read; `None` for a pipe and the like.
    #[must_use]
    pub fn new(file: &File, read: &'f AtomicU64) -> Option<Self> {
        let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        // It shares its position with the reader.
        let file = regular.then(|| file.try_clone().ok()).flatten()?;
        Some(Self { file: Arc::new(file), read })
    }

    /// Its length now, in bytes.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// To be read by another thread.
    pub(super) fn shared(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Lets the reader go on at another place, so many bytes further on.
    pub(super) fn pass(&self, place: Range<u64>) -> io::Result<()> {
        (&*self.file).seek(SeekFrom::Start(place.end))?;
        self.read.fetch_add(place.end - place.start, Ordering::Relaxed);
        Ok(())
    }
}

/// Where the first line that begins at `from` or behind it does so; `None` where none begins before `end`.
///
/// # Errors
/// [`io::Error`] of the file.
pub fn line_behind(file: &File, from: u64, end: u64) -> io::Result<Option<u64>> {
    let Some(mut at) = from.checked_sub(1) else { return Ok((end > 0).then_some(0)) };
    let mut bytes = vec![0; GLANCE];
    while at < end {
        let length = read_at(file, &mut bytes, at)?;
        if let Some(newline) = memchr::memchr(b'\n', &bytes[..length]) {
            let begins = at + newline as u64 + 1;
            return Ok((begins < end).then_some(begins));
        }
        if length == 0 {
            break;
        }
        at += length as u64;
        // A long line.
        bytes.resize(BLOCK, 0);
    }
    Ok(None)
}

/// The lines that begin within a part of a file, as blocks, and how many of them lost their end.
///
/// # Errors
/// [`io::Error`] of the file.
pub fn lines_of(file: &File, part: Range<u64>, room: Block) -> io::Result<(Vec<Block>, u64)> {
    let Some(start) = line_behind(file, part.start, part.end)? else {
        return Ok((vec![Open::at(part.start, room).finish()], 0));
    };
    let (mut open, mut spare, mut blocks) = (Open::at(start, room), Vec::new(), Vec::new());
    let mut lines = Lines { file, at: start, end: part.end, ended: false };
    while open.read(&mut lines, &mut spare, |block| blocks.push(block))? > 0 {}
    let cut = open.cut;
    blocks.push(open.finish());
    Ok((blocks, cut))
}

/// Reads from the beginning of a line to the end of the last line that begins before `end`.
struct Lines<'f> {
    file: &'f File,
    at: u64,
    end: u64,
    ended: bool,
}

impl Read for Lines<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        // Of what lies behind the end not much is needed, mostly.
        let left = self.end.saturating_sub(self.at);
        let wanted =
            if left == 0 { into.len() } else { usize::try_from(left).unwrap_or(usize::MAX).saturating_add(GLANCE).min(into.len()) };
        let length = read_at(self.file, &mut into[..wanted], self.at)?;
        // The newline of the last line is the first one behind the byte before the end.
        let before = usize::try_from((self.end - 1).saturating_sub(self.at)).unwrap_or(usize::MAX).min(length);
        let newline = memchr::memchr(b'\n', &into[before..length]);
        let length = newline.map_or(length, |newline| before + newline + 1);
        self.ended = newline.is_some();
        self.at += length as u64;
        Ok(length)
    }
}

/// Reads a part of a file as it is.
#[derive(Debug)]
pub struct Part<'f> {
    file: &'f File,
    left: Range<u64>,
}

impl<'f> Part<'f> {
    /// The bytes of a file from one place to another.
    pub fn new(file: &'f File, left: Range<u64>) -> Self {
        Self { file, left }
    }
}

impl Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left.end.saturating_sub(self.left.start)).unwrap_or(usize::MAX).min(into.len());
        let length = read_at(self.file, &mut into[..wanted], self.left.start)?;
        self.left.start += length as u64;
        Ok(length)
    }
}

/// Reads at a place, again where a signal came in between.
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match file.read_at(into, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::scan::lines::LINE_LIMIT;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// The lines of all parts of a file, and how many of them lost their end.
    fn in_parts(bytes: &[u8], size: usize) -> (Vec<u8>, u64) {
        let (file, mut lines, mut cut, mut room) = (file(bytes), Vec::new(), 0, Block::default());
        for at in (0..bytes.len() as u64).step_by(size) {
            let (blocks, lost) = lines_of(&file, at..at + size as u64, room).unwrap();
            room = Block::default();
            cut += lost;
            for block in blocks {
                assert!(block.is_empty() || block.place.start >= at && block.place.start < at + size as u64);
                assert!(
                    block.is_empty() || bytes[..usize::try_from(block.place.start).unwrap()].last().is_none_or(|before| *before == b'\n')
                );
                lines.extend_from_slice(&block);
                // The next part gets room that is not empty.
                room = block;
            }
        }
        (lines, cut)
    }

    #[test]
    fn a_line_begins_behind_a_newline() {
        let file = file(b"ab\n\ncd");
        let begins = |from, end| line_behind(&file, from, end).unwrap();
        assert_eq!([begins(0, 6), begins(1, 6), begins(3, 6), begins(4, 6)], [Some(0), Some(3), Some(3), Some(4)]);
        assert_eq!([begins(5, 6), begins(1, 3), begins(0, 0), begins(9, 12)], [None; 4]);
    }

    #[test]
    fn long_lines_lose_their_end_once() {
        let text = [vec![b'x'; 5 * LINE_LIMIT], b"\nshort\n".to_vec(), vec![b'y'; LINE_LIMIT], b"\n".to_vec(), vec![b'z'; LINE_LIMIT + 1]]
            .concat();
        let kept = [&vec![b'x'; LINE_LIMIT][..], b"\nshort\n", &vec![b'y'; LINE_LIMIT], b"\n", &vec![b'z'; LINE_LIMIT]].concat();
        for size in [1000, LINE_LIMIT, PART] {
            let (lines, cut) = in_parts(&text, size);
            assert!((lines == kept, cut) == (true, 2), "parts of {size}: {} bytes, {cut} cut", lines.len());
        }
    }

    #[test]
    fn a_file_that_became_shorter_just_ends() {
        let (blocks, _) = lines_of(&file(b"one\ntwo"), 0..100, Block::default()).unwrap();
        assert_eq!(&blocks[0][..], b"one\ntwo");
        assert!(lines_of(&file(b"one\n"), 50..100, Block::default()).unwrap().0[0].is_empty());
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_part(text in "[a-c\\n]{0,80}", size in 1usize..40) {
            prop_assert_eq!(in_parts(text.as_bytes(), size), (text.into_bytes(), 0));
        }
    }
}
