//! Removes the control group that a trial's container was created below. The engine makes it and leaves it
//! behind, empty, when the container is removed.
//!
//! Must not touch a control group of another name. rmdir(2) removes an empty one only.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::prescribe::{Step, is_made_name};

/// Where cgroup v2 is mounted; a trial gets a parent only there.
const TREE: &str = "/sys/fs/cgroup";

/// A control group that could not be removed from here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Its path on the engine's host.
    pub path: PathBuf,
    /// Why it stays.
    pub why: String,
}

/// Removes the parent of a trial's container. Returns what stays, if the steps had the engine make one.
pub(super) fn remove(name: &str, steps: &[Step]) -> Option<Left> {
    remove_below(Path::new(TREE), name, steps)
}

fn remove_below(tree: &Path, name: &str, steps: &[Step]) -> Option<Left> {
    // The name is a part of the path.
    if !is_made_name(name) || name.contains('/') {
        return None;
    }
    let parent = format!("sysdock-{name}");
    let why = match std::fs::remove_dir(tree.join(&parent)) {
        Ok(()) => return None,
        Err(error) if error.kind() == ErrorKind::NotFound => "it is not on this machine".to_owned(),
        Err(error) => error.to_string(),
    };
    let asked = format!("/{parent}");
    let made = steps.iter().any(|step| step.argv.windows(2).any(|two| two == ["--cgroup-parent", &asked]));
    made.then(|| Left { path: Path::new(TREE).join(parent), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::trial_name;

    fn steps(name: &str) -> Vec<Step> {
        let words = ["docker", "run", "--cgroup-parent", &format!("/sysdock-{name}"), "image"];
        let argv = words.map(str::to_owned).to_vec();
        vec![Step { argv, ..Step::advice(String::new(), &[]) }]
    }

    #[test]
    fn an_empty_parent_goes_and_another_is_named() {
        let tree = tempfile::tempdir().unwrap();
        let name = trial_name("web", 7, 1_700_000_000);
        let parent = tree.path().join(format!("sysdock-{name}"));
        std::fs::create_dir(&parent).unwrap();
        assert_eq!(remove_below(tree.path(), &name, &steps(&name)), None);
        assert!(!parent.exists());

        // The engine runs elsewhere, so that its host has to be named.
        let left = remove_below(tree.path(), &name, &steps(&name)).unwrap();
        assert_eq!(left.path, Path::new(TREE).join(format!("sysdock-{name}")));
        assert!(left.why.contains("not on this machine"), "{left:?}");

        // Something still runs in it.
        std::fs::create_dir_all(parent.join("inner")).unwrap();
        assert!(remove_below(tree.path(), &name, &steps(&name)).is_some_and(|left| !left.why.is_empty()));
        assert!(parent.exists());
    }

    #[test]
    fn what_no_trial_made_is_left_alone() {
        let tree = tempfile::tempdir().unwrap();
        for name in ["web", "../web-trial-7-1700000000"] {
            let parent = tree.path().join(format!("sysdock-{name}"));
            std::fs::create_dir_all(&parent).unwrap();
            assert_eq!(remove_below(tree.path(), name, &steps(name)), None);
            assert!(parent.exists(), "{name}");
        }
        // A trial under an engine that gives it a control group of its own has no parent to name.
        let name = trial_name("web", 7, 1_700_000_000);
        assert_eq!(remove_below(tree.path(), &name, &[]), None);
    }
}
