//! Binds, volumes and tmpfs mounts of a container → the places of a [`Recipe`]. Pure.

use serde_json::Value;

use super::forms;
use super::inspected::Inspected;
use super::recipe::{Recipe, Volume};

impl Inspected<'_> {
    /// Everything that is mounted.
    pub(super) fn volumes(&self, recipe: &mut Recipe) {
        for (path, options) in self.value("HostConfig.Tmpfs").and_then(Value::as_object).into_iter().flatten() {
            recipe.tmpfs.insert(path.clone(), self.plain_options(options.as_str().unwrap_or_default()));
        }
        for bind in self.value("HostConfig.Binds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let mut parts = bind.splitn(3, ':');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(source), Some(destination), options) => recipe.volumes.push(Volume {
                    source: source.to_owned(),
                    destination: destination.to_owned(),
                    options: self.plain_options(options.unwrap_or_default()),
                }),
                _ => recipe.refused.push(format!("HostConfig.Binds: {bind} is no bind of a path")),
            }
        }
        for entry in self.value("HostConfig.Mounts").and_then(Value::as_array).into_iter().flatten() {
            let target = entry.get("Target").and_then(Value::as_str).unwrap_or_default();
            match forms::mount(entry) {
                Some(text) => recipe.mounts.push((target.to_owned(), text)),
                None => recipe.refused.push(format!("HostConfig.Mounts: the mount at {target} has options that no flag is known for")),
            }
        }
        self.anonymous_volumes(recipe);
    }

    /// Volumes that nobody named are taken over by the name that the engine gave them.
    fn anonymous_volumes(&self, recipe: &mut Recipe) {
        for mount in self.config.field("/Mounts").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
            if text("Type") == "volume" && !text("Name").is_empty() && !recipe.mounts_at(text("Destination")) {
                let options = if mount.get("RW").and_then(Value::as_bool) == Some(false) { "ro" } else { "" };
                recipe.volumes.push(Volume {
                    source: text("Name").to_owned(),
                    destination: text("Destination").to_owned(),
                    options: options.to_owned(),
                });
            }
        }
    }

    /// Options without those that Podman adds to every mount.
    fn plain_options(&self, options: &str) -> String {
        const ADDED: [&str; 6] = ["rw", "rprivate", "nosuid", "nodev", "rbind", "tmpcopyup"];
        let kept = options.split(',').filter(|option| !self.is_podman() || !ADDED.contains(option));
        kept.collect::<Vec<_>>().join(",")
    }
}
