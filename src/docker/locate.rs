//! Finding the engine as the docker CLI finds it: flag, variable, context, then the default sockets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Endpoint, EngineError, context};

/// What the user said about the engine on the command line.
#[derive(Debug, Clone, Default)]
pub struct EngineChoice {
    /// `--host`.
    pub host: Option<String>,
    /// `--context`.
    pub context: Option<String>,
}

/// The process environment as a value, so that the search is a function of its inputs.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    sockets: Option<Vec<PathBuf>>,
}

impl Environment {
    /// Takes the environment of this process.
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

    /// Value of a variable; an empty one counts as unset, as for the docker CLI.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Names of the contexts that `--context` takes, in order.
    #[must_use]
    pub fn contexts(&self) -> Vec<String> {
        self.config_dir().as_deref().map(context::names).unwrap_or_default()
    }

    fn config_dir(&self) -> Option<PathBuf> {
        self.get("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| self.get("HOME").map(|home| PathBuf::from(home).join(".docker")))
    }

    /// Default sockets, rootful Docker first, then the user's own, then Podman.
    fn default_sockets(&self) -> Vec<PathBuf> {
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

/// An engine's address and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where the engine listens.
    pub endpoint: Endpoint,
    /// `--host`, `DOCKER_HOST`, `context NAME`, …
    pub found_by: String,
}

/// Decides which engine is meant.
///
/// Order: `--host`, `--context`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the configured context, `CONTAINER_HOST`,
/// default sockets (docker CLI reference, "docker context"; `CONTAINER_HOST` is Podman's).
///
/// # Errors
/// [`EngineError::NotFound`], [`EngineError::Address`] or [`EngineError::Context`].
pub fn locate(choice: &EngineChoice, env: &Environment) -> Result<Located, EngineError> {
    let at = |address: &str, found_by: &str| {
        Ok(Located { endpoint: Endpoint::parse(address)?, found_by: found_by.to_owned() })
    };
    if let Some(host) = &choice.host {
        return at(host, "--host");
    }
    if let Some(name) = &choice.context {
        return in_context(env, name, "--context");
    }
    if let Some(host) = env.get("DOCKER_HOST") {
        return at(host, "DOCKER_HOST");
    }
    if let Some(name) = env.get("DOCKER_CONTEXT") {
        return in_context(env, name, "DOCKER_CONTEXT");
    }
    if let Some(name) =
        env.config_dir().as_deref().and_then(context::current).filter(|name| name != "default")
    {
        return in_context(env, &name, "current docker context");
    }
    if let Some(host) = env.get("CONTAINER_HOST") {
        return at(host, "CONTAINER_HOST");
    }
    default_socket(env)
}

fn in_context(env: &Environment, name: &str, found_by: &str) -> Result<Located, EngineError> {
    if name == "default" {
        return default_socket(env);
    }
    let missing = || EngineError::Context {
        name: name.to_owned(),
        reason: "cannot be looked up without HOME or DOCKER_CONFIG".to_owned(),
    };
    let address = context::address(&env.config_dir().ok_or_else(missing)?, name)?;
    Ok(Located { endpoint: Endpoint::parse(&address)?, found_by: format!("{found_by} {name}") })
}

fn default_socket(env: &Environment) -> Result<Located, EngineError> {
    let sockets = env.default_sockets();
    let found = sockets.iter().find(|path| path.exists());
    let tried = || {
        let paths: Vec<_> = sockets.iter().map(|path| path.display().to_string()).collect();
        format!("DOCKER_HOST, docker contexts, CONTAINER_HOST, {}", paths.join(", "))
    };
    match found {
        Some(path) => {
            Ok(Located { endpoint: Endpoint::Unix(path.clone()), found_by: "default socket".to_owned() })
        }
        None => Err(EngineError::NotFound { tried: tried() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(host: Option<&str>, context: Option<&str>) -> EngineChoice {
        EngineChoice { host: host.map(str::to_owned), context: context.map(str::to_owned) }
    }

    fn context_store() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let meta = dir.path().join("contexts/meta/0abc");
        std::fs::create_dir_all(&meta).unwrap();
        std::fs::write(
            meta.join("meta.json"),
            r#"{"Name":"far","Endpoints":{"docker":{"Host":"ssh://me@far"}}}"#,
        )
        .unwrap();
        std::fs::write(dir.path().join("config.json"), r#"{"currentContext":"far"}"#).unwrap();
        dir
    }

    #[test]
    fn flag_beats_variable_beats_context_beats_podman() {
        let store = context_store();
        let config = store.path().to_str().unwrap();
        let env = Environment::from_pairs(
            &[("DOCKER_HOST", "tcp://a:1"), ("DOCKER_CONFIG", config), ("CONTAINER_HOST", "tcp://p:1")],
            &[],
        );
        let found = |choice, env: &Environment| locate(&choice, env).unwrap().endpoint.to_string();
        assert_eq!(found(choice(Some("unix:///x"), Some("far")), &env), "unix:///x");
        assert_eq!(found(choice(None, Some("far")), &env), "ssh://me@far");
        assert_eq!(found(choice(None, None), &env), "tcp://a:1");
        let env = Environment::from_pairs(&[("DOCKER_CONFIG", config), ("CONTAINER_HOST", "tcp://p:1")], &[]);
        assert_eq!(found(choice(None, None), &env), "ssh://me@far");
        let env = Environment::from_pairs(&[("CONTAINER_HOST", "tcp://p:1")], &[]);
        assert_eq!(found(choice(None, None), &env), "tcp://p:1");
    }

    #[test]
    fn default_sockets_are_tried_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let second = dir.path().join("podman.sock");
        std::fs::write(&second, "").unwrap();
        let env = Environment::from_pairs(&[], &[dir.path().join("docker.sock"), second.clone()]);
        assert_eq!(locate(&EngineChoice::default(), &env).unwrap().endpoint, Endpoint::Unix(second));
    }

    #[test]
    fn nothing_found_names_what_was_tried() {
        let env = Environment::from_pairs(&[], &[PathBuf::from("/nowhere/docker.sock")]);
        let said = locate(&EngineChoice::default(), &env).unwrap_err().to_string();
        assert!(said.contains("/nowhere/docker.sock") && said.contains("--host"), "{said}");
    }

    #[test]
    fn unknown_context_is_named() {
        let store = context_store();
        let env = Environment::from_pairs(&[("DOCKER_CONFIG", store.path().to_str().unwrap())], &[]);
        let said = locate(&choice(None, Some("near")), &env).unwrap_err().to_string();
        assert!(said.contains("`near` does not exist"), "{said}");
        assert_eq!(env.contexts(), ["far"]);
    }
}
