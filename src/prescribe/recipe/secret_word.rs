//! A word of a container that contains a secret: what it looks like without the secret, and where the engine
//! stores it.
//!
//! Must never hold the secret itself.

use serde_json::{Map, Value};

use crate::visible::visible;

/// Returns whether a secret was replaced in a text.
pub fn has_secret(text: &str) -> bool {
    text.contains("<secret-")
}

/// A word that contains a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretWord {
    /// The word as the documents show it, with a token instead of the secret.
    pub text: String,
    /// Where the engine stores it.
    pub place: Place,
}

impl SecretWord {
    /// Returns whether it is the value of an option, which is part of a flag's value.
    pub fn is_option(&self) -> bool {
        matches!(self.place, Place::Option { .. })
    }
}

/// The place of one word in a container's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A word of `Config.Cmd`, counted from 0.
    Command(usize),
    /// A word of `Config.Entrypoint`, counted from 0.
    Entrypoint(usize),
    /// The shell command of a health check.
    HealthCheck,
    /// The value of an option, in a map of the document or of one of its mounts.
    Option {
        /// The mount, counted from 0.
        mount: Option<usize>,
        /// The path of the map in the document.
        map: &'static str,
        /// The option.
        key: String,
    },
}

impl Place {
    /// Returns its name for a sentence.
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

    /// Returns its template for `inspect -f`.
    pub fn template(&self) -> String {
        match self {
            Self::Command(index) => format!("{{{{index .Config.Cmd {index}}}}}"),
            Self::Entrypoint(index) => format!("{{{{index .Config.Entrypoint {index}}}}}"),
            Self::HealthCheck => "{{index .Config.Healthcheck.Test 1}}".to_owned(),
            // A JSON string is also a Go string.
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

    /// Returns the word from an inspect document.
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

/// Returns the map that holds an option.
pub fn map_at<'v>(inspect: &'v Value, mount: Option<usize>, map: &str) -> Option<&'v Map<String, Value>> {
    let section = mount.map_or(Some(inspect), |index| inspect.pointer("/HostConfig/Mounts")?.get(index))?;
    map.split('.').try_fold(section, |section, field| section.get(field))?.as_object()
}

/// A part of a flag's value.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Plain text.
    Plain(&'t str),
    /// A secret, by its index.
    Fetched(usize),
}

/// Splits a flag's value at the options that it contains.
pub fn pieces<'t>(text: &'t str, secrets: &[SecretWord]) -> Vec<Piece<'t>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let first = |rest: &str| {
        let options = secrets.iter().enumerate().filter(|(_, secret)| secret.is_option());
        let found = options
            .filter_map(|(number, secret)| Some((rest.find(&secret.text)?, number, secret.text.len())));
        found.min_by_key(|(at, _, length)| (*at, std::cmp::Reverse(*length)))
    };
    while let Some((at, number, length)) = first(rest) {
        pieces.extend([Piece::Plain(&rest[..at]), Piece::Fetched(number)]);
        rest = &rest[at + length..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}
