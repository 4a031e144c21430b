//! Runs a trial: creates, examines and stops a throw-away container, and always removes it.

use std::time::Instant;

use crate::snapshot::key;

use jiff::Timestamp;
use serde_json::Value;

use super::ownership::Mark;
use super::trial_outcome::{Refusal, Stop, TrialOutcome, UnitState};
use super::{Examination, Session, TreatError, Workspace, removal};
use crate::prescribe::{Step, TRIAL_LIFE, Trial, TrialSteps, made_image, trial as planned_trial, trial_name};

/// Stop timeout in seconds; systemd that gets the right signal takes less than one.
const STOP: &str = "8";

/// What a trial must show besides a boot and a clean stop.
#[derive(Debug, Clone, Default)]
pub struct Demands<'d> {
    /// Root causes that must be gone.
    pub gone: Vec<String>,
    /// Units that must be active, or have finished successfully.
    pub units: &'d [String],
}

/// Returns a trial named after a container or image, with the end of its life.
pub async fn named(session: &Session<'_>, examination: &Examination) -> Trial {
    let after = &examination.trial_name;
    let now = Timestamp::now().as_second();
    let Mark { name, token } = session.marks.make(&trial_name(after, std::process::id(), now));
    Trial {
        name,
        token,
        until: end_of_life(),
        controllers: session.engine.controllers().await,
        without: Vec::new(),
        flags_only: examination.is_image,
        profile: None,
        sets_refused: 0,
    }
}

/// Returns the end of the life of a trial that starts now, in seconds since 1970.
pub fn end_of_life() -> i64 {
    Timestamp::now().as_second() + TRIAL_LIFE
}

/// Announces what a trial will create.
pub fn announce(session: &Session<'_>, what: &str, trial: &Trial) {
    let limited = ["memory", "pids"].iter().all(|one| trial.controllers.iter().any(|other| other == one));
    let limits = if limited {
        ""
    } else {
        ", without memory and process limits because the engine has no such controllers"
    };
    session.reporter.remark(&format!(
        "{what} in {}: no network or ports, read-only volumes{limits}; removed afterwards",
        trial.name
    ));
}

/// Runs a trial, and again with the next best set of flags for the control group tree as long as the engine
/// refuses one; `trial` is left with the last that was run. Returns `None` if there is nothing to try.
pub async fn attempt_sets(
    session: &Session<'_>,
    workspace: &Workspace,
    examination: &Examination,
    trial: &mut Trial,
    demands: &Demands<'_>,
) -> Option<(TrialOutcome, TrialSteps)> {
    let plan =
        |trial: &Trial| planned_trial(&examination.report, &examination.snapshot, &session.reach, trial);
    let mut planned = plan(trial)?;
    let mut refused = Vec::new();
    loop {
        let mut outcome = attempt(session, workspace, trial, &planned, demands).await;
        let is_refused = !outcome.refused.is_empty();
        refused.append(&mut outcome.refused);
        let next = Trial { sets_refused: trial.sets_refused + 1, until: end_of_life(), ..trial.clone() };
        let better = if is_refused { plan(&next).filter(|next| next.set.is_some()) } else { None };
        let Some(better) = better else {
            outcome.refused = refused;
            return Some((outcome, planned));
        };
        session.reporter.remark(&format!(
            "the engine refused {}; testing {}",
            planned.set.as_deref().unwrap_or_default(),
            better.set.as_deref().unwrap_or_default()
        ));
        (*trial, planned) = (next, better);
    }
}

/// Creates, examines and stops the container, and then removes everything, whatever happened.
pub async fn attempt(
    session: &Session<'_>,
    workspace: &Workspace,
    trial: &Trial,
    planned: &TrialSteps,
    demands: &Demands<'_>,
) -> TrialOutcome {
    let steps = &planned.steps;
    let mut outcome = TrialOutcome::unstarted(&trial.name);
    let mark = expected(session, trial, steps);
    let done = Box::pin(carry_out(session, workspace, steps, demands, &mut outcome)).await;
    outcome.removed = removal::clean(session, &mark, steps).await;
    if let (Err(TreatError::Refused { said, .. }), Some(set)) = (&done, &planned.set) {
        outcome.refused.push(Refusal { set: set.clone(), said: said.clone() });
    }
    outcome.problem = done.err().map(|error| error.problem());
    outcome.works &= outcome.problem.is_none();
    outcome
}

/// Stores the proof that the steps' objects are this program's. Each attempt under the same name stores it
/// again.
pub fn expected(session: &Session<'_>, trial: &Trial, steps: &[Step]) -> Mark {
    let images = removal::made_images(steps);
    let names = images.iter().filter_map(|image| made_image(image)).chain([trial.name.as_str()]);
    names.for_each(|name| session.marks.keep(name, &trial.token));
    Mark { name: trial.name.clone(), token: trial.token.clone() }
}

async fn carry_out(
    session: &Session<'_>,
    workspace: &Workspace,
    steps: &[Step],
    demands: &Demands<'_>,
    outcome: &mut TrialOutcome,
) -> Result<(), TreatError> {
    let name = outcome.name.clone();
    let after = start(session, workspace, &name, steps).await?;
    outcome.state.clone_from(&after.report.state);
    outcome.verdict = after.report.verdict;
    outcome.failed_units =
        after.snapshot.facts.list(key::MANAGER_FAILED_UNITS).into_iter().map(str::to_owned).collect();
    outcome.root_causes = after.root_causes();
    let left = outcome.root_causes.iter().any(|id| demands.gone.contains(id));
    let booted = after.has_booted();
    if booted {
        for unit in demands.units {
            outcome.units.push(session.interrupt.unless(unit_state(session, &name, unit)).await?);
        }
        outcome.stop = Some(session.interrupt.after(stop(session, workspace, &name)).await?);
    }
    let stopped = outcome.stop.as_ref().is_some_and(Stop::is_clean);
    outcome.works = booted && !left && stopped && outcome.units.iter().all(UnitState::is_well);
    Ok(())
}

/// Creates and starts the container of a trial, and examines it.
pub async fn start(
    session: &Session<'_>,
    workspace: &Workspace,
    name: &str,
    steps: &[Step],
) -> Result<Examination, TreatError> {
    for step in steps {
        session.carry_out(workspace, step).await?;
    }
    session.wait_for_boot(name).await
}

/// Queries the state of a unit in a running container.
async fn unit_state(session: &Session<'_>, container: &str, unit: &str) -> Result<UnitState, TreatError> {
    let properties = "--property=ActiveState,Result,ConditionResult,ExecMainExitTimestampMonotonic";
    let said = session.engine.exec(container, &["systemctl", "show", properties, "--", unit]).await?;
    let value = |key: &str| {
        said.stdout.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default()
    };
    let ended = !matches!(value("ExecMainExitTimestampMonotonic"), "" | "0");
    let state = match (value("ActiveState"), value("Result"), value("ConditionResult")) {
        ("inactive", "success", "yes") if ended => "done",
        ("inactive", _, "no") => "skipped by its own condition",
        (state, ..) => state,
    };
    Ok(UnitState { unit: unit.to_owned(), state: state.to_owned() })
}

async fn stop(session: &Session<'_>, workspace: &Workspace, name: &str) -> Result<Stop, TreatError> {
    let began = Instant::now();
    workspace.run(&session.reach.argv(["stop", "-t", STOP, name])).await?;
    let seconds = began.elapsed().as_secs_f64();
    let document = session.engine.inspect_container(name).await?;
    Ok(Stop { exit_code: document.pointer("/State/ExitCode").and_then(Value::as_i64), seconds })
}
