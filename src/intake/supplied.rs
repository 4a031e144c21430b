//! What the user supplied beside a text.

/// What the user supplied beside a text.
#[derive(Debug, Clone, Default)]
pub struct Supplied {
    /// A command line.
    pub run: Option<String>,
    /// The text of `docker inspect`.
    pub inspect: Option<String>,
    /// The text of `docker info` or `docker version`.
    pub info: Option<String>,
}
