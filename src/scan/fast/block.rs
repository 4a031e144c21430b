//! Blocks of whole lines, cut from a stream: where they end depends on the stream alone, not on how it was
//! read.

use std::io::{self, Read};
use std::ops::{Deref, Range};

use super::super::lines::LINE_LIMIT;

/// Most bytes of a block, more than a line has; it ends with the last line that fits. Every log that is read
/// in parallel has several blocks for each thread.
pub const BLOCK: usize = 128 * 1024;

/// Bytes in a buffer that can be reused without being cleared.
#[derive(Debug)]
pub struct Block {
    room: Vec<u8>,
    length: usize,
    /// Its range in the stream before lines were truncated; only its last line may be truncated.
    pub place: Range<u64>,
}

impl Default for Block {
    fn default() -> Self {
        // An overlong line may have its newline just after the last byte that fits.
        Self { room: vec![0; BLOCK + 1], length: 0, place: 0..0 }
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.length]
    }
}

impl Block {
    /// Returns the offset of the first line that begins at or after a place of the stream.
    pub fn line_behind(&self, place: u64) -> usize {
        let offset = usize::try_from(place.saturating_sub(self.place.start)).unwrap_or(usize::MAX);
        match offset.checked_sub(1).map(|before| self.get(before..)) {
            None => 0,
            Some(behind) => behind
                .and_then(|behind| memchr::memchr(b'\n', behind))
                .map_or(self.len(), |newline| offset + newline),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.room[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Reads until the block is full or nothing is left.
    fn fill(&mut self, mut from: impl Read) -> io::Result<()> {
        while self.length < BLOCK {
            match from.read(&mut self.room[self.length..BLOCK]) {
                Ok(0) => break,
                Ok(length) => self.length += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The block under construction.
#[derive(Debug, Default)]
pub struct Open {
    block: Block,
    /// Bytes so far of its last line.
    length: usize,
    /// Whether the rest of an overlong line is being skipped.
    passing: bool,
    /// Whether its last line was overlong, so that no other may follow it.
    closed: bool,
    /// Number of truncated lines.
    pub cut: u64,
}

impl Open {
    /// Starts a block at the beginning of a line, at a place of a stream.
    pub fn at(place: u64, mut room: Block) -> Self {
        room.truncate(0);
        room.place = place..place;
        Self { block: room, length: 0, passing: false, closed: false, cut: 0 }
    }

    /// Takes bytes and passes on the blocks that are full.
    pub fn push(&mut self, mut bytes: &[u8], spare: &mut Vec<Block>, mut full: impl FnMut(Block)) {
        while !bytes.is_empty() {
            let left = self.take(bytes);
            self.block.place.end += (bytes.len() - left.len()) as u64;
            bytes = left;
            self.seal(spare).into_iter().for_each(&mut full);
        }
    }

    /// Reads as much as there is room for, without a copy unless a line is too long; returns how many bytes
    /// that were.
    ///
    /// # Errors
    /// [`io::Error`] of the reader.
    pub fn read(
        &mut self,
        from: impl Read,
        spare: &mut Vec<Block>,
        mut full: impl FnMut(Block),
    ) -> io::Result<usize> {
        let start = self.block.len();
        self.block.fill(from)?;
        let length = self.block.len() - start;
        if self.accept(start) {
            self.block.place.end += length as u64;
            self.seal(spare).into_iter().for_each(full);
        } else {
            let bytes = self.block[start..].to_vec();
            self.block.truncate(start);
            self.push(&bytes, spare, &mut full);
        }
        Ok(length)
    }

    /// Returns what is left at the end: lines, the last of which may have no newline.
    pub fn finish(self) -> Block {
        self.block
    }

    /// Takes some of the bytes, at most to the end of a line that is too long, or as many as there is room
    /// for; returns the rest.
    fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.passing {
            let Some(newline) = memchr::memchr(b'\n', bytes) else { return &[] };
            self.passing = false;
            self.closed = true;
            self.length = 0;
            self.block.push(b"\n");
            return &bytes[newline + 1..];
        }
        let room = (LINE_LIMIT - self.length).min(BLOCK - self.block.len());
        let (window, behind) = bytes.split_at(bytes.len().min(room));
        if let Some(newline) = memchr::memrchr(b'\n', window) {
            self.block.push(&window[..=newline]);
            self.length = 0;
            return &bytes[newline + 1..];
        }
        self.block.push(window);
        self.length += window.len();
        if self.length == LINE_LIMIT && !behind.is_empty() {
            self.passing = true;
            self.cut += u64::from(behind[0] != b'\n');
        }
        behind
    }

    /// Accepts the bytes from `start` on as they are, unless a line is too long or reaches the limit.
    fn accept(&mut self, start: usize) -> bool {
        let (mut at, mut length) = (start, self.length);
        while at < self.block.len() && !self.passing {
            let window = &self.block[at..self.block.len().min(at + LINE_LIMIT - length)];
            let newline = memchr::memrchr(b'\n', window);
            at += newline.map_or(window.len(), |newline| newline + 1);
            length = newline.map_or(length + window.len(), |_| 0);
            if length == LINE_LIMIT {
                return false;
            }
        }
        self.length = length;
        !self.passing
    }

    /// Returns the block once it is full or closed; an unfinished last line moves to the next one.
    fn seal(&mut self, spare: &mut Vec<Block>) -> Option<Block> {
        let end = match std::mem::take(&mut self.closed) {
            true => self.block.len(),
            false if self.block.len() < BLOCK => return None,
            false => memchr::memrchr(b'\n', &self.block)? + 1,
        };
        let mut next = spare.pop().unwrap_or_default();
        next.truncate(0);
        next.push(&self.block[end..]);
        let place = self.block.place.end;
        self.block.place.end -= next.len() as u64;
        next.place = self.block.place.end..place;
        self.block.truncate(end);
        Some(std::mem::replace(&mut self.block, next))
    }
}
