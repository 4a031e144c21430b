//! Renders reports as GitLab code quality: a list of findings, each with a file, a line and its own
//! fingerprint.
//!
//! Specification: <https://docs.gitlab.com/ci/testing/code_quality/>. Must not list accepted findings, which
//! the format cannot express; one finding per configuration file says how many it accepts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnose::{Report, Role, fingerprint};
use crate::render::items::{self, Item};
use crate::render::{Notice, Sheet, json, visible};
use crate::rule::Severity;

/// Replaces the diagnosis ID if nothing could be diagnosed.
const NOT_JUDGED: &str = "undetermined";

#[derive(Serialize)]
struct Issue<'r> {
    description: String,
    check_name: &'r str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: LineRange,
}

#[derive(Serialize)]
struct LineRange {
    begin: u64,
}

/// Returns the list.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn render(sheet: &Sheet<'_>) -> serde_json::Result<String> {
    let mut seen = BTreeMap::new();
    let mut issues: Vec<Issue<'_>> = items::open(sheet).iter().map(|item| issue(item, &mut seen)).collect();
    issues.extend(sheet.notices.iter().map(configured));
    issues.extend(sheet.answers.iter().filter_map(|answer| unjudged(answer.report, &mut seen)));
    json::text(&issues)
}

/// Returns an issue for what a configuration removes.
fn configured(notice: &Notice) -> Issue<'_> {
    Issue {
        description: visible(&notice.sentence()),
        check_name: "configuration",
        fingerprint: fingerprint(&notice.file, &notice.words),
        severity: "info",
        location: Location { path: items::relative(&notice.file), lines: LineRange { begin: 1 } },
    }
}

/// Returns an issue for a target that could not be diagnosed, with the reason.
fn unjudged<'r>(report: &Report, seen: &mut BTreeMap<String, u64>) -> Option<Issue<'r>> {
    let reason = report.unjudged()?;
    Some(Issue {
        description: visible(&format!("{}: {reason}", report.target.name)),
        check_name: NOT_JUDGED,
        fingerprint: numbered(fingerprint(&report.target.name, NOT_JUDGED), seen),
        severity: "info",
        location: Location { path: items::path(&report.target), lines: LineRange { begin: 1 } },
    })
}

/// Appends a number to the fingerprint if two targets of the same name have the same diagnosis, because
/// GitLab merges equal fingerprints.
fn numbered(fingerprint: String, seen: &mut BTreeMap<String, u64>) -> String {
    let times = seen.entry(fingerprint.clone()).or_default();
    *times += 1;
    if *times > 1 { format!("{fingerprint}-{times}") } else { fingerprint }
}

fn issue<'r>(item: &Item<'r>, seen: &mut BTreeMap<String, u64>) -> Issue<'r> {
    let fingerprint = numbered(item.report.fingerprint(item.finding), seen);
    let place = item.place();
    let quotes =
        item.quotes(1).into_iter().next().map(|quote| format!(" | {}", visible(&quote))).unwrap_or_default();
    Issue {
        description: format!("{}{quotes}", visible(&item.headline())),
        check_name: &item.finding.id,
        fingerprint,
        severity: severity(item),
        location: Location { path: place.path, lines: LineRange { begin: place.line } },
    }
}

const fn severity(item: &Item<'_>) -> &'static str {
    match (item.finding.role, item.finding.severity) {
        (Role::RootCause | Role::Consequence, Severity::Critical) => "blocker",
        (Role::RootCause | Role::Consequence, Severity::Error) => "critical",
        (Role::RootCause | Role::Consequence, Severity::Warning) => "major",
        (Role::Risk, Severity::Critical | Severity::Error | Severity::Warning) => "minor",
        _ => "info",
    }
}
