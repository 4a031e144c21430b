//! Remedies that mount: tmpfs for /run, /run/lock and /tmp, writable folders on a read-only root, /dev/shm.
//!
//! Must not mount over the user's mounts.

use crate::prescribe::recipe::Plan;
use crate::snapshot::key;

/// Smallest tmpfs on /run that is enough for systemd and its journal, in bytes.
const RUN_BYTES: i64 = 8 << 20;
/// Folder that systemd's own units write to on a read-only root (measured on 247, 252, 257 and 262): logind
/// stores its state there.
const STATE: &str = "/var/lib/systemd";

/// Mounts a tmpfs on /run, /run/lock and /tmp, if this systemd needs them and may not mount them itself.
pub fn run_and_tmp(plan: &mut Plan<'_>) {
    if plan.is_podman() || plan.may_mount() {
        return;
    }
    let version = plan.facts.get(key::GUEST_SYSTEMD_VERSION);
    let lock = plan.facts.get(key::GUEST_RUN_LOCK_FATAL).unwrap_or(true)
        || version.is_none_or(|version| version < 258);
    let tmp = plan.facts.get(key::GUEST_TMP_MOUNT_ENABLED) == Some(true)
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
        // /tmp is world-writable, which is also the engines' default for a tmpfs; that default also has
        // noexec.
        let options = if *path == "/tmp" { "exec" } else { "" };
        plan.recipe.tmpfs.insert((*path).to_owned(), options.to_owned());
    }
    plan.record(&["tmpfs-run"], format!("a tmpfs on {}", listed(&missing)));
}

/// Replaces a /run that is too small or read-only.
pub fn larger_run(plan: &mut Plan<'_>) {
    let small = plan.facts.get(key::MOUNT_RUN_BYTES).is_some_and(|bytes| bytes < RUN_BYTES);
    let shut = plan.facts.get(key::MOUNT_RUN_WRITABLE) == Some(false);
    if !plan.asks(&["larger-run"]) || !(small || shut || plan.recipe.mounts_at("/run")) {
        return;
    }
    let bounds = |option: &str| {
        matches!(option, "" | "ro")
            || ["size=", "nr_inodes=", "mode="].iter().any(|bound| option.starts_with(bound))
    };
    let old = plan.recipe.tmpfs.get("/run").map_or("", String::as_str);
    let kept = old.split(',').filter(|option| !bounds(option));
    let options = kept.chain(["size=64m"]).collect::<Vec<_>>().join(",");
    plan.recipe.volumes.retain(|volume| volume.destination != "/run");
    plan.recipe.mounts.retain(|(target, _)| target != "/run");
    plan.recipe.tmpfs.insert("/run".to_owned(), options);
    plan.record(&["larger-run"], "a larger, writable tmpfs on /run");
}

/// Gives a read-only root the writable folders that systemd's own units need.
pub fn read_only_root(plan: &mut Plan<'_>) {
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
    plan.record(&["writable-places"], words);
}

/// Makes /dev/shm a mount.
pub fn shared_memory(plan: &mut Plan<'_>) {
    if plan.facts.get(key::MOUNT_DEV_SHM) == Some(false) && plan.recipe.values("--ipc") == ["none"] {
        plan.recipe.set("--ipc", "private");
        plan.record(&["provide-mount"], "/dev/shm (--ipc private)");
    }
}

/// Names mounts that old recipes have and systemd does not need; they are carried over like everything else.
///
/// `sys-fs-fuse-connections.mount` has `ConditionCapability=CAP_SYS_ADMIN` (units/ of systemd, 219 to 262),
/// so it is skipped.
pub fn advise_unneeded_mounts(plan: &mut Plan<'_>) {
    let below = |path: &str| std::path::Path::new(path).starts_with("/sys/fs/fuse");
    let bound = plan.recipe.volumes.iter().any(|volume| below(&volume.destination))
        || plan.recipe.mounts.iter().any(|(target, _)| below(target));
    if bound && plan.facts.get(key::CONTAINER_CAP_SYS_ADMIN) != Some(true) {
        let words = "The bind of /sys/fs/fuse is carried over because the container had it. systemd does not \
            need it: it skips that unit without CAP_SYS_ADMIN. Leave it out unless a service in the \
            container uses FUSE.";
        plan.spare.push(words.to_owned());
    }
}

/// Writes `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}
