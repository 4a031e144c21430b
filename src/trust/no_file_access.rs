//! For systems without files, such as the browser: refuses every path.

use std::io;
use std::path::Path;

use super::{Refusal, Trust};

/// Refuses to read a file.
///
/// # Errors
/// Always [`Refusal::Io`].
pub fn text(_path: &Path, _limit: u64, _trust: &Trust) -> Result<String, Refusal> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

/// Refuses to read a folder.
///
/// # Errors
/// Always [`Refusal::Io`].
pub fn folder(_path: &Path, _trust: &Trust) -> Result<(), Refusal> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}
