//! A source of text: read from beginning to end and, if it is a file, elsewhere at the same time.

use std::io::{self, Read};
use std::sync::Arc;

use crate::scan::RandomAccess;

/// A text that is read from beginning to end.
pub trait TextSource: Read {
    /// Returns the same bytes for random access, if they are available that way.
    fn parts(&self) -> Option<&Arc<dyn RandomAccess>> {
        None
    }

    /// Returns whether its beginning contains bytes that do not occur in text.
    fn is_binary(&self) -> bool {
        false
    }
}

impl TextSource for &[u8] {}
impl TextSource for io::Empty {}

/// A text that was found in an input.
pub struct FoundText<'t> {
    /// The reader of the text.
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
