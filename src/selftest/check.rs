//! What can be seen of an engine and its machine, one thing at a time: the answer of a test of the tool
//! itself.

use serde::Serialize;

/// One thing that the program tried to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
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
