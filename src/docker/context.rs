//! Reads the docker CLI's contexts: a name from `DOCKER_CONTEXT` or `config.json`, an address from the
//! context store.

use std::path::Path;

use serde_json::Value;

use super::{EngineError, Environment};

/// The context that means the default sockets.
pub const DEFAULT: &str = "default";

/// Returns the name in `DOCKER_CONTEXT`.
#[must_use]
pub fn of_variable(env: &Environment) -> Option<&str> {
    env.get("DOCKER_CONTEXT")
}

/// Returns the name that the CLI's configuration selects, unless it is the default.
#[must_use]
pub fn configured(env: &Environment) -> Option<String> {
    env.config_dir().as_deref().and_then(current).filter(|name| name != DEFAULT)
}

/// Returns the names that `--context` accepts, in order.
#[must_use]
pub fn context_names(env: &Environment) -> Vec<String> {
    env.config_dir().as_deref().map(names).unwrap_or_default()
}

/// Returns the name that the CLI's configuration selects, if any.
fn current(config_dir: &Path) -> Option<String> {
    let config: Value = serde_json::from_slice(&std::fs::read(config_dir.join("config.json")).ok()?).ok()?;
    config.get("currentContext")?.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

fn names(config_dir: &Path) -> Vec<String> {
    let name = |meta: Value| meta.get("Name").and_then(Value::as_str).map(str::to_owned);
    let mut names: Vec<String> = documents(config_dir).into_iter().flatten().filter_map(name).collect();
    names.sort();
    names
}

/// Returns the documents of the context store; `None` if there is no store.
fn documents(config_dir: &Path) -> Option<impl Iterator<Item = Value>> {
    let entries = std::fs::read_dir(config_dir.join("contexts/meta")).ok()?.filter_map(Result::ok);
    let bytes = entries.filter_map(|entry| std::fs::read(entry.path().join("meta.json")).ok());
    Some(bytes.filter_map(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Returns the address of a context, read from `contexts/meta/*/meta.json`.
///
/// # Errors
/// Returns [`EngineError::Context`] if no context has that name or it has no docker endpoint.
pub fn address(config_dir: &Path, name: &str) -> Result<String, EngineError> {
    let bad = |reason: &str| EngineError::Context { name: name.to_owned(), reason: reason.to_owned() };
    let meta = documents(config_dir)
        .ok_or_else(|| bad("does not exist"))?
        .find(|meta| meta.get("Name").and_then(Value::as_str) == Some(name))
        .ok_or_else(|| bad("does not exist"))?;
    meta.pointer("/Endpoints/docker/Host")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| bad("has no docker endpoint"))
}
