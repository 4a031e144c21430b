//! The engine's documents about one container, one image or itself: names in, raw JSON out. Must not read
//! what stands in them.

use serde_json::Value;

use super::{Engine, EngineError, EngineKind, api_path};

/// Podman's own API, whose version is not negotiated; all versions of Podman serve this one.
const PODMAN: &str = "/v4.0.0/libpod";

impl Engine {
    /// Returns the engine's document of a container, by its name or id.
    ///
    /// # Errors
    /// Any [`EngineError`]; one that is not there is [`EngineError::Unknown`].
    pub async fn inspect_container(&self, name: &str) -> Result<Value, EngineError> {
        self.get(&api_path::container(name, "json")).await
    }

    /// Whether the engine has a container of that name; an engine that does not answer has none.
    pub async fn has_container(&self, name: &str) -> bool {
        self.inspect_container(name).await.is_ok()
    }

    /// Returns Podman's own document of a container, which tells more than that of the Engine API; `None` of
    /// another engine, and where it cannot be had.
    pub async fn inspect_podman_container(&self, id: &str) -> Option<Value> {
        match self.kind {
            EngineKind::Podman => {
                self.get(&format!("{PODMAN}{}", api_path::container(id, "json"))).await.ok()
            }
            EngineKind::Docker => None,
        }
    }

    /// Returns the engine's document of an image, by its name or id.
    ///
    /// # Errors
    /// Any [`EngineError`]; one that is not there is [`EngineError::Unknown`].
    pub async fn inspect_image(&self, reference: &str) -> Result<Value, EngineError> {
        self.get(&api_path::image(reference, "json")).await
    }

    /// Returns the engine's list of the steps that an image was made by.
    ///
    /// # Errors
    /// Any [`EngineError`]; one that is not there is [`EngineError::Unknown`].
    pub async fn image_history(&self, reference: &str) -> Result<Value, EngineError> {
        self.get(&api_path::image(reference, "history")).await
    }

    /// Returns the names of the controllers that the engine can limit containers with. Podman's answer in
    /// Docker's format calls each of them there (measured on 4.3), so that its own is asked for.
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
