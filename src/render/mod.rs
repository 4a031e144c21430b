//! Rendering: turns reports, rules and messages into text. One format per file, each with its own output
//! types.
//!
//! All functions are pure except those of [`output`], which write. Must not judge or collect; findings keep
//! their order unless the format requires another one.

mod ascii;
pub mod book;
pub mod built_image;
mod cure_steps;
pub mod diagnosis_page;
pub mod exposition;
pub mod format;
pub mod human;
mod human_unknowns;
mod items;
pub mod json;
mod layout;
mod link;
mod notice;
pub mod output;
#[cfg(feature = "cli")]
pub mod progress;
pub mod rule_list;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(feature = "cli")]
pub mod schemas;
pub mod seccomp_tables;
pub mod selftest_table;
pub mod settings;
mod style;
pub mod summary_table;
pub mod traced_calls_page;
pub mod treatment;
mod trial_json;
pub mod watch_line;
mod words;

use crate::diagnose::{Report, Summary};
use crate::prescribe::Prescription;
use crate::rule::RuleSet;
use crate::treat::TrialOutcome;

pub use crate::visible::visible;
pub use ascii::ascii;
pub use notice::Notice;
pub use words::counted;

/// What is known about one target: the report, and the cure if there is one.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'r> {
    /// The diagnosis.
    pub report: &'r Report,
    /// The cure.
    pub prescription: Option<&'r Prescription>,
    /// The outcome of a trial of the cure.
    pub trial: Option<&'r TrialOutcome>,
}

impl<'r> Answer<'r> {
    /// Returns answers without cures.
    #[must_use]
    pub fn without_cure(reports: &'r [Report]) -> Vec<Self> {
        reports.iter().map(|report| Self { report, prescription: None, trial: None }).collect()
    }
}

/// Everything that one run reports.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'r> {
    /// The answer for each target, worst first.
    pub answers: &'r [Answer<'r>],
    /// The summary of many reports, if requested.
    pub summary: Option<&'r Summary>,
    /// The rules that were used.
    pub rules: &'r RuleSet,
    /// Messages about targets that could not be examined.
    pub failures: &'r [String],
    /// What the configuration removes; every format includes it.
    pub notices: &'r [Notice],
}

/// How text is laid out; everything that depends on the terminal is in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Columns to fill.
    pub width: usize,
    /// Whether to write escape sequences for colour.
    pub color: bool,
    /// Whether to write non-ASCII characters.
    pub unicode: bool,
    /// Whether to mark addresses as links.
    pub hyperlinks: bool,
}
