//! Arguments of `schema`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// Arguments of `schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// The schema to print; without it, all are listed
    #[arg(value_name = "NAME")]
    pub name: Option<SchemaName>,
    /// Folder to write NAME.json to instead; all schemas where no NAME is given
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// Folder to compare with instead: says what differs, exit 1 when anything does
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "output")]
    pub check: Option<PathBuf>,
}

/// The kinds of files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// A report: what doctor, triage, prove and watch write with --format json or jsonl
    Report,
    /// A snapshot: what snapshot saves and doctor --from reads
    Snapshot,
    /// A file with a rule, below the folder of --rules
    Rule,
    /// A remedies.toml beside rules
    Remedies,
    /// A harmless.toml beside rules: lines that healthy boots print, too
    Harmless,
    /// A sysdock.toml
    Config,
}
