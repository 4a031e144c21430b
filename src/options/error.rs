//! Errors in a command line that clap accepts. Messages only.

/// A command line that clap accepts but that makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OptionError {
    /// `doctor` without any target.
    #[error(
        "nothing to examine\n  next: name a container (`sysdock doctor web`; `docker ps -a` lists them), or \
            use `sysdock doctor --all` or `sysdock doctor --from FILE`"
    )]
    NoTarget,
    /// `triage` without any text.
    #[error(
        "nothing to read\n  next: give files or folders, pipe text into `sysdock triage -`, or give `--run \
            'docker run …'`, --inspect or --info"
    )]
    NoText,
    /// `--jsonl` with another format.
    #[error("--jsonl needs --format json\n  next: add --format json")]
    JsonLines,
    /// `--prescription` or `--format sh` for several containers.
    #[error("--prescription takes one container, but {0} were given\n  next: run it once per container")]
    OnePrescription(usize),
    /// `--format sh` for all containers.
    #[error(
        "--prescription takes one container, not --all\n  next: `sysdock doctor --all` shows which \
            containers need one"
    )]
    AllPrescriptions,
    /// A format that a command does not support.
    #[error(
        "--format {0} needs `doctor` and one container\n  next: `sysdock triage --help` lists the formats of \
            triage"
    )]
    NoCure(&'static str),
    /// A suppression whose date cannot be parsed.
    #[error(
        "the suppression of `{id}` expires on `{date}`, which is not a date\n  next: write it as expires = \
            2027-01-31"
    )]
    Expires {
        /// Id of the diagnosis.
        id: String,
        /// The value as written.
        date: String,
    },
    /// A suppression whose target is not a valid pattern.
    #[error(
        "the suppression of `{id}` is for `{target}`, which is not a pattern: {reason}\n  next: use * for \
            any text and ? for any character"
    )]
    Targets {
        /// Id of the diagnosis.
        id: String,
        /// The value as written.
        target: String,
        /// What is wrong.
        reason: String,
    },
    /// `--prescription` together with a report format.
    #[error("--prescription cannot be combined with --format\n  next: use only one of them")]
    TwoForms,
    /// `--since` is not a time.
    #[error(
        "--since `{0}` is not a time\n  next: give RFC 3339, such as 2026-01-31T08:00:00Z, or how long ago, \
            such as 10m or 2h"
    )]
    Since(String),
    /// `--for` is not a duration.
    #[error("--for `{0}` is not a duration\n  next: give seconds, or a duration such as 30s, 10m or 2h")]
    Span(String),
    /// `--metrics` is not an address.
    #[error("--metrics={0} is not an address\n  next: give IP:PORT such as 127.0.0.1:9273")]
    Metrics(String),
    /// `--metrics` is an address that other machines can reach.
    #[error(
        "--metrics={0} is reachable from other machines\n  next: use 127.0.0.1, or add --metrics-anywhere if \
            that is intended"
    )]
    MetricsOpen(String),
    /// `--webhook` is not a valid address; it is not shown, because it may contain a secret.
    #[error(
        "--webhook is not an address to post to\n  next: give https://host/path, http://host:port/path or \
            unix:///path/to/socket:/path"
    )]
    Webhook,
}
