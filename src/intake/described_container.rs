//! A container as described in a text, and the names that refer to it.

use serde_json::Value;

use super::engine_cli::EngineCli;
use super::spec::InspectDocuments;
use crate::facts::{Config, program};
use crate::snapshot::Facts;

/// A container that a text describes.
#[derive(Debug, Clone)]
pub struct Described {
    /// Number of the first line of its description.
    pub line: u64,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where the description is, in words.
    pub origin: String,
    /// CLI of the engine.
    pub engine: Option<EngineCli>,
    /// Its image.
    pub image: Option<String>,
    /// The base of its image.
    pub base: Option<String>,
    /// The description as inspect documents.
    pub documents: InspectDocuments,
    /// The image's own inspect document.
    pub declared: Option<Value>,
    /// Facts about the build of its image.
    pub facts: Facts,
}

impl Described {
    /// Returns the description as a configuration.
    pub fn config(&self) -> Config<'_> {
        let InspectDocuments { inspect, native, kind, complete } = &self.documents;
        Config::partial(inspect, native.as_ref(), *kind, complete)
    }

    /// Returns whether a name in the text refers to it, in the forms of compose and the engine:
    /// `project_web_1` and `web-1` are `web`.
    pub fn is_called(&self, name: &str) -> bool {
        let Some(own) = self.name.as_deref().filter(|own| !own.is_empty()) else { return false };
        let part = |start: usize| matches!(name.as_bytes().get(start), Some(b'-' | b'_') | None);
        name.match_indices(own).any(|(at, _)| {
            (at == 0 || matches!(name.as_bytes()[at - 1], b'-' | b'_')) && part(at + own.len())
        })
    }

    /// Returns whether its command leads to an init.
    pub fn reaches_systemd(&self) -> bool {
        program::of_argv(&self.config().argv(), None).init.is_some()
    }
}
