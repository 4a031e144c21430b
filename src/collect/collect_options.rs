//! What a collection may do.

use std::time::Duration;

use crate::docker::LogQuery;

/// What a collection may do.
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// Run read-only commands inside a running container.
    pub exec: bool,
    /// Part of the log that is read.
    pub log: LogQuery,
    /// Longest wait for a container that is still starting.
    pub patience: Duration,
}
