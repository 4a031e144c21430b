//! The part of a log that a snapshot keeps.

use serde::{Deserialize, Serialize};

/// Where a line was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum Source {
    /// The container's standard output.
    Stdout,
    /// The container's standard error.
    Stderr,
    /// The container's terminal.
    Console,
    /// The engine's own words about the container (`State.Error`).
    Engine,
    /// The journal inside the container.
    Journal,
    /// What a command inside the container printed.
    Exec,
    /// Pasted text.
    Text,
}

impl Source {
    /// Returns the word used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Console => "console",
            Self::Engine => "engine",
            Self::Journal => "journal",
            Self::Exec => "exec",
            Self::Text => "text",
        }
    }
}

/// One line, free of escape sequences and control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct KeptLine {
    /// Line number within its source, from 1.
    pub line: u64,
    /// Where it was read.
    pub source: Source,
    /// The text.
    pub text: String,
}

/// Lines that look like one failure and match no signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Cluster {
    /// Stable id: the same failure has the same one, whatever host, time, number or path it names.
    pub cluster: String,
    /// The first of its lines.
    pub text: String,
    /// Number of that line.
    pub line: u64,
    /// How many there were.
    pub count: u64,
}

/// Lines kept of all that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LogExcerpt {
    /// Kept lines, by source and line number.
    pub lines: Vec<KeptLine>,
    /// Lines read in all.
    pub lines_read: u64,
    /// Bytes read in all.
    pub bytes_read: u64,
    /// Lines that were longer than the cap and lost their end.
    pub lines_cut: u64,
    /// What looks like a failure and is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecognised: Vec<Cluster>,
}
