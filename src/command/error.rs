//! Errors that end a command: the failures of all stages.

use std::io;

use super::report_error::ReportError;
use super::usage_error::UsageError;
use crate::config::ConfigError;
use crate::docker::EngineError;
use crate::options::OptionError;
use crate::prescribe::{EmitError, ImageError};
use crate::rule::RuleError;
use crate::snapshot::saved_file::SnapshotError;
use crate::treat::{Interrupted, SignalError, TreatError};
use crate::triage::Unreadable;
use crate::watch::WatchError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The arguments contradict each other.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The engine cannot be found or queried.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No image can be planned.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A file of the plan cannot be written.
    #[error("cannot write {path}: {source}\n  next: choose another folder with --output")]
    Plan {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A text cannot be read.
    #[error(transparent)]
    Text(#[from] Unreadable),
    /// The rules cannot be used.
    #[error(
        "{0}\n  next: `sysdock rules check --rules DIR` checks your rules; without --rules, only the \
            built-in ones are used"
    )]
    Rules(#[from] RuleError),
    /// No diagnosis has that id.
    #[error("no diagnosis has the ID `{id}`{near}\n  next: `sysdock rules list` shows all IDs")]
    NoDiagnosis {
        /// Id as given.
        id: String,
        /// A similar ID, worded for the message.
        near: String,
    },
    /// No diagnosis matches that message.
    #[error(
        "no diagnosis matches that message\n  next: diagnose the whole log with `sysdock triage FILE`; \
            sysdock only knows lines that systemd or the engine prints"
    )]
    NoMessage,
    /// The book's folder cannot be read or written.
    #[error("cannot read or write {path}: {source}\n  next: choose a folder that this user can write to")]
    Book {
        /// File or folder.
        path: std::path::PathBuf,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The async runtime cannot be started.
    #[error(
        "cannot start the engine client: {0}\n  next: check the limits on open files and processes (`ulimit \
            -a`)"
    )]
    Runtime(#[source] io::Error),
    /// A signal handler cannot be installed.
    #[error(transparent)]
    Signals(#[from] SignalError),
    /// A container cannot be examined or treated.
    #[error(transparent)]
    Treat(#[from] TreatError),
    /// The command line asks for something impossible.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// A report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Something cannot be written as JSON.
    #[error("cannot write it as JSON: {0}\n  next: use --format human, and report this as a bug")]
    Json(#[from] serde_json::Error),
    /// The cure cannot be written in its format.
    #[error(transparent)]
    Prescription(#[from] EmitError),
    /// A watch cannot start or continue.
    #[error(transparent)]
    Watch(WatchError),
    /// Stdout cannot be written.
    #[error("cannot write to stdout: {0}\n  next: check whether the disk is full")]
    Output(#[from] io::Error),
}

impl From<Interrupted> for CommandError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Treat(interrupted.into())
    }
}
