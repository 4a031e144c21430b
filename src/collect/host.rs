//! The engine's machine, when it is this one.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::docker::Endpoint;
use crate::facts::mounts::namespaces_delegate;
use crate::seccomp::PROFILE_LIMIT;
use crate::snapshot::{Facts, Gap, key};

/// Returns whether the engine runs on this machine. A Unix socket alone proves nothing, since it may be
/// forwarded: the container's process or one of its files must be here too, or the engine must describe this
/// very machine.
pub fn is_local(endpoint: &Endpoint, inspect: &Value, info: Option<&Value>, id: &str) -> bool {
    if !endpoint.may_be_local() {
        return false;
    }
    if super::pid1::number(inspect).is_some() {
        return super::pid1::find(inspect, id).is_some();
    }
    let path = |key: &str| inspect.get(key).and_then(Value::as_str).filter(|path| path.contains(id));
    let owns = ["LogPath", "HostnamePath", "ResolvConfPath"]
        .into_iter()
        .filter_map(path)
        .any(|path| Path::new(path).exists());
    owns || info.is_some_and(describes_this_machine)
}

/// Returns whether host name, kernel and memory are those of this machine.
fn describes_this_machine(info: &Value) -> bool {
    let text = |key: &str| info.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let here = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let memory = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<i64>().ok());
    let name = text("Name");
    !name.is_empty()
        && name == here("/proc/sys/kernel/hostname")
        && text("KernelVersion") == here("/proc/sys/kernel/osrelease")
        && memory.map(|kib| kib * 1024) == info.get("MemTotal").and_then(Value::as_i64)
}

/// Returns the text of a seccomp profile on this machine.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read_profile(path: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("the profile {path} cannot be read: {error}");
    // Reading a pipe or a device may block for ever.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(format!("the profile {path} cannot be read: it is not a file"));
    }
    read_bounded(std::fs::File::open(path).map_err(failed)?, path)
}

/// Reads a seccomp profile of at most [`PROFILE_LIMIT`] bytes.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read_bounded(from: impl Read, name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = PROFILE_LIMIT as u64 + 1;
    from.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("the profile {name} cannot be read: {error}"))?;
    if bytes.len() > PROFILE_LIMIT {
        return Err(format!("the profile {name} is larger than {} MiB, the limit", PROFILE_LIMIT >> 20));
    }
    String::from_utf8(bytes).map_err(|error| format!("the profile {name} is not text: {error}"))
}

/// Records the facts of this machine.
pub fn collect(facts: &mut Facts, gaps: &mut Vec<Gap>) {
    let mut gap = |fact: &str, path: &str, error: std::io::Error| {
        gaps.push(Gap { fact: fact.to_owned(), reason: format!("{path}: {error}") });
    };
    facts.set(key::HOST_LOCAL, true, "container's process or files on this machine");
    let path = "/proc/sys/fs/inotify/max_user_instances";
    match std::fs::read_to_string(path) {
        Ok(text) => {
            if let Ok(number) = text.trim().parse::<i64>() {
                facts.set(key::HOST_INOTIFY_INSTANCES, number, path);
            }
        }
        Err(error) => gap(key::HOST_INOTIFY_INSTANCES.name(), path, error),
    }
    let path = "/sys/kernel/security/lsm";
    match std::fs::read_to_string(path) {
        Ok(text) => {
            facts.set(key::HOST_LSMS, text.trim().split(',').map(str::to_owned).collect::<Vec<_>>(), path);
        }
        Err(error) => gap(key::HOST_LSMS.name(), path, error),
    }
    let path = "/proc/self/cgroup";
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let systemd = text.lines().any(|line| line.contains(":name=systemd:"))
                || text.lines().all(|line| line.starts_with("0::"));
            facts.set(key::HOST_SYSTEMD_CGROUP, systemd, path);
        }
        Err(error) => gap(key::HOST_SYSTEMD_CGROUP.name(), path, error),
    }
    // A mount by any process of the first cgroup namespace can take the option away, as engines do for
    // `--cgroupns host`, but nothing but the host's init sets it: if it is missing now, it may have been
    // there when the container died.
    let mounts = procfs::process::Process::myself().and_then(|process| process.mountinfo());
    if mounts.is_ok_and(|mounts| namespaces_delegate(&mounts) == Some(true)) {
        facts.set(key::CGROUP_NSDELEGATE, true, "/proc/self/mountinfo");
    }
}
