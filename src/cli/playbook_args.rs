//! Arguments of `explain` and of `rules docs`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// Id of a diagnosis, such as cgroup-read-only, or a message as it was printed
    #[arg(value_name = "ID|MESSAGE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub what: String,
}

/// Arguments of `rules docs`.
#[derive(Debug, Clone, Args)]
pub struct DocsArgs {
    /// Folder to write the book's sources to; without it only their names are told
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Folder to compare with instead: says what differs, exit 1 when anything does
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "output")]
    pub check: Option<PathBuf>,
}
