//! Arguments of `seccomp` and its subcommands.

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
    /// List the system calls that systemd needs and a filter denies
    #[command(after_help = SECCOMP_CHECK_EXAMPLES)]
    Check(SeccompCheckArgs),
    /// Write a profile based on the one in force that allows only the calls that systemd also needs
    #[command(after_help = SECCOMP_MAKE_EXAMPLES)]
    Make(SeccompMakeArgs),
    /// Explain one system call: which systemd versions need it, which engines deny it, how to allow only it
    #[command(after_help = SECCOMP_EXPLAIN_EXAMPLES)]
    Explain(SeccompExplainArgs),
    /// Find out by test boots which denied calls a container's boot needs
    #[command(after_help = SECCOMP_TRACE_EXAMPLES)]
    Trace(SeccompTraceArgs),
}

/// Which filter, and for whom.
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    /// Container name or ID, or a profile: a file with `/` or `.json` in its name, or `-` for stdin
    #[arg(
        value_name = "CONTAINER|PROFILE",
        required_unless_present = "default",
        conflicts_with = "default",
        value_hint = ValueHint::AnyPath,
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub subject: Option<String>,
    /// Use an engine's built-in profile, such as docker-20.10 or podman; needs no engine
    #[arg(long, value_name = "ENGINE", value_parser = NonEmptyStringValueParser::new())]
    pub default: Option<String>,
    /// Engine that a profile file is meant for, such as docker-28.5; its runtime needs calls of its own
    /// [default: any]
    #[arg(
        long,
        value_name = "ENGINE",
        conflicts_with = "default",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub engine: Option<String>,
    /// systemd version [default: the container's, otherwise all measured versions]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(200..=999))]
    pub systemd: Option<i64>,
}

/// Arguments of `seccomp check`.
#[derive(Debug, Clone, Args)]
pub struct SeccompCheckArgs {
    /// Which filter.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Output format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `seccomp make`.
#[derive(Debug, Clone, Args)]
pub struct SeccompMakeArgs {
    /// Which filter.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Write the profile to this file; `-` writes it to stdout instead of the diff
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `seccomp explain`.
#[derive(Debug, Clone, Args)]
pub struct SeccompExplainArgs {
    /// Name of the system call, such as statx
    #[arg(value_name = "CALL", value_parser = NonEmptyStringValueParser::new())]
    pub call: String,
    /// Output format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}

/// Arguments of `seccomp trace`.
#[derive(Debug, Clone, Args)]
pub struct SeccompTraceArgs {
    /// Container name or ID
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub container: String,
    /// Write a profile that allows the needed calls to this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Output format on stdout
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
}
