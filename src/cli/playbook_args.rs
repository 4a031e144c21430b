//! Arguments of `explain` and of `rules docs`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// Diagnosis ID, such as cgroup-read-only, or a log message
    #[arg(value_name = "ID|MESSAGE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub what: String,
}

/// Arguments of `rules docs`.
#[derive(Debug, Clone, Args)]
pub struct DocsArgs {
    /// Write the book's sources to this folder [default: only list their names]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Compare with this folder instead, list the differences, and exit with 1 if there are any
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "output")]
    pub check: Option<PathBuf>,
}
