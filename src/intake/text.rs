//! A text on its way in: read from its beginning to its end and, if it is a file, elsewhere meanwhile.

use std::io::{self, Read};
use std::sync::Arc;

use crate::scan::RandomAccess;

/// A text that is read from its beginning to its end.
pub trait TextSource: Read {
    /// Returns the same, byte for byte, in parts, if it can be had so.
    fn parts(&self) -> Option<&Arc<dyn RandomAccess>> {
        None
    }

    /// Returns whether its beginning holds bytes that no text has.
    fn is_binary(&self) -> bool {
        false
    }
}

impl TextSource for &[u8] {}
impl TextSource for io::Empty {}

/// A text that was found in an input.
pub struct FoundText<'t> {
    /// What is read.
    pub from: &'t mut dyn Read,
    /// See [`TextSource::parts`].
    pub parts: Option<&'t Arc<dyn RandomAccess>>,
    /// See [`TextSource::is_binary`].
    pub is_binary: bool,
}

impl Read for FoundText<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from.read(buffer)
    }
}

impl TextSource for FoundText<'_> {
    fn parts(&self) -> Option<&Arc<dyn RandomAccess>> {
        self.parts
    }

    fn is_binary(&self) -> bool {
        self.is_binary
    }
}
