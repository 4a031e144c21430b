//! Names to choose from: an engine in, names of containers and images out, each with a word about it. Must not look at any of them.

use serde_json::Value;

use crate::docker::{Engine, EngineError};

/// Names of all containers, with their state and image.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn container_offers(engine: &Engine) -> Result<Vec<(String, String)>, EngineError> {
    let list = engine.get("/containers/json?all=1").await?;
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let offer = |entry: &Value| {
        let name = entry.pointer("/Names/0")?.as_str()?.trim_start_matches('/').to_owned();
        let about = [text(entry, "State"), text(entry, "Image")];
        Some((name, about.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")))
    };
    Ok(list.as_array().into_iter().flatten().filter_map(offer).collect())
}

/// Names of all images that have one.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn image_offers(engine: &Engine) -> Result<Vec<(String, String)>, EngineError> {
    let list = engine.get("/images/json").await?;
    let tags = list.as_array().into_iter().flatten().filter_map(|image| image.get("RepoTags")?.as_array()).flatten();
    let named = tags.filter_map(Value::as_str).filter(|tag| !tag.starts_with("<none>"));
    Ok(named.map(|tag| (tag.strip_prefix("localhost/").unwrap_or(tag).to_owned(), "image".to_owned())).collect())
}
