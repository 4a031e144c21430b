//! Finds the engine in the same way as the docker CLI: flag, variable, context, then the default sockets.

use std::fmt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::{Endpoint, EngineError, Environment, context};

/// The engine that the user selected on the command line.
#[derive(Debug, Clone, Default)]
pub struct EngineChoice {
    /// `--host`.
    pub host: Option<String>,
    /// `--context`.
    pub context: Option<String>,
}

/// How the engine was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundBy {
    /// `--host`.
    HostOption,
    /// `--context` with this name.
    ContextOption(String),
    /// The variable `DOCKER_HOST`.
    DockerHost,
    /// The variable `DOCKER_CONTEXT` with this name.
    DockerContext(String),
    /// The context that the docker CLI's configuration selects.
    CurrentContext(String),
    /// The variable `CONTAINER_HOST`, which is Podman's.
    ContainerHost,
    /// The first default socket that this user may connect to; if there is none, the first that exists.
    DefaultSocket,
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostOption => f.write_str("--host"),
            Self::ContextOption(name) => write!(f, "--context {name}"),
            Self::DockerHost => f.write_str("DOCKER_HOST"),
            Self::DockerContext(name) => write!(f, "DOCKER_CONTEXT {name}"),
            Self::CurrentContext(name) => write!(f, "current docker context {name}"),
            Self::ContainerHost => f.write_str("CONTAINER_HOST"),
            Self::DefaultSocket => f.write_str("default socket"),
        }
    }
}

/// An engine's address and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where the engine listens.
    pub endpoint: Endpoint,
    /// How it was found.
    pub found_by: FoundBy,
}

/// Determines which engine to use.
///
/// Order: `--host`, `--context`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the configured context, `CONTAINER_HOST`,
/// default sockets (docker CLI reference, "docker context"; `CONTAINER_HOST` is Podman's).
///
/// # Errors
/// Returns [`EngineError::NotFound`], [`EngineError::Address`] or [`EngineError::Context`].
pub fn locate(choice: &EngineChoice, env: &Environment) -> Result<Located, EngineError> {
    let at = |address: &str, found_by| Ok(Located { endpoint: Endpoint::parse(address)?, found_by });
    if let Some(host) = &choice.host {
        return at(host, FoundBy::HostOption);
    }
    if let Some(name) = &choice.context {
        return in_context(env, name, FoundBy::ContextOption(name.clone()));
    }
    if let Some(host) = env.get("DOCKER_HOST") {
        return at(host, FoundBy::DockerHost);
    }
    if let Some(name) = context::of_variable(env) {
        return in_context(env, name, FoundBy::DockerContext(name.to_owned()));
    }
    if let Some(name) = context::configured(env) {
        return in_context(env, &name, FoundBy::CurrentContext(name.clone()));
    }
    if let Some(host) = env.get("CONTAINER_HOST") {
        return at(host, FoundBy::ContainerHost);
    }
    default_socket(env)
}

fn in_context(env: &Environment, name: &str, found_by: FoundBy) -> Result<Located, EngineError> {
    if name == context::DEFAULT {
        return default_socket(env);
    }
    let missing = || EngineError::Context {
        name: name.to_owned(),
        reason: "cannot be looked up without HOME or DOCKER_CONFIG".to_owned(),
    };
    let address = context::address(&env.config_dir().ok_or_else(missing)?, name)?;
    Ok(Located { endpoint: Endpoint::parse(&address)?, found_by })
}

/// Returns the first socket that this user may connect to, or else the first that exists: a user of rootless
/// engines usually has no access to a rootful engine beside them.
fn choose(sockets: &[PathBuf], may_connect: impl Fn(&Path) -> bool) -> Option<&PathBuf> {
    let first = sockets.iter().find(|path| may_connect(path));
    first.or_else(|| sockets.iter().find(|path| path.exists()))
}

fn default_socket(env: &Environment) -> Result<Located, EngineError> {
    let sockets = env.default_sockets();
    let found = choose(&sockets, |path| access(path, Access::READ_OK | Access::WRITE_OK).is_ok());
    let tried = || {
        let paths: Vec<_> = sockets.iter().map(|path| path.display().to_string()).collect();
        format!("DOCKER_HOST, docker contexts, CONTAINER_HOST, {}", paths.join(", "))
    };
    match found {
        Some(path) => {
            Ok(Located { endpoint: Endpoint::Unix(path.clone()), found_by: FoundBy::DefaultSocket })
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
    fn a_socket_without_permission_is_the_last_choice() {
        let dir = tempfile::tempdir().unwrap();
        let sockets = ["gone.sock", "root.sock", "own.sock"].map(|name| dir.path().join(name));
        let [_, root, own] = &sockets;
        std::fs::write(root, "").unwrap();
        std::fs::write(own, "").unwrap();
        assert_eq!(choose(&sockets, |path| path == own), Some(own));
        assert_eq!(choose(&sockets, |path| path == own || path == root), Some(root));
        assert_eq!(choose(&sockets, |_| false), Some(root), "the error names it");
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
        assert_eq!(context::context_names(&env), ["far"]);
    }
}
