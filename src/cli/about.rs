//! Arguments of the commands about the program itself: `man` and `selftest`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::Format;

/// Arguments of `man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Write all pages to this folder, one per command [default: print the main page]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `selftest`.
#[derive(Debug, Clone, Args)]
pub struct SelftestArgs {
    /// Container to test all reads on [default: any running one, without running commands in it]
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: Option<String>,
    /// Do not run commands inside the named container
    #[arg(long)]
    pub no_exec: bool,
    /// Output format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}
