//! What the rules found, before root causes and consequences are told apart.

use super::report::Evidence;
use crate::rule::{Confidence, Severity};
use crate::scan::Hit;
use crate::snapshot::KeptLine;

/// How a finding is to be taken, before root causes and consequences are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is a cause or a consequence.
    Cause,
    /// It may become one.
    Risk,
    /// It only deserves a note.
    Note,
}

/// A rule that found something.
#[derive(Debug, Clone)]
pub struct Found {
    /// Index of the rule in the rule set.
    pub rule: usize,
    /// How it is to be taken.
    pub standing: Standing,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The evidence for it.
    pub evidence: Vec<Evidence>,
    /// Index of the variant of its rule that fits.
    pub variant: Option<usize>,
}

impl Found {
    /// Returns the number of the first line in its evidence, if there is one.
    pub fn line(&self) -> Option<u64> {
        let lines = self.evidence.iter().filter_map(|evidence| match evidence {
            Evidence::Log { line, .. } => Some(*line),
            Evidence::Fact { .. } => None,
        });
        lines.min()
    }
}

/// A line that a rule matched.
pub type LineHit<'s> = (&'s KeptLine, Hit);
