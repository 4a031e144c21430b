//! Builds the steps of a trial: the cured container under another name, beside the old one and isolated.
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

/// Longest life of a trial, in seconds: deriving an image, booting, examining and stopping the container.
pub const TRIAL_LIFE: i64 = 10 * 60;
/// Flags that connect a trial to the outside, or whose effect would outlive it.
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
/// Memory and process limits for a trial whose container has none.
const LIMITS: [(&str, &str, &str); 2] = [("--memory", "1g", "memory"), ("--pids-limit", "1024", "pids")];

/// The name of a trial, how long it may live, and its variations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Name of its container.
    pub name: String,
    /// Token that proves that it is a trial.
    pub token: String,
    /// End of its life, in seconds since 1970.
    pub until: i64,
    /// Controllers of the engine's control groups, such as `memory`; a limit cannot be set without its
    /// controller.
    pub controllers: Vec<String>,
    /// Parts of the cure to leave out.
    pub without: Vec<Element>,
    /// Whether to try the image as it is, without deriving one.
    pub flags_only: bool,
    /// A seccomp profile that replaces the cure's.
    pub profile: Option<String>,
    /// How many sets of flags for the control group tree the engine has refused.
    pub sets_refused: usize,
}

/// A trial that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialSteps {
    /// The steps that create and start its container.
    pub steps: Vec<Step>,
    /// What the cure adds to the original container.
    pub elements: Vec<Element>,
    /// The set of flags that makes the control group tree usable, in words; `None` if none is needed or left.
    pub set: Option<String>,
}

/// Returns the steps that create and start the container of a trial; `None` if no flag cures, or something
/// cannot be carried over.
#[must_use]
pub fn trial(report: &Report, snapshot: &Snapshot, reach: &Reach, trial: &Trial) -> Option<TrialSteps> {
    let inspected = Inspected::of(snapshot)?;
    let plan = Plan::hopeful(&trial.name, report, snapshot, &inspected)?;
    let mut plan = plan.after_refusals(trial.sets_refused);
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
    Some(TrialSteps { steps, elements, set: plan.set })
}

/// Returns the steps of a trial without a cure: the container as it is, isolated and with a terminal, so that
/// its output can be read; `None` if something cannot be carried over.
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

/// Returns whether its names are valid in a command.
fn is_sound(plan: &Plan<'_>) -> bool {
    checked_names::odd_names(&plan.recipe).is_empty()
}

/// Removes network, ports and everything writable outside; adds a terminal, so that systemd prints its
/// messages.
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

/// Returns the options that make a volume read-only.
fn read_only(options: &str) -> String {
    let kept = options.split(',').filter(|option| !matches!(*option, "" | "rw" | "ro"));
    kept.chain(["ro"]).collect::<Vec<_>>().join(",")
}

/// Sets limits that the engine supports; without the controllers it refuses the flags or ignores them.
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
                sets_refused: 0,
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
