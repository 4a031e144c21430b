//! Renders reports as `JUnit` XML: a suite per target, a case per finding. Must not hide accepted findings:
//! they are skipped cases.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::markdown;
use crate::diagnose::{Acceptance, Finding, Report, Role, Verdict};
use crate::render::items::quote;
use crate::render::{Answer, Notice, Sheet, visible, words};

/// Returns the document.
///
/// # Errors
/// Returns [`quick_junit::SerializeError`] if the XML cannot be written.
pub fn render(sheet: &Sheet<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut document = Document::new("sysdock");
    document.add_test_suites(sheet.answers.iter().map(suite));
    if !sheet.failures.is_empty() {
        let mut suite = TestSuite::new("could not examine");
        suite.add_test_cases(sheet.failures.iter().map(|failure| unseen(failure)));
        document.add_test_suite(suite);
    }
    if !sheet.notices.is_empty() {
        let mut suite = TestSuite::new("configuration");
        suite.add_test_cases(sheet.notices.iter().map(configured));
        document.add_test_suite(suite);
    }
    document.to_string()
}

/// Returns a skipped case for what a configuration removes.
fn configured(notice: &Notice) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(visible(&notice.words));
    let mut case = TestCase::new(visible(&notice.file), status);
    case.set_classname("configuration");
    case
}

fn suite(answer: &Answer<'_>) -> TestSuite {
    let report = answer.report;
    let name = visible(&report.target.name);
    let mut suite = TestSuite::new(&name);
    suite.add_property(("verdict", words::verdict(report.verdict)));
    if let Some(class) = report.class() {
        suite.add_property(("class", words::class(class)));
    }
    let mut cases: Vec<TestCase> = report.findings.iter().map(|finding| case(finding, answer)).collect();
    if !report.findings.iter().any(Finding::is_failure) {
        cases.insert(0, TestCase::new("systemd boots", whole(report)));
    }
    for mut case in cases {
        case.set_classname(&name);
        suite.add_test_case(case);
    }
    suite
}

/// Returns the status of a target without failing findings.
fn whole(report: &Report) -> TestCaseStatus {
    let (kind, message) = match report.verdict {
        _ if markdown::is_unexplained(report) => {
            (NonSuccessKind::Failure, "the boot failed and no root cause was found")
        }
        Verdict::Undetermined if report.is_empty_handed() => return not_judged(report),
        Verdict::Undetermined => (NonSuccessKind::Error, "too little was visible for a verdict"),
        _ => return TestCaseStatus::success(),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status
        .set_message(message)
        .set_type(words::verdict(report.verdict))
        .set_description(visible(&report.state));
    status
}

/// Returns the status of a text that contained nothing to diagnose.
fn not_judged(report: &Report) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(visible(&report.state)).set_type(words::verdict(report.verdict));
    status
}

fn case(finding: &Finding, answer: &Answer<'_>) -> TestCase {
    let status = match (&finding.accepted, finding.role) {
        (Some(acceptance), Role::RootCause | Role::Consequence) => skipped(acceptance),
        (None, Role::RootCause | Role::Consequence) => failure(finding, answer),
        (_, Role::Risk | Role::Note) => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(visible(&finding.id), status);
    if !finding.is_failure() {
        case.set_system_out(format!("{}: {}", words::role(finding.role), visible(&finding.title)));
    }
    case
}

fn skipped(acceptance: &Acceptance) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(visible(&words::acceptance(acceptance)));
    status
}

fn failure(finding: &Finding, answer: &Answer<'_>) -> TestCaseStatus {
    let mut lines = vec![finding.explanation.trim().to_owned(), String::new()];
    lines.extend(finding.evidence.iter().map(quote));
    lines.extend(finding.explained_by.iter().map(|cause| format!("consequence of {cause}")));
    if finding.role == Role::RootCause {
        lines.extend(answer.prescription.map(|prescription| format!("cure: {}", prescription.summary)));
    }
    let text: Vec<String> = lines.iter().flat_map(|text| text.lines()).map(visible).collect();
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status
        .set_message(visible(&finding.title))
        .set_type(words::severity(finding.severity))
        .set_description(text.join("\n"));
    status
}

fn unseen(failure: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(visible(failure.lines().next().unwrap_or_default()));
    status.set_description(failure.lines().map(visible).collect::<Vec<_>>().join("\n"));
    let mut case = TestCase::new("look", status);
    case.set_classname("sysdock");
    case
}
