//! What ends a watch early, or keeps it from beginning.

use std::io;
use std::net::SocketAddr;

use crate::docker::EngineError;
use crate::sink::TlsError;

/// A watch that cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The engine cannot be found or asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No encrypted webhook can be posted to.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Metrics cannot be served.
    #[error(
        "cannot serve metrics on {address}: {source}\n  next: choose another address with --metrics=IP:PORT"
    )]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The resume point cannot be read, or not be kept.
    #[error(
        "cannot use {path} for --state: {reason}\n  next: choose a file in a folder that you can write to; \
            sysdock never overwrites a file that is not its own state"
    )]
    State {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The journal cannot be reached at all.
    #[error("cannot open a socket to the journal: {0}\n  next: check the limit on open files (`ulimit -n`)")]
    Journal(#[source] io::Error),
    /// A report cannot be written as JSON.
    #[error("cannot write it as JSON: {0}\n  next: use --format human, and report this as a bug")]
    Json(#[from] serde_json::Error),
    /// Stdout does not take a report.
    #[error("cannot write to stdout: {0}\n  next: check whether the disk is full")]
    Output(#[from] io::Error),
}
