//! Finds the places of a container's secret words, from which steps fetch them at run time.
//!
//! A word that the engine's document holds unchanged can be fetched from there, and so can the value of an
//! option that is part of a flag; one that had to be split cannot, and is refused by name. Must never return
//! a secret.

use serde_json::{Map, Value};

use super::documents::Inspected;
use crate::prescribe::recipe::{Piece, Place, Recipe, SecretWord, csv_line, has_secret, map_at, pieces};

/// Maps of a container's document whose values appear in flags; Podman's own document has only the first
/// ones.
const MAPS: [&str; 4] =
    ["Config.Labels", "HostConfig.LogConfig.Config", "HostConfig.Annotations", "HostConfig.Sysctls"];
const MAPS_OF_PODMAN: usize = 2;
/// Number of mounts that are searched.
const MOUNTS: usize = 1000;
/// Maps of an entry of `HostConfig.Mounts` whose values appear in `--mount`.
const MAPS_OF_MOUNT: [&str; 2] = ["VolumeOptions.Labels", "VolumeOptions.DriverConfig.Options"];

/// Lists the places of all options of a document.
fn options(inspect: &Value, is_podman: bool) -> Vec<Place> {
    let (maps, mounts) = if is_podman { (&MAPS[..MAPS_OF_PODMAN], 0) } else { (&MAPS[..], MOUNTS) };
    let count =
        inspect.pointer("/HostConfig/Mounts").and_then(Value::as_array).map_or(0, Vec::len).min(mounts);
    let of_mounts = (0..count).flat_map(|index| MAPS_OF_MOUNT.map(|map| (Some(index), map)));
    let all = maps.iter().map(|map| (None, *map)).chain(of_mounts);
    let keys = |(mount, map)| {
        map_at(inspect, mount, map).into_iter().flat_map(Map::keys).map(move |key| (mount, map, key.clone()))
    };
    all.flat_map(keys).map(|(mount, map, key)| Place::Option { mount, map, key }).collect()
}

/// Lists a container's secret words with their places. Words that look alike without their secrets cannot be
/// told apart and get no place.
pub fn secret_words(inspected: &Inspected<'_>) -> Vec<SecretWord> {
    let document = inspected.config.inspect;
    let count = |key: &str| document.pointer(key).and_then(Value::as_array).map_or(0, Vec::len);
    // Some Podman versions have one string instead of the entrypoint's words.
    let entrypoint = if inspected.is_podman() { 0 } else { count("/Config/Entrypoint") };
    let for_shell =
        document.pointer("/Config/Healthcheck/Test/0").and_then(Value::as_str) == Some("CMD-SHELL");
    let words = (0..count("/Config/Cmd")).map(Place::Command).chain((0..entrypoint).map(Place::Entrypoint));
    let mut found: Vec<(&str, SecretWord)> = Vec::new();
    for place in
        words.chain(for_shell.then_some(Place::HealthCheck)).chain(options(document, inspected.is_podman()))
    {
        let Some(word) = place.word(document) else { continue };
        let text = inspected.redacted(word);
        // A string that was redacted as a whole does not show what it was.
        let is_there = |(other, secret): &(&str, SecretWord)| {
            *other == word && secret.text == text && !text.contains("<secret-0>")
        };
        if has_secret(&text) && !found.iter().any(is_there) {
            found.push((word, SecretWord { text, place }));
        }
    }
    let texts: Vec<String> = found.iter().map(|(_, secret)| secret.text.clone()).collect();
    let alone = |secret: &SecretWord| texts.iter().filter(|text| **text == secret.text).count() == 1;
    found.into_iter().map(|(_, secret)| secret).filter(alone).collect()
}

/// Keeps the places of the secret words that a finished recipe contains; refuses words without a place.
pub fn settle_secrets(recipe: &mut Recipe, inspected: &Inspected<'_>) {
    inspected.without_secrets(recipe);
    // Podman stores an entrypoint of several words as one string.
    let joined = inspected.is_podman() && recipe.entrypoint.iter().flatten().any(|word| has_secret(word));
    let command: Vec<String> = recipe.words().into_iter().filter(|word| has_secret(word)).collect();
    let check: Vec<String> = recipe
        .values("--health-cmd")
        .into_iter()
        .filter(|line| has_secret(line))
        .map(str::to_owned)
        .collect();
    let places = std::mem::take(&mut recipe.secret_words);
    let is_placed = |word: &String| places.iter().any(|secret| secret.text == *word);
    let refused = |what: &str| format!("{what}: the value is secret and is not printed");
    if joined || !command.iter().all(is_placed) {
        recipe.refused.push(refused("the command"));
    }
    if !check.iter().all(is_placed) {
        recipe.refused.push(refused("--health-cmd"));
    }
    let texts: Vec<&str> =
        recipe.mounts.iter().map(|(_, text)| text.as_str()).chain(values(recipe)).collect();
    let in_words = |secret: &SecretWord| command.contains(&secret.text) || check.contains(&secret.text);
    let in_flags =
        |secret: &SecretWord| secret.is_option() && texts.iter().any(|text| text.contains(&secret.text));
    recipe.secret_words = places.into_iter().filter(|secret| in_words(secret) || in_flags(secret)).collect();
}

/// Returns the flag values that can contain options.
fn values(recipe: &Recipe) -> impl Iterator<Item = &str> {
    recipe.flags.iter().filter(|flag| flag.name != "--health-cmd").filter_map(|flag| flag.value.as_deref())
}

/// Names the flags with a secret in their value that cannot be fetched.
pub fn unfetched(recipe: &Recipe) -> Vec<String> {
    let is_left = |text: &str| {
        pieces(text, &recipe.secret_words)
            .iter()
            .any(|piece| matches!(piece, Piece::Plain(text) if has_secret(text)))
    };
    let flags = recipe
        .flags
        .iter()
        .filter(|flag| flag.name != "--health-cmd" && flag.value.as_deref().is_some_and(is_left));
    let mut names: Vec<String> = flags.map(|flag| flag.name.clone()).collect();
    names.extend(recipe.volumes.iter().any(|volume| has_secret(&volume.text())).then(|| "-v".to_owned()));
    let in_mount = |text: &str| csv_line::split(text).iter().any(|word| is_left(word));
    names.extend(recipe.mounts.iter().any(|(_, text)| in_mount(text)).then(|| "--mount".to_owned()));
    names.sort();
    names.dedup();
    names
}
