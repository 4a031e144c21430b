//! What a trial came to.

use crate::diagnose::Verdict;

/// The end of the trial's container.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Exit code of PID 1, where the engine told it.
    pub exit_code: Option<i64>,
    /// Time from the stop command to its end, in seconds.
    pub seconds: f64,
}

/// A trial that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialOutcome {
    /// Name that its container had.
    pub name: String,
    /// Whether the cure works: it booted, no cause of before is left, and it stopped in order.
    pub works: bool,
    /// Verdict of the cured container.
    pub verdict: Verdict,
    /// Its state in words.
    pub state: String,
    /// Root causes that were left or came up.
    pub root_causes: Vec<String>,
    /// Units that failed.
    pub failed_units: Vec<String>,
    /// Its stop; `None` where it did not run.
    pub stop: Option<Stop>,
    /// What went wrong with the trial itself.
    pub problem: Option<String>,
    /// Whether everything that it made is gone.
    pub removed: bool,
}
