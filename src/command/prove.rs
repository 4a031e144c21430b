//! `prove`: the cure of a container, tried in a throw-away container beside it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::case::{Case, Office, root_causes};
use super::{CommandError, connect, progress};
use crate::cli::{Format, ProveArgs};
use crate::diagnose::Verdict;
use crate::docker::EngineKind;
use crate::exit::Exit;
use crate::options::Options;
use crate::prescribe::{Step, StepKind, TRIAL_LABEL, Trial, trial};
use crate::render::{Answer, human, json, output, treatment};
use crate::rule;
use crate::scan::Matcher;
use crate::treat::{Stop, TrialOutcome, Workshop};

/// Longest boot of a trial.
const BOOT: Duration = Duration::from_mins(1);
/// Longest command of a trial; a derived image is built by one of them.
const COMMAND: Duration = Duration::from_mins(5);
/// Life of a trial after which anybody may remove it, in seconds.
const LIFE: i64 = 15 * 60;
/// Images that trials derive.
const IMAGES: &str = "*-trial-*-cured";

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the container cannot be looked at or the engine's CLI is missing.
pub fn run(args: &ProveArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    connect::block_on(async {
        let office = Office::open(options, &rules, &matcher).await?;
        let workshop = Workshop::new(COMMAND)?;
        sweep(&office, &workshop, args.sweep).await;
        match &args.container {
            Some(name) => prove(&office, &workshop, name, args.format).await,
            None => Ok(Exit::Success),
        }
    })
}

async fn prove(office: &Office<'_>, workshop: &Workshop, name: &str, format: Format) -> Result<Exit, CommandError> {
    let case = office.examine(name, BOOT).await?;
    let now = Timestamp::now().as_second();
    let controllers = controllers(office).await;
    let name_of_trial = format!("{}-trial-{}-{now}", case.report.target.name, std::process::id());
    let wanted = Trial { name: name_of_trial, until: now + LIFE, controllers };
    let steps = trial(&case.report, &case.snapshot, &office.reach, &wanted);
    let Some(steps) = steps.filter(|_| case.prescription.as_ref().is_some_and(|cure| cure.curable)) else {
        show(office, &case, None, format)?;
        let why = if case.prescription.is_none() { "no cause was found, so there is no cure to try" } else { "no command alone cures it" };
        output::tell(&format!("nothing was tried for {name}: {why}"));
        return Ok(if case.prescription.is_none() { Exit::Success } else { Exit::Findings });
    };
    if office.options.remarks {
        let limited = ["memory", "pids"].iter().all(|one| wanted.controllers.iter().any(|other| other == one));
        let limits = if limited { "" } else { ", not limited in memory or processes because the engine has no such controller" };
        output::tell(&format!(
            "trying the cure in {}: without a network or ports, volumes read-only{limits}; it is removed afterwards",
            wanted.name
        ));
    }
    let work = attempt(office, workshop, &case, &wanted.name, &steps);
    let outcome = progress::shown(&format!("trying the cure of {name}"), office.options.progress, work).await;
    show(office, &case, Some(&outcome), format)?;
    Ok(if outcome.works { Exit::Success } else { Exit::Findings })
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

fn show(office: &Office<'_>, case: &Case, outcome: Option<&TrialOutcome>, format: Format) -> Result<(), CommandError> {
    let answer = Answer { report: &case.report, prescription: case.prescription.as_ref(), trial: outcome };
    let text = match format {
        Format::Json => json::answers(&[answer], office.rules)?,
        Format::Human => {
            let tried = outcome.map(|outcome| format!("\n{}", treatment::trial(outcome, &office.options.context))).unwrap_or_default();
            human::answers(&[answer], &office.options.context) + &tried
        }
    };
    Ok(output::print(text.as_bytes())?)
}

/// Makes the container, looks at it, stops it, and removes everything whatever happened.
async fn attempt(office: &Office<'_>, workshop: &Workshop, case: &Case, name: &str, steps: &[Step]) -> TrialOutcome {
    let mut outcome = TrialOutcome {
        name: name.to_owned(),
        works: false,
        verdict: Verdict::Undetermined,
        state: "it was not started".to_owned(),
        root_causes: Vec::new(),
        failed_units: Vec::new(),
        stop: None,
        problem: None,
        removed: false,
    };
    let work = live(office, workshop, case, steps, &mut outcome);
    let problem = tokio::select! {
        done = work => done.err().map(|error| error.to_string()),
        _ = tokio::signal::ctrl_c() => Some("it was interrupted".to_owned()),
    };
    outcome.problem = problem;
    outcome.works &= outcome.problem.is_none();
    outcome.removed = remove(office, workshop, name).await && remove_images(office, workshop, &derived(steps)).await;
    outcome
}

async fn live(
    office: &Office<'_>,
    workshop: &Workshop,
    case: &Case,
    steps: &[Step],
    outcome: &mut TrialOutcome,
) -> Result<(), CommandError> {
    for step in steps {
        workshop.perform(step).await?;
    }
    let after = office.examine(&outcome.name.clone(), BOOT).await?;
    outcome.state.clone_from(&after.report.state);
    outcome.verdict = after.report.verdict;
    outcome.failed_units = after.snapshot.facts.list("manager.failed_units").into_iter().map(str::to_owned).collect();
    let before = root_causes(&case.report);
    outcome.root_causes = root_causes(&after.report);
    let left = outcome.root_causes.iter().any(|id| before.contains(id));
    let booted = matches!(after.report.verdict, Verdict::Healthy | Verdict::Degraded);
    if booted {
        outcome.stop = Some(stop(office, workshop, &outcome.name).await?);
    }
    outcome.works = booted && !left && outcome.stop.as_ref().is_some_and(|stop| stop.exit_code == Some(0));
    Ok(())
}

async fn stop(office: &Office<'_>, workshop: &Workshop, name: &str) -> Result<Stop, CommandError> {
    let began = Instant::now();
    workshop.run(&office.reach.argv(["stop", "-t", "20", name])).await?;
    let seconds = began.elapsed().as_secs_f64();
    let document = office.engine.get(&format!("/containers/{name}/json")).await?;
    Ok(Stop { exit_code: document.pointer("/State/ExitCode").and_then(Value::as_i64), seconds })
}

/// Names of images that the steps make.
fn derived(steps: &[Step]) -> Vec<String> {
    let builds = steps.iter().filter(|step| step.kind == StepKind::BuildImage);
    builds.filter_map(|step| step.argv.iter().skip_while(|word| *word != "-t").nth(1).cloned()).collect()
}

/// Removes a container; one that was never made is gone too.
async fn remove(office: &Office<'_>, workshop: &Workshop, name: &str) -> bool {
    if office.engine.get(&format!("/containers/{name}/json")).await.is_err_and(|error| error.is_unknown()) {
        return true;
    }
    workshop.run(&office.reach.argv(["rm", "-f", "-v", name])).await.is_ok()
}

async fn remove_images(office: &Office<'_>, workshop: &Workshop, names: &[String]) -> bool {
    let mut gone = true;
    for name in names {
        gone &= workshop.run(&office.reach.argv(["rmi", "-f", name])).await.is_ok();
    }
    gone
}

/// Removes what trials that were cut off left behind: those whose time is over, or all.
async fn sweep(office: &Office<'_>, workshop: &Workshop, all: bool) {
    let now = Timestamp::now().as_second();
    let filter = format!("%7B%22label%22%3A%5B%22{TRIAL_LABEL}%22%5D%7D");
    let list = office.engine.get(&format!("/containers/json?all=1&filters={filter}")).await.unwrap_or_default();
    for entry in list.as_array().into_iter().flatten() {
        let until = entry.pointer("/Labels").and_then(|labels| labels.get(TRIAL_LABEL)?.as_str()?.parse::<i64>().ok());
        let name = entry.pointer("/Names/0").and_then(Value::as_str).unwrap_or_default().trim_start_matches('/');
        if (all || until.is_none_or(|until| until < now)) && remove(office, workshop, name).await {
            output::tell(&format!("removed {name}, which a trial had left behind"));
        }
    }
    if all {
        let images =
            office.engine.get(&format!("/images/json?filters=%7B%22reference%22%3A%5B%22{IMAGES}%22%5D%7D")).await.unwrap_or_default();
        let tags = images.as_array().into_iter().flatten().filter_map(|image| image.get("RepoTags")?.as_array()).flatten();
        let names: Vec<String> = tags.filter_map(Value::as_str).map(str::to_owned).collect();
        remove_images(office, workshop, &names).await;
    }
}
