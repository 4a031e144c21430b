//! An editable launch recipe: everything that a new container must be started with to be like an old one.
//!
//! Holds the flags; [`crate::prescribe::inspected::to_recipe`] reads them from the engine's documents, the planner edits them,
//! [`Recipe::run`] writes them as a command line. Must not decide what is wrong.

use std::collections::BTreeMap;

use crate::prescribe::prescription::Reach;
use crate::prescribe::recipe::csv_line;
use crate::prescribe::recipe::secret_words::Place;
use crate::snapshot::EngineKind;

/// One flag, with its value where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Name with its dashes.
    pub name: String,
    /// Its value; `None` for a switch.
    pub value: Option<String>,
}

/// A bind or a volume, as `-v` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Path on the host or name of the volume.
    pub source: String,
    /// Path in the container.
    pub destination: String,
    /// Options, empty for the defaults.
    pub options: String,
}

impl Volume {
    /// A bind of a path onto itself.
    pub fn same(path: &str, options: &str) -> Self {
        Self { source: path.to_owned(), destination: path.to_owned(), options: options.to_owned() }
    }

    /// `source:destination:options`, as `-v` takes it.
    pub fn text(&self) -> String {
        let Self { source, destination, options } = self;
        let colon = if options.is_empty() { "" } else { ":" };
        let source = if source.is_empty() { String::new() } else { format!("{source}:") };
        format!("{source}{destination}{colon}{options}")
    }

    /// Whether the engine made up its name: 64 hex digits.
    pub fn is_anonymous(&self) -> bool {
        self.source.len() == 64 && self.source.chars().all(|c| c.is_ascii_hexdigit())
    }
}

/// A further network that is joined after the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Flags of `network connect`.
    pub flags: Vec<Flag>,
}

impl Network {
    /// The command line that joins a container to it.
    pub fn connect(&self, container: &str, reach: &Reach) -> Vec<String> {
        let mut words = vec!["network".to_owned(), "connect".to_owned()];
        words.extend(self.flags.iter().flat_map(Flag::words));
        words.extend([self.name.clone(), container.to_owned()]);
        reach.argv(words)
    }
}

/// A word that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The word as the documents show it, with a token in place of the secret.
    pub text: String,
    /// Where the engine keeps it.
    pub place: Place,
}

impl Unseen {
    /// Whether it is the value of an option, which stands within the value of a flag.
    pub fn is_option(&self) -> bool {
        matches!(self.place, Place::Option { .. })
    }
}

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
    /// Words that are secret and are fetched at run time.
    pub unseen: Vec<Unseen>,
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

    /// Takes a flag away.
    pub fn drop_flag(&mut self, name: &str) {
        self.flags.retain(|flag| flag.name != name);
    }

    /// Takes those values of a flag away that fit.
    pub fn drop_values(&mut self, name: &str, fits: impl Fn(&str) -> bool) {
        self.flags.retain(|flag| flag.name != name || !flag.value.as_deref().is_some_and(&fits));
    }

    /// The values of a flag.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.flags.iter().filter(|flag| flag.name == name).filter_map(|flag| flag.value.as_deref()).collect()
    }

    /// Whether a flag is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag.name == name)
    }

    /// Whether something is mounted at a path.
    pub fn mounts_at(&self, path: &str) -> bool {
        self.tmpfs.contains_key(path)
            || self.volumes.iter().any(|volume| volume.destination.trim_end_matches('/') == path)
            || self.mounts.iter().any(|(target, _)| target.trim_end_matches('/') == path)
    }

    /// Takes away whatever is mounted at a path or below it.
    pub fn unmount(&mut self, path: &str) {
        let outside = |place: &str| !std::path::Path::new(place).starts_with(path);
        self.tmpfs.retain(|place, _| outside(place));
        self.volumes.retain(|volume| outside(&volume.destination));
        self.mounts.retain(|(place, _)| outside(place));
    }

    /// Destinations of anonymous volumes.
    pub fn anonymous(&self) -> Vec<&str> {
        self.volumes
            .iter()
            .filter(|volume| volume.is_anonymous())
            .map(|volume| volume.destination.as_str())
            .collect()
    }

    /// Name of the file with the environment.
    pub fn env_file(&self) -> String {
        format!("{}.env", self.name)
    }

    /// Name of the file with the labels.
    pub fn label_file(&self) -> String {
        format!("{}.labels", self.name)
    }

    /// Name of the file with a secret word, by its number among them.
    pub fn word_file(&self, number: usize) -> String {
        format!("{}.word-{number}", self.name)
    }

    /// Program and arguments of PID 1 where the recipe sets them.
    pub fn words(&self) -> Vec<String> {
        self.entrypoint.iter().flatten().chain(&self.command).cloned().collect()
    }

    /// The command line that starts the container.
    pub fn run(&self, reach: &Reach) -> Vec<String> {
        let mut words: Vec<String> = ["run", "-d", "--name", &self.name].map(str::to_owned).to_vec();
        let mut give = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
        if self.labels.is_some() {
            give("--label-file", &self.label_file());
        }
        if self.variables.is_some() {
            give("--env-file", &self.env_file());
        }
        self.environment.iter().for_each(|(name, value)| give("-e", &format!("{name}={value}")));
        for (path, options) in &self.tmpfs {
            give("--tmpfs", &if options.is_empty() { path.clone() } else { format!("{path}:{options}") });
        }
        self.volumes.iter().for_each(|volume| give("-v", &volume.text()));
        self.mounts.iter().for_each(|(_, text)| give("--mount", text));
        words.extend(self.flags_of_run().iter().flat_map(Flag::words));
        words.extend(self.program(reach.kind));
        reach.argv(words)
    }

    /// The flags as `run` takes them: settings of the first network that have no flag of their own stand
    /// beside its name.
    fn flags_of_run(&self) -> Vec<Flag> {
        const BESIDE: [&str; 2] = ["--driver-opt", "--gw-priority"];
        let (beside, mut flags): (Vec<Flag>, Vec<Flag>) =
            self.flags.iter().cloned().partition(|flag| BESIDE.contains(&flag.name.as_str()));
        if let Some(network) =
            flags.iter_mut().find(|flag| flag.name == "--network").filter(|_| !beside.is_empty())
        {
            let one = |flag: &Flag| {
                format!("{}={}", flag.name.trim_start_matches('-'), flag.value.as_deref().unwrap_or_default())
            };
            let named = |name: &String| {
                csv_line::join(&[vec![format!("name={name}")], beside.iter().map(one).collect()].concat())
            };
            network.value = network.value.as_ref().map(named);
        }
        flags
    }

    /// Entrypoint, image and command.
    fn program(&self, kind: EngineKind) -> Vec<String> {
        let mut words = Vec::new();
        let mut command = self.command.clone();
        match self.entrypoint.as_deref() {
            None => {}
            Some([]) => words.push("--entrypoint=".to_owned()),
            Some([first, rest @ ..]) => {
                let whole =
                    serde_json::to_string(self.entrypoint.as_deref().unwrap_or_default()).unwrap_or_default();
                let text = if kind == EngineKind::Podman && !rest.is_empty() { whole } else { first.clone() };
                if kind == EngineKind::Docker {
                    command = rest.iter().cloned().chain(command).collect();
                }
                words.extend(["--entrypoint".to_owned(), text]);
            }
        }
        words.push(self.image.clone());
        words.extend(command);
        words
    }
}

impl Flag {
    /// The flag as words of a command line; a truth value is tied with `=`, as switches want it.
    pub fn words(&self) -> Vec<String> {
        match self.value.as_deref() {
            None => vec![self.name.clone()],
            Some(value @ ("true" | "false" | "always")) => vec![format!("{}={value}", self.name)],
            Some(value) => vec![self.name.clone(), value.to_owned()],
        }
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

    #[test]
    fn an_entrypoint_of_several_words_reaches_both_engines() {
        let mut recipe = Recipe {
            entrypoint: Some(vec!["/bin/sh".to_owned(), "-c".to_owned()]),
            command: vec!["x y".to_owned()],
            ..recipe()
        };
        recipe.unmount("/");
        let words = |kind| recipe.run(&Reach::by_itself(kind)).join("|");
        assert_eq!(words(EngineKind::Docker), "docker|run|-d|--name|web|--entrypoint|/bin/sh|img|-c|x y");
        assert_eq!(
            words(EngineKind::Podman),
            r#"podman|run|-d|--name|web|--entrypoint|["/bin/sh","-c"]|img|x y"#
        );
    }

    #[test]
    fn switches_are_tied_to_their_value() {
        let flag = |value: Option<&str>| {
            Flag { name: "--init".to_owned(), value: value.map(str::to_owned) }.words().join(" ")
        };
        assert_eq!((flag(None), flag(Some("false"))), ("--init".to_owned(), "--init=false".to_owned()));
    }
}
