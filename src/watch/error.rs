//! Errors that end a watch early, or prevent it from starting.

use std::io;
use std::net::SocketAddr;

use crate::docker::EngineError;
use crate::sink::TlsError;

/// A watch that cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The engine cannot be found or asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No encrypted webhook can be reached.
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
    /// The resume point cannot be read or saved.
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
    /// Stdout cannot be written.
    #[error("cannot write to stdout: {0}\n  next: check whether the disk is full")]
    Output(#[from] io::Error),
}
