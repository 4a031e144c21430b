//! The arguments of `watch` as clap sees them. Must not check meanings.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "brackets in what users read mean that a part may be left out"
)]

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::Format;

/// Arguments of `watch`.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    /// Names or ids of the containers to watch; all when absent
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub containers: Vec<String>,
    /// Form of the reports on stdout, one a line
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// Report also what happened since then: RFC 3339 (2026-01-31T08:00:00Z) or a span before now (10m, 2h)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// End after this span (30s, 10m); without it the watch goes on until it is interrupted
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<String>,
    /// Shortest time between two reports on the same container that dies again and again
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(0..=86_400),
    )]
    pub debounce: u64,
    /// Run no command inside a running container
    #[arg(long)]
    pub no_exec: bool,
    /// Keep in this file what was reported, and go on from there at the next start
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// Serve metrics in Prometheus' form at http://ADDRESS/metrics
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:9273",
        require_equals = true,
    )]
    pub metrics: Option<String>,
    /// Let --metrics listen where other machines reach it
    #[arg(long, requires = "metrics")]
    pub metrics_anywhere: bool,
    /// Post each report as JSON: https://host[:port]/path, http://host[:port]/path or
    /// unix:///path/to/socket[:/path]
    #[arg(
        long,
        value_name = "URL",
        env = "SYSDOCK_WEBHOOK",
        hide_env_values = true,
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub webhook: Option<String>,
    /// Write each report to the journal, at this socket of journald
    #[arg(
        long,
        value_name = "SOCKET",
        num_args = 0..=1,
        default_missing_value = "/run/systemd/journal/socket",
        require_equals = true,
        value_hint = ValueHint::FilePath,
    )]
    pub journald: Option<PathBuf>,
}
