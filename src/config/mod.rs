//! Settings in layers: files, environment and flags in; for each setting the value of the last layer that has
//! one out.
//!
//! Must not read files; [`load()`] does. Whether a value fits the others is checked by the options.

mod environment;
mod error;
mod layers;

use std::path::{Component, Path, PathBuf};

use clap::{ColorChoice, ValueEnum};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::cli::{GlobalArgs, ReportArgs};
use crate::render::format::ReportFormat;
use crate::rule::Severity;
use crate::trust::Trust;

pub use error::ConfigError;
pub use layers::load;

/// What one file of the configuration says. The keys are the names of the flags; paths are taken from the
/// file's folder.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(title = "sysdock.toml")]
pub struct Settings {
    /// Engine to ask: `unix:///path`, `tcp://host:port`, `http://host:port` or `ssh://user@host`. Not in the
    /// file of a project.
    pub host: Option<String>,
    /// Docker CLI context that names the engine. Not in the file of a project.
    pub context: Option<String>,
    /// Longest wait for one answer of the engine, in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub timeout: Option<u64>,
    /// Folders of more rules; those of all layers are used.
    pub rules: Vec<PathBuf>,
    /// When to use colour.
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "words::<ColorChoice>")]
    pub color: Option<ColorChoice>,
    /// No progress and no remarks.
    pub quiet: Option<bool>,
    /// Only ASCII in what is for people.
    pub ascii: Option<bool>,
    /// Say what is asked of the engine.
    pub verbose: Option<bool>,
    /// Form of a report on stdout.
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "words::<ReportFormat>")]
    pub format: Option<ReportFormat>,
    /// Severity from which on a run fails.
    #[serde(deserialize_with = "word")]
    #[schemars(schema_with = "words::<Severity>")]
    pub fail_on: Option<Severity>,
    /// Earlier report whose findings do not count.
    pub baseline: Option<PathBuf>,
    /// Findings that do not count; those of all layers are used.
    pub suppress: Vec<Suppress>,
    /// Folders of projects that are obeyed whoever owns them: paths, paths that end in `/*` for all below, or
    /// `*`. Not in the file of a project.
    pub safe_directories: Vec<PathBuf>,
}

/// A finding that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppress {
    /// Id of the diagnosis.
    #[schemars(with = "crate::rule::schema::Id")]
    pub id: String,
    /// Names of targets, with `*` and `?`.
    #[serde(default = "any")]
    pub target: String,
    /// Why it does not count.
    pub reason: String,
    /// Last day on which that holds, such as 2027-03-31; without it, for ever.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub expires: Option<toml::value::Datetime>,
}

fn any() -> String {
    "*".to_owned()
}

/// Reads a setting that takes one word of a fixed list.
fn word<'de, D: Deserializer<'de>, T: ValueEnum>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    chosen(&text).map(Some).map_err(serde::de::Error::custom)
}

/// Returns the choice that a word names; the error lists the choices.
fn chosen<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<String> = T::value_variants().iter().map(name_of).collect();
        format!("`{text}` is not one of {}", names.join(", "))
    })
}

/// Returns the schema of a setting that takes one word of a fixed list.
fn words<T: ValueEnum>(_: &mut SchemaGenerator) -> Schema {
    let described = |choice: &T| {
        let value = choice.to_possible_value()?;
        let mut schema = json_schema!({"const": value.get_name()});
        if let Some(help) = value.get_help() {
            schema.insert("description".to_owned(), help.to_string().into());
        }
        Some(schema)
    };
    let choices: Vec<Schema> = T::value_variants().iter().filter_map(described).collect();
    json_schema!({"type": "string", "oneOf": choices})
}

/// Returns the schema of `sysdock.toml`.
#[must_use]
pub fn schema() -> Schema {
    crate::schema::of_input::<Settings>()
}

/// Returns the word that names a choice.
pub fn name_of<T: ValueEnum>(choice: &T) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Where a value comes from, the weakest layer first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The system-wide file.
    System(PathBuf),
    /// The user's file.
    User(PathBuf),
    /// The project's file: the nearest one in the working folder or above it.
    Project(PathBuf),
    /// The file that was named to replace all others.
    Named(PathBuf),
    /// Environment variables: `SYSDOCK_` and the name of the flag.
    Environment,
    /// Flags.
    Flags,
}

impl Origin {
    /// Returns the file, if the origin is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::System(path) | Self::User(path) | Self::Project(path) | Self::Named(path) => Some(path),
            Self::Environment | Self::Flags => None,
        }
    }
}

/// One layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Where it comes from.
    pub origin: Origin,
    /// Its settings.
    pub settings: Settings,
}

/// All layers, the weakest first.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The layers.
    pub layers: Vec<Layer>,
    /// Files that were looked for and are not there.
    pub absent: Vec<PathBuf>,
    /// Whether the user trusts the project like their own files: files of other owners are obeyed, and its
    /// rules may replace built-in ones.
    pub trusts_project: bool,
}

impl Config {
    /// Returns the value of the strongest layer that has one, with the origin of that layer.
    pub fn found<'c, T>(&'c self, pick: impl Fn(&'c Settings) -> Option<T>) -> Option<(T, &'c Origin)> {
        self.layers.iter().rev().find_map(|layer| Some((pick(&layer.settings)?, &layer.origin)))
    }

    /// Returns the value without its origin.
    pub fn value<'c, T>(&'c self, pick: impl Fn(&'c Settings) -> Option<T>) -> Option<T> {
        self.found(pick).map(|(value, _)| value)
    }

    /// Returns the entries of all layers.
    pub fn every<'c, T>(&'c self, pick: impl Fn(&'c Settings) -> &'c [T]) -> Vec<(&'c T, &'c Origin)> {
        self.layers
            .iter()
            .flat_map(|layer| pick(&layer.settings).iter().map(|entry| (entry, &layer.origin)))
            .collect()
    }

    /// Returns how far a path named by a layer is trusted.
    #[must_use]
    pub fn trust(&self, path: &Path, origin: &Origin) -> Trust {
        let Origin::Project(file) = origin else { return Trust::Named };
        if self.trusts_project {
            return Trust::Named;
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        let is_below = path
            .strip_prefix(folder)
            .is_ok_and(|rest| rest.components().all(|part| matches!(part, Component::Normal(_))));
        // A path that itself leads elsewhere is not a link in disguise.
        Trust::Found(if is_below { folder.to_owned() } else { path.to_owned() })
    }

    /// Returns whether a layer read so far calls this folder safe.
    fn is_safe(&self, folder: &Path) -> bool {
        let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let is_safe = |safe: &PathBuf| {
            let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
            match safe.file_name() {
                _ if safe.as_os_str() == "*" => true,
                Some(name) if name == "*" => {
                    safe.parent().is_some_and(|above| place.starts_with(resolved(above)))
                }
                _ => resolved(safe) == place,
            }
        };
        self.every(|settings| settings.safe_directories.as_slice()).into_iter().any(|(safe, _)| is_safe(safe))
    }

    /// Adds the flags of a reporting command as the strongest layer.
    #[must_use]
    pub fn with_report(mut self, args: &ReportArgs) -> Self {
        let settings = Settings {
            format: args.format,
            fail_on: args.fail_on,
            baseline: args.baseline.clone(),
            ..Settings::default()
        };
        self.layers.push(Layer { origin: Origin::Flags, settings });
        self
    }
}

/// Returns the global flags as a layer.
fn flags(args: &GlobalArgs) -> Layer {
    let settings = Settings {
        host: args.host.clone(),
        context: args.context.clone(),
        timeout: args.timeout,
        rules: args.rules.clone(),
        color: args.color,
        // A user who asks for verbose output must not be silenced by a file.
        quiet: if args.verbose { Some(false) } else { args.quiet.then_some(true) },
        ascii: args.ascii.then_some(true),
        verbose: args.verbose.then_some(true),
        ..Settings::default()
    };
    Layer { origin: Origin::Flags, settings }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(origin: Origin, text: &str) -> Layer {
        Layer { origin, settings: toml::from_str(text).unwrap() }
    }

    #[test]
    fn the_strongest_layer_wins_and_lists_add_up() {
        let layers = vec![
            layer(Origin::System("s".into()), "timeout = 5\nformat = \"json\"\nrules = [\"a\"]"),
            layer(Origin::User("u".into()), "timeout = 7\nrules = [\"b\"]\nfail-on = \"warning\""),
        ];
        let config = Config { layers, ..Config::default() };
        assert_eq!(config.found(|s| s.timeout), Some((7, &Origin::User("u".into()))));
        assert_eq!(config.found(|s| s.format), Some((ReportFormat::Json, &Origin::System("s".into()))));
        assert_eq!(config.value(|s| s.fail_on), Some(Severity::Warning));
        assert_eq!(config.every(|s| s.rules.as_slice()).len(), 2);
        let args = ReportArgs { format: Some(ReportFormat::Sarif), ..ReportArgs::default() };
        assert_eq!(
            config.with_report(&args).found(|s| s.format),
            Some((ReportFormat::Sarif, &Origin::Flags))
        );
    }

    #[test]
    fn what_is_no_setting_is_refused_with_its_name() {
        let refused = |text: &str| toml::from_str::<Settings>(text).unwrap_err().to_string();
        assert!(refused("fail_on = \"error\"").contains("fail_on"), "{}", refused("fail_on = \"error\""));
        assert!(refused("format = \"xml\"").contains("sarif"));
        assert!(refused("[[suppress]]\nid = \"x\"").contains("reason"));
        assert!(
            toml::from_str::<Settings>("[[suppress]]\nid = \"x\"\nreason = \"y\"\nexpires = 2027-01-31")
                .is_ok()
        );
    }
}
