//! Lists the findings of reports with their locations, for formats that only know files and lines. Must not
//! choose wording for people.

use super::Sheet;
use super::words;
use crate::diagnose::{Evidence, Finding, Report, Role};
use crate::prescribe::Prescription;
use crate::rule::Severity;
use crate::snapshot::{Target, TargetKind};

/// Bytes of a path that need no escape, besides letters and digits (RFC 3986, unreserved and separators).
const PLAIN: &[u8] = b"-._~/";

/// The location of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingPlace {
    /// The file with the text, or `container/NAME`, which is not a file: formats for source code support
    /// nothing else.
    pub path: String,
    /// Line within it, counted from 1.
    pub line: u64,
}

/// One finding of one target.
#[derive(Debug, Clone, Copy)]
pub struct Item<'r> {
    /// The report that contains it.
    pub report: &'r Report,
    /// The cure of the target.
    pub prescription: Option<&'r Prescription>,
    /// The finding.
    pub finding: &'r Finding,
}

impl<'r> Item<'r> {
    /// Returns its location: the first line of its evidence.
    pub fn place(&self) -> FindingPlace {
        let line = self.finding.evidence.iter().find_map(|evidence| match evidence {
            Evidence::Log { line, .. } => Some((*line).max(1)),
            Evidence::Fact { .. } => None,
        });
        let text = self.report.target.kind == TargetKind::Text;
        FindingPlace { path: path(&self.report.target), line: line.filter(|_| text).unwrap_or(1) }
    }

    /// Returns the title and the target in one line.
    pub fn headline(&self) -> String {
        format!("{}: {}", self.report.target.name, self.finding.title)
    }

    /// Returns the first lines of its evidence, as plain text.
    pub fn quotes(&self, most: usize) -> Vec<String> {
        self.finding.evidence.iter().take(most).map(quote).collect()
    }

    /// Returns what to do, in a sentence; `None` if that is not known.
    pub fn cure(&self) -> Option<&'r str> {
        let prescribed = self.prescription.map(|prescription| prescription.summary.as_str());
        prescribed.or_else(|| self.finding.advice.first().map(|advice| advice.words.as_str()))
    }
}

/// Returns all findings, in the order of the reports.
pub fn all<'r>(sheet: &Sheet<'r>) -> impl Iterator<Item = Item<'r>> {
    sheet.answers.iter().flat_map(|answer| {
        let (report, prescription) = (answer.report, answer.prescription);
        report.findings.iter().map(move |finding| Item { report, prescription, finding })
    })
}

/// Returns the findings to act on, the worst first: failures, unless they follow from another finding here,
/// and risks. Leaves out accepted findings.
pub fn open<'r>(sheet: &Sheet<'r>) -> Vec<Item<'r>> {
    let mut items: Vec<Item<'r>> =
        all(sheet).filter(|item| item.finding.accepted.is_none() && is_told(item)).collect();
    items.sort_by_key(|item| (!item.finding.is_failure(), std::cmp::Reverse(item.finding.severity)));
    items
}

fn is_told(item: &Item<'_>) -> bool {
    match item.finding.role {
        Role::RootCause | Role::Risk => true,
        Role::Consequence => item.finding.explained_by.is_empty(),
        Role::Note => false,
    }
}

/// Returns the severity for formats with three levels: 2 is an error, 1 a warning, 0 a remark. A risk is
/// never an error.
pub fn degree(finding: &Finding) -> u8 {
    let by_severity = match finding.severity {
        Severity::Critical | Severity::Error => 2,
        Severity::Warning => 1,
        Severity::Info => 0,
    };
    match finding.role {
        Role::RootCause | Role::Consequence => by_severity,
        Role::Risk => by_severity.min(1),
        Role::Note => 0,
    }
}

/// Returns a line, or a fact with its source.
pub fn quote(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Log { text, line, stream } => format!("{text} ({stream}:{line})"),
        Evidence::Fact { path, value, source } => format!("{path} = {value} ({source})"),
    }
}

/// Returns a relative path, with percent-encoding for characters that are invalid in a URI.
pub fn path(target: &Target) -> String {
    let named = match target.kind {
        TargetKind::Text => target.name.clone(),
        kind => format!("{}/{}", words::target_kind(kind), target.name),
    };
    relative(&named)
}

/// Does the same for any path.
pub fn relative(named: &str) -> String {
    let mut path = String::with_capacity(named.len());
    for part in named.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
        if !path.is_empty() {
            path.push('/');
        }
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    if path.is_empty() { "unnamed".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Answer, sample};
    use crate::rule::RuleSet;

    #[test]
    fn a_path_is_relative_and_fit_for_a_uri() {
        let path = |kind, name: &str| path(&Target { kind, name: name.to_owned(), id: None, engine: None });
        assert_eq!(path(TargetKind::Text, "./logs/a b.log"), "logs/a%20b.log");
        assert_eq!(path(TargetKind::Text, "/var/log/../x:%"), "var/log/x%3A%25");
        assert_eq!(path(TargetKind::Text, "/"), "unnamed");
        assert_eq!(path(TargetKind::Container, "web"), "container/web");
    }

    #[test]
    fn what_follows_from_another_finding_is_not_told_again() {
        let mut report = sample::failed();
        let told = |report: &Report| {
            let rules = RuleSet::default();
            let answers = Answer::without_cure(std::slice::from_ref(report));
            let sheet =
                Sheet { answers: &answers, summary: None, rules: &rules, failures: &[], notices: &[] };
            open(&sheet).iter().map(|item| item.finding.id.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(&report), "run-tmpfs-missing wrong-stop-signal");
        report.findings[0].accepted = Some(crate::diagnose::Acceptance::Known);
        assert_eq!(told(&report), "wrong-stop-signal");
    }
}
