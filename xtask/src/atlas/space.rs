//! The launches that the atlas draws from: `data/atlas-launches.toml`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::random::Random;
use crate::engine::project;

const PLACE: &str = "data/atlas-launches.toml";

/// A launch: the value of each dimension that is not the first one.
pub type Launch = BTreeMap<String, String>;

/// All dimensions and the sets with which systemd boots.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    dimension: Vec<Dimension>,
    good: Vec<Good>,
    #[serde(default)]
    hopeless: Vec<Hopeless>,
}

/// Guests that nothing in a launch makes boot on some lanes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hopeless {
    needs: Vec<String>,
    /// Lowest version of systemd.
    systemd: i64,
    /// Diagnoses that fit.
    ids: Vec<String>,
}

/// One thing that a launch decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dimension {
    name: String,
    /// Diagnoses that fit where a change of it makes a container boot.
    ids: Vec<String>,
    value: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    name: String,
    #[serde(default)]
    words: Vec<String>,
    command: Option<Vec<String>>,
    image: Option<Vec<String>>,
    /// A call that the seccomp profile denies.
    deny: Option<String>,
    /// Diagnoses that fit this value, where they are fewer than those of its dimension.
    ids: Option<Vec<String>>,
    #[serde(default = "one")]
    weight: u64,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Good {
    needs: Vec<String>,
    set: Launch,
}

fn one() -> u64 {
    1
}

/// A launch in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// Flags of `run`.
    pub flags: Vec<String>,
    /// The command.
    pub command: Vec<String>,
    /// Name of the derived image and its lines below FROM; none for the guest itself.
    pub image: Option<(String, Vec<String>)>,
    /// The call that a seccomp profile denies.
    pub deny: Option<String>,
}

impl Space {
    /// Reads the file of launches.
    pub fn read() -> Result<Self> {
        let path = project(PLACE);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let space: Self = toml::from_str(&text).with_context(|| PLACE.to_owned())?;
        for good in &space.good {
            for (name, value) in &good.set {
                ensure!(space.choice(name, value).is_some(), "{PLACE}: nothing is called {name}={value}");
            }
        }
        Ok(space)
    }

    fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimension.iter().find(|dimension| dimension.name == name)
    }

    fn choice(&self, name: &str, value: &str) -> Option<&Choice> {
        self.dimension(name)?.value.iter().find(|choice| choice.name == value)
    }

    /// The set with which systemd boots on a lane with these tags.
    pub fn good(&self, tags: &BTreeSet<String>) -> Launch {
        let fits = |good: &&Good| good.needs.iter().all(|tag| tags.contains(tag));
        self.good.iter().find(fits).map(|good| good.set.clone()).unwrap_or_default()
    }

    /// Diagnoses that fit where these changes make a launch boot: those of the values that they replace.
    pub fn ids(&self, launch: &Launch, changes: &[String]) -> BTreeSet<&str> {
        let names = changes.iter().filter_map(|change| Some(change.split_once('=')?.0));
        let dimensions = names.filter_map(|name| self.dimension(name));
        let ids = dimensions.flat_map(|dimension| {
            let value = launch.get(&dimension.name).unwrap_or(&dimension.value[0].name);
            let own = self.choice(&dimension.name, value).and_then(|choice| choice.ids.as_ref());
            own.unwrap_or(&dimension.ids)
        });
        ids.map(String::as_str).collect()
    }

    /// Diagnoses of a guest that no launch makes boot on a lane; none where one does.
    pub fn hopeless(&self, tags: &BTreeSet<String>, systemd: i64) -> BTreeSet<&str> {
        let fits = |hopeless: &&Hopeless| {
            systemd >= hopeless.systemd && hopeless.needs.iter().all(|tag| tags.contains(tag))
        };
        self.hopeless.iter().filter(fits).flat_map(|hopeless| &hopeless.ids).map(String::as_str).collect()
    }

    /// Draws a launch: near the good set (one to three changes), or at random.
    pub fn draw(&self, tags: &BTreeSet<String>, random: &mut Random) -> Launch {
        let mut launch = self.good(tags);
        match random.below(20) {
            0 => {}
            1..14 => {
                for _ in 0..=random.below(3) {
                    let dimension = &self.dimension[random.index(self.dimension.len())];
                    set(&mut launch, dimension, pick(dimension, tags, random));
                }
            }
            _ => {
                for dimension in &self.dimension {
                    if random.below(2) == 0 {
                        set(&mut launch, dimension, pick(dimension, tags, random));
                    }
                }
            }
        }
        launch
    }

    /// The changes, `DIMENSION=VALUE`, that lead from one launch to another, one at a time.
    pub fn changes(&self, from: &Launch, to: &Launch) -> Vec<String> {
        let value = |launch: &Launch, dimension: &Dimension| {
            launch.get(&dimension.name).cloned().unwrap_or_else(|| dimension.value[0].name.clone())
        };
        let other = |dimension: &&Dimension| value(from, dimension) != value(to, dimension);
        let change = |dimension: &Dimension| format!("{}={}", dimension.name, value(to, dimension));
        self.dimension.iter().filter(other).map(change).collect()
    }

    /// A launch with some changes.
    pub fn changed(&self, launch: &Launch, changes: &[String]) -> Launch {
        let mut launch = launch.clone();
        for (name, value) in changes.iter().filter_map(|change| change.split_once('=')) {
            if let Some(dimension) = self.dimension(name) {
                set(&mut launch, dimension, value);
            }
        }
        launch
    }

    /// A launch in words, for a container of that name.
    pub fn words(&self, launch: &Launch, name: &str, tags: &BTreeSet<String>) -> Words {
        let systemd = tags.contains("systemd");
        let group = if systemd { format!("{name}.slice") } else { name.to_owned() };
        let parent = if systemd { group.clone() } else { format!("/{name}") };
        let (mut flags, mut command) = (Vec::new(), vec!["/sbin/init".to_owned()]);
        let (mut image, mut deny) = (None, None);
        for dimension in &self.dimension {
            let Some(choice) =
                launch.get(&dimension.name).and_then(|value| self.choice(&dimension.name, value))
            else {
                continue;
            };
            let filled = |word: &String| word.replace("@parent@", &parent).replace("@group@", &group);
            flags.extend(choice.words.iter().map(filled));
            if let Some(own) = &choice.command {
                command.clone_from(own);
            }
            deny = deny.or_else(|| choice.deny.clone());
            image = image.or_else(|| choice.image.clone().map(|lines| (choice.name.clone(), lines)));
        }
        Words { flags, command, image, deny }
    }
}

/// Sets the value of a dimension; its first value is not written down.
fn set(launch: &mut Launch, dimension: &Dimension, value: &str) {
    if dimension.value.first().is_some_and(|first| first.name == value) {
        launch.remove(&dimension.name);
    } else {
        launch.insert(dimension.name.clone(), value.to_owned());
    }
}

fn pick<'d>(dimension: &'d Dimension, tags: &BTreeSet<String>, random: &mut Random) -> &'d str {
    let fits = |choice: &&Choice| {
        choice.needs.iter().all(|tag| tags.contains(tag)) && !choice.not.iter().any(|tag| tags.contains(tag))
    };
    let fitting: Vec<&Choice> = dimension.value.iter().filter(fits).collect();
    let mut left = random.below(fitting.iter().map(|choice| choice.weight).sum::<u64>().max(1));
    for choice in &fitting {
        if left < choice.weight {
            return &choice.name;
        }
        left -= choice.weight;
    }
    &dimension.value[0].name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(words: &str) -> BTreeSet<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_launches() {
        let space = Space::read().unwrap();
        let tags = tags("docker v2 root cgroupfs");
        let drawn = |seed| {
            let mut random = Random::new(seed);
            (0..50).map(|_| space.draw(&tags, &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn changes_lead_from_one_launch_to_the_other() {
        let space = Space::read().unwrap();
        let mut random = Random::new(3);
        for words in
            ["docker v2 root cgroupfs", "docker v2 rootless systemd", "podman v2 root systemd", "docker v1"]
        {
            let tags = tags(words);
            let good = space.good(&tags);
            for _ in 0..100 {
                let launch = space.draw(&tags, &mut random);
                let changes = space.changes(&launch, &good);
                assert_eq!(space.changed(&launch, &changes), good, "{launch:?} {changes:?}");
            }
        }
    }

    #[test]
    fn a_parent_has_the_form_of_its_driver() {
        let space = Space::read().unwrap();
        let launch: Launch = [("parent", "own"), ("tree", "own")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let flags = |words| space.words(&launch, "Ax", &tags(words)).flags.join(" ");
        assert!(flags("docker v2 root cgroupfs").ends_with("--cgroup-parent /Ax"));
        assert!(
            flags("docker v2 root systemd").contains("/sys/fs/cgroup/Ax.slice:rw --cgroup-parent Ax.slice")
        );
    }
}
