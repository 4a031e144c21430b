//! Rendering: reports, rules and messages in, text out. One format per file, each with its own output types.
//!
//! All functions are pure but those of [`output`], which write. Must not judge, collect or reorder findings.

pub mod book;
pub mod explain;
pub mod exposition;
pub mod human;
pub mod image;
pub mod json;
pub mod output;
mod page;
pub mod rules;
#[cfg(test)]
pub(crate) mod sample;
pub mod seccomp;
mod steps;
mod style;
pub mod summary;
pub mod trace;
pub mod treatment;
mod trial;
mod visible;
mod words;

use crate::diagnose::Report;
use crate::prescribe::Prescription;
use crate::treat::TrialOutcome;

pub use visible::visible;
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

/// How text is laid out; everything that depends on the terminal comes in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Columns to fill.
    pub width: usize,
    /// Whether escape sequences for colour may be written.
    pub color: bool,
    /// Whether signs beyond ASCII may be written.
    pub unicode: bool,
}
