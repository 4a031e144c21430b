//! A recipe: everything that a new container must be started with to be like an old one.
//!
//! `inspected` reads it out of the engine's documents, `remedy` edits it, `run_line` and `emit` write it. It
//! holds flags of the CLI and not fields of the API, because a person must be able to read, check and repeat
//! what is done: a setting that no flag can ask for is no part of a cure that can be shown. The places that
//! remedies edit most (tmpfs, volumes, environment, program) are fields of their own, so that an edit finds
//! what is there however it was asked for; all other flags are kept in their order and mean what the CLI
//! says. Secrets are never in it: it counts or names them, and steps fetch them at run time. What cannot be
//! carried over stands in `refused`, so that nothing is lost in silence. Must not decide what is wrong.

use std::collections::BTreeMap;

use super::flag::Flag;
use super::network::Network;
use super::secret_word::SecretWord;
use super::volume::Volume;

/// Where profiles are kept for Podman, which remembers only their path.
pub const PROFILES: &str = "/var/lib/sysdock/seccomp";

/// What a container is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// Name of the container.
    pub name: String,
    /// Name of the container that it is made after.
    pub source: String,
    /// Image reference, or id where the reference now leads elsewhere.
    pub image: String,
    /// Entrypoint that is not the image's own.
    pub entrypoint: Option<Vec<String>>,
    /// Words after the image.
    pub command: Vec<String>,
    /// Flags that stand for themselves.
    pub flags: Vec<Flag>,
    /// tmpfs mounts: path → options.
    pub tmpfs: BTreeMap<String, String>,
    /// Binds and volumes.
    pub volumes: Vec<Volume>,
    /// `--mount` texts by their target.
    pub mounts: Vec<(String, String)>,
    /// Further networks.
    pub networks: Vec<Network>,
    /// Environment that the cure sets.
    pub environment: BTreeMap<String, String>,
    /// Whether the old container's environment is fetched at run time, and how many variables it has.
    pub variables: Option<usize>,
    /// Names of variables that the engine makes anew, so that they are not among those.
    pub not_fetched: Vec<String>,
    /// Whether the old container's labels are fetched at run time, and how many there are.
    pub labels: Option<usize>,
    /// Names of labels that are flags of their own, so that they are not among those.
    pub labels_apart: Vec<String>,
    /// Text of the seccomp profile in force, where the engine keeps it as such.
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

    /// Gives a flag one value, in place of those that it has.
    pub fn set(&mut self, name: &str, value: &str) {
        self.drop_flag(name);
        self.push(name, Some(value.to_owned()));
    }

    /// Removes a flag.
    pub fn drop_flag(&mut self, name: &str) {
        self.flags.retain(|flag| flag.name != name);
    }

    /// Removes those values of a flag that fit.
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

    /// Removes whatever is mounted at a path or below it.
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

    /// Returns the name of the file with the environment.
    pub fn env_file(&self) -> String {
        format!("{}.env", self.name)
    }

    /// Returns the name of the file with the labels.
    pub fn label_file(&self) -> String {
        format!("{}.labels", self.name)
    }

    /// Returns the name of the file with a secret word, by its number among them.
    pub fn word_file(&self, number: usize) -> String {
        format!("{}.word-{number}", self.name)
    }

    /// Returns program and arguments of PID 1 where the recipe sets them.
    pub fn words(&self) -> Vec<String> {
        self.entrypoint.iter().flatten().chain(&self.command).cloned().collect()
    }

    /// Returns the tmpfs mounts as `--tmpfs` takes them: `path:options`.
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
