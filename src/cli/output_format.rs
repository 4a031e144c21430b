//! Output formats that options choose from. Must not implement them.

use clap::ValueEnum;

/// Format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Human-readable text
    #[default]
    Human,
    /// JSON for programs, `schema_version` 1
    Json,
}
