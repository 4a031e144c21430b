//! Accepted findings: those of an earlier run, and those that a user suppressed for a reason. Marks them in a
//! report.
//!
//! Must not remove anything from a report: accepted findings are still shown, they only do not make a run
//! fail.

use std::collections::BTreeMap;

use super::acceptance::Acceptance;
use super::baseline::Baseline;
use super::report::{Finding, Report, Role};
use super::suppression::Suppression;

/// Everything that is accepted in one run.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// Findings of an earlier run.
    pub baseline: Baseline,
    /// Suppressions; the first match counts.
    pub suppressions: Vec<Suppression>,
}

impl Accepted {
    /// Marks accepted findings. Consequences of accepted causes only are accepted with them.
    pub fn mark(&self, report: &mut Report) {
        let name = report.target.name.clone();
        for finding in &mut report.findings {
            finding.accepted = self.of(&name, &finding.id);
        }
        let causes: BTreeMap<String, Option<Acceptance>> =
            roots(&report.findings).map(|root| (root.id.clone(), root.accepted.clone())).collect();
        for finding in report
            .findings
            .iter_mut()
            .filter(|finding| finding.role == Role::Consequence && finding.accepted.is_none())
        {
            let mut of_causes = finding.explained_by.iter().filter_map(|id| causes.get(id));
            let first = of_causes.next().cloned().flatten();
            if first.is_some() && of_causes.all(Option::is_some) {
                finding.accepted = first;
            }
        }
    }

    fn of(&self, target: &str, id: &str) -> Option<Acceptance> {
        let suppressed = self.suppressions.iter().find_map(|one| one.acceptance(target, id));
        let known = || self.baseline.has(target, id).then_some(Acceptance::Known);
        suppressed.cloned().or_else(known)
    }
}

fn roots(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| finding.role == Role::RootCause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    fn suppressing(id: &str, targets: &str) -> Accepted {
        Accepted {
            suppressions: vec![Suppression::new(id, targets, "it is being replaced", None).unwrap()],
            ..Accepted::default()
        }
    }

    #[test]
    fn what_follows_from_an_accepted_cause_is_accepted() {
        let mut report = sample::failed();
        suppressing("run-tmpfs-missing", "we?").mark(&mut report);
        assert_eq!(report.worst(), None);
        assert!(
            report.findings[0].accepted.is_some()
                && report.findings[1].accepted.is_some()
                && report.findings[2].accepted.is_none()
        );
    }

    #[test]
    fn an_accepted_consequence_does_not_hide_its_cause() {
        let mut report = sample::failed();
        suppressing("boot-stopped", "*").mark(&mut report);
        assert!(report.findings[0].counts() && !report.findings[1].counts());
    }

    #[test]
    fn a_consequence_of_two_causes_needs_both() {
        let mut report = sample::failed();
        let mut second = report.findings[0].clone();
        second.id = "cgroup-read-only".to_owned();
        report.findings.insert(1, second);
        report.findings[2].explained_by.push("cgroup-read-only".to_owned());
        suppressing("run-tmpfs-missing", "*").mark(&mut report);
        assert!(report.findings[2].counts());
    }

    #[test]
    fn other_targets_are_not_suppressed() {
        let mut report = sample::failed();
        suppressing("run-tmpfs-missing", "db*").mark(&mut report);
        assert!(report.findings.iter().all(|finding| finding.accepted.is_none()));
    }

    #[test]
    fn a_baseline_knows_findings_by_target_and_id() {
        let report = sample::failed();
        let ids: Vec<_> =
            report.findings.iter().map(|finding| serde_json::json!({"id": finding.id})).collect();
        let earlier = |name: &str| {
            let line = serde_json::json!({"target": {"name": name}, "findings": ids}).to_string();
            Accepted { baseline: Baseline::read(line.as_bytes()).unwrap(), ..Accepted::default() }
        };
        let (mut same, mut other) = (report.clone(), report.clone());
        earlier(&report.target.name).mark(&mut same);
        earlier("another").mark(&mut other);
        assert!(same.findings.iter().all(|finding| finding.accepted == Some(Acceptance::Known)));
        assert!(other.findings.iter().all(|finding| finding.accepted.is_none()));
    }
}
