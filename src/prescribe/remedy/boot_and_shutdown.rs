//! Remedies for what systemd boots to, how it detects the container, and how it is shut down.
//!
//! Must not change a user's setting that systemd can work with.

use crate::prescribe::recipe::{ChangePlace, Plan};
use crate::snapshot::key;
use crate::snapshot::vocabulary::TargetState;

/// Derives an image that has a default target which starts the services: also where another cause stops the
/// boot before systemd reads the target, since the next boot comes that far.
pub fn default_target(plan: &mut Plan<'_>) {
    const IDS: &[&str] = &["restore-default-target", "pull-in-units"];
    let broken =
        plan.facts.get(key::GUEST_DEFAULT_TARGET_STATE).is_some_and(|state| state != TargetState::Ok)
            && plan.asks(&["restore-default-target"]);
    if !broken && !plan.roots().any(|root| root.names(IDS)) {
        return;
    }
    if plan.facts.list(key::GUEST_MASKED_UNITS).contains(&"multi-user.target") {
        plan.image_lines.push("RUN systemctl unmask multi-user.target".to_owned());
    }
    plan.image_lines.push("RUN systemctl set-default multi-user.target".to_owned());
    let words = "a derived image whose default target is multi-user.target";
    plan.record_in_place(ChangePlace::DerivedImage, IDS, words, None);
}

/// Sets the variable `container`: systemd before 248 detects a container only by it, later versions check it
/// first.
pub fn container_variable(plan: &mut Plan<'_>) {
    if plan.is_podman() || plan.facts.get(key::CONTAINER_ENV_CONTAINER).is_some_and(|value| !value.is_empty())
    {
        return;
    }
    // Since 248, systemd also detects the engine's own file, if the variable is not set at all (measured on
    // 252, 257 and 262).
    let by_file = plan.facts.get(key::GUEST_SYSTEMD_VERSION).is_some_and(|version| version >= 248)
        && plan.facts.get(key::GUEST_DOCKERENV) == Some(true)
        && plan.facts.is_absent(key::CONTAINER_ENV_CONTAINER);
    if by_file && !plan.asks(&["container-env"]) {
        return;
    }
    plan.recipe.environment.insert("container".to_owned(), "docker".to_owned());
    plan.record(&["container-env"], "container=docker in its environment");
}

/// Sets a stop signal that shuts systemd down cleanly.
pub fn stop_signal(plan: &mut Plan<'_>) {
    const IDS: &[&str] = &["stop-signal"];
    let halts = plan.facts.get(key::CONTAINER_STOP_SIGNAL_HALTS) == Some(true);
    // Podman's systemd mode sets it unless the image or the command line has another (measured on 4.3).
    let by_mode =
        plan.is_podman() && !plan.recipe.has("--stop-signal") && plan.facts.is_absent(key::IMAGE_STOP_SIGNAL);
    if by_mode && !halts {
        plan.record(IDS, "the stop signal that Podman then sets");
    } else if !halts {
        plan.recipe.set("--stop-signal", "SIGRTMIN+3");
        plan.record(IDS, "the stop signal SIGRTMIN+3");
    }
}
