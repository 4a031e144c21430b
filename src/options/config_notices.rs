//! Finds out what configuration files remove from a run's reports: takes options, rules and reports, returns
//! notices. Pure.

use std::collections::BTreeMap;
use std::path::Path;

use super::Reporting;
use crate::diagnose::{Acceptance, Finding, Report, Suppression};
use crate::render::{Notice, counted};
use crate::rule::RuleSet;

/// Number of names that are listed.
const LISTED: usize = 8;

impl Reporting {
    /// Returns the notices to print with these reports, in every format.
    #[must_use]
    pub fn notices<'r>(&self, rules: &RuleSet, reports: impl IntoIterator<Item = &'r Report>) -> Vec<Notice> {
        let findings: Vec<&Finding> = reports.into_iter().flat_map(|report| &report.findings).collect();
        let mut notices = of_rules(rules);
        let mut suppressed: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
        for finding in &findings {
            let file =
                self.suppressions.iter().find(|one| one.applies_to(finding)).and_then(Suppression::named_by);
            if let Some(file) = file {
                suppressed.entry(file).or_default().push(&finding.id);
            }
        }
        for (file, ids) in suppressed {
            let words = format!(
                "{} suppressed and not counted: {}",
                counted(ids.len(), "finding is", "findings are"),
                listed(&ids)
            );
            notices.push(notice(file, words));
        }
        notices.extend(self.known(&findings));
        if let Some(file) = &self.lenient {
            notices.push(notice(file, "only critical findings fail the run".to_owned()));
        }
        notices
    }

    fn known(&self, findings: &[&Finding]) -> Option<Notice> {
        let baseline = self.baseline.as_ref()?;
        let known: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.accepted == Some(Acceptance::Known))
            .map(|finding| finding.id.as_str())
            .collect();
        let words = format!(
            "{} in the baseline {} and not counted: {}",
            counted(known.len(), "finding is", "findings are"),
            baseline.path.display(),
            listed(&known)
        );
        baseline.named_by.as_deref().filter(|_| !known.is_empty()).map(|file| notice(file, words))
    }
}

/// Returns the notices about rule files that change built-in rules.
#[must_use]
pub fn of_rules(rules: &RuleSet) -> Vec<Notice> {
    let mut notices = Vec::new();
    for change in &rules.changes {
        if !change.replaced.is_empty() {
            let ids: Vec<&str> = change.replaced.iter().map(String::as_str).collect();
            let words = format!(
                "{} replaced: {}",
                counted(ids.len(), "diagnosis or remedy is", "diagnoses or remedies are"),
                listed(&ids)
            );
            notices.push(notice(&change.file, words));
        }
        if change.harmless > 0 {
            let words = counted(
                change.harmless,
                "log pattern is marked harmless",
                "log patterns are marked harmless",
            );
            notices.push(notice(&change.file, words));
        }
    }
    notices
}

fn notice(file: &Path, words: String) -> Notice {
    Notice { file: file.display().to_string(), words }
}

/// Lists each name once, limited to the first few.
fn listed(names: &[&str]) -> String {
    let mut once: Vec<&str> = Vec::new();
    names.iter().filter(|name| !name.is_empty()).for_each(|name| {
        if !once.contains(name) {
            once.push(name);
        }
    });
    let more = once.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", once[..once.len() - more].join(", "))
}
