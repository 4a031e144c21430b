//! The process environment as a value, and the folders and sockets that the docker CLI derives from it.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The process environment as a value, so that the search for an engine depends only on its inputs.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    sockets: Option<Vec<PathBuf>>,
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
            sockets: None,
        }
    }

    /// Builds an environment from pairs and fixes the list of default sockets, for tests.
    #[must_use]
    pub fn from_pairs(pairs: &[(&str, &str)], sockets: &[PathBuf]) -> Self {
        Self {
            variables: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            sockets: Some(sockets.to_vec()),
        }
    }

    /// Returns the value of a variable; an empty one counts as unset, as in the docker CLI.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the docker CLI's configuration folder.
    pub(super) fn config_dir(&self) -> Option<PathBuf> {
        self.get("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| self.get("HOME").map(|home| PathBuf::from(home).join(".docker")))
    }

    /// Returns the folder of the user's own sockets. Without the variable, as after `su` or from cron, it is
    /// where systemd-logind puts it (`pam_systemd(8)`).
    fn runtime_dir(&self) -> PathBuf {
        let usual = || format!("/run/user/{}", rustix::process::getuid().as_raw());
        PathBuf::from(self.get("XDG_RUNTIME_DIR").map_or_else(usual, str::to_owned))
    }

    /// Returns the default sockets, rootful Docker first, then the user's own, then Podman.
    pub(super) fn default_sockets(&self) -> Vec<PathBuf> {
        if let Some(sockets) = &self.sockets {
            return sockets.clone();
        }
        let runtime = self.runtime_dir();
        let mut sockets = vec![PathBuf::from("/var/run/docker.sock"), runtime.join("docker.sock")];
        if let Some(home) = self.get("HOME") {
            sockets.push(PathBuf::from(home).join(".docker/run/docker.sock"));
        }
        sockets.push(runtime.join("podman/podman.sock"));
        sockets.push(PathBuf::from("/run/podman/podman.sock"));
        sockets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_of_rootless_engines_are_known_with_and_without_the_variable() {
        let sockets = |pairs: &[(&str, &str)]| {
            let variables = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let sockets = Environment { variables, sockets: None }.default_sockets();
            sockets.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        let uid = rustix::process::getuid().as_raw();
        for (pairs, folder) in [
            (&[("XDG_RUNTIME_DIR", "/run/mine"), ("HOME", "/home/me")][..], "/run/mine".to_owned()),
            (&[], format!("/run/user/{uid}")),
        ] {
            let sockets = sockets(pairs);
            for socket in ["docker.sock", "podman/podman.sock"] {
                assert!(sockets.contains(&format!("{folder}/{socket}")), "{socket}: {sockets:?}");
            }
        }
    }
}
