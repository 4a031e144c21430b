//! zstd compression and decompression. A build for the browser has neither, and reports that.

use std::io::{self, Read};

/// Decompresses a stream of zstd frames as it is read; reading fails at a frame whose window is larger than 2
/// to the power of `window` bytes.
///
/// # Errors
/// [`io::Error`] if the decoder cannot be created; in a build without zstd always, of the kind `Unsupported`.
#[cfg(not(target_family = "wasm"))]
pub fn decoder<'r>(from: impl Read + 'r, window: u32) -> io::Result<impl Read + 'r> {
    let mut decoder = zstd::Decoder::new(from)?;
    decoder.window_log_max(window)?;
    Ok(decoder)
}

/// Compresses bytes into one zstd frame.
///
/// # Errors
/// [`io::Error`] of the encoder; in a build without zstd always, of the kind `Unsupported`.
#[cfg(not(target_family = "wasm"))]
pub fn encoded(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::encode_all(bytes, 0)
}

/// Refuses: this build has no zstd.
///
/// # Errors
/// Always [`io::ErrorKind::Unsupported`].
#[cfg(target_family = "wasm")]
pub fn decoder<'r, R: Read + 'r>(_from: R, _window: u32) -> io::Result<R> {
    Err(unsupported())
}

/// Refuses: this build has no zstd.
///
/// # Errors
/// Always [`io::ErrorKind::Unsupported`].
#[cfg(target_family = "wasm")]
pub fn encoded(_bytes: &[u8]) -> io::Result<Vec<u8>> {
    Err(unsupported())
}

#[cfg(target_family = "wasm")]
fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this build has no zstd support; decompress it first")
}
