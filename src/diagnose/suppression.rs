//! What is accepted: findings of an earlier run, and findings that somebody suppressed for a reason. Marks
//! them in a report.
//!
//! Must not take anything out of a report: what is accepted is still told, it only does not make a run fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::acceptance::{Acceptance, fingerprint};
use super::report::{Finding, Report, Role};

/// A diagnosis that is not to count for some targets.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// Id of the diagnosis.
    pub id: String,
    /// Names of targets; `*` and `?` stand for any text and any sign.
    targets: GlobMatcher,
    /// What its findings are marked with.
    acceptance: Acceptance,
    /// The file that says so.
    named_by: Option<PathBuf>,
}

impl Suppression {
    /// A suppression for targets whose names a pattern fits.
    ///
    /// # Errors
    /// [`globset::Error`] when the pattern is none.
    pub fn new(
        id: &str,
        targets: &str,
        reason: &str,
        expires: Option<String>,
    ) -> Result<Self, globset::Error> {
        let acceptance = Acceptance::Suppressed { reason: reason.to_owned(), expires };
        Ok(Self {
            id: id.to_owned(),
            targets: Glob::new(targets)?.compile_matcher(),
            acceptance,
            named_by: None,
        })
    }

    /// The same as said by a file.
    #[must_use]
    pub fn said_by(self, file: Option<&Path>) -> Self {
        Self { named_by: file.map(Path::to_owned), ..self }
    }

    /// The file that says so.
    #[must_use]
    pub fn named_by(&self) -> Option<&Path> {
        self.named_by.as_deref()
    }

    /// Whether a finding does not count because of it; what follows from its findings is marked as they are.
    #[must_use]
    pub fn is_why(&self, finding: &Finding) -> bool {
        finding.accepted.as_ref() == Some(&self.acceptance)
            && (finding.id == self.id || finding.role == Role::Consequence)
    }
}

/// All that is accepted in one run.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// Fingerprints of the baseline.
    pub known: BTreeSet<String>,
    /// What was suppressed; the first that fits is taken.
    pub suppressions: Vec<Suppression>,
}

impl Accepted {
    /// Marks what is accepted. What only follows from accepted causes is accepted with them.
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
        let suppressed = self.suppressions.iter().find(|one| one.id == id && one.targets.is_match(target));
        let known = || self.known.contains(&fingerprint(target, id)).then_some(Acceptance::Known);
        suppressed.map(|one| one.acceptance.clone()).or_else(known)
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
        let mut report = sample::failed();
        let known = report.findings.iter().map(|finding| report.fingerprint(finding)).collect();
        Accepted { known, ..Accepted::default() }.mark(&mut report);
        assert!(report.findings.iter().all(|finding| finding.accepted == Some(Acceptance::Known)));
        assert_eq!(fingerprint("web", "run-tmpfs-missing"), "9a4ab60e29f2a5d58252a2f75e2a63d0");
        assert_ne!(fingerprint("ab", "c"), fingerprint("a", "bc"));
    }
}
