//! A chunk of a container's output.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Which of the container's outputs a chunk came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The terminal of a container with a TTY, where both are one.
    Console,
}

/// Some bytes of the log, cut at any point.
#[derive(Debug, Clone)]
pub struct LogChunk {
    /// The stream that they were written to.
    pub stream: StreamName,
    /// The bytes as written.
    pub bytes: Bytes,
}
