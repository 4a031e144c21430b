//! Words of a container that are secret: where a step finds each at run time, and the command line with them
//! put in. Pure.
//!
//! A word that the engine's document holds as it is can be fetched from there, and so can the value of an
//! option that stands in a flag; one that the cure had to take apart cannot, and is refused by name.

use serde_json::{Map, Value};

use super::confinement::is_hidden;
use super::csv_line;
use super::inspected::Inspected;
use super::recipe::{Recipe, Unseen};
use crate::quote::{Unquotable, quoted_within};
use crate::visible::visible;

/// Maps of a container's document whose values stand in flags; Podman's own document has the first ones.
const MAPS: [&str; 4] =
    ["Config.Labels", "HostConfig.LogConfig.Config", "HostConfig.Annotations", "HostConfig.Sysctls"];
const MAPS_OF_PODMAN: usize = 2;
/// Mounts that are looked at.
const MOUNTS: usize = 1000;
/// Maps of an entry of `HostConfig.Mounts` whose values stand in `--mount`.
const MAPS_OF_MOUNT: [&str; 2] = ["VolumeOptions.Labels", "VolumeOptions.DriverConfig.Options"];

/// A place in a container's configuration that holds one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A word of `Config.Cmd`, from 0.
    Command(usize),
    /// A word of `Config.Entrypoint`, from 0.
    Entrypoint(usize),
    /// The line of a health check for a shell.
    HealthCheck,
    /// The value of an option, in a map of the document or of one of the mounts in it.
    Option {
        /// The mount, from 0.
        mount: Option<usize>,
        /// The map, by the names of its fields.
        map: &'static str,
        /// The option.
        key: String,
    },
}

impl Place {
    /// What it is in a sentence.
    pub fn name(&self) -> String {
        match self {
            Self::Command(index) => format!("word {} of the command", index + 1),
            Self::Entrypoint(index) => format!("word {} of the entrypoint", index + 1),
            Self::HealthCheck => "the health check".to_owned(),
            Self::Option { mount: None, map, key } => format!("`{}` of {map}", visible(key)),
            Self::Option { mount: Some(index), map, key } => {
                format!("`{}` of {map} of mount {}", visible(key), index + 1)
            }
        }
    }

    /// Its template for `inspect -f`.
    pub fn template(&self) -> String {
        match self {
            Self::Command(index) => format!("{{{{index .Config.Cmd {index}}}}}"),
            Self::Entrypoint(index) => format!("{{{{index .Config.Entrypoint {index}}}}}"),
            Self::HealthCheck => "{{index .Config.Healthcheck.Test 1}}".to_owned(),
            // A text of JSON is one of Go.
            Self::Option { mount: None, map, key } => {
                format!("{{{{index .{map} {}}}}}", Value::from(key.as_str()))
            }
            Self::Option { mount: Some(index), map, key } => {
                format!(
                    "{{{{index (index .HostConfig.Mounts {index}).{map} {}}}}}",
                    Value::from(key.as_str())
                )
            }
        }
    }

    /// Its word in an inspect document.
    pub fn word<'v>(&self, inspect: &'v Value) -> Option<&'v str> {
        let list = |key: &str| inspect.get("Config")?.get(key)?.as_array();
        match self {
            Self::Command(index) => list("Cmd")?.get(*index)?.as_str(),
            Self::Entrypoint(index) => list("Entrypoint")?.get(*index)?.as_str(),
            Self::HealthCheck => inspect.pointer("/Config/Healthcheck/Test/1")?.as_str(),
            Self::Option { mount, map, key } => map_at(inspect, *mount, map)?.get(key)?.as_str(),
        }
    }
}

/// The map of an option.
fn map_at<'v>(inspect: &'v Value, mount: Option<usize>, map: &str) -> Option<&'v Map<String, Value>> {
    let section = mount.map_or(Some(inspect), |index| inspect.pointer("/HostConfig/Mounts")?.get(index))?;
    map.split('.').try_fold(section, |section, field| section.get(field))?.as_object()
}

/// The places of all options of a document.
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

/// The places of all secret words of a container. Two that look alike without their secrets cannot be told
/// apart and have none.
pub fn places(inspected: &Inspected<'_>) -> Vec<Unseen> {
    let document = inspected.config.inspect;
    let count = |key: &str| document.pointer(key).and_then(Value::as_array).map_or(0, Vec::len);
    // Podman's documents of some versions have one text in place of the entrypoint's words.
    let entrypoint = if inspected.is_podman() { 0 } else { count("/Config/Entrypoint") };
    let for_shell =
        document.pointer("/Config/Healthcheck/Test/0").and_then(Value::as_str) == Some("CMD-SHELL");
    let words = (0..count("/Config/Cmd")).map(Place::Command).chain((0..entrypoint).map(Place::Entrypoint));
    let mut found: Vec<(&str, Unseen)> = Vec::new();
    for place in
        words.chain(for_shell.then_some(Place::HealthCheck)).chain(options(document, inspected.is_podman()))
    {
        let Some(word) = place.word(document) else { continue };
        let text = inspected.told(word);
        // A text that was hidden as a whole says nothing of what it was.
        let is_there = |(other, unseen): &(&str, Unseen)| {
            *other == word && unseen.text == text && !text.contains("<secret-0>")
        };
        if is_hidden(&text) && !found.iter().any(is_there) {
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
    let check: Vec<String> =
        recipe.values("--health-cmd").into_iter().filter(|line| is_hidden(line)).map(str::to_owned).collect();
    let places = std::mem::take(&mut recipe.unseen);
    let is_placed = |word: &String| places.iter().any(|unseen| unseen.text == *word);
    let refused = |what: &str| format!("{what}: the value is secret and is not printed");
    if joined || !command.iter().all(is_placed) {
        recipe.refused.push(refused("the command"));
    }
    if !check.iter().all(is_placed) {
        recipe.refused.push(refused("--health-cmd"));
    }
    let texts: Vec<&str> =
        recipe.mounts.iter().map(|(_, text)| text.as_str()).chain(values(recipe)).collect();
    let in_words = |unseen: &Unseen| command.contains(&unseen.text) || check.contains(&unseen.text);
    let in_flags =
        |unseen: &Unseen| unseen.is_option() && texts.iter().any(|text| text.contains(&unseen.text));
    recipe.unseen = places.into_iter().filter(|unseen| in_words(unseen) || in_flags(unseen)).collect();
}

/// The values of flags that options stand in.
fn values(recipe: &Recipe) -> impl Iterator<Item = &str> {
    recipe.flags.iter().filter(|flag| flag.name != "--health-cmd").filter_map(|flag| flag.value.as_deref())
}

/// Flags with a secret in their value that cannot be fetched, by name.
pub fn unfetched(recipe: &Recipe) -> Vec<String> {
    let is_left = |text: &str| {
        pieces(text, &recipe.unseen)
            .iter()
            .any(|piece| matches!(piece, Piece::Plain(text) if is_hidden(text)))
    };
    let flags = recipe
        .flags
        .iter()
        .filter(|flag| flag.name != "--health-cmd" && flag.value.as_deref().is_some_and(is_left));
    let mut names: Vec<String> = flags.map(|flag| flag.name.clone()).collect();
    names.extend(recipe.volumes.iter().any(|volume| is_hidden(&volume.text())).then(|| "-v".to_owned()));
    let in_mount = |text: &str| csv_line::split(text).iter().any(|word| is_left(word));
    names.extend(recipe.mounts.iter().any(|(_, text)| in_mount(text)).then(|| "--mount".to_owned()));
    names.sort();
    names.dedup();
    names
}

/// A part of a flag's value.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    /// As it is.
    Plain(&'t str),
    /// A secret, by its number.
    Fetched(usize),
}

/// A flag's value, cut where options stand in it.
fn pieces<'t>(text: &'t str, unseen: &[Unseen]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let first = |rest: &str| {
        let options = unseen.iter().enumerate().filter(|(_, unseen)| unseen.is_option());
        let found = options
            .filter_map(|(number, unseen)| Some((rest.find(&unseen.text)?, number, unseen.text.len())));
        found.min_by_key(|(at, _, length)| (*at, std::cmp::Reverse(*length)))
    };
    while let Some((at, number, length)) = first(rest) {
        pieces.extend([Piece::Plain(&rest[..at]), Piece::Fetched(number)]);
        rest = &rest[at + length..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
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
    for (number, unseen) in recipe.unseen.iter().enumerate() {
        let file = quoted_within(&recipe.word_file(number))?;
        script.push_str(&format!("word{number}=$(cat {file}) && "));
        if unseen.is_option() && recipe.mounts.iter().any(|(_, text)| is_hidden(text)) {
            script.push_str(&format!("cell{number}=$(sed 's/\"/\"\"/g' {file}) && "));
        }
    }
    let number = |word: &String| recipe.unseen.iter().position(|unseen| unseen.text == *word);
    let mut words = Vec::new();
    for (place, word) in argv.iter().enumerate() {
        let is_mount = place.checked_sub(1).is_some_and(|before| argv[before] == "--mount");
        words.push(match number(word) {
            Some(number) => fetched("word", number),
            None if !is_hidden(word) => quoted_within(word)?,
            None if is_mount => mount(word, recipe)?,
            None => written(word, recipe)?,
        });
    }
    script.push_str(&words.join(" "));
    Ok(vec!["sh".to_owned(), "-c".to_owned(), script])
}

/// A value with its secrets put in.
fn written(text: &str, recipe: &Recipe) -> Result<String, Unquotable> {
    let one = |piece: &Piece<'_>| match piece {
        Piece::Plain("") => Ok(String::new()),
        Piece::Plain(text) => quoted_within(text),
        Piece::Fetched(number) => Ok(fetched("word", *number)),
    };
    Ok(pieces(text, &recipe.unseen).iter().map(one).collect::<Result<Vec<_>, _>>()?.concat())
}

/// A secret word out of a variable of the script. A substitution takes line breaks at the end away, so a dot
/// stands behind them.
fn fetched(variable: &str, number: usize) -> String {
    format!("\"${{{variable}{number}%.}}\"")
}

/// The text of `--mount` with its secrets put in: words of CSV, those with a secret in quotes.
fn mount(text: &str, recipe: &Recipe) -> Result<String, Unquotable> {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Plain("") => Ok(String::new()),
        Piece::Plain(text) => quoted_within(&text.replace('"', "\"\"")),
        Piece::Fetched(number) => Ok(fetched("cell", *number)),
    };
    let one = |word: &String| {
        if !is_hidden(word) {
            return quoted_within(&csv_line::join(&[word]));
        }
        let pieces = pieces(word, &recipe.unseen).iter().map(piece).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("'\"'{}'\"'", pieces.concat()))
    };
    Ok(csv_line::split(text).iter().map(one).collect::<Result<Vec<_>, _>>()?.join(","))
}

/// What a form that is no script has to say of the secret words.
pub fn remarks(recipe: &Recipe) -> Vec<String> {
    let one = |unseen: &Unseen| {
        format!(
            "{}: it contains a secret, which is not printed; copy it from the old container",
            unseen.place.name()
        )
    };
    recipe.unseen.iter().map(one).collect()
}
