//! Limits of what comes out of an input: counted, and stopped beyond a limit.

use std::cell::Cell;
use std::io::{self, Read};

/// How much is read at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes from all compressed layers of one input together.
    pub bytes: u64,
    /// Bytes out for each byte in, once [`Self::free`] bytes have come out.
    pub ratio: u64,
    /// Bytes for which the ratio is not checked.
    pub free: u64,
    /// Files in one input.
    pub entries: u64,
    /// Nesting of layers.
    pub depth: u32,
    /// Memory for zip files, which must be held in full, and for their lists of files; for all nested ones
    /// together, in bytes.
    pub zip: u64,
    /// Names and attributes before one file of a tar, in bytes.
    pub names: u64,
    /// Largest window of zstd, as the logarithm of its bytes: alone, and within another archive.
    pub windows: [u32; 2],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 2 << 30,
            ratio: 1000,
            free: 64 << 20,
            entries: 20_000,
            depth: 5,
            zip: 160 << 20,
            names: 1 << 20,
            windows: [25, 23],
        }
    }
}

/// Returns the error for something too large.
pub fn too_large(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{what} is not read"))
}

/// Counts the bytes read.
pub struct Counted<'c, R> {
    /// What is read.
    pub inner: R,
    /// Bytes so far.
    pub count: &'c Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

/// Stops an archive whose next file does not begin by a certain place: what precedes it is held in memory.
pub struct Gated<'g, R> {
    /// What is read.
    pub inner: R,
    /// Bytes so far.
    pub at: &'g Cell<u64>,
    /// Where reading stops.
    pub end: &'g Cell<u64>,
    /// The limit named in the error.
    pub names: u64,
}

impl<R: Read> Read for Gated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = self.end.get().saturating_sub(self.at.get());
        if room == 0 && !buffer.is_empty() {
            return Err(too_large(&format!(
                "a file with names and attributes of more than {} KiB",
                self.names >> 10
            )));
        }
        let most = usize::try_from(room).unwrap_or(usize::MAX).min(buffer.len());
        let length = self.inner.read(&mut buffer[..most])?;
        self.at.set(self.at.get() + length as u64);
        Ok(length)
    }
}

/// Stops a layer that grows beyond its limits.
pub struct Metered<'m, R> {
    /// What is read.
    pub inner: R,
    /// Compressed bytes of this layer.
    pub raw: &'m Cell<u64>,
    /// Bytes that came out of this layer.
    pub own: &'m Cell<u64>,
    /// Bytes that came out of all layers.
    pub out: &'m Cell<u64>,
    /// The limits.
    pub limits: Limits,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        let own = self.own.get() + length as u64;
        self.own.set(own);
        self.out.set(self.out.get() + length as u64);
        if self.out.get() > self.limits.bytes {
            return Err(too_large(&format!("more than {} MiB of unpacked text", self.limits.bytes >> 20)));
        }
        if own > self.limits.free && own / self.raw.get().max(1) > self.limits.ratio {
            return Err(too_large(&format!(
                "content that unpacks to more than {} times its size",
                self.limits.ratio
            )));
        }
        Ok(length)
    }
}
