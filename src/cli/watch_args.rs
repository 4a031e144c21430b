//! Arguments of `watch`. Must not check meanings.

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
    /// Container names or IDs to watch [default: all]
    #[arg(value_name = "CONTAINER", value_parser = NonEmptyStringValueParser::new())]
    pub containers: Vec<String>,
    /// Output format on stdout, one report per line
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// Also report events since this time: RFC 3339 (2026-01-31T08:00:00Z) or how long ago (10m, 2h)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Stop after this long (30s, 10m) [default: run until interrupted]
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<String>,
    /// Minimum time between two reports on a container that keeps dying
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(0..=86_400),
    )]
    pub debounce: u64,
    /// Do not run commands inside the container
    #[arg(long)]
    pub no_exec: bool,
    /// Save the progress in this file and resume from it at the next start
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// Serve Prometheus metrics at http://ADDRESS/metrics
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:9273",
        require_equals = true,
    )]
    pub metrics: Option<String>,
    /// Allow --metrics to listen on an address that other machines can reach
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
    /// Write each report to the journal, through this journald socket
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
