//! Renders reports as metrics for the textfile collector of Prometheus' node exporter. Must not include
//! contents of containers, only IDs and names.

use std::collections::BTreeMap;

use crate::diagnose::Verdict;
use crate::render::exposition::{Exposition, MetricKind};
use crate::render::{Sheet, items, words};

/// All verdicts, so that a count that drops to zero is still reported.
const VERDICTS: [Verdict; 4] = [Verdict::Failed, Verdict::Degraded, Verdict::Undetermined, Verdict::Healthy];

/// Returns the metrics of a run.
#[must_use]
pub fn render(sheet: &Sheet<'_>) -> String {
    let mut page = Exposition::default();
    page.family("sysdock_reports", MetricKind::Gauge, "Reports by verdict.");
    for verdict in VERDICTS {
        let count = sheet.answers.iter().filter(|answer| answer.report.verdict == verdict).count();
        page.sample("sysdock_reports", &[("verdict", words::verdict(verdict))], count as u64);
    }
    page.family("sysdock_failures_to_look", MetricKind::Gauge, "Targets that could not be examined.");
    page.sample("sysdock_failures_to_look", &[], sheet.failures.len() as u64);
    if !sheet.notices.is_empty() {
        page.family(
            "sysdock_configuration",
            MetricKind::Gauge,
            "Findings and rules that the configuration removes from the reports.",
        );
        for notice in sheet.notices {
            page.sample("sysdock_configuration", &[("file", &notice.file), ("notice", &notice.words)], 1);
        }
    }
    findings(&mut page, sheet);
    targets(&mut page, sheet);
    page.finish()
}

fn findings(page: &mut Exposition, sheet: &Sheet<'_>) {
    let mut counts: BTreeMap<[&str; 5], u64> = BTreeMap::new();
    for item in items::all(sheet) {
        let finding = item.finding;
        let accepted = if finding.accepted.is_some() { "true" } else { "false" };
        let key = [
            &finding.id,
            words::role(finding.role),
            words::severity(finding.severity),
            words::class(finding.class),
            accepted,
        ];
        *counts.entry(key).or_default() += 1;
    }
    page.family("sysdock_findings", MetricKind::Gauge, "Findings by diagnosis.");
    for ([id, role, severity, class, accepted], count) in counts {
        let labels =
            [("id", id), ("role", role), ("severity", severity), ("class", class), ("accepted", accepted)];
        page.sample("sysdock_findings", &labels, count);
    }
}

/// Writes the metrics per target; names may be repeated, a series may not.
fn targets(page: &mut Exposition, sheet: &Sheet<'_>) {
    let mut series: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for report in sheet.answers.iter().map(|answer| answer.report) {
        let root = report.root().map_or("", |root| root.id.as_str());
        *series.entry((&report.target.name, words::verdict(report.verdict), root)).or_default() += 1;
    }
    page.family(
        "sysdock_target",
        MetricKind::Gauge,
        "Targets with their verdict and first root cause; the value is the number of reports.",
    );
    for ((target, verdict, root), count) in series {
        page.sample(
            "sysdock_target",
            &[("target", target), ("verdict", verdict), ("root_cause", root)],
            count,
        );
    }
}
