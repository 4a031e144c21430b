//! Tracks which flags of a recipe a format has expressed, and names the rest.
//!
//! Must not lose a flag silently: each is either taken or reported.

use crate::prescribe::recipe::{Flag, Recipe, has_secret};

/// The flags of a recipe that are not expressed yet, and the remarks about them.
pub struct Ledger<'r> {
    flags: Vec<&'r Flag>,
    /// What cannot be expressed, by name and reason.
    pub left_out: Vec<String>,
    /// What the user must know or provide.
    pub notes: Vec<String>,
}

impl<'r> Ledger<'r> {
    /// Starts with all flags except those whose value is a secret, which the recipe has refused by name.
    pub fn new(recipe: &'r Recipe) -> Self {
        let flags =
            recipe.flags.iter().filter(|flag| !flag.value.as_deref().is_some_and(has_secret)).collect();
        Self { flags, left_out: recipe.refused.clone(), notes: Vec::new() }
    }

    /// Takes all values of a flag.
    pub fn texts(&mut self, name: &str) -> Vec<&'r str> {
        let (taken, kept) = self.flags.iter().partition(|flag| flag.name == name && flag.value.is_some());
        self.flags = kept;
        taken.into_iter().filter_map(|flag: &'r Flag| flag.value.as_deref()).collect()
    }

    /// Takes the value of a flag; the last one if it has several.
    pub fn text(&mut self, name: &str) -> Option<&'r str> {
        self.texts(name).pop()
    }

    /// Takes a switch; returns `Some(false)` if it is turned off.
    pub fn switch(&mut self, name: &str) -> Option<bool> {
        let (taken, kept): (Vec<&Flag>, Vec<&Flag>) = self.flags.iter().partition(|flag| flag.name == name);
        self.flags = kept;
        taken.last().map(|flag| flag.value.as_deref() != Some("false"))
    }

    /// Takes the values of a flag that start with a prefix; returns what follows the prefix.
    pub fn after(&mut self, name: &str, prefix: &str) -> Vec<&'r str> {
        let fits = |flag: &&&Flag| {
            flag.name == name && flag.value.as_deref().is_some_and(|value| value.starts_with(prefix))
        };
        let (taken, kept): (Vec<&'r Flag>, Vec<&'r Flag>) = self.flags.iter().partition(|flag| fits(flag));
        self.flags = kept;
        taken.into_iter().filter_map(|flag| flag.value.as_deref()?.strip_prefix(prefix)).collect()
    }

    /// Takes all remaining flags.
    pub fn rest(&mut self) -> Vec<&'r Flag> {
        std::mem::take(&mut self.flags)
    }

    /// Records something that cannot be expressed.
    pub fn leave(&mut self, what: &str, why: &str) {
        self.left_out.push(format!("{what}: {why}"));
    }

    /// Records something that the user must know.
    pub fn note(&mut self, words: impl Into<String>) {
        self.notes.push(words.into());
    }

    /// Records all remaining flags as not expressible, each with a reason.
    pub fn leave_rest(&mut self, why: impl Fn(&str) -> String) {
        for flag in self.rest() {
            self.leave(&flag.words().join(" "), &why(&flag.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_named() {
        let mut recipe = Recipe::default();
        recipe.push("--tty", None);
        recipe.push("--gpus", Some("all".to_owned()));
        recipe.push("--label", Some("a=<secret-1>".to_owned()));
        recipe.set("--init", "false");
        let mut ledger = Ledger::new(&recipe);
        assert_eq!(
            (ledger.switch("--tty"), ledger.switch("--init"), ledger.switch("--rm")),
            (Some(true), Some(false), None)
        );
        ledger.leave_rest(|name| format!("no key for {name}"));
        assert_eq!(ledger.left_out, ["--gpus all: no key for --gpus"]);
    }
}
