//! Builds the steps that start a container of an image with what systemd needs on this engine, from a
//! container that was created but not started.
//!
//! Must not derive an image: `build` does.

use super::relaunch;
use crate::diagnose::Report;
use crate::prescribe::engine_cli::Reach;
use crate::prescribe::inspected::Inspected;
use crate::prescribe::prescription::Prescription;
use crate::prescribe::recipe::{Plan, Volume};
use crate::prescribe::remedy::planner;
use crate::prescribe::step::{Step, StepKind};
use crate::quote::shown;
use crate::snapshot::Snapshot;

/// What the user requests for the new container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// Its name.
    pub name: String,
    /// Reference of its image.
    pub image: String,
    /// Words after the image.
    pub command: Vec<String>,
    /// Volumes in the syntax of `-v`.
    pub volumes: Vec<String>,
    /// Other flags of the engine's `run`, with their values.
    pub flags: Vec<(String, Option<String>)>,
    /// How many sets of flags for the control group tree the engine has refused.
    pub sets_refused: usize,
}

/// A container that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The steps that start it.
    pub steps: Vec<Step>,
    /// Descriptions of the settings that were added to what the user requested.
    pub given: Vec<String>,
    /// Root causes that no flag cures.
    pub open: Vec<String>,
    /// The set of flags that makes the control group tree usable, in words; `None` if none is needed or left.
    pub set: Option<String>,
}

/// Returns the prescription for an image: a container is started with the cure, and none is put aside.
#[must_use]
pub fn of_image(
    cure: Prescription,
    report: &Report,
    snapshot: &Snapshot,
    reach: &Reach,
    wanted: &Start,
) -> Prescription {
    let Some(started) = start(report, snapshot, reach, wanted).filter(|_| cure.curable) else {
        return Prescription {
            steps: cure.steps.into_iter().filter(|step| step.argv.is_empty()).collect(),
            retired: None,
            launch: None,
            ..cure
        };
    };
    let mut steps = started.steps;
    if !started.open.is_empty() {
        let why: Vec<&str> = started.open.iter().map(String::as_str).collect();
        steps.push(Step::advice(
            format!(
                "Build an image from it that boots to a container target: {}",
                shown(&["sysdock", "build", &wanted.image])
            ),
            &why,
        ));
    }
    Prescription {
        curable: started.open.is_empty(),
        summary: format!("Start containers of it with {}.", started.given.join("; ")),
        cost: "these flags are needed at every start; `sysdock run` adds them".to_owned(),
        steps,
        retired: None,
        launch: None,
        ..cure
    }
}

/// Returns the steps that start a container; `None` if no flag makes systemd boot here.
#[must_use]
pub fn start(report: &Report, snapshot: &Snapshot, reach: &Reach, wanted: &Start) -> Option<Started> {
    let inspected = Inspected::of(snapshot)?;
    let plan = Plan::hopeful(&wanted.name, report, snapshot, &inspected)?;
    let mut plan = plan.after_refusals(wanted.sets_refused);
    plan.recipe.image.clone_from(&wanted.image);
    // Podman's compatible API sets it; the user did not request it.
    plan.recipe.drop_flag("--umask");
    // Must come before the planner, so that it does not mount over the user's mounts.
    plan.recipe.volumes.extend(wanted.volumes.iter().map(|text| Volume::parse(text)));
    for (name, value) in &wanted.flags {
        plan.recipe.push(name, value.clone());
    }
    if !wanted.command.is_empty() {
        plan.recipe.command.clone_from(&wanted.command);
    }
    planner::fill(&mut plan);
    planner::flags_only(&mut plan);
    let given = plan.changes.iter().map(|change| change.words.clone()).collect();
    let mut steps = relaunch::beside(&mut plan, reach);
    for step in steps.iter_mut().filter(|step| step.kind == StepKind::RunContainer) {
        step.title = format!("start {}", wanted.name);
    }
    let open = plan.open().map(|root| root.id.clone()).collect();
    Some(Started { steps, given, open, set: plan.set })
}
