//! Converts binds, volumes and tmpfs mounts of a container to the mounts of a recipe.
//!
//! Must not lose an anonymous volume: its data is found by its generated name.

use serde_json::Value;

use super::documents::Inspected;
use super::mount_entry;
use crate::prescribe::recipe::{Recipe, Volume};

impl Inspected<'_> {
    /// Carries over everything that is mounted.
    pub fn volumes(&self, recipe: &mut Recipe) {
        for (path, options) in self.value("HostConfig.Tmpfs").and_then(Value::as_object).into_iter().flatten()
        {
            recipe.tmpfs.insert(path.clone(), self.plain_options(options.as_str().unwrap_or_default()));
        }
        self.special_mounts(recipe);
        for bind in self
            .value("HostConfig.Binds")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let mut parts = bind.splitn(3, ':');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(_), Some(destination), _)
                    if recipe.mounts.iter().any(|(target, _)| target == destination) => {}
                (Some(source), Some(destination), options) => recipe.volumes.push(Volume {
                    source: source.to_owned(),
                    destination: destination.to_owned(),
                    options: self.plain_options(options.unwrap_or_default()),
                }),
                _ => recipe.refused.push(format!("HostConfig.Binds: {bind} is not a bind mount of a path")),
            }
        }
        for entry in self.value("HostConfig.Mounts").and_then(Value::as_array).into_iter().flatten() {
            let target = entry.get("Target").and_then(Value::as_str).unwrap_or_default();
            match mount_entry::text_of(&self.with_source(entry, target)) {
                Some(text) => recipe.mounts.push((target.to_owned(), text)),
                None => recipe.refused.push(format!(
                    "HostConfig.Mounts: the mount at {target} has options without a known flag"
                )),
            }
        }
        self.anonymous_volumes(recipe);
    }

    /// Carries over Podman mounts that are not binds, volumes or tmpfs mounts, and parts of volumes: only
    /// Podman's command line shows how they were requested.
    fn special_mounts(&self, recipe: &mut Recipe) {
        if !self.is_podman() {
            return;
        }
        let asked = self.asked.values(&["--mount"]);
        for mount in self.config.field("/Mounts").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
            let (target, source) = (text("Destination"), text("Source"));
            let plain = text("Type") == "volume" || text("Type") == "bind" && source.starts_with('/');
            // In systemd mode Podman mounts the tree itself and lists it like this; nobody asked for it.
            let own_tree = target == "/sys/fs/cgroup" && source == "cgroup";
            if plain && text("SubPath").is_empty() || own_tree {
                continue;
            }
            let named = |words: &&&str| {
                words.split(',').any(|word| word.split_once('=').is_some_and(|(_, value)| value == target))
            };
            match asked.iter().find(named) {
                Some(words) => recipe.mounts.push((target.to_owned(), (*words).to_owned())),
                None => recipe
                    .refused
                    .push(format!("Mounts: the mount at {target} is not a bind, volume or tmpfs")),
            }
        }
    }

    /// Returns the entry with the name that the engine generated for an anonymous volume, so that the volume
    /// is reused.
    fn with_source(&self, entry: &Value, target: &str) -> Value {
        let mut entry = entry.clone();
        let nameless = entry.get("Source").and_then(Value::as_str).unwrap_or_default().is_empty();
        if nameless && entry.get("Type").and_then(Value::as_str) == Some("volume") {
            let mut mounted = self.config.field("/Mounts").and_then(Value::as_array).into_iter().flatten();
            let here = mounted.find(|mount| {
                mount.get("Destination").and_then(Value::as_str) == Some(target.trim_end_matches('/'))
            });
            if let Some((entry, name)) = entry.as_object_mut().zip(here.and_then(|mount| mount.get("Name"))) {
                entry.insert("Source".to_owned(), name.clone());
            }
        }
        entry
    }

    /// Reuses anonymous volumes by the names that the engine generated.
    fn anonymous_volumes(&self, recipe: &mut Recipe) {
        // Volumes of another container are mounted again through that container; the container's own are
        // listed in its own configuration.
        let borrows = self
            .value("HostConfig.VolumesFrom")
            .and_then(Value::as_array)
            .is_some_and(|from| !from.is_empty());
        let own = self.value("Config.Volumes").and_then(Value::as_object);
        for mount in self.config.field("/Mounts").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
            let borrowed = borrows && !own.is_some_and(|own| own.contains_key(text("Destination")));
            if text("Type") == "volume"
                && !text("Name").is_empty()
                && !borrowed
                && !recipe.mounts_at(text("Destination"))
            {
                let options = if mount.get("RW").and_then(Value::as_bool) == Some(false) { "ro" } else { "" };
                recipe.volumes.push(Volume {
                    source: text("Name").to_owned(),
                    destination: text("Destination").to_owned(),
                    options: options.to_owned(),
                });
            }
        }
    }

    /// Returns the options without those that Podman adds to every mount.
    fn plain_options(&self, options: &str) -> String {
        const ADDED: [&str; 6] = ["rw", "rprivate", "nosuid", "nodev", "rbind", "tmpcopyup"];
        let kept = options.split(',').filter(|option| !self.is_podman() || !ADDED.contains(option));
        kept.collect::<Vec<_>>().join(",")
    }
}
