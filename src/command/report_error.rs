//! Errors of writing a report.

use std::io;

use crate::render::format::FormatError;

/// Why a report could not be written as requested.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A suppression names an unknown diagnosis.
    #[error(
        "the configuration suppresses the unknown ID `{id}`{near}\n  next: `sysdock config show` says which \
            file it is in; `sysdock rules list` shows all IDs"
    )]
    Suppressed {
        /// Id as written.
        id: String,
        /// A similar ID, worded for the message.
        near: String,
    },
    /// A baseline cannot be used.
    #[error("cannot use the baseline {path}: {reason}\n  next: create one with --output json={path}")]
    Baseline {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A report file cannot be written.
    #[error(
        "cannot write the report to {path}: {source}\n  next: choose a file in an existing folder that you \
            can write to"
    )]
    File {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The report cannot be written in its format.
    #[error(
        "cannot write the report in this format: {0}\n  next: use --format human, and report this as a bug"
    )]
    Format(#[from] FormatError),
    /// Stdout cannot be written.
    #[error("cannot write to stdout: {0}\n  next: check whether the disk is full")]
    Output(#[from] io::Error),
}
