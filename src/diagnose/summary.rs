//! Many reports as one table: how often each cause occurs, how often each cluster of unknown failures occurs,
//! and the share of failures explained.

use std::collections::BTreeMap;

use super::report::{Report, Role, Verdict};

/// Totals over many reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Reports.
    pub reports: u64,
    /// Reports of something that failed.
    pub failed: u64,
    /// Failed ones that have a root cause.
    pub explained: u64,
    /// Reports without a judgement.
    pub unjudged: u64,
    /// Reports by their first root cause.
    pub causes: BTreeMap<String, u64>,
    /// Failures that no rule knows: the first of their lines, and the reports that have them.
    pub clusters: BTreeMap<String, (String, u64)>,
}

impl Summary {
    /// Counts one more report.
    pub fn add(&mut self, report: &Report) {
        let cause = report.findings.iter().find(|finding| finding.role == Role::RootCause);
        self.reports += 1;
        if let Some(cause) = cause {
            *self.causes.entry(cause.id.clone()).or_default() += 1;
        }
        for cluster in &report.unrecognised {
            let known =
                self.clusters.entry(cluster.cluster.clone()).or_insert_with(|| (cluster.text.clone(), 0));
            known.1 += 1;
        }
        let failed = cause.is_some()
            || matches!(report.verdict, Verdict::Failed | Verdict::Degraded)
            || !report.unrecognised.is_empty();
        self.failed += u64::from(failed);
        self.explained += u64::from(cause.is_some());
        self.unjudged += u64::from(report.verdict == Verdict::Undetermined);
    }

    /// Returns the causes, the most frequent first.
    #[must_use]
    pub fn ranked_causes(&self) -> Vec<(&str, u64)> {
        let mut causes: Vec<(&str, u64)> =
            self.causes.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        causes.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        causes
    }

    /// Returns the failures that no rule knows, the most frequent first: id, a line, number of reports.
    #[must_use]
    pub fn ranked_clusters(&self) -> Vec<(&str, &str, u64)> {
        let mut clusters: Vec<(&str, &str, u64)> =
            self.clusters.iter().map(|(id, (text, count))| (id.as_str(), text.as_str(), *count)).collect();
        clusters.sort_by_key(|(id, _, count)| (std::cmp::Reverse(*count), *id));
        clusters
    }
}
