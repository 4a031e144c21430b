//! Inputs of a triage that cannot be read.

use std::io;

/// A text that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {source}{}", next(source))]
pub struct Unreadable {
    /// Name of the text.
    pub name: String,
    /// Cause given by the operating system or the archive's reader.
    pub source: io::Error,
}

/// Returns what to do about an unreadable text, worded for the message; empty if the cause already says it.
fn next(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "\n  next: give a file, a folder or an archive, or `-` for stdin",
        io::ErrorKind::PermissionDenied => {
            "\n  next: read it as a user who can, and pipe it in: `sudo cat FILE | sysdock triage -`"
        }
        _ => "",
    }
}
