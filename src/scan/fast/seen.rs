//! What is read of a log: how much of it whole, and a line that is handed on.

/// How much of a log is read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Bytes at its beginning.
    pub head: usize,
    /// Bytes at its end.
    pub tail: usize,
    /// Bytes of a log that is short enough to be read from beginning to end.
    pub short: usize,
}

impl Whole {
    /// All of it, however long it is.
    pub const ALL: Self = Self { head: usize::MAX, tail: 0, short: usize::MAX };
}

/// A line that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'l> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, without the newline.
    pub bytes: &'l [u8],
    /// Whether it was picked out of the middle, where its neighbours were passed over.
    pub picked: bool,
}
