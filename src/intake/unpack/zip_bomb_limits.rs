//! How much comes out of an input: counted, and ended where it grows beyond its limits.

use std::cell::Cell;
use std::io::{self, Read};

/// How much is read at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes that may come out of all compressed layers of one input.
    pub bytes: u64,
    /// Bytes out for each byte in, once [`Self::free`] bytes came out.
    pub ratio: u64,
    /// Bytes for which the ratio is not looked at.
    pub free: u64,
    /// Files in one input.
    pub entries: u64,
    /// Layers within layers.
    pub depth: u32,
    /// Bytes of memory for zip files, which must be held, with their lists of files; for all together that
    /// lie within each other.
    pub zip: u64,
    /// Names and attributes in front of one file of a tar, in bytes.
    pub names: u64,
    /// Largest window of zstd, as the logarithm of its bytes, and that of one within another archive.
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

/// Returns the mistake of what is too large.
pub fn too_large(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{what} is not read"))
}

/// Counts what is read.
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

/// Ends an archive whose next file does not begin where it could at the latest: what stands in front of it is
/// held in memory.
pub struct Gated<'g, R> {
    /// What is read.
    pub inner: R,
    /// Bytes so far.
    pub at: &'g Cell<u64>,
    /// Where the gate is shut.
    pub end: &'g Cell<u64>,
    /// The limit of which the refusal speaks.
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

/// Ends a layer that grows beyond its limits.
pub struct Metered<'m, R> {
    /// What is read.
    pub inner: R,
    /// Compressed bytes of this layer.
    pub raw: &'m Cell<u64>,
    /// Bytes that came out of this layer.
    pub own: &'m Cell<u64>,
    /// Bytes that came out of all layers.
    pub out: &'m Cell<u64>,
    /// When it ends.
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
