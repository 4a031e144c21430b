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

    /// Returns the default sockets, rootful Docker first, then the user's own, then Podman.
    pub(super) fn default_sockets(&self) -> Vec<PathBuf> {
        if let Some(sockets) = &self.sockets {
            return sockets.clone();
        }
        let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
        if let Some(runtime) = self.get("XDG_RUNTIME_DIR") {
            sockets.push(PathBuf::from(runtime).join("docker.sock"));
        }
        if let Some(home) = self.get("HOME") {
            sockets.push(PathBuf::from(home).join(".docker/run/docker.sock"));
        }
        if let Some(runtime) = self.get("XDG_RUNTIME_DIR") {
            sockets.push(PathBuf::from(runtime).join("podman/podman.sock"));
        }
        sockets.push(PathBuf::from("/run/podman/podman.sock"));
        sockets
    }
}
