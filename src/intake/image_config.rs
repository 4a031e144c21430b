//! What a container inherits from its image: the configuration that the image declares, where the container's
//! own sets nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::spec::InspectDocuments;
use crate::facts::Config;

/// Adds the image's configuration where the container's own sets nothing.
pub(super) fn inherit(documents: &mut InspectDocuments, image: &Map<String, Value>, whole: bool) {
    let Some(config) = documents.inspect.get_mut("Config").and_then(Value::as_object_mut) else { return };
    let own_entrypoint = config.contains_key("Entrypoint");
    for (key, value) in image {
        match key.as_str() {
            "Env" => {
                let mut all = value.as_array().cloned().unwrap_or_default();
                all.extend(config.get("Env").and_then(Value::as_array).cloned().unwrap_or_default());
                config.insert("Env".to_owned(), json!(all));
            }
            "Cmd" | "Entrypoint" if own_entrypoint => {}
            "Volumes" | "Image" => {}
            key => {
                config.entry(key.to_owned()).or_insert_with(|| value.clone());
            }
        }
    }
    volumes(documents, image);
    if whole {
        documents.complete.extend(["/Config/", "/Mounts"]);
    }
}

/// Adds the volumes that the image declares and no other mount covers.
fn volumes(documents: &mut InspectDocuments, image: &Map<String, Value>) {
    let declared: Vec<String> =
        image.get("Volumes").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect();
    let mounts = Config::partial(&documents.inspect, None, documents.kind, &[]).mounts();
    let mounted: BTreeSet<&str> = mounts.iter().map(|mount| mount.destination.as_str()).collect();
    let taken = |path: &str| mounted.contains(path.trim_end_matches('/'));
    let more: Vec<Value> = declared
        .iter()
        .filter(|path| !taken(path))
        .map(|path| json!({"Type": "volume", "Source": "", "Destination": path, "RW": true, "Mode": ""}))
        .collect();
    if more.is_empty() {
        return;
    }
    let mut mounts = documents.inspect.get("Mounts").and_then(Value::as_array).cloned().unwrap_or_default();
    mounts.extend(more);
    documents.inspect["Mounts"] = json!(mounts);
}
