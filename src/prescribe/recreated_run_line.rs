//! Writes a recipe as the `run` command that recreates the container, and the commands that join it to more
//! networks.
//!
//! Must not quote: the words are those of an argument list.

use super::engine_cli::Reach;
use super::recipe::{Flag, Network, Recipe, csv_line};
use crate::snapshot::EngineKind;

impl Recipe {
    /// Returns the command line that starts the container.
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
        self.tmpfs_texts().iter().for_each(|text| give("--tmpfs", text));
        self.volumes.iter().for_each(|volume| give("-v", &volume.text()));
        self.mounts.iter().for_each(|(_, text)| give("--mount", text));
        words.extend(self.flags_of_run().iter().flat_map(Flag::words));
        words.extend(self.program(reach.kind));
        reach.argv(words)
    }

    /// Returns the flags of `run`: settings of the first network that have no dedicated flag are appended to
    /// its name.
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

    /// Returns entrypoint, image and command.
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

impl Network {
    /// Returns the command line that joins a container to this network.
    pub fn connect(&self, container: &str, reach: &Reach) -> Vec<String> {
        let mut words = vec!["network".to_owned(), "connect".to_owned()];
        words.extend(self.flags.iter().flat_map(Flag::words));
        words.extend([self.name.clone(), container.to_owned()]);
        reach.argv(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entrypoint_of_several_words_reaches_both_engines() {
        let recipe = Recipe {
            name: "web".to_owned(),
            image: "img".to_owned(),
            entrypoint: Some(vec!["/bin/sh".to_owned(), "-c".to_owned()]),
            command: vec!["x y".to_owned()],
            ..Recipe::default()
        };
        let words = |kind| recipe.run(&Reach::by_itself(kind)).join("|");
        assert_eq!(words(EngineKind::Docker), "docker|run|-d|--name|web|--entrypoint|/bin/sh|img|-c|x y");
        assert_eq!(
            words(EngineKind::Podman),
            r#"podman|run|-d|--name|web|--entrypoint|["/bin/sh","-c"]|img|x y"#
        );
    }
}
