//! Podman's systemd mode, which provides the mounts, a writable control group tree and the stop signal at
//! once.
//!
//! Must do nothing on Docker.

use crate::prescribe::inspected::recognises_as_init;
use crate::prescribe::recipe::Plan;
use crate::snapshot::key;

/// Remedies that the mode carries out: the mounts, and a writable control group tree.
pub const IDS: &[&str] =
    &["podman-systemd-always", "tmpfs-run", "writable-cgroups", "matching-cgroupns", "undo-cgroup-volume"];

/// Turns the mode on if it is off.
pub fn turn_on(plan: &mut Plan<'_>) {
    if plan.is_podman() && plan.facts.get(key::CONTAINER_SYSTEMD_MODE) == Some(false) {
        if plan.recipe.values("--systemd") == ["false"] && starts_known_init(plan) {
            plan.recipe.drop_flag("--systemd");
            plan.record(IDS, "Podman's systemd mode (without --systemd=false)");
        } else {
            plan.recipe.set("--systemd", "always");
            plan.record(IDS, "Podman's systemd mode (--systemd=always)");
        }
    }
}

/// Returns whether Podman recognises the new container's program as an init.
fn starts_known_init(plan: &Plan<'_>) -> bool {
    let words = plan.recipe.words();
    let words = if words.is_empty() { plan.inspected.config.argv() } else { words };
    words.first().is_some_and(|program| recognises_as_init(program))
}
