//! Names to choose from: an engine in, names of containers and images out, each with a short description.
//! Must not inspect any of them.

use crate::docker::{Engine, EngineError, ListedContainer};

/// Returns the names of all containers, running or not.
///
/// # Errors
/// [`EngineError`] if the engine cannot list them.
pub async fn container_names(engine: &Engine) -> Result<Vec<String>, EngineError> {
    engine.containers(|entry| entry.name().map(str::to_owned)).await
}

/// Returns the names of all containers, with their state and image.
///
/// # Errors
/// [`EngineError`] if the engine cannot list them.
pub async fn described_containers(engine: &Engine) -> Result<Vec<(String, String)>, EngineError> {
    let offer = |entry: ListedContainer| {
        let about = [entry.state(), entry.image()].into_iter().filter(|word| !word.is_empty());
        Some((entry.name()?.to_owned(), about.collect::<Vec<_>>().join(", ")))
    };
    engine.containers(offer).await
}

/// Returns the names of all images that have one.
///
/// # Errors
/// [`EngineError`] if the engine cannot list them.
pub async fn described_images(engine: &Engine) -> Result<Vec<(String, String)>, EngineError> {
    let names = engine.image_names().await?.into_iter();
    Ok(names
        .map(|name| (name.strip_prefix("localhost/").unwrap_or(&name).to_owned(), "image".to_owned()))
        .collect())
}
