//! The boundary between collecting and judging: what was observed of one container, immutable once built.
//!
//! A [`Snapshot`] can be serialised, is redacted before it exists as a value, and suffices to repeat the
//! diagnosis. Must not do IO outside [`saved_file`].

mod catalog;
mod fact_type;
mod facts;
pub mod hidden_counts;
mod log;
mod redact;
pub mod saved_file;
#[cfg(feature = "cli")]
pub mod schema;
pub mod vocabulary;
pub(crate) mod zstd_stream;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use catalog::{CATALOG, FactSpec, RETIRED, key, nearest, spec, unknown_fact};
pub use fact_type::{FactType, FactValue, Key, Kind};
pub use facts::{Fact, Facts, Gap};
pub use log::{Cluster, KeptLine, LogExcerpt, Source};
pub use redact::Redactor;
pub use vocabulary::EngineKind;

/// Version of the snapshot format that this program writes, and the newest that it reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The key of a gap about a text, or a part of one, that could not be read.
pub const UNSEEN_TEXT: &str = "text";

/// What kind of thing was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum TargetKind {
    /// A container of a live engine.
    Container,
    /// A saved snapshot.
    Snapshot,
    /// Pasted text.
    Text,
}

impl EngineKind {
    /// Returns `docker` or `podman`, which is also the name of the engine's CLI.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.word()
    }

    /// Returns its name in a sentence: `Docker` or `Podman`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        }
    }
}

/// The engine behind a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Engine"))]
pub struct EngineId {
    /// `docker` or `podman`.
    pub name: String,
    /// The engine's own version.
    pub version: String,
    /// Version of the Engine API that was spoken.
    pub api: String,
}

impl EngineId {
    /// Returns which program it is; anything other than Podman speaks Docker's own API.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        if self.name == EngineKind::Podman.name() { EngineKind::Podman } else { EngineKind::Docker }
    }
}

/// Who was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Target {
    /// What kind of thing.
    pub kind: TargetKind,
    /// Container name without the leading slash, or the file's name.
    pub name: String,
    /// Container id, 64 hex digits; null for text.
    pub id: Option<String>,
    /// Engine; null for text.
    pub engine: Option<EngineId>,
}

/// Everything that was observed of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(title = "sysdock snapshot"))]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Version of this format.
    #[cfg_attr(feature = "cli", schemars(extend("const" = SCHEMA_VERSION)))]
    pub schema_version: u32,
    /// Who was looked at.
    pub target: Target,
    /// Known facts by key; a key that is missing here is unknown.
    pub facts: Facts,
    /// What could not be found out, and why.
    pub gaps: Vec<Gap>,
    /// The part of the log that was kept.
    pub log: LogExcerpt,
    /// The engine's raw answers (container, image, engine), redacted.
    pub documents: BTreeMap<String, Value>,
    /// How this file came to be, when it was not recorded from a real container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", schemars(with = "String"))]
    pub derived: Option<String>,
}
