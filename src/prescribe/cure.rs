//! Builds the prescription from a report and a snapshot: the planner's cure with its steps, or advice where
//! no flag helps.
//!
//! Must not ask an engine, read a file or print; the same input gives the same bytes.

use super::engine_cli::Reach;
use super::inspected::Inspected;
use super::prescription::{NotOffered, Prescription};
use super::privilege::Privilege;
use super::recipe::{Launch, Plan, checked_names};
use super::remedy::{planner, steps_beyond_flags};
use super::step::Step;
use super::steps::{carried_rights, owner_file, relaunch, retire};
use crate::diagnose::{Finding, Report, Role, Subject};
use crate::snapshot::Snapshot;

/// Chooses a cure; returns `None` if nothing is wrong that has a known cause.
#[must_use]
pub fn prescribe(report: &Report, snapshot: &Snapshot, reach: &Reach) -> Option<Prescription> {
    prescribe_after(report, snapshot, reach, 0)
}

/// Chooses a cure in the same way, for an engine that has refused this many sets of flags for the control
/// group tree; `Prescription::set` is `None` if there are no more.
#[must_use]
pub fn prescribe_after(
    report: &Report,
    snapshot: &Snapshot,
    reach: &Reach,
    sets_refused: usize,
) -> Option<Prescription> {
    if report.subject == Subject::NotSystemd || report.root().is_none() {
        return None;
    }
    match Inspected::of(snapshot) {
        Some(inspected) => {
            let plan = Plan::hopeful(&snapshot.target.name, report, snapshot, &inspected);
            Some(match plan {
                Some(plan) => planned(plan.after_refusals(sets_refused), report, snapshot, reach),
                None => by_hand(report, snapshot),
            })
        }
        None => Some(by_hand(report, snapshot)),
    }
}

/// Returns the prescription for a container whose inspect documents are known.
fn planned(mut plan: Plan<'_>, report: &Report, snapshot: &Snapshot, reach: &Reach) -> Prescription {
    planner::fill(&mut plan);
    let odd = checked_names::odd_names(&plan.recipe);
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

/// Returns the prescription for a plan whose steps recreate the container.
fn relaunched(mut plan: Plan<'_>, open: &[&Finding], report: &Report, reach: &Reach) -> Prescription {
    let origin = carried_rights::origin(&plan, &plan.recipe.image);
    let mut started = relaunch::relaunch(&mut plan, reach);
    let (owner, remark) = owner_file::step(&plan);
    let mut steps: Vec<Step> = owner.into_iter().collect();
    steps.append(&mut started);
    steps.extend(open.iter().flat_map(|root| steps_beyond_flags(root, plan.facts)));
    steps.extend(plan.spare.iter().cloned().chain(remark).map(|words| Step::advice(words, &[])));
    let rights = carried_rights::rights(&plan);
    let remarks: Vec<String> = carried_rights::summary(&rights).into_iter().chain(origin).collect();
    Prescription {
        summary: std::iter::once(summary(&plan)).chain(remarks.clone()).collect::<Vec<_>>().join(" "),
        privilege: privilege(&plan, rights),
        cost: cost(&plan),
        curable: open.is_empty(),
        steps,
        not_offered: not_offered(report, true, plan.recipe.has("--privileged")),
        retired: retire::retired(&plan).filter(|_| plan.recipe.refused.is_empty()),
        set: plan.set.clone(),
        launch: Some(Launch { kind: plan.inspected.config.kind, recipe: plan.recipe, remarks }),
    }
}

/// Returns advice only, for a container whose names cannot be used in a command.
fn refused(report: &Report, snapshot: &Snapshot, odd: &[String]) -> Prescription {
    let mut prescription = by_hand(report, snapshot);
    prescription.summary = format!("No commands are printed for this container: {}.", odd.join("; "));
    "someone who knows this container has to recreate it".clone_into(&mut prescription.cost);
    prescription
}

/// Returns a prescription that holds advice only.
fn by_hand(report: &Report, snapshot: &Snapshot) -> Prescription {
    let roots = || report.findings.iter().filter(|finding| finding.role == Role::RootCause);
    let steps: Vec<Step> = roots().flat_map(|root| steps_beyond_flags(root, &snapshot.facts)).collect();
    let is_beyond_flags = roots().any(Finding::is_beyond_flags);
    let summary = if is_beyond_flags {
        "No container flag cures this; the image or the host has to change."
    } else {
        "No automatic fix: this needs your decision."
    };
    Prescription {
        summary: summary.to_owned(),
        privilege: Privilege::None,
        cost: "a change outside of this container".to_owned(),
        curable: false,
        steps,
        not_offered: not_offered(report, !is_beyond_flags, false),
        set: None,
        launch: None,
        retired: None,
    }
}

/// Summarises the cure in one sentence.
fn summary(plan: &Plan<'_>) -> String {
    let words: Vec<&str> = plan.changes.iter().map(|change| change.words.as_str()).collect();
    format!("Recreate the container with {}.", words.join("; "))
}

/// Summarises the privileges that the cure adds, and those that the container keeps.
fn privilege(plan: &Plan<'_>, rights: Vec<String>) -> Privilege {
    let mut added: Vec<String> = plan.changes.iter().filter_map(|change| change.privilege.clone()).collect();
    added.dedup();
    Privilege::of(added, rights)
}

/// Describes what the cure costs.
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

/// Lists commonly advised options that are not offered, with the reason for each.
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
