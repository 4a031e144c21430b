//! Renders the outcome of a trial as the key `trial` of a JSON report.

use serde::Serialize;

use super::words;
use crate::treat::TrialOutcome;

/// What a trial of a cure came to.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Trial"))]
pub struct TrialOut<'r> {
    /// Name that its container had.
    name: &'r str,
    /// Whether the cure works: the container booted, no root cause is left, and it stopped in order.
    works: bool,
    #[cfg_attr(feature = "cli", schemars(with = "crate::diagnose::Verdict"))]
    verdict: &'static str,
    /// What the container did, in words for people.
    state: &'r str,
    /// Ids of the root causes that were left or came up.
    #[cfg_attr(feature = "cli", schemars(with = "Vec<crate::rule::schema::Id>"))]
    root_causes: &'r [String],
    /// Units that failed.
    failed_units: &'r [String],
    /// Units that it was to show at work.
    units: Vec<UnitOut<'r>>,
    /// How it stopped; null where it did not run.
    stop: Option<StopOut>,
    /// Sets of flags for the control group tree that the engine refused before the one that was tried.
    refused: Vec<RefusalOut<'r>>,
    /// What went wrong with the trial itself; null where nothing did.
    problem: Option<&'r str>,
    /// Whether everything that the trial made is gone.
    removed: bool,
    /// Which parts of the cure are needed; null where that was not asked for.
    minimal: Option<MinimalOut<'r>>,
}

/// Parts of a cure, each tried by leaving it out.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Minimal"))]
struct MinimalOut<'r> {
    /// Parts without which the container does not boot.
    needed: &'r [String],
    /// Parts without which it boots as well.
    not_needed: &'r [String],
}

/// A set of flags that the engine refused.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Refusal"))]
struct RefusalOut<'r> {
    /// The set, in words for people.
    set: &'r str,
    /// The engine's words.
    said: &'r str,
}

/// A unit that was to be shown at work.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Unit"))]
struct UnitOut<'r> {
    /// Its name.
    unit: &'r str,
    /// Its state, in systemd's words.
    state: &'r str,
}

/// How the container stopped.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Stop"))]
struct StopOut {
    /// Exit code of PID 1; null where it is not known.
    exit_code: Option<i64>,
    /// Time that the stop took, in seconds.
    seconds: f64,
}

/// Returns an outcome in the contract's format.
pub fn of(outcome: &TrialOutcome) -> TrialOut<'_> {
    TrialOut {
        name: &outcome.name,
        works: outcome.works,
        verdict: words::verdict(outcome.verdict),
        state: &outcome.state,
        root_causes: &outcome.root_causes,
        failed_units: &outcome.failed_units,
        units: outcome.units.iter().map(|unit| UnitOut { unit: &unit.unit, state: &unit.state }).collect(),
        stop: outcome.stop.as_ref().map(|stop| StopOut { exit_code: stop.exit_code, seconds: stop.seconds }),
        refused: outcome
            .refused
            .iter()
            .map(|refusal| RefusalOut { set: &refusal.set, said: &refusal.said })
            .collect(),
        problem: outcome.problem.as_deref(),
        removed: outcome.removed,
        minimal: outcome
            .minimal
            .as_ref()
            .map(|minimal| MinimalOut { needed: &minimal.needed, not_needed: &minimal.not_needed }),
    }
}
