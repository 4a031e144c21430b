//! Words of a container that are secret: where a step finds each at run time, and the command line with them put in. Pure.
//!
//! A word that the engine's document holds as it is can be fetched from there; one that the cure had to take apart cannot, and is
//! refused by name.

use serde_json::Value;

use super::confinement::is_hidden;
use super::inspected::Inspected;
use super::recipe::{Recipe, Unseen};
use crate::quote::{Unquotable, quoted_within};

/// A place in a container's configuration that holds one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A word of `Config.Cmd`, from 0.
    Command(usize),
    /// A word of `Config.Entrypoint`, from 0.
    Entrypoint(usize),
    /// The line of a health check for a shell.
    HealthCheck,
}

impl Place {
    /// What it is in a sentence.
    pub fn name(self) -> String {
        match self {
            Self::Command(index) => format!("word {} of the command", index + 1),
            Self::Entrypoint(index) => format!("word {} of the entrypoint", index + 1),
            Self::HealthCheck => "the health check".to_owned(),
        }
    }

    /// Its template for `inspect -f`.
    pub fn template(self) -> String {
        match self {
            Self::Command(index) => format!("{{{{index .Config.Cmd {index}}}}}"),
            Self::Entrypoint(index) => format!("{{{{index .Config.Entrypoint {index}}}}}"),
            Self::HealthCheck => "{{index .Config.Healthcheck.Test 1}}".to_owned(),
        }
    }

    /// Its word in an inspect document.
    pub fn word(self, inspect: &Value) -> Option<&str> {
        let list = |key: &str| inspect.get("Config")?.get(key)?.as_array();
        match self {
            Self::Command(index) => list("Cmd")?.get(index)?.as_str(),
            Self::Entrypoint(index) => list("Entrypoint")?.get(index)?.as_str(),
            Self::HealthCheck => inspect.pointer("/Config/Healthcheck/Test/1")?.as_str(),
        }
    }
}

/// The places of all secret words of a container. Two that look alike without their secrets cannot be told apart and have none.
pub fn places(inspected: &Inspected<'_>) -> Vec<Unseen> {
    let document = inspected.config.inspect;
    let count = |key: &str| document.pointer(key).and_then(Value::as_array).map_or(0, Vec::len);
    // Podman's documents of some versions have one text in place of the entrypoint's words.
    let entrypoint = if inspected.is_podman() { 0 } else { count("/Config/Entrypoint") };
    let for_shell = document.pointer("/Config/Healthcheck/Test/0").and_then(Value::as_str) == Some("CMD-SHELL");
    let words = (0..count("/Config/Cmd")).map(Place::Command).chain((0..entrypoint).map(Place::Entrypoint));
    let mut found: Vec<(&str, Unseen)> = Vec::new();
    for place in words.chain(for_shell.then_some(Place::HealthCheck)) {
        let Some(word) = place.word(document) else { continue };
        let text = inspected.told(word);
        if is_hidden(&text) && !found.iter().any(|(other, unseen)| *other == word && unseen.text == text) {
            found.push((word, Unseen { text, place }));
        }
    }
    let texts: Vec<String> = found.iter().map(|(_, unseen)| unseen.text.clone()).collect();
    let alone = |unseen: &Unseen| texts.iter().filter(|text| **text == unseen.text).count() == 1;
    found.into_iter().map(|(_, unseen)| unseen).filter(alone).collect()
}

/// Keeps the places of those secret words that a finished recipe has; refuses those that have none.
pub fn settle(recipe: &mut Recipe, inspected: &Inspected<'_>) {
    inspected.without_secrets(recipe);
    // Podman takes an entrypoint of several words as one text.
    let joined = inspected.is_podman() && recipe.entrypoint.iter().flatten().any(|word| is_hidden(word));
    let command: Vec<String> = recipe.words().into_iter().filter(|word| is_hidden(word)).collect();
    let check: Vec<String> = recipe.values("--health-cmd").into_iter().filter(|line| is_hidden(line)).map(str::to_owned).collect();
    let places = std::mem::take(&mut recipe.unseen);
    let is_placed = |word: &String| places.iter().any(|unseen| unseen.text == *word);
    let refused = |what: &str| format!("{what}: its value is a secret, which is not printed");
    if joined || !command.iter().all(is_placed) {
        recipe.refused.push(refused("the command"));
    }
    if !check.iter().all(is_placed) {
        recipe.refused.push(refused("--health-cmd"));
    }
    recipe.unseen = places.into_iter().filter(|unseen| command.contains(&unseen.text) || check.contains(&unseen.text)).collect();
}

/// The command line with the secret words read from their files; as it is where there are none.
///
/// # Errors
/// [`Unquotable`] for a word that no shell can be given.
pub fn put_in(argv: Vec<String>, recipe: &Recipe) -> Result<Vec<String>, Unquotable> {
    if recipe.unseen.is_empty() {
        return Ok(argv);
    }
    let mut script = String::new();
    for (number, _) in recipe.unseen.iter().enumerate() {
        script.push_str(&format!("word{number}=$(cat {}) && ", quoted_within(&recipe.word_file(number))?));
    }
    let number = |word: &String| recipe.unseen.iter().position(|unseen| unseen.text == *word);
    let words = argv.iter().map(|word| match number(word) {
        // A substitution takes line breaks at the end away, so a dot stands behind them.
        Some(number) => Ok(format!("\"${{word{number}%.}}\"")),
        None => quoted_within(word),
    });
    script.push_str(&words.collect::<Result<Vec<_>, _>>()?.join(" "));
    Ok(vec!["sh".to_owned(), "-c".to_owned(), script])
}

/// What a form that is no script has to say of the secret words.
pub fn remarks(recipe: &Recipe) -> Vec<String> {
    let one = |unseen: &Unseen| format!("{}: it holds a secret, which is not printed: take it from the old container", unseen.place.name());
    recipe.unseen.iter().map(one).collect()
}
