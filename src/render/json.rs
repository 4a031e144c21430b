//! Reports for programs, `schema_version` 1. Own output types: what is printed here is a contract, keys only
//! grow.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::summary_table::SummaryOut;
use super::trial_json;
use super::watch_line::Occasion;
use super::{Answer, Notice, Sheet, words};
use crate::diagnose::{Acceptance, Evidence, Finding, Report, Undecided};
use crate::prescribe::{NotOffered, Prescription, Step};
use crate::rule::RuleSet;
use crate::snapshot::{Cluster, Gap, Target};

pub use crate::visible::in_json as harmless;

/// Version of the report's form.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    tool: Tool<'r>,
    reports: Vec<ReportOut<'r>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    configuration: &'r [Notice],
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<SummaryOut<'r>>,
}

/// A report on a line of its own.
#[derive(Serialize)]
struct Line<'r> {
    schema_version: u32,
    #[serde(flatten)]
    report: ReportOut<'r>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    configuration: &'r [Notice],
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'r Occasion<'r>>,
}

/// The program that made the output.
#[derive(Serialize)]
pub(super) struct Tool<'r> {
    name: &'static str,
    version: &'static str,
    rules: &'r str,
}

#[derive(Serialize)]
struct ReportOut<'r> {
    target: TargetOut<'r>,
    subject: &'static str,
    verdict: &'static str,
    state: &'r str,
    class: Option<&'static str>,
    findings: Vec<FindingOut<'r>>,
    prescription: Option<PrescriptionOut<'r>>,
    trial: Option<trial_json::TrialOut<'r>>,
    undecided: Vec<UndecidedOut<'r>>,
    gaps: Vec<GapOut<'r>>,
    unrecognised: Vec<ClusterOut<'r>>,
}

#[derive(Serialize)]
struct TargetOut<'r> {
    kind: &'static str,
    name: &'r str,
    id: Option<&'r str>,
    engine: EngineOut<'r>,
}

/// All null where there is no engine.
#[derive(Serialize)]
struct EngineOut<'r> {
    name: Option<&'r str>,
    version: Option<&'r str>,
    api: Option<&'r str>,
}

#[derive(Serialize)]
struct FindingOut<'r> {
    id: &'r str,
    role: &'static str,
    severity: &'static str,
    confidence: &'static str,
    title: &'r str,
    explanation: &'r str,
    evidence: Vec<EvidenceOut<'r>>,
    explains: &'r [String],
    explained_by: &'r [String],
    remedies: &'r [String],
    advice: Vec<&'r str>,
    class: &'static str,
    fingerprint: String,
    accepted: Option<&'r Acceptance>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum EvidenceOut<'r> {
    Log { text: &'r str, line: u64, stream: &'r str },
    Fact { path: &'r str, value: &'r Value, source: &'r str },
}

#[derive(Serialize)]
struct UndecidedOut<'r> {
    id: &'r str,
    missing: &'r [String],
    how: &'r [String],
}

#[derive(Serialize)]
struct ClusterOut<'r> {
    cluster: &'r str,
    text: &'r str,
    line: u64,
    count: u64,
}

#[derive(Serialize)]
struct GapOut<'r> {
    fact: &'r str,
    reason: &'r str,
}

#[derive(Serialize)]
struct PrescriptionOut<'r> {
    summary: &'r str,
    privilege: &'r str,
    cost: &'r str,
    curable: bool,
    steps: Vec<StepOut<'r>>,
    not_offered: Vec<NotOfferedOut<'r>>,
}

#[derive(Serialize)]
struct StepOut<'r> {
    title: &'r str,
    kind: &'static str,
    files: &'r BTreeMap<String, String>,
    argv: &'r [String],
    why: &'r [String],
    needs: Option<&'r str>,
}

#[derive(Serialize)]
struct NotOfferedOut<'r> {
    what: &'r str,
    why: &'r str,
}

/// All reports as one document, in the order given.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
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

/// The same for answers alone.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn answers(answers: &[Answer<'_>], rules: &RuleSet) -> serde_json::Result<String> {
    sheet(&Sheet { answers, summary: None, rules, failures: &[], notices: &[] })
}

/// One report as one line.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn line(answer: &Answer<'_>, notices: &[Notice]) -> serde_json::Result<String> {
    written(&Line {
        schema_version: SCHEMA_VERSION,
        report: report(answer),
        configuration: notices,
        event: None,
    })
}

/// The same with what led to it.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn line_of(answer: &Answer<'_>, event: Option<&Occasion<'_>>) -> serde_json::Result<String> {
    written(&Line { schema_version: SCHEMA_VERSION, report: report(answer), configuration: &[], event })
}

fn written(line: &Line<'_>) -> serde_json::Result<String> {
    Ok(format!("{}\n", harmless(&serde_json::to_string(line)?)))
}

/// This program and its rules.
pub(super) fn tool(rules: &RuleSet) -> Tool<'_> {
    Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rules: &rules.hash }
}

/// A document as text for stdout.
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

fn prescription(prescription: &Prescription) -> PrescriptionOut<'_> {
    PrescriptionOut {
        summary: &prescription.summary,
        privilege: &prescription.privilege,
        cost: &prescription.cost,
        curable: prescription.curable,
        steps: prescription.steps.iter().map(step).collect(),
        not_offered: prescription.not_offered.iter().map(not_offered).collect(),
    }
}

fn not_offered(other: &NotOffered) -> NotOfferedOut<'_> {
    NotOfferedOut { what: &other.what, why: &other.why }
}

fn step(step: &Step) -> StepOut<'_> {
    StepOut {
        title: &step.title,
        kind: step.kind.name(),
        files: &step.files,
        argv: &step.argv,
        why: &step.why,
        needs: step.needs.as_deref(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::snapshot::TargetKind;

    fn parsed(reports: &[Report]) -> Value {
        serde_json::from_str(&answers(&Answer::without_cure(reports), &RuleSet::default()).unwrap()).unwrap()
    }

    #[test]
    fn the_keys_are_those_of_the_contract() {
        let document = parsed(&[sample::failed()]);
        let keys = |pointer: &str| {
            document
                .pointer(pointer)
                .and_then(Value::as_object)
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(keys(""), "schema_version tool reports");
        assert_eq!(keys("/tool"), "name version rules");
        assert_eq!(
            keys("/reports/0"),
            "target subject verdict state class findings prescription trial undecided gaps unrecognised"
        );
        assert_eq!(keys("/reports/0/target"), "kind name id engine");
        assert_eq!(keys("/reports/0/target/engine"), "name version api");
        let finding = "id role severity confidence title explanation evidence explains explained_by remedies \
            advice class fingerprint accepted";
        assert_eq!(keys("/reports/0/findings/0"), finding);
        assert_eq!(keys("/reports/0/findings/0/evidence/0"), "kind text line stream");
        assert_eq!(keys("/reports/0/findings/0/evidence/1"), "kind path value source");
        assert_eq!(keys("/reports/0/undecided/0"), "id missing how");
        assert_eq!(keys("/reports/0/gaps/0"), "fact reason");
    }

    #[test]
    fn a_prescription_has_the_keys_of_the_contract() {
        let (report, prescription) = (sample::failed(), sample::prescription());
        let text = answers(
            &[Answer { report: &report, prescription: Some(&prescription), trial: None }],
            &RuleSet::default(),
        )
        .unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let keys = |pointer: &str| {
            document
                .pointer(pointer)
                .and_then(Value::as_object)
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(keys("/reports/0/prescription"), "summary privilege cost curable steps not_offered");
        assert_eq!(keys("/reports/0/prescription/steps/0"), "title kind files argv why needs");
        assert_eq!(keys("/reports/0/prescription/not_offered/0"), "what why");
        assert_eq!(document["reports"][0]["prescription"]["steps"][1]["kind"], "run-container");
    }

    #[test]
    fn words_are_those_of_the_contract() {
        let document = parsed(&[sample::failed(), sample::not_systemd()]);
        let said =
            |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned).unwrap();
        assert_eq!(said("/reports/0/verdict"), "failed");
        assert_eq!(said("/reports/0/findings/0/role"), "root-cause");
        assert_eq!(said("/reports/0/findings/0/evidence/1/kind"), "fact");
        assert_eq!(said("/reports/1/subject"), "not-systemd");
        assert!(document.pointer("/reports/0/prescription").unwrap().is_null());
    }

    #[test]
    fn text_has_no_engine_but_the_same_keys() {
        let mut report = sample::healthy();
        report.target = Target { kind: TargetKind::Text, name: "ci.log".to_owned(), id: None, engine: None };
        let document = parsed(&[report]);
        assert_eq!(
            document["reports"][0]["target"],
            serde_json::json!({"kind":"text","name":"ci.log","id":null,"engine":{"name":null,"version":null,"api":null}})
        );
    }

    #[test]
    fn no_target_is_a_valid_document() {
        let text = answers(&[], &RuleSet::default()).unwrap();
        assert!(text.ends_with("\"reports\": []\n}\n"), "{text}");
    }

    #[test]
    fn hostile_text_is_escaped_and_comes_back_whole() {
        let hostile = sample::hostile();
        let text =
            answers(&Answer::without_cure(std::slice::from_ref(&hostile)), &RuleSet::default()).unwrap();
        assert!(!text.chars().any(|c| c != '\n' && crate::visible::is_hidden(c)), "{text:?}");
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["reports"][0]["target"]["name"].as_str(), Some(hostile.target.name.as_str()));
        assert_eq!(harmless("\"\u{e0041}\""), "\"\\udb40\\udc41\"");
    }
}
