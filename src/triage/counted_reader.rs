//! A reader that counts its bytes as they are read, for a progress display.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module.
pub struct CountedReader<'c, R> {
    /// What is read.
    pub from: R,
    /// Bytes read so far, from this and other readers.
    pub read: &'c AtomicU64,
}

impl<R: Read> Read for CountedReader<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_as_they_are_read() {
        let read = AtomicU64::new(1);
        let mut text = String::new();
        CountedReader { from: &b"twelve bytes"[..], read: &read }.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), read.into_inner()), ("twelve bytes", 13));
    }
}
