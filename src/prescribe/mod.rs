//! Report and snapshot → prescription: the cheapest set of changes that cures, as steps to carry out.
//!
//! Pure: the same report and snapshot give the same bytes. Must not ask an engine, read a file or print;
//! secrets never enter a step, which fetches them at run time instead.

mod carried;
mod cgroup;
mod confinement;
mod created;
mod csv_line;
mod element;
mod emit;
mod endpoint;
mod fetch;
mod flag_values;
mod flags;
mod hopeless;
mod image;
mod inspected;
mod marks;
mod owner;
mod planner;
mod profile;
mod program;
mod recipe;
mod remedies;
mod retire;
mod screen;
mod start;
mod steps;
mod storage;
#[cfg(test)]
mod tests;
mod trial;
mod types;
mod unseen;

use crate::diagnose::{Finding, Report, Subject};
use crate::snapshot::Snapshot;

pub use element::Element;
pub use emit::{CureFormat, EmitError, Emitted, Launch, emit};
pub use fetch::Fetch;
pub use image::{Extent, ImageError, ImagePlan, ImageWish, image, name_after, probe, tag_after};
use inspected::Inspected;
pub use marks::{IMAGE_TOKEN_LABEL, TOKEN_LABEL, TRIAL_LABEL};
use planner::Plan;
pub use profile::{Found, Origin, allowing, filter_of, hierarchy_of, versions_of};
pub use remedies::unknown as unknown_remedies;
pub use screen::{is_container_name, is_image_reference};
pub use start::{Start, Started, of_image, start};
pub use trial::{
    TRIAL_LIFE, Trial, TrialSteps, is_made_name, made_image, probe_name, trial, trial_name, unchanged,
};
pub use types::{NotOffered, Prescription, Reach, Retired, Step, StepKind};

/// Chooses a cure; `None` where nothing is wrong that has a cause.
#[must_use]
pub fn prescribe(report: &Report, snapshot: &Snapshot, reach: &Reach) -> Option<Prescription> {
    if report.subject == Subject::NotSystemd || report.root().is_none() {
        return None;
    }
    match Inspected::of(snapshot) {
        Some(inspected) => Some(planned(report, snapshot, &inspected, reach)),
        None => Some(by_hand(report, snapshot)),
    }
}

fn planned(report: &Report, snapshot: &Snapshot, inspected: &Inspected<'_>, reach: &Reach) -> Prescription {
    let Some(mut plan) = Plan::hopeful(&snapshot.target.name, report, snapshot, inspected) else {
        return by_hand(report, snapshot);
    };
    plan.fill();
    let odd = screen::names(&plan.recipe);
    if !odd.is_empty() {
        return refused(report, snapshot, &odd);
    }
    let roots: Vec<_> = plan.roots().collect();
    if plan.open().count() == roots.len() {
        let mut prescription = by_hand(report, snapshot);
        let advice: Vec<Step> =
            plan.advice.iter().map(|(words, id)| Step::advice(words.clone(), &[id])).collect();
        prescription.steps.splice(0..0, advice);
        return prescription;
    }
    let open: Vec<_> = plan.open().collect();
    relaunched(plan, &open, report, reach)
}

/// The prescription of a plan whose steps recreate the container.
fn relaunched(mut plan: Plan<'_>, open: &[&Finding], report: &Report, reach: &Reach) -> Prescription {
    let origin = carried::origin(&plan, &plan.recipe.image);
    let mut relaunch = steps::relaunch(&mut plan, reach);
    let (owner, remark) = owner::step(&plan);
    let mut steps: Vec<Step> = owner.into_iter().collect();
    steps.append(&mut relaunch);
    steps.extend(open.iter().flat_map(|root| hopeless::steps(root, plan.facts)));
    steps.extend(plan.spare.iter().cloned().chain(remark).map(|words| Step::advice(words, &[])));
    let rights = carried::rights(&plan);
    let remarks: Vec<String> = carried::summary(&rights).into_iter().chain(origin).collect();
    Prescription {
        summary: std::iter::once(summary(&plan)).chain(remarks.clone()).collect::<Vec<_>>().join(" "),
        privilege: privilege(&plan, &rights),
        cost: cost(&plan),
        curable: open.is_empty(),
        steps,
        not_offered: not_offered(report, true, plan.recipe.has("--privileged")),
        retired: retire::retired(&plan).filter(|_| plan.recipe.refused.is_empty()),
        launch: Some(Launch { kind: plan.inspected.config.kind, recipe: plan.recipe, remarks }),
    }
}

/// A prescription of words for a container whose names cannot be words of a command.
fn refused(report: &Report, snapshot: &Snapshot, odd: &[String]) -> Prescription {
    let mut prescription = by_hand(report, snapshot);
    prescription.summary = format!("No commands are printed for this container: {}.", odd.join("; "));
    "someone who knows this container has to recreate it".clone_into(&mut prescription.cost);
    prescription
}

/// A prescription of words only.
fn by_hand(report: &Report, snapshot: &Snapshot) -> Prescription {
    let roots = || report.findings.iter().filter(|finding| finding.role == crate::diagnose::Role::RootCause);
    let steps: Vec<Step> = roots().flat_map(|root| hopeless::steps(root, &snapshot.facts)).collect();
    let hopeless = roots().any(Finding::is_beyond_flags);
    let summary = if hopeless {
        "No container flag cures this; the image or the host has to change."
    } else {
        "No automatic fix: this needs your decision."
    };
    Prescription {
        summary: summary.to_owned(),
        privilege: "none".to_owned(),
        cost: "a change outside of this container".to_owned(),
        curable: false,
        steps,
        not_offered: not_offered(report, !hopeless, false),
        launch: None,
        retired: None,
    }
}

fn summary(plan: &Plan<'_>) -> String {
    let words: Vec<&str> = plan.changes.iter().map(|change| change.words.as_str()).collect();
    format!("Recreate the container with {}.", words.join("; "))
}

/// What the cure adds, then what the container had and has again.
fn privilege(plan: &Plan<'_>, rights: &[String]) -> String {
    let mut words: Vec<&str> = plan.changes.iter().filter_map(|change| change.privilege.as_deref()).collect();
    words.dedup();
    let added = words.join("; ");
    match (added.as_str(), rights) {
        ("", []) => "none".to_owned(),
        (_, []) => added,
        ("", rights) => format!("unchanged; it keeps {}", rights.join("; ")),
        (_, rights) => format!("{added}; it keeps {}", rights.join("; ")),
    }
}

fn cost(plan: &Plan<'_>) -> String {
    let mut cost = "files written outside volumes stay in the old container, which is kept".to_owned();
    if plan.recipe.has("--rm") {
        "the container was started with --rm and cannot be kept; its file system is saved as an image"
            .clone_into(&mut cost);
    }
    if !plan.image_lines.is_empty() {
        cost.push_str("; the derived image must be rebuilt whenever its base image changes");
    }
    if plan.untried {
        cost.push_str("; the cgroup flags come from documentation and were not tested on this engine");
    }
    cost
}

fn not_offered(report: &Report, curable: bool, privileged: bool) -> Vec<NotOffered> {
    let why = if privileged {
        "the container has it already and keeps it; what cures it does not need it"
    } else if curable {
        "it gives the container all capabilities and the host's devices, and the cure needs none of them"
    } else {
        "it would not help: the cause is not a lack of privileges"
    };
    let mut list = vec![NotOffered { what: "--privileged".to_owned(), why: why.to_owned() }];
    if report.findings.iter().any(|finding| finding.names(&["allow-one-call"])) {
        let why = "last resort: it allows every system call, but only the named ones are needed";
        list.push(NotOffered { what: "--security-opt seccomp=unconfined".to_owned(), why: why.to_owned() });
    }
    list
}
