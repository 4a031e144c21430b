//! A trial carried out: a throw-away container is made, looked at, stopped, and removed whatever happens.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::case::{Case, Office, root_causes};
use super::{CommandError, made};
use crate::diagnose::Verdict;
use crate::docker::EngineKind;
use crate::prescribe::{Step, TRIAL_LIFE, Trial, made_image, trial_name};
use crate::render::output;
use crate::treat::{Mark, Stop, TrialOutcome, UnitState, Workshop};

/// Longest boot of a trial.
pub const BOOT: Duration = Duration::from_mins(1);
/// Longest command of a trial; a derived image is built by one of them.
pub const COMMAND: Duration = Duration::from_mins(5);
/// Longest stop, in seconds; systemd that gets the right signal takes less than one.
const STOP: &str = "8";

/// What a trial must show besides a boot and an orderly stop.
#[derive(Debug, Clone, Default)]
pub struct Demands<'d> {
    /// Root causes that must be gone.
    pub gone: Vec<String>,
    /// Units that must be active, or have done their work.
    pub units: &'d [String],
}

/// A trial named after a container or image, and the end of its life.
pub async fn named(office: &Office<'_>, case: &Case) -> Trial {
    let after = &case.trial_name;
    let now = Timestamp::now().as_second();
    let Mark { name, token } = office.marks.make(&trial_name(after, std::process::id(), now));
    Trial {
        name,
        token,
        until: end_of_life(),
        controllers: controllers(office).await,
        without: Vec::new(),
        flags_only: case.is_image,
        profile: None,
    }
}

/// End of the life of a trial that begins now, in seconds since 1970.
pub fn end_of_life() -> i64 {
    Timestamp::now().as_second() + TRIAL_LIFE
}

/// Says what a trial will make.
pub fn announce(office: &Office<'_>, what: &str, trial: &Trial) {
    if !office.options.remarks {
        return;
    }
    let limited = ["memory", "pids"].iter().all(|one| trial.controllers.iter().any(|other| other == one));
    let limits = if limited {
        ""
    } else {
        ", without memory and process limits because the engine has no such controllers"
    };
    output::tell(&format!(
        "{what} in {}: no network or ports, read-only volumes{limits}; removed afterwards",
        trial.name
    ));
}

/// Controllers of the engine's control groups. Podman's answer in Docker's form calls each of them there
/// (measured on 4.3).
async fn controllers(office: &Office<'_>) -> Vec<String> {
    if office.reach.kind == EngineKind::Podman {
        let info = office.engine.get("/v4.0.0/libpod/info").await.unwrap_or_default();
        let list = info.pointer("/host/cgroupControllers").and_then(Value::as_array);
        return list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let info = office.engine.info().await.cloned().unwrap_or_default();
    let able = |field: &str| info.get(field).and_then(Value::as_bool) == Some(true);
    [("MemoryLimit", "memory"), ("PidsLimit", "pids")]
        .iter()
        .filter(|(field, _)| able(field))
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

/// Makes the container, looks at it, stops it, and removes everything whatever happened.
pub async fn attempt(
    office: &Office<'_>,
    workshop: &Workshop,
    trial: &Trial,
    steps: &[Step],
    demands: &Demands<'_>,
) -> TrialOutcome {
    let mut outcome = TrialOutcome::unstarted(&trial.name);
    let mark = expected(office, trial, steps);
    let done = Box::pin(live(office, workshop, steps, demands, &mut outcome)).await;
    outcome.removed = made::clean(office, &mark, steps).await;
    outcome.problem = done.err().map(|error| error.problem());
    outcome.works &= outcome.problem.is_none();
    outcome
}

/// Keeps what proves that the things which the steps make are this program's. Each attempt under one name
/// does so anew.
pub fn expected(office: &Office<'_>, trial: &Trial, steps: &[Step]) -> Mark {
    let images = made::derived(steps);
    let names = images.iter().filter_map(|image| made_image(image)).chain([trial.name.as_str()]);
    names.for_each(|name| office.marks.keep(name, &trial.token));
    Mark { name: trial.name.clone(), token: trial.token.clone() }
}

async fn live(
    office: &Office<'_>,
    workshop: &Workshop,
    steps: &[Step],
    demands: &Demands<'_>,
    outcome: &mut TrialOutcome,
) -> Result<(), CommandError> {
    let name = outcome.name.clone();
    let after = began(office, workshop, &name, steps).await?;
    outcome.state.clone_from(&after.report.state);
    outcome.verdict = after.report.verdict;
    outcome.failed_units =
        after.snapshot.facts.list("manager.failed_units").into_iter().map(str::to_owned).collect();
    outcome.root_causes = root_causes(&after.report);
    let left = outcome.root_causes.iter().any(|id| demands.gone.contains(id));
    let booted = matches!(after.report.verdict, Verdict::Healthy | Verdict::Degraded);
    if booted {
        for unit in demands.units {
            outcome.units.push(office.interrupt.unless(asked(office, &name, unit)).await?);
        }
        outcome.stop = Some(office.interrupt.after(stop(office, workshop, &name)).await?);
    }
    let stopped = outcome.stop.as_ref().is_some_and(|stop| stop.exit_code == Some(0));
    outcome.works = booted && !left && stopped && outcome.units.iter().all(UnitState::is_well);
    Ok(())
}

/// Makes and starts the container of a trial, and looks at it.
pub async fn began(
    office: &Office<'_>,
    workshop: &Workshop,
    name: &str,
    steps: &[Step],
) -> Result<Case, CommandError> {
    for step in steps {
        office.carry_out(workshop, step).await?;
    }
    office.examine(name, BOOT).await
}

/// State of a unit in a running container.
async fn asked(office: &Office<'_>, container: &str, unit: &str) -> Result<UnitState, CommandError> {
    let properties = "--property=ActiveState,Result,ConditionResult,ExecMainExitTimestampMonotonic";
    let said = office.engine.exec(container, &["systemctl", "show", properties, "--", unit]).await?;
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

async fn stop(office: &Office<'_>, workshop: &Workshop, name: &str) -> Result<Stop, CommandError> {
    let began = Instant::now();
    workshop.run(&office.reach.argv(["stop", "-t", STOP, name])).await?;
    let seconds = began.elapsed().as_secs_f64();
    let document = office.engine.get(&format!("/containers/{name}/json")).await?;
    Ok(Stop { exit_code: document.pointer("/State/ExitCode").and_then(Value::as_i64), seconds })
}
