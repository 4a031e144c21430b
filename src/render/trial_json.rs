//! The outcome of a trial as the key `trial` of a JSON report.

use serde::Serialize;

use super::words;
use crate::treat::TrialOutcome;

/// A trial.
#[derive(Serialize)]
pub struct TrialOut<'r> {
    name: &'r str,
    works: bool,
    verdict: &'static str,
    state: &'r str,
    root_causes: &'r [String],
    failed_units: &'r [String],
    units: Vec<UnitOut<'r>>,
    stop: Option<StopOut>,
    problem: Option<&'r str>,
    removed: bool,
    minimal: Option<MinimalOut<'r>>,
}

#[derive(Serialize)]
struct MinimalOut<'r> {
    needed: &'r [String],
    not_needed: &'r [String],
}

#[derive(Serialize)]
struct UnitOut<'r> {
    unit: &'r str,
    state: &'r str,
}

#[derive(Serialize)]
struct StopOut {
    exit_code: Option<i64>,
    seconds: f64,
}

/// An outcome in the form of the contract.
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
        problem: outcome.problem.as_deref(),
        removed: outcome.removed,
        minimal: outcome
            .minimal
            .as_ref()
            .map(|minimal| MinimalOut { needed: &minimal.needed, not_needed: &minimal.not_needed }),
    }
}
