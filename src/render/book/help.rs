//! The help of a command, as the book prints it.

/// A command with what its `--help` says.
#[derive(Debug, Clone)]
pub struct Help {
    /// Its name.
    pub name: String,
    /// One line.
    pub about: String,
    /// The whole help.
    pub text: String,
}
