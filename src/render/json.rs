//! Renders reports as JSON, `schema_version` 1. This file has its own output types, because the format is a
//! stable contract: keys are only added.

mod cure;

use serde::Serialize;
use serde_json::Value;

use cure::{PrescriptionOut, prescription};

use super::summary_table::SummaryOut;
use super::trial_json;
use super::watch_line::Occasion;
use super::{Answer, Notice, Sheet, words};
use crate::diagnose::{Acceptance, Evidence, Finding, Report, Undecided};
use crate::rule::RuleSet;
use crate::snapshot::{Cluster, Gap, Target};

pub use crate::visible::in_json as harmless;

/// Version of the report format.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// What the commands that report write with `--format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
struct Document<'r> {
    /// Version of this format; another number means that keys have changed their meaning.
    #[cfg_attr(feature = "cli", schemars(extend("const" = SCHEMA_VERSION)))]
    schema_version: u32,
    tool: Tool<'r>,
    /// One report for each target, the worst first.
    reports: Vec<ReportOut<'r>>,
    /// What a configuration takes away from the reports; absent where it takes away nothing.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    configuration: &'r [Notice],
    /// What the reports add up to; only from `triage`, for a folder or several
    /// inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", schemars(with = "SummaryOut<'r>"))]
    summary: Option<SummaryOut<'r>>,
}

/// A report on a line of its own, as `--format jsonl` and `watch` write it.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
struct Line<'r> {
    /// Version of this format; another number means that keys have changed their meaning.
    #[cfg_attr(feature = "cli", schemars(extend("const" = SCHEMA_VERSION)))]
    schema_version: u32,
    #[serde(flatten)]
    report: ReportOut<'r>,
    /// What a configuration takes away from the report; absent where it takes away nothing.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    configuration: &'r [Notice],
    /// What led to the report; only from `watch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", schemars(with = "Occasion<'r>"))]
    event: Option<&'r Occasion<'r>>,
}

/// The program that made the output.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub(super) struct Tool<'r> {
    /// Always `sysdock`.
    #[cfg_attr(feature = "cli", schemars(extend("const" = env!("CARGO_PKG_NAME"))))]
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Hash over the texts of all rules that were used; the same rules have the same one.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[0-9a-f]{16}$")))]
    rules: &'r str,
}

/// What was found out about one target.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Report"))]
struct ReportOut<'r> {
    target: TargetOut<'r>,
    #[cfg_attr(feature = "cli", schemars(with = "crate::diagnose::Subject"))]
    subject: &'static str,
    #[cfg_attr(feature = "cli", schemars(with = "crate::diagnose::Verdict"))]
    verdict: &'static str,
    /// What the target does at the moment, in words for people.
    state: &'r str,
    /// Whose matter the first root cause is; null where there is none.
    #[cfg_attr(feature = "cli", schemars(with = "Option<crate::rule::Class>"))]
    class: Option<&'static str>,
    /// What is wrong: root causes first, and each role in the order of boot.
    findings: Vec<FindingOut<'r>>,
    /// What to do; null where nothing is to be done or no cure was looked for.
    prescription: Option<PrescriptionOut<'r>>,
    /// What a trial of the cure came to; null where there was none.
    trial: Option<trial_json::TrialOut<'r>>,
    /// Diagnoses that lack facts.
    undecided: Vec<UndecidedOut<'r>>,
    /// What could not be found out.
    gaps: Vec<GapOut<'r>>,
    /// What looks like a failure and is known to no rule.
    unrecognised: Vec<ClusterOut<'r>>,
}

/// Who was looked at.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Target"))]
struct TargetOut<'r> {
    #[cfg_attr(feature = "cli", schemars(with = "crate::snapshot::TargetKind"))]
    kind: &'static str,
    /// Name of the container, or of the file.
    name: &'r str,
    /// Id of the container; null for text.
    id: Option<&'r str>,
    engine: EngineOut<'r>,
}

/// The engine of the container; all its keys are null where there is none.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Engine"))]
struct EngineOut<'r> {
    /// `docker` or `podman`.
    name: Option<&'r str>,
    /// Version of the engine.
    version: Option<&'r str>,
    /// Version of the Engine API that was spoken.
    api: Option<&'r str>,
}

/// One thing that was found.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Finding"))]
struct FindingOut<'r> {
    /// Id of the diagnosis; `sysdock explain ID` shows it at length.
    #[cfg_attr(feature = "cli", schemars(with = "crate::rule::schema::Id"))]
    id: &'r str,
    #[cfg_attr(feature = "cli", schemars(with = "crate::diagnose::Role"))]
    role: &'static str,
    #[cfg_attr(feature = "cli", schemars(with = "crate::rule::Severity"))]
    severity: &'static str,
    #[cfg_attr(feature = "cli", schemars(with = "crate::rule::Confidence"))]
    confidence: &'static str,
    /// What is wrong, in one line.
    title: &'r str,
    /// What happens and why.
    explanation: &'r str,
    /// What speaks for it.
    evidence: Vec<EvidenceOut<'r>>,
    /// Ids of findings of this report that follow from it.
    #[cfg_attr(feature = "cli", schemars(with = "Vec<crate::rule::schema::Id>"))]
    explains: &'r [String],
    /// Ids of findings of this report that it follows from; empty for a root cause.
    #[cfg_attr(feature = "cli", schemars(with = "Vec<crate::rule::schema::Id>"))]
    explained_by: &'r [String],
    /// Ids of the remedies.
    #[cfg_attr(feature = "cli", schemars(with = "Vec<crate::rule::schema::Id>"))]
    remedies: &'r [String],
    /// The remedies in words.
    advice: Vec<&'r str>,
    /// Name of the shape of the cause to which explanation and advice are fitted; null for the cause in
    /// general.
    #[cfg_attr(feature = "cli", schemars(with = "Option<crate::rule::schema::Id>"))]
    variant: Option<&'r str>,
    #[cfg_attr(feature = "cli", schemars(with = "crate::rule::Class"))]
    class: &'static str,
    /// The same for the same diagnosis of a target of the same name, from one run to the next.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[0-9a-f]{32}$")))]
    fingerprint: String,
    /// Why the finding does not count; null where it does.
    accepted: Option<&'r Acceptance>,
}

/// Something that speaks for a finding.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Evidence"))]
#[serde(tag = "kind", rename_all = "lowercase")]
enum EvidenceOut<'r> {
    /// A line of a log.
    Log {
        /// The line, without escape sequences.
        text: &'r str,
        /// Its number within its stream, from 1.
        line: u64,
        /// Where it was read, such as `stdout` or `journal`.
        stream: &'r str,
    },
    /// A fact.
    Fact {
        /// Key of the fact.
        path: &'r str,
        /// Its value; null means that it is known to be absent.
        value: &'r Value,
        /// Where it was read.
        source: &'r str,
    },
}

/// A diagnosis that could be neither made nor ruled out.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Undecided"))]
struct UndecidedOut<'r> {
    /// Id of the diagnosis.
    #[cfg_attr(feature = "cli", schemars(with = "crate::rule::schema::Id"))]
    id: &'r str,
    /// Keys of the facts that it lacks.
    missing: &'r [String],
    /// Commands that show them.
    how: &'r [String],
}

/// Lines that look like one failure and match no signature.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Cluster"))]
struct ClusterOut<'r> {
    /// Id of the failure: the same whatever host, time, number or path the line names.
    cluster: &'r str,
    /// The first of its lines.
    text: &'r str,
    /// Number of that line.
    line: u64,
    /// How many there were.
    count: u64,
}

/// Something that could not be found out.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Gap"))]
struct GapOut<'r> {
    /// Key of a fact, or a group such as `pid1.*`.
    fact: &'r str,
    /// Why it is not known.
    reason: &'r str,
}

/// Returns all reports as one document, in the given order.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn sheet(sheet: &Sheet<'_>) -> serde_json::Result<String> {
    let reports = sheet.answers.iter().map(report).collect();
    let summary = sheet.summary.map(SummaryOut::new);
    text(&Document {
        schema_version: SCHEMA_VERSION,
        tool: tool(sheet.rules),
        reports,
        configuration: sheet.notices,
        summary,
    })
}

/// Returns a document with these answers only.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn answers(answers: &[Answer<'_>], rules: &RuleSet) -> serde_json::Result<String> {
    sheet(&Sheet { answers, summary: None, rules, failures: &[], notices: &[] })
}

/// Returns one report as one line.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn line(answer: &Answer<'_>, notices: &[Notice]) -> serde_json::Result<String> {
    written(&Line {
        schema_version: SCHEMA_VERSION,
        report: report(answer),
        configuration: notices,
        event: None,
    })
}

/// Returns one report as one line, with the event that led to it.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn line_of(answer: &Answer<'_>, event: Option<&Occasion<'_>>) -> serde_json::Result<String> {
    written(&Line { schema_version: SCHEMA_VERSION, report: report(answer), configuration: &[], event })
}

fn written(line: &Line<'_>) -> serde_json::Result<String> {
    Ok(format!("{}\n", harmless(&serde_json::to_string(line)?)))
}

/// Returns the program's name and version and the rules' hash.
pub(super) fn tool(rules: &RuleSet) -> Tool<'_> {
    Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rules: &rules.hash }
}

/// Returns a document as text for stdout.
pub(super) fn text<T: Serialize>(document: &T) -> serde_json::Result<String> {
    let mut text = harmless(&serde_json::to_string_pretty(document)?);
    text.push('\n');
    Ok(text)
}

fn report<'r>(answer: &Answer<'r>) -> ReportOut<'r> {
    let report = answer.report;
    ReportOut {
        target: target(&report.target),
        subject: words::subject(report.subject),
        verdict: words::verdict(report.verdict),
        state: &report.state,
        class: report.class().map(words::class),
        findings: report.findings.iter().map(|found| finding(found, report)).collect(),
        prescription: answer.prescription.map(prescription),
        trial: answer.trial.map(trial_json::of),
        undecided: report.undecided.iter().map(undecided).collect(),
        gaps: report.gaps.iter().map(gap).collect(),
        unrecognised: report.unrecognised.iter().map(cluster).collect(),
    }
}

fn target(target: &Target) -> TargetOut<'_> {
    let engine = target.engine.as_ref();
    TargetOut {
        kind: words::target_kind(target.kind),
        name: &target.name,
        id: target.id.as_deref(),
        engine: EngineOut {
            name: engine.map(|e| e.name.as_str()),
            version: engine.map(|e| e.version.as_str()),
            api: engine.map(|e| e.api.as_str()),
        },
    }
}

fn finding<'r>(finding: &'r Finding, report: &Report) -> FindingOut<'r> {
    FindingOut {
        id: &finding.id,
        role: words::role(finding.role),
        severity: words::severity(finding.severity),
        confidence: words::confidence(finding.confidence),
        title: &finding.title,
        explanation: &finding.explanation,
        evidence: finding.evidence.iter().map(evidence).collect(),
        explains: &finding.explains,
        explained_by: &finding.explained_by,
        remedies: &finding.remedies,
        advice: finding.advice.iter().map(|advice| advice.words.as_str()).collect(),
        variant: finding.variant.as_deref(),
        class: words::class(finding.class),
        fingerprint: report.fingerprint(finding),
        accepted: finding.accepted.as_ref(),
    }
}

fn evidence(evidence: &Evidence) -> EvidenceOut<'_> {
    match evidence {
        Evidence::Log { text, line, stream } => EvidenceOut::Log { text, line: *line, stream },
        Evidence::Fact { path, value, source } => EvidenceOut::Fact { path, value, source },
    }
}

fn undecided(open: &Undecided) -> UndecidedOut<'_> {
    UndecidedOut { id: &open.id, missing: &open.missing, how: &open.how }
}

fn cluster(cluster: &Cluster) -> ClusterOut<'_> {
    ClusterOut { cluster: &cluster.cluster, text: &cluster.text, line: cluster.line, count: cluster.count }
}

fn gap(gap: &Gap) -> GapOut<'_> {
    GapOut { fact: &gap.fact, reason: &gap.reason }
}

/// Returns the schema of reports: of a whole document, or of one of its lines.
#[cfg(feature = "cli")]
#[must_use]
pub fn schema() -> schemars::Schema {
    crate::schema::of_output::<Output<'static>>()
}

/// A report of sysdock: a document with all reports of a run (`--format json`), or a line with one of them
/// (`--format jsonl`, and `watch` with `--format json`).
#[cfg(feature = "cli")]
#[derive(schemars::JsonSchema)]
#[schemars(title = "sysdock report", untagged)]
#[allow(dead_code, clippy::large_enum_variant, reason = "only its schema is asked for")]
enum Output<'r> {
    Document(Document<'r>),
    Line(Line<'r>),
}

#[cfg(test)]
mod tests;
