//! Renders the unknown part of a report for people: undecided diagnoses, what could not be examined, and
//! lines that look like failures but match no rule.

use std::collections::BTreeMap;

use super::layout::{TextPage, clipped};
use super::style::Tone;
use super::words::{counted, some_of};
use crate::diagnose::Report;

/// Number of gap reasons, and of unknown failures, that are listed.
const LISTED: usize = 5;
/// Number of undecided diagnoses that are listed.
const OPEN: usize = 3;

/// Counts what is not known, in a line below a healthy container.
pub fn in_short(page: &mut TextPage<'_>, report: &Report) {
    let hidden = counted(report.gaps.len(), "fact not available", "facts not available");
    let open = counted(report.undecided.len(), "diagnosis not checked", "diagnoses not checked");
    let parts: Vec<String> = [(report.gaps.len(), hidden), (report.undecided.len(), open)]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|p| p.1)
        .collect();
    if !parts.is_empty() {
        page.flow(2, &[(&parts.join("; "), Tone::Dim)]);
    }
}

/// Lists the undecided diagnoses, what could not be examined, and lines that match no rule.
pub fn in_full(page: &mut TextPage<'_>, report: &Report) {
    undecided(page, report);
    gaps(page, report);
    unrecognised(page, report);
}

fn undecided(page: &mut TextPage<'_>, report: &Report) {
    if report.undecided.is_empty() {
        return;
    }
    page.gap();
    let title = format!("not checked: {}", counted(report.undecided.len(), "diagnosis", "diagnoses"));
    page.flow(2, &[(&title, Tone::Strong)]);
    for open in report.undecided.iter().take(OPEN) {
        let missing = format!("needs {}", some_of(open.missing.iter().map(String::as_str), 3));
        let how = open.how.first().map(|how| format!("({how})")).unwrap_or_default();
        page.flow(4, &[(&format!("{}:", open.id), Tone::Plain), (&missing, Tone::Dim), (&how, Tone::Dim)]);
    }
    more(page, report.undecided.len(), OPEN);
}

/// Lists gaps, grouped by reason; leaves out the one that the headline already names.
fn gaps(page: &mut TextPage<'_>, report: &Report) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for gap in report.gaps.iter().filter(|gap| gap.reason != report.state) {
        reasons.entry(&gap.reason).or_default().push(&gap.fact);
    }
    let count: usize = reasons.values().map(Vec::len).sum();
    if count == 0 {
        return;
    }
    page.gap();
    page.flow(2, &[(&format!("not available: {}", counted(count, "fact", "facts")), Tone::Strong)]);
    for (reason, facts) in reasons.iter().take(LISTED) {
        let names = format!("{}:", some_of(facts.iter().copied(), 3));
        page.flow(4, &[(&names, Tone::Plain), (&clipped(reason), Tone::Dim)]);
    }
    more(page, reasons.len(), LISTED);
}

/// Lists lines of a text that look like failures but match no rule.
fn unrecognised(page: &mut TextPage<'_>, report: &Report) {
    if report.unrecognised.is_empty() {
        return;
    }
    page.gap();
    page.flow(
        2,
        &[
            ("not recognised:", Tone::Strong),
            (&counted(report.unrecognised.len(), "failure", "failures"), Tone::Plain),
        ],
    );
    for cluster in report.unrecognised.iter().take(LISTED) {
        page.quote(
            4,
            &cluster.text,
            &format!("{} ×{}, line {}", cluster.cluster, cluster.count, cluster.line)
                .replace('×', page.sign("×", "x")),
        );
    }
    more(page, report.unrecognised.len(), LISTED);
}

fn more(page: &mut TextPage<'_>, count: usize, shown: usize) {
    if count > shown {
        page.flow(4, &[(&format!("and {} more (--format json lists all)", count - shown), Tone::Dim)]);
    }
}
