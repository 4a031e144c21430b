//! Diagnoses one snapshot: returns the report, with accepted findings marked, and the cure.

use crate::diagnose::{Accepted, Report, diagnose_with};
use crate::prescribe::{Prescription, Reach, prescribe};
use crate::rule::RuleSet;
use crate::scan::Matcher;
use crate::snapshot::Snapshot;

/// Everything that is needed to diagnose a snapshot.
pub struct Judge<'j> {
    /// The rules.
    pub rules: &'j RuleSet,
    /// The patterns of the rules.
    pub matcher: &'j Matcher<'j>,
    /// Findings that do not make a run fail.
    pub accepted: Accepted,
}

impl Judge<'_> {
    /// Returns the report alone, without marking accepted findings.
    #[must_use]
    pub fn report(&self, snapshot: &Snapshot) -> Report {
        diagnose_with(snapshot, self.rules, self.matcher)
    }

    /// Returns the report and its cure.
    #[must_use]
    pub fn answer(&self, snapshot: &Snapshot, reach: &Reach) -> (Report, Option<Prescription>) {
        let mut report = self.report(snapshot);
        let prescription = prescribe(&report, snapshot, reach);
        self.accepted.mark(&mut report);
        (report, prescription)
    }
}
