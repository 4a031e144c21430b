//! Arguments of the commands about the program itself: its manual and its test of itself.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::Format;

/// Arguments of `man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Folder to write all pages to, one per command; without it the page of sysdock itself goes to stdout
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `selftest`.
#[derive(Debug, Clone, Args)]
pub struct SelftestArgs {
    /// Name or id of a container to try all readings on [default: one that runs; nothing is run in it]
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: Option<String>,
    /// Run no command inside the container that is named
    #[arg(long)]
    pub no_exec: bool,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}
