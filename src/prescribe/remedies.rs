//! One remedy per function: what it looks at, what it changes in the recipe. Pure.

use super::planner::Plan;
use super::{cgroup, profile, program};
use crate::facts::capability::NEEDED;
use crate::rule::{Place, RuleSet};

/// Smallest tmpfs on /run that systemd and its journal can live in, in bytes.
const RUN_BYTES: i64 = 8 << 20;
/// Places that systemd's own units write to on a read-only root (measured on 247, 252, 257 and 262): logind
/// keeps its state there.
const STATE: &str = "/var/lib/systemd";

/// Remedies that the planner carries out, and how.
pub struct Remedy {
    /// Ids of `rules/remedies.toml` that it may carry out; which of them it did stands in the change.
    pub ids: &'static [&'static str],
    /// Looks at what is known, changes the recipe where that is needed, and records the change.
    pub apply: fn(&mut Plan<'_>),
}

/// Every remedy of a relaunch, in the order of boot.
pub const REMEDIES: [Remedy; 15] = [
    Remedy { ids: &["no-engine-init", "systemd-as-pid1", "exec-init"], apply: program::pid1 },
    Remedy { ids: &["root-user"], apply: user },
    Remedy { ids: PODMAN_MODE, apply: podman_mode },
    Remedy { ids: &["writable-places"], apply: read_only_root },
    Remedy { ids: &["larger-run"], apply: larger_run },
    Remedy { ids: &["tmpfs-run"], apply: run_and_tmp },
    Remedy { ids: &["provide-mount"], apply: shared_memory },
    Remedy { ids: CONTROL_GROUPS, apply: control_groups },
    Remedy { ids: &["restore-capabilities"], apply: capabilities },
    Remedy { ids: &["raise-pids"], apply: processes },
    Remedy { ids: &["raise-memory"], apply: memory },
    Remedy { ids: &["allow-one-call"], apply: profile::system_calls },
    Remedy { ids: &["restore-default-target", "pull-in-units"], apply: default_target },
    Remedy { ids: &["container-env"], apply: container_variable },
    Remedy { ids: &["stop-signal"], apply: stop_signal },
];

/// Remedies that are said to be carried out by a relaunch and that no function carries out.
pub fn unknown(rules: &RuleSet) -> impl Iterator<Item = &str> {
    let known = |id: &str| REMEDIES.iter().any(|remedy| remedy.ids.contains(&id));
    rules
        .remedies
        .values()
        .filter(move |remedy| remedy.place == Place::Relaunch && !known(&remedy.id))
        .map(|remedy| remedy.id.as_str())
}

/// What Podman's systemd mode brings at once: the mounts, and a tree that may be written to.
const PODMAN_MODE: &[&str] =
    &["podman-systemd-always", "tmpfs-run", "writable-cgroups", "matching-cgroupns", "undo-cgroup-volume"];
/// What the flags of a row of the control group table bring.
const CONTROL_GROUPS: &[&str] =
    &["writable-cgroups", "matching-cgroupns", "undo-cgroup-volume", "no-userns-remap"];

/// PID 1 must be root.
fn user(plan: &mut Plan<'_>) {
    if plan.facts.bool("container.runs_as_root") == Some(false) {
        plan.recipe.set("--user", "0");
        plan.did(&["root-user"], "PID 1 as root (--user 0)");
    }
}

/// Podman must know that the container runs systemd.
fn podman_mode(plan: &mut Plan<'_>) {
    if plan.is_podman() && plan.facts.bool("container.systemd_mode") == Some(false) {
        if plan.recipe.values("--systemd") == ["false"] && starts_known_init(plan) {
            plan.recipe.drop_flag("--systemd");
            plan.did(PODMAN_MODE, "Podman's systemd mode (without --systemd=false)");
        } else {
            plan.recipe.set("--systemd", "always");
            plan.did(PODMAN_MODE, "Podman's systemd mode (--systemd=always)");
        }
    }
}

/// Whether the new container's program is one that Podman takes for an init by itself.
fn starts_known_init(plan: &Plan<'_>) -> bool {
    let words = plan.recipe.words();
    let words = if words.is_empty() { plan.inspected.config.argv() } else { words };
    words.first().is_some_and(|program| super::created::knows_as_init(program))
}

/// tmpfs on /run, /run/lock and /tmp, where this systemd needs them and may not mount them itself.
fn run_and_tmp(plan: &mut Plan<'_>) {
    if plan.is_podman() || plan.may_mount() {
        return;
    }
    let version = plan.facts.int("guest.systemd_version");
    let lock = plan.facts.bool("guest.run_lock_fatal").unwrap_or(true)
        || version.is_none_or(|version| version < 258);
    let tmp = plan.facts.bool("guest.tmp_mount_enabled") == Some(true)
        || version.is_none_or(|version| version >= 256);
    let wanted = [("/run", true), ("/run/lock", lock), ("/tmp", tmp)];
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|(path, needed)| *needed && !plan.recipe.mounts_at(path))
        .map(|(path, _)| path)
        .collect();
    if missing.is_empty() {
        return;
    }
    for path in &missing {
        // /tmp is everybody's; the engines' own default for a tmpfs is that too, and forbids to execute.
        let options = if *path == "/tmp" { "exec" } else { "" };
        plan.recipe.tmpfs.insert((*path).to_owned(), options.to_owned());
    }
    plan.did(&["tmpfs-run"], format!("a tmpfs on {}", listed(&missing)));
}

/// A /run that is too small or read-only.
fn larger_run(plan: &mut Plan<'_>) {
    let small = plan.facts.int("mount.run_bytes").is_some_and(|bytes| bytes < RUN_BYTES);
    let shut = plan.facts.bool("mount.run_writable") == Some(false);
    if !plan.asks(&["larger-run"]) || !(small || shut || plan.recipe.mounts_at("/run")) {
        return;
    }
    let kept: Vec<&str> = plan
        .recipe
        .tmpfs
        .get("/run")
        .map_or("", String::as_str)
        .split(',')
        .filter(|option| {
            !option.is_empty()
                && *option != "ro"
                && !option.starts_with("size=")
                && !option.starts_with("nr_inodes=")
                && !option.starts_with("mode=")
        })
        .collect();
    let options: Vec<&str> = kept.into_iter().chain(["size=64m"]).collect();
    let options = options.join(",");
    plan.recipe.volumes.retain(|volume| volume.destination != "/run");
    plan.recipe.mounts.retain(|(target, _)| target != "/run");
    plan.recipe.tmpfs.insert("/run".to_owned(), options);
    plan.did(&["larger-run"], "a larger, writable tmpfs on /run");
}

/// A read-only root gets the places that systemd's own units write to.
fn read_only_root(plan: &mut Plan<'_>) {
    if !plan.asks(&["writable-places"]) {
        return;
    }
    let mut given = Vec::new();
    if !plan.recipe.mounts_at(STATE) && !plan.recipe.mounts_at("/var/lib") && !plan.recipe.mounts_at("/var") {
        plan.recipe.tmpfs.insert(STATE.to_owned(), String::new());
        given.push(STATE);
    }
    let words = if given.is_empty() {
        "writable directories on its read-only root".to_owned()
    } else {
        format!("a tmpfs on {} for its read-only root", given.join(", "))
    };
    plan.did(&["writable-places"], words);
}

/// /dev/shm must be a mount.
fn shared_memory(plan: &mut Plan<'_>) {
    if plan.facts.bool("mount.dev_shm") == Some(false) && plan.recipe.values("--ipc") == ["none"] {
        plan.recipe.set("--ipc", "private");
        plan.did(&["provide-mount"], "/dev/shm (--ipc private)");
    }
}

/// Gives back those of the dropped capabilities that systemd cannot do without.
fn capabilities(plan: &mut Plan<'_>) {
    if !plan.asks(&["restore-capabilities"]) {
        return;
    }
    let missing = plan.facts.list("container.capabilities_missing");
    let wanted: Vec<&str> = NEEDED
        .into_iter()
        .filter(|cap| missing.iter().any(|m| m.trim_start_matches("CAP_") == *cap))
        .collect();
    if wanted.is_empty() {
        return;
    }
    for cap in &wanted {
        let same = |value: &str| value.trim_start_matches("CAP_").eq_ignore_ascii_case(cap);
        if plan.recipe.values("--cap-drop").iter().any(|value| same(value)) {
            plan.recipe.drop_values("--cap-drop", same);
        } else {
            plan.recipe.push("--cap-add", Some((*cap).to_owned()));
        }
    }
    let list = wanted.join(", ");
    let privilege = format!("adds {list}, which the engine grants by default");
    let noun = if wanted.len() == 1 { "capability" } else { "capabilities" };
    plan.did_with(&["restore-capabilities"], format!("the {noun} {list}"), Some(privilege));
}

/// A limit of processes with room for a boot.
fn processes(plan: &mut Plan<'_>) {
    if !plan.asks(&["raise-pids"]) {
        return;
    }
    if plan.facts.int("container.pids_limit").is_some() {
        plan.recipe.set("--pids-limit", "512");
    }
    plan.recipe.drop_values("--ulimit", |value| value.starts_with("nproc="));
    plan.did(&["raise-pids"], "a limit of 512 processes");
}

/// A limit of memory with room for a boot.
fn memory(plan: &mut Plan<'_>) {
    if !plan.asks(&["raise-memory"]) {
        return;
    }
    plan.recipe.set("--memory", "256m");
    plan.recipe.drop_values("--memory-swap", |value| value != "-1");
    plan.recipe.drop_values("--memory-reservation", |value| {
        value.parse::<i64>().is_ok_and(|bytes| bytes > 256 << 20)
    });
    plan.did(&["raise-memory"], "256 MiB of memory");
}

/// A control group tree that may be written to, by the row of the table for this engine.
fn control_groups(plan: &mut Plan<'_>) {
    let usable = plan.facts.text("cgroup.mount") == Some("rw") && !plan.owner_is_another();
    let settled = usable || plan.is_podman() || plan.facts.bool("container.privileged") == Some(true);
    if plan.applied(&["writable-cgroups"]) || settled && !plan.asks(CONTROL_GROUPS) {
        return;
    }
    let Some(row) = cgroup::row(plan.facts) else { return };
    if row.impossible {
        let roots = plan.roots().filter(|root| root.names(CONTROL_GROUPS));
        plan.advice
            .extend(roots.map(|root| (format!("No flag cures this: {}.", row.words), root.id.clone())));
    } else {
        row.apply(&mut plan.recipe);
        plan.untried |= !row.measured;
        plan.did_with(CONTROL_GROUPS, row.words.clone(), row.privilege.clone());
    }
}

/// A default target that is there and pulls the services in, in a derived image.
fn default_target(plan: &mut Plan<'_>) {
    const IDS: &[&str] = &["restore-default-target", "pull-in-units"];
    if !plan.roots().any(|root| root.names(IDS)) {
        return;
    }
    if plan.facts.list("guest.masked_units").contains(&"multi-user.target") {
        plan.image_lines.push("RUN systemctl unmask multi-user.target".to_owned());
    }
    plan.image_lines.push("RUN systemctl set-default multi-user.target".to_owned());
    plan.did_in_image(IDS, "a derived image whose default target is multi-user.target");
}

/// systemd before 248 knows a container by this variable only, and later ones by it first.
fn container_variable(plan: &mut Plan<'_>) {
    if plan.is_podman() || plan.facts.text("container.env_container").is_some_and(|value| !value.is_empty()) {
        return;
    }
    // From 248 on systemd takes the engine's own file for it, if the variable is not there at all (measured
    // on 252, 257 and 262).
    let by_file = plan.facts.int("guest.systemd_version").is_some_and(|version| version >= 248)
        && plan.facts.bool("guest.dockerenv") == Some(true)
        && plan.facts.get("container.env_container").is_some_and(|fact| fact.value.is_null());
    if by_file && !plan.asks(&["container-env"]) {
        return;
    }
    plan.recipe.environment.insert("container".to_owned(), "docker".to_owned());
    plan.did(&["container-env"], "container=docker in its environment");
}

/// A signal that shuts systemd down in order.
fn stop_signal(plan: &mut Plan<'_>) {
    const IDS: &[&str] = &["stop-signal"];
    let halts = plan.facts.bool("container.stop_signal_halts") == Some(true);
    // Podman's systemd mode sets it where neither the image nor the command line has another (measured on
    // 4.3).
    let by_mode = plan.is_podman()
        && !plan.recipe.has("--stop-signal")
        && plan.facts.get("image.stop_signal").is_some_and(|fact| fact.value.is_null());
    if by_mode && !halts {
        plan.did(IDS, "the stop signal that Podman then sets");
    } else if !halts {
        plan.recipe.set("--stop-signal", "SIGRTMIN+3");
        plan.did(IDS, "the stop signal SIGRTMIN+3");
    }
}

/// What old recipes bind and systemd does not need: it is carried over like everything, and said.
///
/// `sys-fs-fuse-connections.mount` has `ConditionCapability=CAP_SYS_ADMIN` (units/ of systemd, 219 to 262),
/// so that it is skipped.
pub fn spare(plan: &mut Plan<'_>) {
    let below = |path: &str| std::path::Path::new(path).starts_with("/sys/fs/fuse");
    let bound = plan.recipe.volumes.iter().any(|volume| below(&volume.destination))
        || plan.recipe.mounts.iter().any(|(target, _)| below(target));
    if bound && plan.facts.bool("container.cap_sys_admin") != Some(true) {
        let words = "The bind of /sys/fs/fuse is carried over because the container had it. systemd does not \
            need it: it skips that unit without CAP_SYS_ADMIN. Leave it out unless a service in the \
            container uses FUSE.";
        plan.spare.push(words.to_owned());
    }
}

/// `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}
