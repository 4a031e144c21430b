//! The recipe: everything that is needed to start a new container like an old one.
//!
//! `inspected` reads it from the engine's documents, `remedy` edits it, `recreated_run_line` and `emit` write
//! it. It holds CLI flags and not API fields, because people must be able to read, check and repeat what is
//! done: a setting without a flag cannot be part of a cure that is shown. The parts that remedies edit most
//! (tmpfs, volumes, environment, program) are separate fields, so that an edit finds them however they were
//! requested; all other flags keep their order and mean what the CLI says. A recipe never contains secrets:
//! it counts or names them, and steps fetch them at run time. What cannot be carried over is listed in
//! `refused`, so that nothing is lost silently. Must not decide what is wrong.

use std::collections::BTreeMap;

use super::flag::Flag;
use super::network::Network;
use super::secret_word::SecretWord;
use super::volume::Volume;

/// Folder for seccomp profiles of Podman, which stores only their path.
pub const PROFILES: &str = "/var/lib/sysdock/seccomp";

/// What a container is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// Name of the container.
    pub name: String,
    /// Name of the container that it replaces.
    pub source: String,
    /// Image reference, or the ID if the reference now refers to another image.
    pub image: String,
    /// Entrypoint, if it differs from the image's.
    pub entrypoint: Option<Vec<String>>,
    /// Words after the image.
    pub command: Vec<String>,
    /// Flags without a separate field.
    pub flags: Vec<Flag>,
    /// tmpfs mounts: path → options.
    pub tmpfs: BTreeMap<String, String>,
    /// Binds and volumes.
    pub volumes: Vec<Volume>,
    /// `--mount` values by their target.
    pub mounts: Vec<(String, String)>,
    /// Further networks.
    pub networks: Vec<Network>,
    /// Environment variables that the cure sets.
    pub environment: BTreeMap<String, String>,
    /// Number of environment variables to fetch from the old container at run time; `None` if none are
    /// fetched.
    pub variables: Option<usize>,
    /// Names of variables that the engine sets again, which are not fetched.
    pub not_fetched: Vec<String>,
    /// Number of labels to fetch from the old container at run time; `None` if none are fetched.
    pub labels: Option<usize>,
    /// Those of them that hold no secret, as `NAME=value`, for formats without a label file.
    pub open_labels: Vec<String>,
    /// Names of those of them that hold a secret.
    pub hidden_labels: Vec<String>,
    /// Names of labels that are written as separate flags, which are not fetched.
    pub labels_apart: Vec<String>,
    /// Text of the seccomp profile in force, if the engine stores the text.
    pub profile: Option<String>,
    /// Words that hold a secret and are fetched at run time.
    pub secret_words: Vec<SecretWord>,
    /// What cannot be carried over, by name and reason.
    pub refused: Vec<String>,
}

impl Recipe {
    /// Adds a flag.
    pub fn push(&mut self, name: &str, value: Option<String>) {
        self.flags.push(Flag { name: name.to_owned(), value });
    }

    /// Sets a flag to one value, replacing the existing ones.
    pub fn set(&mut self, name: &str, value: &str) {
        self.drop_flag(name);
        self.push(name, Some(value.to_owned()));
    }

    /// Removes a flag.
    pub fn drop_flag(&mut self, name: &str) {
        self.flags.retain(|flag| flag.name != name);
    }

    /// Removes the values of a flag that match.
    pub fn drop_values(&mut self, name: &str, fits: impl Fn(&str) -> bool) {
        self.flags.retain(|flag| flag.name != name || !flag.value.as_deref().is_some_and(&fits));
    }

    /// Returns the values of a flag.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.flags.iter().filter(|flag| flag.name == name).filter_map(|flag| flag.value.as_deref()).collect()
    }

    /// Returns whether a flag is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag.name == name)
    }

    /// Returns whether something is mounted at a path.
    pub fn mounts_at(&self, path: &str) -> bool {
        self.tmpfs.contains_key(path)
            || self.volumes.iter().any(|volume| volume.destination.trim_end_matches('/') == path)
            || self.mounts.iter().any(|(target, _)| target.trim_end_matches('/') == path)
    }

    /// Removes everything mounted at or below a path.
    pub fn unmount(&mut self, path: &str) {
        let outside = |place: &str| !std::path::Path::new(place).starts_with(path);
        self.tmpfs.retain(|place, _| outside(place));
        self.volumes.retain(|volume| outside(&volume.destination));
        self.mounts.retain(|(place, _)| outside(place));
    }

    /// Returns the destinations of anonymous volumes.
    pub fn anonymous(&self) -> Vec<&str> {
        self.volumes
            .iter()
            .filter(|volume| volume.is_anonymous())
            .map(|volume| volume.destination.as_str())
            .collect()
    }

    /// Returns the name of the environment file.
    pub fn env_file(&self) -> String {
        format!("{}.env", self.name)
    }

    /// Returns the name of the label file.
    pub fn label_file(&self) -> String {
        format!("{}.labels", self.name)
    }

    /// Returns the name of the file for a secret word, by its index.
    pub fn word_file(&self, number: usize) -> String {
        format!("{}.word-{number}", self.name)
    }

    /// Returns program and arguments of PID 1 if the recipe sets them.
    pub fn words(&self) -> Vec<String> {
        self.entrypoint.iter().flatten().chain(&self.command).cloned().collect()
    }

    /// Returns the tmpfs mounts as values of `--tmpfs`: `path:options`.
    pub fn tmpfs_texts(&self) -> Vec<String> {
        let one = |(path, options): (&String, &String)| {
            if options.is_empty() { path.clone() } else { format!("{path}:{options}") }
        };
        self.tmpfs.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let mut recipe = Recipe { name: "web".to_owned(), image: "img".to_owned(), ..Recipe::default() };
        recipe.tmpfs.insert("/sys/fs/cgroup/x".to_owned(), String::new());
        recipe.volumes.push(Volume::same("/sys/fs/cgroup", "ro"));
        recipe.volumes.push(Volume {
            source: "data".to_owned(),
            destination: "/data".to_owned(),
            options: String::new(),
        });
        recipe
    }

    #[test]
    fn what_lies_below_a_path_is_unmounted_with_it() {
        let mut recipe = recipe();
        recipe.unmount("/sys/fs/cgroup");
        assert!(recipe.tmpfs.is_empty() && recipe.mounts_at("/data") && !recipe.mounts_at("/sys/fs/cgroup"));
    }
}
