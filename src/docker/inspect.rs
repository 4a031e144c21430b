//! Reads the engine's documents about one container, one image or itself, as raw JSON by name. Must not
//! interpret them.

use serde_json::Value;

use super::{Engine, EngineError, EngineKind, api_path};

/// Path of Podman's own API, whose version is not negotiated; all supported versions of Podman serve this
/// one.
const PODMAN: &str = "/v4.0.0/libpod";

impl Engine {
    /// Returns the engine's inspect document of a container, by its name or ID.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::Unknown`] if it does not exist.
    pub async fn inspect_container(&self, name: &str) -> Result<Value, EngineError> {
        self.get(&api_path::container(name, "json")).await
    }

    /// Returns whether the engine has a container of that name; false if the engine does not answer.
    pub async fn has_container(&self, name: &str) -> bool {
        self.inspect_container(name).await.is_ok()
    }

    /// Returns Podman's own inspect document of a container, which contains more than that of the Engine API;
    /// `None` for another engine, or if the request fails.
    pub async fn inspect_podman_container(&self, id: &str) -> Option<Value> {
        match self.kind {
            EngineKind::Podman => {
                self.get(&format!("{PODMAN}{}", api_path::container(id, "json"))).await.ok()
            }
            EngineKind::Docker => None,
        }
    }

    /// Returns the engine's inspect document of an image, by its name or ID.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::Unknown`] if it does not exist.
    pub async fn inspect_image(&self, reference: &str) -> Result<Value, EngineError> {
        self.get(&api_path::image(reference, "json")).await
    }

    /// Returns the history of an image.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::Unknown`] if it does not exist.
    pub async fn image_history(&self, reference: &str) -> Result<Value, EngineError> {
        self.get(&api_path::image(reference, "history")).await
    }

    /// Returns the names of the controllers with which the engine can limit containers. Podman's answer in
    /// Docker's format lists all of them as present (measured on 4.3), so its own API is used.
    pub async fn controllers(&self) -> Vec<String> {
        if self.kind == EngineKind::Podman {
            let info = self.get(&format!("{PODMAN}/info")).await.unwrap_or_default();
            let list = info.pointer("/host/cgroupControllers").and_then(Value::as_array);
            return list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        let info = self.info().await.cloned().unwrap_or_default();
        let is_able = |field: &str| info.get(field).and_then(Value::as_bool) == Some(true);
        [("MemoryLimit", "memory"), ("PidsLimit", "pids")]
            .iter()
            .filter(|(field, _)| is_able(field))
            .map(|(_, name)| (*name).to_owned())
            .collect()
    }
}
