//! The outcome of a trial.

use crate::diagnose::Verdict;

/// How the trial's container stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Exit code of PID 1, if the engine reported it.
    pub exit_code: Option<i64>,
    /// Time from the stop command to its end, in seconds.
    pub seconds: f64,
}

impl Stop {
    /// Returns whether the guest shut down in order. A guest with `CAP_SYS_BOOT` powers off by reboot(2),
    /// which ends the init of a PID namespace by SIGINT, so that the engine reports 130
    /// (`pid_namespaces(7)`).
    #[must_use]
    pub fn is_clean(&self) -> bool {
        matches!(self.exit_code, Some(0 | 130))
    }
}

/// A unit that a trial had to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitState {
    /// Its name.
    pub unit: String,
    /// systemd's state of the unit, or `done` for one that finished successfully, or whose own condition is
    /// not met.
    pub state: String,
}

impl UnitState {
    /// Returns whether it is active, has finished, or does not apply here according to its own condition.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self.state.as_str(), "active" | "reloading" | "done") || self.state.starts_with("skipped")
    }
}

/// The outcome of a finished trial.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialOutcome {
    /// Name of its container.
    pub name: String,
    /// Whether the cure works: it booted, no earlier root cause is left, and it stopped cleanly.
    pub works: bool,
    /// Verdict of the cured container.
    pub verdict: Verdict,
    /// Its state in words.
    pub state: String,
    /// Root causes that remained or appeared.
    pub root_causes: Vec<String>,
    /// Units that failed.
    pub failed_units: Vec<String>,
    /// Units that the trial had to check.
    pub units: Vec<UnitState>,
    /// How it stopped; `None` if it did not run.
    pub stop: Option<Stop>,
    /// Sets of flags for the control group tree that the engine refused, in the order of the attempts.
    pub refused: Vec<Refusal>,
    /// What went wrong with the trial itself.
    pub problem: Option<String>,
    /// Whether everything that it created is gone.
    pub removed: bool,
    /// Which parts of the cure are needed, if that was requested.
    pub minimal: Option<Minimal>,
}

impl TrialOutcome {
    /// Returns the outcome of a trial whose container did not start yet.
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
            refused: Vec::new(),
            problem: None,
            removed: false,
            minimal: None,
        }
    }
}

/// A set of flags that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The set, in words.
    pub set: String,
    /// The engine's words.
    pub said: String,
}

/// Parts of a cure, each tried by leaving it out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Minimal {
    /// Parts without any one of which it does not work.
    pub needed: Vec<String>,
    /// Parts that can all be left out.
    pub not_needed: Vec<String>,
}
