//! Rendering: reports, rules and messages in, text out. One format per file, each with its own output types.
//!
//! All functions are pure but those of [`output`], which write. Must not judge or collect; findings keep
//! their order unless the form itself asks for another.

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

/// What is said about one target: the report, and the cure where there is one.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'r> {
    /// What is wrong.
    pub report: &'r Report,
    /// What to do.
    pub prescription: Option<&'r Prescription>,
    /// What a trial of it came to.
    pub trial: Option<&'r TrialOutcome>,
}

impl<'r> Answer<'r> {
    /// Reports for which no cure was looked for.
    #[must_use]
    pub fn without_cure(reports: &'r [Report]) -> Vec<Self> {
        reports.iter().map(|report| Self { report, prescription: None, trial: None }).collect()
    }
}

/// All that one run has to say.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'r> {
    /// What is said of each target, worst first.
    pub answers: &'r [Answer<'r>],
    /// What many reports add up to, where that is asked for.
    pub summary: Option<&'r Summary>,
    /// The rules that were used.
    pub rules: &'r RuleSet,
    /// What could not be looked at, in words for people.
    pub failures: &'r [String],
    /// What the configuration takes away; every form tells it.
    pub notices: &'r [Notice],
}

/// How text is laid out; everything that depends on the terminal comes in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Columns to fill.
    pub width: usize,
    /// Whether escape sequences for colour may be written.
    pub color: bool,
    /// Whether signs beyond ASCII may be written.
    pub unicode: bool,
    /// Whether addresses may be marked as links.
    pub hyperlinks: bool,
}
