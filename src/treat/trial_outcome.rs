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

/// A unit that a trial was to show at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitState {
    /// Its name.
    pub unit: String,
    /// systemd's word for its state, or `done` for one that ran and ended well, or that a condition of its
    /// own is not met.
    pub state: String,
}

impl UnitState {
    /// Whether it works, has done its work, or is not for this place by its own word.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self.state.as_str(), "active" | "reloading" | "done") || self.state.starts_with("skipped")
    }
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
    /// Units that it was to show at work.
    pub units: Vec<UnitState>,
    /// Its stop; `None` where it did not run.
    pub stop: Option<Stop>,
    /// What went wrong with the trial itself.
    pub problem: Option<String>,
    /// Whether everything that it made is gone.
    pub removed: bool,
    /// Which parts of the cure are needed, where that was asked for.
    pub minimal: Option<Minimal>,
}

impl TrialOutcome {
    /// Returns a trial whose container does not run yet.
    #[must_use]
    pub fn unstarted(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            works: false,
            verdict: Verdict::Undetermined,
            state: "not started".to_owned(),
            root_causes: Vec::new(),
            failed_units: Vec::new(),
            units: Vec::new(),
            stop: None,
            problem: None,
            removed: false,
            minimal: None,
        }
    }
}

/// Parts of a cure, each tried by leaving it out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Minimal {
    /// Without any one of these it does not work.
    pub needed: Vec<String>,
    /// It works as well without all of these.
    pub not_needed: Vec<String>,
}
