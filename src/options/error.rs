//! What is wrong with a command line that clap accepts. Words only.

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
        "nothing to read\n  next: name files or folders, pipe text into `sysdock triage -`, or give `--run \
            'docker run …'`, --inspect or --info"
    )]
    NoText,
    /// `--jsonl` with another form.
    #[error("--jsonl goes with --format json only\n  next: add --format json")]
    JsonLines,
    /// `--prescription` or `--format sh` for several containers.
    #[error("a prescription is for one container, and {0} are named\n  next: ask for one after the other")]
    OnePrescription(usize),
    /// `--format sh` for all containers.
    #[error(
        "a prescription is for one container, not for --all\n  next: `sysdock doctor --all` names those that \
            need one"
    )]
    AllPrescriptions,
    /// A form that a command cannot give.
    #[error(
        "--format {0} is for `doctor` and one container\n  next: sysdock triage --help lists the forms of \
            triage"
    )]
    NoCure(&'static str),
    /// A suppression without a date that can be read.
    #[error(
        "the suppression of `{id}` expires on `{date}`, which is no date\n  next: write it as expires = \
            2027-01-31"
    )]
    Expires {
        /// Id of the diagnosis.
        id: String,
        /// What stands there.
        date: String,
    },
    /// A suppression whose targets are no pattern.
    #[error(
        "the suppression of `{id}` is for `{target}`, which is no pattern: {reason}\n  next: use * for any \
            text and ? for any sign"
    )]
    Targets {
        /// Id of the diagnosis.
        id: String,
        /// What stands there.
        target: String,
        /// What is wrong.
        reason: String,
    },
    /// `--prescription` with a form of the report.
    #[error(
        "--prescription prints the cure alone and does not go with another --format\n  next: leave one of \
            them out"
    )]
    TwoForms,
    /// `--since` that is no time.
    #[error(
        "--since `{0}` is no time\n  next: give RFC 3339 such as 2026-01-31T08:00:00Z, or a span before now \
            such as 10m or 2h"
    )]
    Since(String),
    /// `--for` that is no span.
    #[error("--for `{0}` is no span of time\n  next: give seconds, or a span such as 30s, 10m or 2h")]
    Span(String),
    /// `--metrics` that is no address.
    #[error("--metrics={0} is no address\n  next: give IP:PORT such as 127.0.0.1:9273")]
    Metrics(String),
    /// `--metrics` that other machines would reach.
    #[error(
        "--metrics={0} could be reached from other machines\n  next: use 127.0.0.1, or add \
            --metrics-anywhere when that is meant"
    )]
    MetricsOpen(String),
    /// `--webhook` that cannot be posted to; the address is not shown, it may hold a secret.
    #[error(
        "--webhook is no address to post to\n  next: give https://host/path, http://host:port/path or \
            unix:///path/to/socket:/path"
    )]
    Webhook,
}
