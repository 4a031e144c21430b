//! Blocks of whole lines, cut out of a stream: where they end depends on the stream alone, not on how it was read.

use super::lines::LINE_LIMIT;

/// Most bytes of a block, more than a line has; it ends with the last line that fits in. Every log that is read side by side holds some
/// blocks for each thread.
pub const BLOCK: usize = 128 * 1024;

/// The block in the making.
#[derive(Debug, Default)]
pub struct Open {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Bytes of its last line so far.
    length: usize,
    /// The rest of an overlong line is passed over.
    passing: bool,
    /// Lines that lost their end.
    pub cut: u64,
}

impl Open {
    /// Takes some of the bytes, at most to the end of a line that is too long, or as many as there is room for; gives those that are left.
    pub fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.passing {
            let Some(newline) = memchr::memchr(b'\n', bytes) else { return &[] };
            self.passing = false;
            self.length = 0;
            self.bytes.push(b'\n');
            return &bytes[newline + 1..];
        }
        let room = (LINE_LIMIT - self.length).min(BLOCK - self.bytes.len());
        let (window, behind) = bytes.split_at(bytes.len().min(room));
        if let Some(newline) = memchr::memrchr(b'\n', window) {
            self.bytes.extend_from_slice(&window[..=newline]);
            self.length = 0;
            return &bytes[newline + 1..];
        }
        self.bytes.extend_from_slice(window);
        self.length += window.len();
        if self.length == LINE_LIMIT && !behind.is_empty() {
            self.passing = true;
            self.cut += u64::from(behind[0] != b'\n');
        }
        behind
    }

    /// Accepts the bytes from `start` on as they are, unless a line is too long or reaches its limit.
    pub fn accept(&mut self, start: usize) -> bool {
        let (mut at, mut length) = (start, self.length);
        while at < self.bytes.len() && !self.passing {
            let window = &self.bytes[at..self.bytes.len().min(at + LINE_LIMIT - length)];
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

    /// The block, once it is full; its last line without an end goes into the next one.
    pub fn seal(&mut self, spare: &mut Vec<Vec<u8>>) -> Option<Vec<u8>> {
        if self.bytes.len() < BLOCK {
            return None;
        }
        let end = memchr::memrchr(b'\n', &self.bytes)? + 1;
        let mut next = spare.pop().unwrap_or_else(|| Vec::with_capacity(BLOCK + 1));
        next.clear();
        next.extend_from_slice(&self.bytes[end..]);
        self.bytes.truncate(end);
        Some(std::mem::replace(&mut self.bytes, next))
    }
}
