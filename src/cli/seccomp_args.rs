//! Arguments of `seccomp` and of its three commands.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueHint};

use super::Format;
use super::help_examples::{
    SECCOMP_CHECK_EXAMPLES, SECCOMP_EXPLAIN_EXAMPLES, SECCOMP_MAKE_EXAMPLES, SECCOMP_TRACE_EXAMPLES,
};

/// Arguments of `seccomp`.
#[derive(Debug, Clone, Args)]
pub struct SeccompArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: SeccompAction,
}

/// What to do with a filter.
#[derive(Debug, Clone, Subcommand)]
pub enum SeccompAction {
    /// List the system calls that systemd will miss under a filter
    #[command(after_help = SECCOMP_CHECK_EXAMPLES)]
    Check(SeccompCheckArgs),
    /// Make a profile from the one in force, with the fewest calls added that systemd needs
    #[command(after_help = SECCOMP_MAKE_EXAMPLES)]
    Make(SeccompMakeArgs),
    /// Say what is known of one system call: which systemd it breaks, which engines deny it, how to allow
    /// just it
    #[command(after_help = SECCOMP_EXPLAIN_EXAMPLES)]
    Explain(SeccompExplainArgs),
    /// Find out by trials which of the calls that a container's filter denies its boot needs
    #[command(after_help = SECCOMP_TRACE_EXAMPLES)]
    Trace(SeccompTraceArgs),
}

/// Which filter, and for whom.
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    /// Name or id of a container, or a profile: a file with a `/` or `.json` in its name, or `-` for stdin
    #[arg(
        value_name = "CONTAINER|PROFILE",
        required_unless_present = "default",
        conflicts_with = "default",
        value_hint = ValueHint::AnyPath,
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub subject: Option<String>,
    /// The built-in profile of an engine, such as docker-20.10 or podman; no engine needs to be there
    #[arg(long, value_name = "ENGINE", value_parser = NonEmptyStringValueParser::new())]
    pub default: Option<String>,
    /// The engine under which a profile in a file is to be used, such as docker-28.5: its runtime makes calls
    /// of its own [default: any]
    #[arg(
        long,
        value_name = "ENGINE",
        conflicts_with = "default",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub engine: Option<String>,
    /// Version of systemd [default: the container's, else all that were measured]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(200..=999))]
    pub systemd: Option<i64>,
}

/// Arguments of `seccomp check`.
#[derive(Debug, Clone, Args)]
pub struct SeccompCheckArgs {
    /// Which filter.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `seccomp make`.
#[derive(Debug, Clone, Args)]
pub struct SeccompMakeArgs {
    /// Which filter.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// File to write the profile to; `-` writes it to stdout, in place of the difference
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `seccomp explain`.
#[derive(Debug, Clone, Args)]
pub struct SeccompExplainArgs {
    /// Name of the system call, such as statx
    #[arg(value_name = "CALL", value_parser = NonEmptyStringValueParser::new())]
    pub call: String,
    /// Form of the page on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `seccomp trace`.
#[derive(Debug, Clone, Args)]
pub struct SeccompTraceArgs {
    /// Name or id of a container
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// File to write the profile to that lets the needed calls through
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}
