//! What is wrong with a command line that clap accepts. Words only.

/// A command line that clap accepts but that makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OptionError {
    /// `doctor` without any target.
    #[error(
        "nothing to examine\n  next: name a container (`sysdock doctor web`; `docker ps -a` lists them), or use `sysdock doctor --all` or `sysdock doctor --from FILE`"
    )]
    NoTarget,
    /// `triage` without any text.
    #[error(
        "nothing to read\n  next: name files or folders, pipe text into `sysdock triage -`, or give `--run 'docker run …'`, --inspect or --info"
    )]
    NoText,
    /// `--jsonl` with another form.
    #[error("--jsonl goes with --format json only\n  next: add --format json")]
    JsonLines,
    /// `--prescription` or `--format sh` for several containers.
    #[error("a prescription is for one container, and {0} are named\n  next: ask for one after the other")]
    OnePrescription(usize),
    /// `--format sh` for all containers.
    #[error("a prescription is for one container, not for --all\n  next: `sysdock doctor --all` names those that need one")]
    AllPrescriptions,
    /// A form that a command cannot give.
    #[error("--format {0} is for `doctor` and one container\n  next: sysdock triage --help lists the forms of triage")]
    NoCure(&'static str),
    /// A suppression without a date that can be read.
    #[error("the suppression of `{id}` expires on `{date}`, which is no date\n  next: write it as expires = 2027-01-31")]
    Expires {
        /// Id of the diagnosis.
        id: String,
        /// What stands there.
        date: String,
    },
    /// A suppression whose targets are no pattern.
    #[error("the suppression of `{id}` is for `{target}`, which is no pattern: {reason}\n  next: use * for any text and ? for any sign")]
    Targets {
        /// Id of the diagnosis.
        id: String,
        /// What stands there.
        target: String,
        /// What is wrong.
        reason: String,
    },
    /// `--prescription` with a form of the report.
    #[error("--prescription prints the cure alone and does not go with another --format\n  next: leave one of them out")]
    TwoForms,
    /// `--since` that is no time.
    #[error("--since `{0}` is no time\n  next: give RFC 3339 such as 2026-01-31T08:00:00Z, or a span before now such as 10m or 2h")]
    Since(String),
}
