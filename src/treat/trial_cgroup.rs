//! Removes the control group that a trial's container was created below. The engine makes it and leaves it
//! behind, empty, when the container is removed; under the driver `systemd` it is a slice of the host's
//! manager, which stays active.
//!
//! Must not touch a control group of another name, or one in which something runs.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::workspace::command;
use crate::prescribe::{CgroupParent, Step, is_made_name, own_parents};

/// Where cgroup v2 is mounted; a trial gets a parent only there.
const TREE: &str = "/sys/fs/cgroup";
/// Longest time that the manager may take to end a slice in which nothing runs.
const LONGEST: Duration = Duration::from_secs(10);

/// A control group that could not be removed from here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// The path of a group, or the name of a slice, on the engine's host.
    what: String,
    /// The command that removes it.
    by_hand: String,
    /// Why it stays.
    why: String,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, by_hand, why } = self;
        write!(f, "{what} stays on the engine's host: {why}\n  next: on that host, as root: {by_hand}")
    }
}

/// Removes the parent of a trial's container. Returns what stays, if the steps had the engine make one.
pub(super) async fn remove(name: &str, steps: &[Step]) -> Option<Left> {
    remove_below(Path::new(TREE), name, steps, "systemctl").await
}

async fn remove_below(tree: &Path, name: &str, steps: &[Step], manager: &str) -> Option<Left> {
    // The name is a part of the path.
    if !is_made_name(name) || name.contains('/') {
        return None;
    }
    let mut left = None;
    for parent in own_parents(name) {
        let is_slice = !parent.value.starts_with('/');
        let path = tree.join(parent.path.trim_start_matches('/'));
        let why = if is_slice { stop(&path, &parent, manager).await } else { remove_folder(&path) };
        let asked = ["--cgroup-parent", &parent.value];
        let is_made = steps.iter().any(|step| step.argv.windows(2).any(|two| two == asked));
        if let Some(why) = why.filter(|_| is_made) {
            left = Some(Left::new(&parent, is_slice, why));
        }
    }
    left
}

impl Left {
    fn new(parent: &CgroupParent, is_slice: bool, why: String) -> Self {
        if is_slice {
            let slice = &parent.value;
            return Self {
                what: format!("the trial's slice {slice}"),
                by_hand: format!("systemctl stop {slice}"),
                why,
            };
        }
        let path = format!("{TREE}{}", parent.path);
        Self { what: format!("the trial's control group {path}"), by_hand: format!("rmdir {path}"), why }
    }
}

/// Removes a control group; returns why it stays. rmdir(2) removes an empty one only.
fn remove_folder(path: &PathBuf) -> Option<String> {
    match std::fs::remove_dir(path) {
        Ok(()) => None,
        Err(error) if error.kind() == ErrorKind::NotFound => Some("it is not on this machine".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// Has the host's manager end a slice in which nothing runs; returns why it stays.
async fn stop(path: &Path, parent: &CgroupParent, manager: &str) -> Option<String> {
    let populated = match std::fs::read_to_string(path.join("cgroup.events")) {
        Ok(events) => events.lines().any(|line| line == "populated 1"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Some("it is not on this machine".to_owned());
        }
        Err(error) => return Some(error.to_string()),
    };
    if populated {
        return Some("something runs in it".to_owned());
    }
    let words = [manager, "--no-ask-password", "stop", "--", &parent.value].map(str::to_owned);
    match command(&words, Path::new("/"), LONGEST).await {
        Ok(_) => None,
        Err(error) => Some(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::prescribe::trial_name;

    fn steps(parent: &str) -> Vec<Step> {
        let argv = ["docker", "run", "--cgroup-parent", parent, "image"].map(str::to_owned).to_vec();
        vec![Step { argv, ..Step::advice(String::new(), &[]) }]
    }

    fn removed(tree: &Path, name: &str, steps: &[Step], manager: &str) -> Option<Left> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(remove_below(tree, name, steps, manager))
    }

    #[test]
    fn an_empty_parent_goes_and_another_is_named() {
        let tree = tempfile::tempdir().unwrap();
        let name = trial_name("web", 7, 1_700_000_000);
        let steps = steps(&format!("/sysdock-{name}"));
        let parent = tree.path().join(format!("sysdock-{name}"));
        std::fs::create_dir(&parent).unwrap();
        assert_eq!(removed(tree.path(), &name, &steps, "false"), None);
        assert!(!parent.exists());

        // The engine runs elsewhere, so that its host has to be named.
        let left = removed(tree.path(), &name, &steps, "false").unwrap();
        assert_eq!(left.by_hand, format!("rmdir /sys/fs/cgroup/sysdock-{name}"));
        assert!(left.to_string().contains("not on this machine"), "{left}");

        // Something still runs in it.
        std::fs::create_dir_all(parent.join("inner")).unwrap();
        assert!(removed(tree.path(), &name, &steps, "false").is_some_and(|left| !left.why.is_empty()));
        assert!(parent.exists());
    }

    #[test]
    fn an_empty_slice_is_stopped_and_another_is_named() {
        let tree = tempfile::tempdir().unwrap();
        let name = trial_name("web", 7, 1_700_000_000);
        let [_, slice] = own_parents(&name);
        let steps = steps(&slice.value);
        // Stands for the host's manager.
        let (manager, log) = (tree.path().join("manager"), tree.path().join("log"));
        std::fs::write(&manager, format!("#!/bin/sh\necho \"$*\" >> {}\n", log.display())).unwrap();
        std::fs::set_permissions(&manager, std::fs::Permissions::from_mode(0o755)).unwrap();
        let manager = manager.to_str().unwrap();

        let left = removed(tree.path(), &name, &steps, manager).unwrap();
        assert_eq!(left.by_hand, format!("systemctl stop {}", slice.value));
        assert!(left.to_string().starts_with(&format!("the trial's slice {} stays", slice.value)), "{left}");
        assert!(left.to_string().contains("not on this machine") && !log.exists(), "{left}");

        let path = tree.path().join(slice.path.trim_start_matches('/'));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("cgroup.events"), "populated 1\nfrozen 0\n").unwrap();
        let left = removed(tree.path(), &name, &steps, manager).unwrap();
        assert!(left.why.contains("something runs in it") && !log.exists(), "{left}");

        std::fs::write(path.join("cgroup.events"), "populated 0\nfrozen 0\n").unwrap();
        assert_eq!(removed(tree.path(), &name, &steps, manager), None);
        let said = std::fs::read_to_string(&log).unwrap();
        assert_eq!(said.trim(), format!("--no-ask-password stop -- {}", slice.value));
        assert!(removed(tree.path(), &name, &steps, "false").is_some_and(|left| left.why.contains("false")));
    }

    #[test]
    fn what_no_trial_made_is_left_alone() {
        let tree = tempfile::tempdir().unwrap();
        for name in ["web", "../web-trial-7-1700000000"] {
            let parent = tree.path().join(format!("sysdock-{name}"));
            std::fs::create_dir_all(&parent).unwrap();
            assert_eq!(removed(tree.path(), name, &steps(&format!("/sysdock-{name}")), "true"), None);
            assert!(parent.exists(), "{name}");
        }
        // A trial under an engine that gives it a control group of its own has no parent to name.
        let name = trial_name("web", 7, 1_700_000_000);
        assert_eq!(removed(tree.path(), &name, &[], "true"), None);
    }
}
