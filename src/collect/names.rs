//! Names to choose from: an engine in, names of containers and images out, each with a word about it. Must
//! not look at any of them.

use serde_json::Value;

use crate::docker::{Engine, EngineError, fit_name};

/// Names of all containers, running or not.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn container_names(engine: &Engine) -> Result<Vec<String>, EngineError> {
    engine.list("/containers/json?all=1", |entry| listed_name(&entry).map(str::to_owned)).await
}

/// Names of all containers, with their state and image.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn described_containers(engine: &Engine) -> Result<Vec<(String, String)>, EngineError> {
    let text =
        |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let offer = |entry: Value| {
        let name = listed_name(&entry)?.to_owned();
        let about = [text(&entry, "State"), text(&entry, "Image")];
        Some((name, about.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")))
    };
    engine.list("/containers/json?all=1", offer).await
}

/// Names of all images that have one.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn described_images(engine: &Engine) -> Result<Vec<(String, String)>, EngineError> {
    let named = |image: Value| {
        let tags = image
            .get("RepoTags")?
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .filter(|tag| !tag.starts_with("<none>"));
        Some(
            tags.map(|tag| (tag.strip_prefix("localhost/").unwrap_or(tag).to_owned(), "image".to_owned()))
                .collect::<Vec<_>>(),
        )
    };
    Ok(engine.list("/images/json", named).await?.concat())
}

/// What a container of the engine's list is called: the first of its names that is one, or its id.
fn listed_name(entry: &Value) -> Option<&str> {
    let names = entry.get("Names").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let id = entry.get("Id").and_then(Value::as_str).unwrap_or_default();
    names.chain([id]).find_map(|name| fit_name(name, ""))
}
