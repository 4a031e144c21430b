//! Report and snapshot → the steps of a trial: the cured container under a name of its own, beside the old
//! one and cut off from the world.
//!
//! Must not let a trial reach, or outlive, anything outside of it.

use super::relaunch;
use crate::diagnose::Report;
use crate::prescribe::engine_cli::Reach;
use crate::prescribe::inspected::Inspected;
use crate::prescribe::recipe::{Element, Plan, Recipe, added, checked_names, leave_out};
use crate::prescribe::remedy::planner;
use crate::prescribe::step::{Step, StepKind};
use crate::prescribe::trial_names::{IMAGE_TOKEN_LABEL, TOKEN_LABEL, TRIAL_LABEL};
use crate::snapshot::Snapshot;

/// Longest life of a trial, in seconds: an image is derived, the container boots, is asked and stops.
pub const TRIAL_LIFE: i64 = 10 * 60;
/// Flags that lead out of a trial, or that would outlive it.
const OUTWARD: [&str; 13] = [
    "--publish",
    "--publish-all",
    "--network",
    "--network-alias",
    "--ip",
    "--ip6",
    "--mac-address",
    "--link",
    "--dns",
    "--dns-option",
    "--dns-search",
    "--restart",
    "--rm",
];
/// Memory and processes of a trial that has no limits of its own.
const LIMITS: [(&str, &str, &str); 2] = [("--memory", "1g", "memory"), ("--pids-limit", "1024", "pids")];

/// What a trial is called and how long it may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Name of its container.
    pub name: String,
    /// What proves that it is one.
    pub token: String,
    /// End of its life, in seconds since 1970.
    pub until: i64,
    /// Controllers that the engine's control groups have, such as `memory`; without one its limit cannot be
    /// set.
    pub controllers: Vec<String>,
    /// Parts of the cure that are left out.
    pub without: Vec<Element>,
    /// Whether the image is to be tried as it is, without one derived from it.
    pub flags_only: bool,
    /// A seccomp profile in place of the cure's.
    pub profile: Option<String>,
}

/// A trial that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialSteps {
    /// What makes and starts its container.
    pub steps: Vec<Step>,
    /// What the cure adds to the container as it was.
    pub elements: Vec<Element>,
}

/// Returns the steps that make and start the container of a trial; `None` where no flag cures, or something
/// cannot be carried over.
#[must_use]
pub fn trial(report: &Report, snapshot: &Snapshot, reach: &Reach, trial: &Trial) -> Option<TrialSteps> {
    let inspected = Inspected::of(snapshot)?;
    let mut plan = Plan::hopeful(&trial.name, report, snapshot, &inspected)?;
    planner::fill(&mut plan);
    if trial.flags_only {
        planner::flags_only(&mut plan);
    }
    if trial.profile.is_some() {
        plan.profile.clone_from(&trial.profile);
    }
    if !is_sound(&plan) || !plan.recipe.refused.is_empty() {
        return None;
    }
    let mut before = inspected.recipe(&snapshot.target.name);
    trial.name.clone_into(&mut before.name);
    let elements = added(&before, &plan.recipe);
    trial.without.iter().for_each(|element| leave_out(&mut plan.recipe, element));
    cut_off(&mut plan.recipe, trial);
    limit(&mut plan.recipe, &trial.controllers);
    let mut steps = relaunch::beside(&mut plan, reach);
    for step in steps.iter_mut().filter(|step| step.kind == StepKind::BuildImage) {
        let folder = step.argv.pop();
        step.argv.extend(["--label".to_owned(), format!("{IMAGE_TOKEN_LABEL}={}", trial.token)]);
        step.argv.extend(folder);
    }
    Some(TrialSteps { steps, elements })
}

/// Returns the steps of a trial in which nothing is cured: the container as it is, cut off and with a
/// terminal, so that its words can be read; `None` where something cannot be carried over.
#[must_use]
pub fn unchanged(report: &Report, snapshot: &Snapshot, reach: &Reach, trial: &Trial) -> Option<Vec<Step>> {
    let inspected = Inspected::of(snapshot)?;
    let mut plan = Plan::named(&trial.name, report, snapshot, &inspected);
    planner::settle(&mut plan);
    if !is_sound(&plan) || !plan.recipe.refused.is_empty() {
        return None;
    }
    cut_off(&mut plan.recipe, trial);
    limit(&mut plan.recipe, &trial.controllers);
    Some(relaunch::beside(&mut plan, reach))
}

/// Returns whether its names can be words of a command.
fn is_sound(plan: &Plan<'_>) -> bool {
    checked_names::odd_names(&plan.recipe).is_empty()
}

/// Leaves no network, no ports, nothing to write outside; gives a terminal, so that systemd speaks.
fn cut_off(recipe: &mut Recipe, trial: &Trial) {
    OUTWARD.iter().for_each(|flag| recipe.drop_flag(flag));
    recipe.networks.clear();
    recipe.drop_values("--label", |_| true);
    recipe.labels = None;
    recipe.push("--network", Some("none".to_owned()));
    recipe.push("--label", Some(format!("{TRIAL_LABEL}={}", trial.until)));
    recipe.push("--label", Some(format!("{TOKEN_LABEL}={}", trial.token)));
    if !recipe.has("--tty") {
        recipe.push("--tty", None);
    }
    for volume in recipe.volumes.iter_mut().filter(|volume| !volume.destination.starts_with("/sys/")) {
        volume.options = read_only(&volume.options);
    }
    for (_, text) in recipe.mounts.iter_mut().filter(|(_, text)| !text.contains("type=tmpfs")) {
        if !text.split(',').any(|part| matches!(part, "readonly" | "ro" | "readonly=true")) {
            text.push_str(",readonly");
        }
    }
}

/// Returns the options of a volume that nobody can write to.
fn read_only(options: &str) -> String {
    let kept = options.split(',').filter(|option| !matches!(*option, "" | "rw" | "ro"));
    kept.chain(["ro"]).collect::<Vec<_>>().join(",")
}

/// Sets limits where the engine can set them; without the controllers it refuses the flags or ignores them.
fn limit(recipe: &mut Recipe, controllers: &[String]) {
    for (flag, value, controller) in LIMITS {
        if !recipe.has(flag) && controllers.iter().any(|one| one == controller) {
            recipe.push(flag, Some(value.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::recipe::Volume;

    #[test]
    fn a_trial_reaches_nothing_outside() {
        let mut recipe =
            Recipe { name: "t".to_owned(), image: "i".to_owned(), labels: Some(2), ..Recipe::default() };
        recipe.push("--publish", Some("80:80".to_owned()));
        recipe.push("--restart", Some("always".to_owned()));
        recipe.volumes.push(Volume {
            source: "data".to_owned(),
            destination: "/data".to_owned(),
            options: "rw,z".to_owned(),
        });
        recipe.volumes.push(Volume::same("/sys/fs/cgroup/t", "rw"));
        recipe.mounts.push(("/m".to_owned(), "type=volume,source=m,target=/m".to_owned()));
        cut_off(
            &mut recipe,
            &Trial {
                name: "t".to_owned(),
                token: "f00".to_owned(),
                until: 7,
                controllers: Vec::new(),
                without: Vec::new(),
                flags_only: false,
                profile: None,
            },
        );
        limit(&mut recipe, &["memory".to_owned()]);
        let words = recipe.run(&Reach::by_itself(crate::snapshot::EngineKind::Docker)).join(" ");
        assert_eq!(
            words,
            "docker run -d --name t -v data:/data:z,ro -v /sys/fs/cgroup/t:/sys/fs/cgroup/t:rw --mount \
                type=volume,source=m,target=/m,readonly --network none --label sysdock.trial=7 --label \
                sysdock.trial.token=f00 --tty --memory 1g i"
        );
    }
}
