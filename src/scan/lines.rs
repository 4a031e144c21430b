//! Bytes to lines: chunk boundaries anywhere, CR LF, overwritten lines, escape sequences, invalid UTF-8,
//! lines without end.

use std::borrow::Cow;

/// Longest line that is kept, in bytes; the rest of a longer line is dropped and counted.
pub const LINE_LIMIT: usize = 64 * 1024;

/// Splits a byte stream into lines.
#[derive(Debug, Default)]
pub struct LineSplitter {
    pending: Vec<u8>,
    number: u64,
    overlong: bool,
    /// Number of lines that were truncated.
    pub cut: u64,
}

impl LineSplitter {
    /// Takes the next bytes and passes every line that they complete to `each`, with its number from 1.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(u64, &[u8])) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.keep(&bytes[..end]);
            self.emit(&mut each);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// Passes on a last line without newline.
    pub fn finish(&mut self, mut each: impl FnMut(u64, &[u8])) {
        if !self.pending.is_empty() {
            self.emit(&mut each);
        }
    }

    /// Returns the number of lines passed on so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.number
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_LIMIT.saturating_sub(self.pending.len());
        self.overlong |= bytes.len() > room;
        self.pending.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn emit(&mut self, each: &mut impl FnMut(u64, &[u8])) {
        self.number += 1;
        self.cut += u64::from(std::mem::take(&mut self.overlong));
        each(self.number, &self.pending);
        self.pending.clear();
    }
}

/// Returns one line as text: escape sequences (colours, OSC), carriage returns and control characters are
/// removed, invalid UTF-8 is replaced.
///
/// Text that a carriage return overwrites on a terminal is kept, separated by a space: it was part of the
/// output.
#[must_use]
pub fn clean(line: &[u8]) -> Cow<'_, str> {
    if let Some(plain) = plain(line) {
        return Cow::Borrowed(plain.trim_end());
    }
    let stripped =
        if line.contains(&0x1b) { anstream::adapter::strip_bytes(line).into_vec() } else { line.to_vec() };
    let text = String::from_utf8_lossy(&stripped);
    let visible =
        text.chars().map(|c| if c == '\t' || c == '\r' { ' ' } else { c }).filter(|c| !is_hidden(*c));
    let mut visible: String = visible.collect();
    visible.truncate(visible.trim_end().len());
    Cow::Owned(visible)
}

/// Returns the text of a line in which nothing needs to be removed: printable ASCII.
fn plain(line: &[u8]) -> Option<&str> {
    // Written so that the compiler vectorises it.
    let odd = line.iter().fold(false, |odd, byte| odd | !(0x20..0x7f).contains(byte));
    if odd { None } else { std::str::from_utf8(line).ok() }
}

/// Returns whether a terminal acts on a character or it changes how text reads: control characters and
/// bidirectional overrides.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<(u64, Vec<u8>)> {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, |n, line| lines.push((n, line.to_vec())));
        }
        splitter.finish(|n, line| lines.push((n, line.to_vec())));
        lines
    }

    #[test]
    fn escape_sequences_of_systemd_are_taken_out() {
        let line = b"\x1b]3008;start=abc;x=y\x1b\\[\x1b[0;1;38:5:185m!!!!!!\x1b[0m] Failed to mount API \
            filesystems.\r";
        assert_eq!(clean(line), "[!!!!!!] Failed to mount API filesystems.");
        assert_eq!(clean(b"\x1b[0;1;31mFailed to mount\x1b[0m x\x07\x00"), "Failed to mount x");
        assert_eq!(clean(b"caf\xe9 \xff"), "caf\u{fffd} \u{fffd}");
    }

    #[test]
    fn a_line_without_end_is_cut_and_counted() {
        let mut splitter = LineSplitter::default();
        let mut longest = 0;
        for _ in 0..4 {
            splitter.push(&vec![b'x'; LINE_LIMIT], |_, line| longest = line.len());
        }
        splitter.push(b"\n", |_, line| longest = line.len());
        assert_eq!((longest, splitter.cut), (LINE_LIMIT, 1));
    }

    proptest! {
        #[test]
        fn chunk_edges_do_not_matter(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..400) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(split(&[&bytes]), split(&[&bytes[..cut], &bytes[cut..]]));
        }

        #[test]
        fn no_terminal_control_sequence_is_left(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(clean(&bytes).chars().all(|c| !c.is_control()));
        }
    }
}
