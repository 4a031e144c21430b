//! Logs of which any part can be read at any time and by any thread: a thread that sifts what it read itself
//! still has it in its cache.

use std::fmt::Debug;
use std::io::{self, Read};
use std::ops::Range;

use super::block::{BLOCK, Block, Open};

/// Distance between the beginnings of two parts, in bytes: with its last line, a part mostly fits into a
/// block.
pub const PART: usize = BLOCK - BLOCK / 8;
/// Bytes read at once when searching for the beginning of a line.
const GLANCE: usize = 512;

/// A log, such as a file, that one thread reads from its beginning and others may read elsewhere at the same
/// time.
pub trait RandomAccess: Debug + Send + Sync {
    /// Returns its current length in bytes.
    ///
    /// # Errors
    /// [`io::Error`] of the underlying file.
    fn length(&self) -> io::Result<u64>;

    /// Reads at a place; returns the number of bytes, 0 after the end.
    ///
    /// # Errors
    /// [`io::Error`] of the underlying file.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;

    /// Makes the sequential reader skip these bytes.
    ///
    /// # Errors
    /// [`io::Error`] of the underlying file.
    fn pass(&self, bytes: Range<u64>) -> io::Result<()>;
}

/// Returns the beginning of the first line that begins at or after `from`; `None` if none begins before
/// `end`.
///
/// # Errors
/// [`io::Error`] of the log.
pub fn line_behind(log: &dyn RandomAccess, from: u64, end: u64) -> io::Result<Option<u64>> {
    let Some(mut at) = from.checked_sub(1) else { return Ok((end > 0).then_some(0)) };
    let mut bytes = vec![0; GLANCE];
    while at < end {
        let length = read_at(log, &mut bytes, at)?;
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

/// Returns the lines that begin within a part of a log, as blocks, and how many of them were truncated.
///
/// # Errors
/// [`io::Error`] of the log.
pub fn lines_of(log: &dyn RandomAccess, part: Range<u64>, room: Block) -> io::Result<(Vec<Block>, u64)> {
    let Some(start) = line_behind(log, part.start, part.end)? else {
        return Ok((vec![Open::at(part.start, room).finish()], 0));
    };
    let (mut open, mut spare, mut blocks) = (Open::at(start, room), Vec::new(), Vec::new());
    let mut lines = LineReader { log, at: start, end: part.end, ended: false };
    while open.read(&mut lines, &mut spare, |block| blocks.push(block))? > 0 {}
    let cut = open.cut;
    blocks.push(open.finish());
    Ok((blocks, cut))
}

/// Reads from the beginning of a line to the end of the last line that begins before `end`.
struct LineReader<'l> {
    log: &'l dyn RandomAccess,
    at: u64,
    end: u64,
    ended: bool,
}

impl Read for LineReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        // Of what follows the end, usually only a little is needed.
        let left = self.end.saturating_sub(self.at);
        let wanted = if left == 0 {
            into.len()
        } else {
            usize::try_from(left).unwrap_or(usize::MAX).saturating_add(GLANCE).min(into.len())
        };
        let length = read_at(self.log, &mut into[..wanted], self.at)?;
        // The newline of the last line is the first one after the byte before the end.
        let before =
            usize::try_from((self.end - 1).saturating_sub(self.at)).unwrap_or(usize::MAX).min(length);
        let newline = memchr::memchr(b'\n', &into[before..length]);
        let length = newline.map_or(length, |newline| before + newline + 1);
        self.ended = newline.is_some();
        self.at += length as u64;
        Ok(length)
    }
}

/// Reads a part of a log unchanged.
#[derive(Debug)]
pub struct PartReader<'l> {
    log: &'l dyn RandomAccess,
    left: Range<u64>,
}

impl<'l> PartReader<'l> {
    /// Starts reading the bytes in a range of a log.
    pub fn new(log: &'l dyn RandomAccess, left: Range<u64>) -> Self {
        Self { log, left }
    }
}

impl Read for PartReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left.end.saturating_sub(self.left.start))
            .unwrap_or(usize::MAX)
            .min(into.len());
        let length = read_at(self.log, &mut into[..wanted], self.left.start)?;
        self.left.start += length as u64;
        Ok(length)
    }
}

/// Reads at a place, and again if a signal interrupted the call.
fn read_at(log: &dyn RandomAccess, into: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match log.read_at(into, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::lines::LINE_LIMIT;

    impl RandomAccess for Vec<u8> {
        fn length(&self) -> io::Result<u64> {
            Ok(self.len() as u64)
        }

        fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
            self.get(usize::try_from(at).unwrap()..).unwrap_or_default().read(into)
        }

        fn pass(&self, _: Range<u64>) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns the lines of all parts of a log, and how many of them were truncated.
    fn in_parts(bytes: &[u8], size: usize) -> (Vec<u8>, u64) {
        let (log, mut lines, mut cut, mut room) = (bytes.to_vec(), Vec::new(), 0, Block::default());
        for at in (0..bytes.len() as u64).step_by(size) {
            let (blocks, lost) = lines_of(&log, at..at + size as u64, room).unwrap();
            room = Block::default();
            cut += lost;
            for block in blocks {
                assert!(block.is_empty() || block.place.start >= at && block.place.start < at + size as u64);
                assert!(
                    block.is_empty()
                        || bytes[..usize::try_from(block.place.start).unwrap()]
                            .last()
                            .is_none_or(|before| *before == b'\n')
                );
                lines.extend_from_slice(&block);
                // The next part gets a buffer that is not empty.
                room = block;
            }
        }
        (lines, cut)
    }

    #[test]
    fn a_line_begins_behind_a_newline() {
        let log = b"ab\n\ncd".to_vec();
        let begins = |from, end| line_behind(&log, from, end).unwrap();
        assert_eq!(
            [begins(0, 6), begins(1, 6), begins(3, 6), begins(4, 6)],
            [Some(0), Some(3), Some(3), Some(4)]
        );
        assert_eq!([begins(5, 6), begins(1, 3), begins(0, 0), begins(9, 12)], [None; 4]);
    }

    #[test]
    fn long_lines_lose_their_end_once() {
        let text = [
            vec![b'x'; 5 * LINE_LIMIT],
            b"\nshort\n".to_vec(),
            vec![b'y'; LINE_LIMIT],
            b"\n".to_vec(),
            vec![b'z'; LINE_LIMIT + 1],
        ]
        .concat();
        let kept = [
            &vec![b'x'; LINE_LIMIT][..],
            b"\nshort\n",
            &vec![b'y'; LINE_LIMIT],
            b"\n",
            &vec![b'z'; LINE_LIMIT],
        ]
        .concat();
        for size in [1000, LINE_LIMIT, PART] {
            let (lines, cut) = in_parts(&text, size);
            assert!((lines == kept, cut) == (true, 2), "parts of {size}: {} bytes, {cut} cut", lines.len());
        }
    }

    #[test]
    fn a_log_that_became_shorter_just_ends() {
        let (blocks, _) = lines_of(&b"one\ntwo".to_vec(), 0..100, Block::default()).unwrap();
        assert_eq!(&blocks[0][..], b"one\ntwo");
        assert!(lines_of(&b"one\n".to_vec(), 50..100, Block::default()).unwrap().0[0].is_empty());
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_part(text in "[a-c\\n]{0,80}", size in 1usize..40) {
            prop_assert_eq!(in_parts(text.as_bytes(), size), (text.into_bytes(), 0));
        }
    }
}
