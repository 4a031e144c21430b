//! Looks up what the doctor prescribed for recorded containers, per engine, in a table that a test writes.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Written by the test `cures_are_what_recorded_containers_get`.
const TABLE: &str = include_str!("cures.json");

/// A cure of one diagnosis on one engine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cure {
    /// Engine, control groups and systemd, in words.
    pub place: String,
    /// What the cure does.
    pub summary: String,
    /// `sh`, `yaml` or `ini`.
    pub language: String,
    /// Files and commands for a shell, or a file of the container's owner; empty if no flag helps.
    pub script: String,
}

/// Returns the cures of a diagnosis, the newest engine first; empty if no such container was recorded.
#[must_use]
pub fn cures(id: &str) -> Vec<Cure> {
    let table: BTreeMap<String, Vec<Cure>> = serde_json::from_str(TABLE).unwrap_or_default();
    table.get(id).cloned().unwrap_or_default()
}
