//! What the rules found, before causes are told from consequences.

use super::report::Evidence;
use crate::rule::{Confidence, Severity};
use crate::scan::Hit;
use crate::snapshot::KeptLine;

/// What a rule says of a target, before causes are told from consequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is a cause or a consequence.
    Cause,
    /// It may become one.
    Risk,
    /// Worth a remark.
    Note,
}

/// A rule that found something.
#[derive(Debug, Clone)]
pub struct Found {
    /// Index into the rule set.
    pub rule: usize,
    /// What it says.
    pub standing: Standing,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

impl Found {
    /// Returns the number of the first line that speaks for it, where one does.
    pub fn line(&self) -> Option<u64> {
        let lines = self.evidence.iter().filter_map(|evidence| match evidence {
            Evidence::Log { line, .. } => Some(*line),
            Evidence::Fact { .. } => None,
        });
        lines.min()
    }
}

/// A line that speaks for a rule.
pub type LineHit<'s> = (&'s KeptLine, Hit);
