//! The help of a command, as printed in the book.

/// A command with its `--help`.
#[derive(Debug, Clone)]
pub struct Help {
    /// Its name.
    pub name: String,
    /// Its one-line description.
    pub about: String,
    /// The whole help.
    pub text: String,
}
