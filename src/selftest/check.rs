//! A check: one thing that an examination needs, and whether it is visible.

use serde::Serialize;

/// One thing that the program tried to see. Its fields are the keys of the JSON output, a stable interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its id, such as `engine.answers`.
    pub id: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    /// Whether it was seen; `None` if it was not tried.
    pub seen: Option<bool>,
    /// Whether nothing can be examined without it.
    pub essential: bool,
    /// What was seen, or why not.
    pub detail: String,
    /// What is lost without it; empty if nothing is.
    pub consequence: &'static str,
    /// How to make it visible; empty if nothing is lost.
    pub next: String,
}
