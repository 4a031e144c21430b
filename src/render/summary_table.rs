//! Renders the summary of many reports, for people and as JSON.

use serde::Serialize;

use super::Context;
use super::layout::{StyledSpan, TextPage, clipped};
use super::style::Tone;
use super::words;
use crate::diagnose::{Report, Subject, Summary, Verdict};

/// Number of unknown failures that the table lists.
const LISTED: usize = 12;
/// Number of characters of a line that the table shows.
const EXCERPT: usize = 90;

/// What many reports add up to.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Summary"))]
pub(super) struct SummaryOut<'s> {
    /// Reports in all.
    reports: u64,
    /// Reports of something that failed.
    failed: u64,
    /// Failed ones that have a root cause.
    explained: u64,
    /// Reports of what could not be judged.
    undetermined: u64,
    /// How many reports each first root cause has, the most frequent first.
    causes: Vec<CauseOut<'s>>,
    /// How many reports each failure has that no rule knows, the most frequent first.
    unrecognised: Vec<ClusterCountOut<'s>>,
}

/// A root cause with its reports.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "CauseCount"))]
struct CauseOut<'s> {
    /// Id of the diagnosis.
    #[cfg_attr(feature = "cli", schemars(with = "crate::rule::schema::Id"))]
    id: &'s str,
    /// Reports that have it as their first root cause.
    count: u64,
}

/// A failure that no rule knows, with its reports.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "ClusterCount"))]
struct ClusterCountOut<'s> {
    /// Id of the failure.
    cluster: &'s str,
    /// The first of its lines.
    text: &'s str,
    /// Reports that have it.
    count: u64,
}

impl<'s> SummaryOut<'s> {
    pub(super) fn new(summary: &'s Summary) -> Self {
        Self {
            reports: summary.reports,
            failed: summary.failed,
            explained: summary.explained,
            undetermined: summary.unjudged,
            causes: summary.ranked_causes().into_iter().map(|(id, count)| CauseOut { id, count }).collect(),
            unrecognised: summary
                .ranked_clusters()
                .into_iter()
                .map(|(cluster, text, count)| ClusterCountOut { cluster, text, count })
                .collect(),
        }
    }
}

/// Returns the summary as a table.
#[must_use]
pub fn table(summary: &Summary, context: &Context) -> String {
    let mut page = TextPage::new(context);
    if !summary.causes.is_empty() {
        page.flow(0, &[("causes", Tone::Strong)]);
        for (id, count) in summary.ranked_causes() {
            page.flow(2, &[(&times(&page, count), Tone::Strong), (id, Tone::Plain)]);
        }
    }
    let clusters = summary.ranked_clusters();
    if !clusters.is_empty() {
        page.gap();
        page.flow(0, &[("failures that no rule knows", Tone::Strong)]);
        for (id, text, count) in clusters.iter().take(LISTED) {
            let short: String = clipped(text).chars().take(EXCERPT).collect();
            page.flow(2, &[(&times(&page, *count), Tone::Strong), (id, Tone::Dim), (&short, Tone::Plain)]);
        }
        if clusters.len() > LISTED {
            page.flow(
                2,
                &[(&format!("and {} more (--format json lists all)", clusters.len() - LISTED), Tone::Dim)],
            );
        }
    }
    page.gap();
    let share = (summary.explained * 100)
        .checked_div(summary.failed)
        .map(|share| format!(" ({share} %)"))
        .unwrap_or_default();
    let unjudged = if summary.unjudged > 0 {
        format!(", {} could not be judged", summary.unjudged)
    } else {
        String::new()
    };
    let said = format!(
        "{} of {} failures explained{share}, {} reports{unjudged}",
        summary.explained, summary.failed, summary.reports
    );
    page.flow(0, &[(&said, Tone::Strong)]);
    page.finish()
}

fn times(page: &TextPage<'_>, count: u64) -> String {
    format!("{count}{}", page.sign("×", "x"))
}

/// Writes the number of targets with each verdict, in one line.
pub fn line(page: &mut TextPage<'_>, reports: &[&Report]) {
    let foreign = reports.iter().filter(|report| report.subject == Subject::NotSystemd).count();
    let unasked = reports.iter().filter(|report| report.is_unasked()).count();
    let of = |verdict: Verdict| {
        let meant = |report: &&&Report| report.subject == Subject::Systemd && !report.is_unasked();
        reports.iter().filter(meant).filter(|report| report.verdict == verdict).count()
    };
    let verdicts = [Verdict::Failed, Verdict::Degraded, Verdict::Undetermined, Verdict::Healthy];
    let mut parts: Vec<(String, Tone)> = verdicts
        .into_iter()
        .filter(|v| of(*v) > 0)
        .map(|v| (format!("{} {}", of(v), words::verdict(v)), words::verdict_tone(v)))
        .collect();
    if unasked > 0 {
        parts.push((format!("{unasked} {}", words::NO_FAILURE_SEEN), Tone::Plain));
    }
    if foreign > 0 {
        parts.push((format!("{foreign} without systemd"), Tone::Dim));
    }
    let last = parts.len().saturating_sub(1);
    parts.iter_mut().take(last).for_each(|(text, _)| text.push(','));
    let examined = format!("{} examined:", reports.len());
    let spans: Vec<StyledSpan<'_>> = std::iter::once((examined.as_str(), Tone::Strong))
        .chain(parts.iter().map(|(text, tone)| (text.as_str(), *tone)))
        .collect();
    page.flow(0, &spans);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::snapshot::Cluster;

    fn summary() -> Summary {
        let mut summary = Summary::default();
        let mut unknown = sample::unexplained();
        unknown.unrecognised.push(Cluster {
            cluster: "0123456789ab".into(),
            text: "app: \u{1b}[2Jno idea".into(),
            line: 3,
            count: 9,
        });
        [sample::failed(), sample::failed(), unknown, sample::healthy()]
            .iter()
            .for_each(|report| summary.add(report));
        summary
    }

    #[test]
    fn the_table_counts_causes_and_unknown_failures() {
        insta::assert_snapshot!(table(&summary(), &Context { width: 80, color: false, unicode: true, hyperlinks: false }), @r"
        causes
          2× run-tmpfs-missing

        failures that no rule knows
          1× 0123456789ab app: \u{1b}[2Jno idea

        2 of 3 failures explained (66 %), 4 reports
        ");
    }
}
