//! Lists what a cure adds to a container, one element at a time: the parts that a trial can leave out to see
//! whether they are needed.
//!
//! Must not touch what the container had before.

use std::fmt;

use super::container_recipe::Recipe;
use super::flag::Flag;

/// A part of the container's definition that the cure added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A tmpfs, by its path.
    Tmpfs(String),
    /// A bind, by its destination.
    Volume(String),
    /// A flag with its value.
    Flag(Flag),
    /// A variable, by its name.
    Variable(String),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tmpfs(path) => write!(f, "--tmpfs {path}"),
            Self::Volume(destination) => write!(f, "-v …:{destination}"),
            Self::Flag(flag) => write!(f, "{}", flag.words().join(" ")),
            Self::Variable(name) => write!(f, "-e {name}=…"),
        }
    }
}

/// Lists what the second recipe has and the first lacks.
pub fn added(before: &Recipe, after: &Recipe) -> Vec<Element> {
    let tmpfs = after.tmpfs.iter().filter(|(path, options)| before.tmpfs.get(*path) != Some(options));
    let volumes = after.volumes.iter().filter(|volume| !before.volumes.contains(volume));
    let flags = after.flags.iter().filter(|flag| !before.flags.contains(flag));
    let variables =
        after.environment.iter().filter(|(name, value)| before.environment.get(*name) != Some(value));
    let mut elements: Vec<Element> = tmpfs.map(|(path, _)| Element::Tmpfs(path.clone())).collect();
    elements.extend(volumes.map(|volume| Element::Volume(volume.destination.clone())));
    elements.extend(flags.cloned().map(Element::Flag));
    elements.extend(variables.map(|(name, _)| Element::Variable(name.clone())));
    elements
}

/// Removes an element from a recipe.
pub fn leave_out(recipe: &mut Recipe, element: &Element) {
    match element {
        Element::Tmpfs(path) => {
            recipe.tmpfs.remove(path);
        }
        Element::Volume(destination) => recipe.volumes.retain(|volume| volume.destination != *destination),
        Element::Flag(flag) => recipe.flags.retain(|other| other != flag),
        Element::Variable(name) => {
            recipe.environment.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::recipe::Volume;

    #[test]
    fn all_that_was_added_can_be_left_out() {
        let mut before = Recipe { name: "c".to_owned(), ..Recipe::default() };
        before.push("--tty", None);
        let mut after = before.clone();
        after.tmpfs.insert("/run".to_owned(), String::new());
        after.volumes.push(Volume::same("/sys/fs/cgroup/c", "rw"));
        after.push("--stop-signal", Some("SIGRTMIN+3".to_owned()));
        after.environment.insert("container".to_owned(), "docker".to_owned());
        let elements = added(&before, &after);
        let words: Vec<String> = elements.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            ["--tmpfs /run", "-v …:/sys/fs/cgroup/c", "--stop-signal SIGRTMIN+3", "-e container=…"]
        );
        elements.iter().for_each(|element| leave_out(&mut after, element));
        assert_eq!(after, before);
    }
}
