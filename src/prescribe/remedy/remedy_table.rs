//! The table of remedies that recreating the container can carry out: from their ids in `rules/remedies.toml`
//! to a function that edits the plan.
//!
//! Must not know a rule: a user's own rule that names a remedy is cured in the same way as a built-in one.

use super::{
    boot_and_shutdown, capabilities_and_limits, least_cgroup_set, mounts, podman_systemd_mode,
    seccomp_profile, systemd_as_pid1,
};
use crate::prescribe::recipe::Plan;
use crate::rule::{RemedyPlace, RuleSet};

/// A function of the planner, and the remedies that it carries out.
pub struct Remedy {
    /// Ids of `rules/remedies.toml` that it may carry out; the recorded change says which it did.
    pub ids: &'static [&'static str],
    /// Checks the facts, changes the recipe if needed, and records the change.
    pub apply: fn(&mut Plan<'_>),
}

/// All remedies, in boot order.
pub const REMEDIES: [Remedy; 15] = [
    Remedy { ids: &["no-engine-init", "systemd-as-pid1", "exec-init"], apply: systemd_as_pid1::pid1 },
    Remedy { ids: &["root-user"], apply: systemd_as_pid1::root_user },
    Remedy { ids: podman_systemd_mode::IDS, apply: podman_systemd_mode::turn_on },
    Remedy { ids: &["writable-places"], apply: mounts::read_only_root },
    Remedy { ids: &["larger-run"], apply: mounts::larger_run },
    Remedy { ids: &["tmpfs-run"], apply: mounts::run_and_tmp },
    Remedy { ids: &["provide-mount"], apply: mounts::shared_memory },
    Remedy { ids: least_cgroup_set::IDS, apply: least_cgroup_set::control_groups },
    Remedy { ids: &["restore-capabilities"], apply: capabilities_and_limits::capabilities },
    Remedy { ids: &["raise-pids"], apply: capabilities_and_limits::processes },
    Remedy { ids: &["raise-memory"], apply: capabilities_and_limits::memory },
    Remedy { ids: &["allow-one-call"], apply: seccomp_profile::allow_system_calls },
    Remedy { ids: &["restore-default-target", "pull-in-units"], apply: boot_and_shutdown::default_target },
    Remedy { ids: &["container-env"], apply: boot_and_shutdown::container_variable },
    Remedy { ids: &["stop-signal"], apply: boot_and_shutdown::stop_signal },
];

/// Lists the remedies that claim to be carried out by recreating the container but have no function.
pub fn unknown(rules: &RuleSet) -> impl Iterator<Item = &str> {
    let known = |id: &str| REMEDIES.iter().any(|remedy| remedy.ids.contains(&id));
    rules
        .remedies
        .values()
        .filter(move |remedy| remedy.place == RemedyPlace::Relaunch && !known(&remedy.id))
        .map(|remedy| remedy.id.as_str())
}
