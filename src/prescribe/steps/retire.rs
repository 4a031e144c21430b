//! Builds the steps that put the old container aside: stopped, not restarted automatically, and renamed.
//!
//! Must not remove anything that the user may want back.

use crate::prescribe::engine_cli::Reach;
use crate::prescribe::prescription::Retired;
use crate::prescribe::recipe::Plan;
use crate::prescribe::step::{Step, StepKind};
use crate::snapshot::key;
use crate::snapshot::vocabulary::{ContainerStatus, Wrapper};

/// Stop timeout in seconds for a container that cannot stop cleanly.
const SHORT: &str = "5";
/// First Podman that can change the restart policy of a container.
const PODMAN_UPDATES: (i64, i64) = (5, 1);

/// Returns how to undo the recreation; `None` if the engine removes the old container.
pub fn retired(plan: &Plan<'_>) -> Option<Retired> {
    let old = Old::of(plan);
    (!plan.recipe.has("--rm")).then(|| Retired {
        name: old.name.to_owned(),
        kept_as: old.kept_as.clone(),
        policy: Some(old.policy.clone()).filter(|policy| policy != "no" && can_update(plan)),
        ran: runs(plan),
    })
}

/// Returns whether the container runs, or may run if its state is not known.
fn runs(plan: &Plan<'_>) -> bool {
    let status = plan.facts.get(key::CONTAINER_STATUS);
    status.is_none_or(|status| {
        matches!(status, ContainerStatus::Running | ContainerStatus::Restarting | ContainerStatus::Paused)
    })
}

/// The old container as the steps see it.
struct Old<'p> {
    /// Its current name.
    name: &'p str,
    /// Its new name.
    kept_as: String,
    /// Restart policy.
    policy: String,
    /// Whether it runs or may be restarted at any moment.
    alive: bool,
    /// Whether its systemd works.
    healthy: bool,
    /// Whether its stop signal shuts systemd down.
    halts: bool,
}

impl<'p> Old<'p> {
    fn of(plan: &'p Plan<'_>) -> Self {
        let policy = plan.recipe.values("--restart").first().map_or("no", |policy| *policy).to_owned();
        Self {
            name: &plan.recipe.name,
            kept_as: old_name(plan),
            alive: runs(plan) || policy != "no",
            healthy: plan.facts.get(key::BOOT_UP) == Some(true)
                && plan.facts.get(key::PID1_FROZEN) != Some(true),
            halts: plan.facts.get(key::CONTAINER_STOP_SIGNAL_HALTS) == Some(true),
            policy,
        }
    }
}

/// Returns the steps that put the old container aside.
pub fn steps(plan: &Plan<'_>, reach: &Reach) -> Vec<Step> {
    let old = Old::of(plan);
    let step =
        |title: String, words: &[&str]| Step::command(StepKind::RetireContainer, title, reach.argv(words));
    if plan.recipe.has("--rm") {
        return removed(plan, reach, &old);
    }
    let mut steps = Vec::new();
    if plan.facts.get(key::CONTAINER_STATUS) == Some(ContainerStatus::Paused) {
        steps.push(step(format!("unpause {} so that it can stop", old.name), &["unpause", old.name]));
    }
    let policy = (old.policy != "no" && can_update(plan)).then(|| {
        step(format!("disable the restart policy of {}", old.name), &["update", "--restart=no", old.name])
    });
    let tell = step(
        format!("tell systemd in {} to shut down, because its stop signal does not", old.name),
        &["kill", "--signal", "SIGRTMIN+3", old.name],
    );
    let short: &[&str] =
        if old.healthy && old.halts { &["stop", old.name] } else { &["stop", "-t", SHORT, old.name] };
    let ending = step(format!("stop {}", old.name), short);
    if old.alive && old.healthy && !old.halts && is_systemd_pid1(plan) {
        // A container stopped by a signal would be restarted, so the policy is changed first.
        steps.extend(policy.into_iter().chain([tell, ending]));
    } else {
        // A container that is restarting cannot be updated reliably; once stopped, it can.
        steps.extend(old.alive.then_some(ending).into_iter().chain(policy));
    }
    steps.push(step(rename_title(plan, &old), &["rename", old.name, &old.kept_as]));
    steps
}

/// Returns whether PID 1 is systemd itself, so that it can be asked to shut down.
fn is_systemd_pid1(plan: &Plan<'_>) -> bool {
    plan.facts.get(key::CONTAINER_WRAPPER) == Some(Wrapper::None)
        && plan.facts.get(key::CONTAINER_ENGINE_INIT) != Some(true)
}

/// Returns whether the engine can change the restart policy of a container.
fn can_update(plan: &Plan<'_>) -> bool {
    let version =
        (plan.facts.get(key::ENGINE_MAJOR).unwrap_or(0), plan.facts.get(key::ENGINE_MINOR).unwrap_or(0));
    !plan.is_podman() || version >= PODMAN_UPDATES
}

/// Writes the title of the step that renames the old container.
fn rename_title(plan: &Plan<'_>, old: &Old<'_>) -> String {
    let title = format!("rename the old container to {}", old.kept_as);
    if old.policy == "no" || can_update(plan) {
        return title;
    }
    let reason =
        "this Podman cannot change its restart policy, which takes effect when podman-restart.service starts";
    format!("{title}; {reason} ({}). Remove it once the new container works", old.policy)
}

/// Returns the steps for a container that the engine removes when it stops: its name must be free first.
fn removed(plan: &Plan<'_>, reach: &Reach, old: &Old<'_>) -> Vec<Step> {
    let step =
        |title: String, words: &[&str]| Step::command(StepKind::RetireContainer, title, reach.argv(words));
    let mut steps = keep_what_is_removed(plan, reach, &old.kept_as);
    steps.push(step(format!("free the name {}", old.name), &["rename", old.name, &old.kept_as]));
    let title = format!("stop {}; the engine then removes it, because it was started with --rm", old.kept_as);
    steps.extend(old.alive.then(|| step(title, &["stop", &old.kept_as])));
    steps
}

/// Returns the new name of the old container; it includes the container's start time, so that a replay gives
/// the same name.
fn old_name(plan: &Plan<'_>) -> String {
    let time = |pointer: &str| plan.inspected.config.text(pointer).filter(|time| !time.starts_with("0001"));
    let time = time("/State/StartedAt").or_else(|| time("/Created")).unwrap_or_default();
    let stamp: String = time.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
    format!("{}-before-{stamp}", plan.recipe.name)
}

/// Returns the steps that keep the data of a container that was started with `--rm`: its changes are
/// committed to an image, and a container that never starts keeps its anonymous volumes.
fn keep_what_is_removed(plan: &Plan<'_>, reach: &Reach, old: &str) -> Vec<Step> {
    let name = plan.recipe.name.as_str();
    let title = format!(
        "{name} was started with --rm and disappears when it stops: save its file system as the image {}",
        old.to_lowercase()
    );
    let mut steps = vec![Step::command(
        StepKind::RetireContainer,
        title,
        reach.argv(["commit", name, &old.to_lowercase()]),
    )];
    let volumes = plan.recipe.anonymous();
    if !volumes.is_empty() {
        let title = format!(
            "keep its anonymous volumes ({}), which would otherwise be removed with \
                it",
            volumes.join(", ")
        );
        let argv = reach.argv([
            "create",
            "--name",
            &holder(old),
            "--network",
            "none",
            "--volumes-from",
            name,
            &plan.recipe.image,
            "true",
        ]);
        steps.push(Step::command(StepKind::RetireContainer, title, argv));
    }
    steps
}

/// Returns the name of the container that holds the volumes.
fn holder(old: &str) -> String {
    format!("{old}-volumes")
}

/// Returns the step that removes the container that kept the volumes, which the new container now uses.
pub fn release(plan: &Plan<'_>, reach: &Reach) -> Option<Step> {
    let held = plan.recipe.has("--rm") && !plan.recipe.anonymous().is_empty();
    let name = holder(&old_name(plan));
    held.then(|| {
        Step::command(
            StepKind::RunContainer,
            "remove the container that kept the volumes",
            reach.argv(["rm", &name]),
        )
    })
}
