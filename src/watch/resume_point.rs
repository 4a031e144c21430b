//! The resume point of a watch: what it must know after a restart, so that no report is missed and none is
//! repeated. JSON text in and out; must not touch files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the format.
const VERSION: u32 = 1;

/// Where a watch resumes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumePoint {
    version: u32,
    /// Events from this time on are requested again, in nanoseconds since the epoch by the engine's clock.
    pub since: i64,
    /// What is known about each container.
    pub containers: BTreeMap<String, KnownContainer>,
}

/// What is known about a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownContainer {
    /// Time of the last death that was reported.
    pub died: i64,
    /// Time of the last start.
    pub started: i64,
    /// Whether it was removed.
    #[serde(default)]
    pub removed: bool,
}

impl ResumePoint {
    /// Makes the resume point for these containers and this time.
    #[must_use]
    pub const fn new(since: i64, containers: BTreeMap<String, KnownContainer>) -> Self {
        Self { version: VERSION, since, containers }
    }

    /// Reads what [`ResumePoint::to_json`] wrote.
    ///
    /// # Errors
    /// The reason, in words, if the text is something else.
    pub fn read(text: &str) -> Result<Self, String> {
        let point: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if point.version == VERSION {
            Ok(point)
        } else {
            Err(format!("its version is {}, not {VERSION}", point.version))
        }
    }

    /// Returns the text to save.
    ///
    /// # Errors
    /// [`serde_json::Error`] when it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(format!("{}\n", serde_json::to_string(self)?))
    }
}
