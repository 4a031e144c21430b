//! A check: one thing that examining a container needs, and whether it can be seen.

use serde::Serialize;

/// One thing that the program tried to see. A contract: the keys of the JSON output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its id, such as `engine.answers`.
    pub id: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    /// Whether it was seen; `None` where it was not tried.
    pub seen: Option<bool>,
    /// Nothing can be examined without it.
    pub essential: bool,
    /// What was seen, or why not.
    pub detail: String,
    /// What is lost without it; empty where nothing is.
    pub consequence: &'static str,
    /// What would make it seen; empty where nothing is lost.
    pub next: String,
}
