//! What is read of a log: how much of it in full, and the lines that are passed on.

/// How much of a log is read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Bytes at its beginning.
    pub head: usize,
    /// Bytes at its end.
    pub tail: usize,
    /// Largest size of a log that is read in full, in bytes.
    pub short: usize,
}

impl Whole {
    /// Everything, however long the log is.
    pub const ALL: Self = Self { head: usize::MAX, tail: 0, short: usize::MAX };
}

/// A line that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'l> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, without the newline.
    pub bytes: &'l [u8],
    /// Whether it was picked from the middle, where its neighbours were skipped.
    pub picked: bool,
}
