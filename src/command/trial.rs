//! A trial carried out: a throw-away container is made, looked at, stopped, and removed whatever happens.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::CommandError;
use super::case::{Case, Office, root_causes};
use crate::diagnose::Verdict;
use crate::docker::EngineKind;
use crate::prescribe::{Step, StepKind, TRIAL_LABEL, Trial};
use crate::render::output;
use crate::treat::{Stop, TrialOutcome, UnitState, Workshop};

/// Longest boot of a trial.
pub const BOOT: Duration = Duration::from_mins(1);
/// Longest command of a trial; a derived image is built by one of them.
pub const COMMAND: Duration = Duration::from_mins(5);
/// Life of a trial after which anybody may remove it, in seconds.
const LIFE: i64 = 15 * 60;
/// Longest stop, in seconds; systemd that gets the right signal takes less than one.
const STOP: &str = "8";
/// Images that trials derive.
const IMAGES: &str = "*-trial-*-cured";

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
    let name = format!("{after}-trial-{}-{now}", std::process::id());
    Trial { name, until: now + LIFE, controllers: controllers(office).await, without: Vec::new(), flags_only: case.is_image, profile: None }
}

/// Says what a trial will make.
pub fn announce(office: &Office<'_>, what: &str, trial: &Trial) {
    if !office.options.remarks {
        return;
    }
    let limited = ["memory", "pids"].iter().all(|one| trial.controllers.iter().any(|other| other == one));
    let limits = if limited { "" } else { ", not limited in memory or processes because the engine has no such controller" };
    output::tell(&format!("{what} in {}: without a network or ports, volumes read-only{limits}; it is removed afterwards", trial.name));
}

/// Controllers of the engine's control groups. Podman's answer in Docker's form calls each of them there (measured on 4.3).
async fn controllers(office: &Office<'_>) -> Vec<String> {
    if office.reach.kind == EngineKind::Podman {
        let info = office.engine.get("/v4.0.0/libpod/info").await.unwrap_or_default();
        let list = info.pointer("/host/cgroupControllers").and_then(Value::as_array);
        return list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let info = office.engine.info().await.cloned().unwrap_or_default();
    let able = |field: &str| info.get(field).and_then(Value::as_bool) == Some(true);
    [("MemoryLimit", "memory"), ("PidsLimit", "pids")].iter().filter(|(field, _)| able(field)).map(|(_, name)| (*name).to_owned()).collect()
}

/// Makes the container, looks at it, stops it, and removes everything whatever happened.
pub async fn attempt(office: &Office<'_>, workshop: &Workshop, name: &str, steps: &[Step], demands: &Demands<'_>) -> TrialOutcome {
    let mut outcome = TrialOutcome::unstarted(name);
    let work = Box::pin(live(office, workshop, steps, demands, &mut outcome));
    let problem = interruptible(work).await.err();
    outcome.problem = problem;
    outcome.works &= outcome.problem.is_none();
    outcome.removed = clean(office, name, steps).await;
    outcome
}

/// Does work until it is done or the user interrupts it; gives the words of what went wrong.
pub async fn interruptible<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, String> {
    tokio::select! {
        done = work => done.map_err(|error| error.to_string()),
        _ = tokio::signal::ctrl_c() => Err("it was interrupted".to_owned()),
    }
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
    outcome.failed_units = after.snapshot.facts.list("manager.failed_units").into_iter().map(str::to_owned).collect();
    outcome.root_causes = root_causes(&after.report);
    let left = outcome.root_causes.iter().any(|id| demands.gone.contains(id));
    let booted = matches!(after.report.verdict, Verdict::Healthy | Verdict::Degraded);
    if booted {
        for unit in demands.units {
            outcome.units.push(asked(office, &name, unit).await?);
        }
        outcome.stop = Some(stop(office, workshop, &name).await?);
    }
    let stopped = outcome.stop.as_ref().is_some_and(|stop| stop.exit_code == Some(0));
    outcome.works = booted && !left && stopped && outcome.units.iter().all(UnitState::is_well);
    Ok(())
}

/// Makes and starts the container of a trial, and looks at it.
pub async fn began(office: &Office<'_>, workshop: &Workshop, name: &str, steps: &[Step]) -> Result<Case, CommandError> {
    for step in steps {
        office.carry_out(workshop, step).await?;
    }
    office.examine(name, BOOT).await
}

/// State of a unit in a running container.
async fn asked(office: &Office<'_>, container: &str, unit: &str) -> Result<UnitState, CommandError> {
    let properties = "--property=ActiveState,Result,ConditionResult,ExecMainExitTimestampMonotonic";
    let said = office.engine.exec(container, &["systemctl", "show", properties, "--", unit]).await?;
    let value = |key: &str| said.stdout.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
    let ended = !matches!(value("ExecMainExitTimestampMonotonic"), "" | "0");
    let state = match (value("ActiveState"), value("Result"), value("ConditionResult")) {
        ("inactive", "success", "yes") if ended => "done",
        ("inactive", _, "no") => "skipped by a condition of its own",
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

/// Removes what the steps of a trial made; says whether all of it is gone.
pub async fn clean(office: &Office<'_>, name: &str, steps: &[Step]) -> bool {
    office.engine.remove(name).await.is_ok() & remove_images(office, &derived(steps)).await
}

/// Names of images that the steps make.
fn derived(steps: &[Step]) -> Vec<String> {
    let builds = steps.iter().filter(|step| step.kind == StepKind::BuildImage);
    builds.filter_map(|step| step.argv.iter().skip_while(|word| *word != "-t").nth(1).cloned()).collect()
}

async fn remove_images(office: &Office<'_>, names: &[String]) -> bool {
    let mut gone = true;
    for name in names {
        gone &= office.engine.untag(name).await.is_ok();
    }
    gone
}

/// Removes what trials that were cut off left behind: those whose time is over, or all.
pub async fn sweep(office: &Office<'_>, all: bool) {
    let now = Timestamp::now().as_second();
    let filter = format!("%7B%22label%22%3A%5B%22{TRIAL_LABEL}%22%5D%7D");
    let list = office.engine.get(&format!("/containers/json?all=1&filters={filter}")).await.unwrap_or_default();
    for entry in list.as_array().into_iter().flatten() {
        let until = entry.pointer("/Labels").and_then(|labels| labels.get(TRIAL_LABEL)?.as_str()?.parse::<i64>().ok());
        let name = entry.pointer("/Names/0").and_then(Value::as_str).unwrap_or_default().trim_start_matches('/');
        if (all || until.is_none_or(|until| until < now)) && office.engine.remove(name).await.is_ok() {
            output::tell(&format!("removed {name}, which a trial had left behind"));
        }
    }
    if all {
        let images =
            office.engine.get(&format!("/images/json?filters=%7B%22reference%22%3A%5B%22{IMAGES}%22%5D%7D")).await.unwrap_or_default();
        let tags = images.as_array().into_iter().flatten().filter_map(|image| image.get("RepoTags")?.as_array()).flatten();
        let names: Vec<String> = tags.filter_map(Value::as_str).map(str::to_owned).collect();
        remove_images(office, &names).await;
    }
}
