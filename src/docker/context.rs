//! The docker CLI's contexts: a name in `config.json` or on the command line, an address in the context
//! store.

use std::path::Path;

use serde_json::Value;

use super::EngineError;

/// Name of the context that the CLI's configuration selects, if any.
#[must_use]
pub fn current(config_dir: &Path) -> Option<String> {
    let config: Value = serde_json::from_slice(&std::fs::read(config_dir.join("config.json")).ok()?).ok()?;
    config.get("currentContext")?.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Names of all contexts in the store, in order.
#[must_use]
pub fn names(config_dir: &Path) -> Vec<String> {
    let name = |meta: Value| meta.get("Name").and_then(Value::as_str).map(str::to_owned);
    let mut names: Vec<String> = documents(config_dir).into_iter().flatten().filter_map(name).collect();
    names.sort();
    names
}

/// The documents of the context store; none where there is no store.
fn documents(config_dir: &Path) -> Option<impl Iterator<Item = Value>> {
    let entries = std::fs::read_dir(config_dir.join("contexts/meta")).ok()?.filter_map(Result::ok);
    let bytes = entries.filter_map(|entry| std::fs::read(entry.path().join("meta.json")).ok());
    Some(bytes.filter_map(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Address of a context, read from `contexts/meta/*/meta.json`.
///
/// # Errors
/// [`EngineError::Context`] when no context has that name or it holds no docker endpoint.
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
