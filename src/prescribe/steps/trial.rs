//! Report and snapshot → the steps of a trial: the cured container under a name of its own, beside the old
//! one and cut off from the world. Pure.

use crate::diagnose::Report;
use crate::prescribe::inspected::to_recipe::Inspected;
use crate::prescribe::prescription::{Reach, Step, StepKind};
use crate::prescribe::recipe::added_parts::{self, Element};
use crate::prescribe::recipe::foreign_names as screen;
use crate::prescribe::recipe::launch_recipe::Recipe;
use crate::prescribe::recipe::plan::Plan;
use crate::prescribe::steps::relaunch as steps;
use crate::prescribe::trial_labels::{IMAGE_TOKEN_LABEL, TOKEN_LABEL, TRIAL_LABEL};
use crate::snapshot::Snapshot;

/// Longest life of a trial, in seconds: an image is derived, the container boots, is asked and stops.
pub const TRIAL_LIFE: i64 = 10 * 60;
/// Between the name of what is tried and the number of the process.
const TRIAL: &str = "-trial-";
/// How the name of a container begins that an image is read through.
const PROBE: &str = "sysdock-probe-";
/// How the name of an image ends that is made for a trial.
const CURED: &str = "-cured";

/// Name of the container of a trial that this process begins at this time, in seconds since 1970.
#[must_use]
pub fn trial_name(after: &str, process: u32, time: i64) -> String {
    format!("{after}{TRIAL}{process}-{time}")
}

/// Name of a container through which an image is read.
#[must_use]
pub fn probe_name(process: u32, time: i64) -> String {
    format!("{PROBE}{process}-{time}")
}

/// Whether a container has a name as this program gives it.
#[must_use]
pub fn is_made_name(name: &str) -> bool {
    let numbers = name
        .strip_prefix(PROBE)
        .or_else(|| name.rsplit_once(TRIAL).filter(|(after, _)| !after.is_empty()).map(|(_, rest)| rest));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_number =
        |text: &str| (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    name.chars().all(is_plain)
        && numbers
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(process, time)| is_number(process) && is_number(time))
}

/// The name of an image that is made for a trial, without its registry and `latest`; none for other images.
#[must_use]
pub fn made_image(reference: &str) -> Option<&str> {
    let name = reference.strip_prefix("localhost/").unwrap_or(reference);
    let name = name.strip_suffix(":latest").unwrap_or(name);
    name.strip_suffix(CURED).is_some_and(is_made_name).then_some(name)
}

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

/// The steps that make and start the container of a trial; `None` where no flag cures, or something cannot be
/// carried over.
#[must_use]
pub fn trial(report: &Report, snapshot: &Snapshot, reach: &Reach, trial: &Trial) -> Option<TrialSteps> {
    let inspected = Inspected::of(snapshot)?;
    let mut plan = Plan::hopeful(&trial.name, report, snapshot, &inspected)?;
    plan.fill();
    if trial.flags_only {
        plan.flags_only();
    }
    if trial.profile.is_some() {
        plan.profile.clone_from(&trial.profile);
    }
    if !is_sound(&plan) || !plan.recipe.refused.is_empty() {
        return None;
    }
    let mut before = inspected.recipe(&snapshot.target.name);
    trial.name.clone_into(&mut before.name);
    let elements = added_parts::added(&before, &plan.recipe);
    trial.without.iter().for_each(|element| added_parts::leave_out(&mut plan.recipe, element));
    cut_off(&mut plan.recipe, trial);
    limit(&mut plan.recipe, &trial.controllers);
    let mut steps = steps::beside(&mut plan, reach);
    for step in steps.iter_mut().filter(|step| step.kind == StepKind::BuildImage) {
        let folder = step.argv.pop();
        step.argv.extend(["--label".to_owned(), format!("{IMAGE_TOKEN_LABEL}={}", trial.token)]);
        step.argv.extend(folder);
    }
    Some(TrialSteps { steps, elements })
}

/// The steps of a trial in which nothing is cured: the container as it is, cut off and with a terminal, so
/// that its words can be read; `None` where something cannot be carried over.
#[must_use]
pub fn unchanged(report: &Report, snapshot: &Snapshot, reach: &Reach, trial: &Trial) -> Option<Vec<Step>> {
    let inspected = Inspected::of(snapshot)?;
    let mut plan = Plan::named(&trial.name, report, snapshot, &inspected);
    plan.settle();
    if !is_sound(&plan) || !plan.recipe.refused.is_empty() {
        return None;
    }
    cut_off(&mut plan.recipe, trial);
    limit(&mut plan.recipe, &trial.controllers);
    Some(steps::beside(&mut plan, reach))
}

/// Whether its names can be words of a command.
fn is_sound(plan: &Plan<'_>) -> bool {
    screen::names(&plan.recipe).is_empty()
}

/// No network, no ports, nothing written outside, a terminal so that systemd speaks.
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

fn read_only(options: &str) -> String {
    let kept = options.split(',').filter(|option| !matches!(*option, "" | "rw" | "ro"));
    kept.chain(["ro"]).collect::<Vec<_>>().join(",")
}

/// Limits where the engine can set them; without the controllers it refuses the flags or ignores them.
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

    #[test]
    fn names_are_known_again_and_others_are_not() {
        for name in [
            trial_name("web", 12, 1_767_225_600),
            trial_name("a-trial-b", 1, 7),
            probe_name(12, 1_767_225_600),
        ] {
            assert!(is_made_name(&name), "{name}");
            assert_eq!(
                made_image(&format!("localhost/{name}-cured:latest")),
                Some(format!("{name}-cured").as_str())
            );
            assert_eq!(made_image(&format!("{name}-cured")), Some(format!("{name}-cured").as_str()));
        }
        for name in [
            "web",
            "-trial-1-2",
            "web-trial-1",
            "web-trial-1-2-3",
            "web-trial-1-2x",
            "web-trial--2",
            "sysdock-probe-1",
            "web-trial-1-2-cured",
        ] {
            assert!(!is_made_name(name), "{name}");
        }
        for image in [
            "web-cured",
            "web-trial-1-2",
            "registry.example/web-trial-1-2-cured",
            "web-trial-1-2-cured:1",
            "<none>:<none>",
        ] {
            assert_eq!(made_image(image), None, "{image}");
        }
    }
    use crate::prescribe::recipe::launch_recipe::Volume;

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
