//! Renders reports as SARIF 2.1.0: the rules that matched, a result per finding, and notifications for what
//! could not be examined.
//!
//! Specification: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. This file has its own
//! types for the part that is used. Must not leave out accepted findings: they are results with a suppression
//! or an unchanged baseline state.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::markdown;
use crate::diagnose::{Acceptance, Evidence, Report, Role};
use crate::prescribe::{CureFormat, Prescription, emit};
use crate::render::items::{self, Item};
use crate::render::{Sheet, json as plain, words};
use crate::rule::{Confidence, Rule, RuleSet};
use crate::snapshot::TargetKind;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Name and version of the fingerprint algorithm.
const FINGERPRINT: &str = "targetAndDiagnosis/v1";
/// Maximum number of evidence lines that become related locations.
const PLACES: usize = 20;

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Value,
    invocations: [Invocation; 1],
    results: Vec<ResultOut<'r>>,
    column_kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_configuration_notifications: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOut<'r> {
    rule_id: &'r str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    partial_fingerprints: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    suppressions: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
    properties: Value,
}

/// Returns the log.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn render(sheet: &Sheet<'_>) -> serde_json::Result<String> {
    let mut met: BTreeMap<&str, usize> =
        items::all(sheet).map(|item| (item.finding.id.as_str(), 0)).collect();
    met.values_mut().enumerate().for_each(|(index, place)| *place = index);
    let rules: Vec<Value> = met.keys().map(|id| rule(id, sheet.rules)).collect();
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"), "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules,
        "properties": {"rules": sheet.rules.hash},
    });
    let configured =
        sheet.notices.iter().map(|notice| json!({"level": "note", "message": {"text": notice.sentence()}}));
    let invocation = Invocation {
        execution_successful: sheet.failures.is_empty(),
        tool_execution_notifications: notifications(sheet),
        tool_configuration_notifications: configured.collect(),
    };
    let results = items::all(sheet).map(|item| result(&item, &met)).collect();
    let run = Run {
        tool: json!({"driver": driver}),
        invocations: [invocation],
        results,
        column_kind: "unicodeCodePoints",
    };
    plain::text(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

/// Returns notifications for what could not be examined, failures without a root cause, and what could not be
/// diagnosed.
fn notifications(sheet: &Sheet<'_>) -> Vec<Value> {
    let unseen = sheet
        .failures
        .iter()
        .map(|failure| json!({"level": "error", "message": {"text": plain_text(failure)}}));
    let unknown = sheet.answers.iter().filter(|answer| markdown::is_unexplained(answer.report)).map(|answer| {
        let text = format!("{}: {}; no root cause found", answer.report.target.name, answer.report.state);
        json!({"level": "warning", "message": {"text": plain_text(&text)}, "locations": [location(answer.report, 1)]})
    });
    let unjudged = sheet.answers.iter().filter_map(|answer| {
        let text = format!("{}: {}", answer.report.target.name, answer.report.unjudged()?);
        Some(json!({"level": "note", "message": {"text": text}, "locations": [location(answer.report, 1)]}))
    });
    unseen.chain(unknown).chain(unjudged).collect()
}

fn rule(id: &str, rules: &RuleSet) -> Value {
    let Some(rule) = rules.get(id) else { return json!({"id": id}) };
    let level = words::severity(rule.severity);
    let mut described = json!({
        "id": rule.id,
        "shortDescription": {"text": plain_text(&rule.title)},
        "fullDescription": {"text": plain_text(&rule.page.explanation)},
        "help": {"text": plain_text(&help(rule, rules)), "markdown": help_markdown(rule, rules)},
        "helpUri": rule.page.references.first().filter(|reference| reference.starts_with("https://")),
        "defaultConfiguration": {"level": if matches!(level, "critical" | "error") { "error" } else if level == "warning" { "warning" } else { "note" }},
        "properties": {"precision": precision(rule.confidence), "problem.severity": if level == "critical" { "error" } else { level },
            "tags": ["systemd", words::stage(rule.stage), words::class(rule.class)]},
    });
    if let Some(keys) = described.as_object_mut() {
        keys.retain(|_, value| !value.is_null());
    }
    described
}

const fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "very-high",
        Confidence::Likely => "high",
        Confidence::Possible => "medium",
    }
}

fn help(rule: &Rule, rules: &RuleSet) -> String {
    let remedies = rule
        .remedies
        .iter()
        .filter_map(|id| rules.remedies.get(id))
        .map(|remedy| format!("{}\n{}", remedy.title, remedy.words));
    let parts = [rule.page.explanation.clone(), format!("Confirm by hand:\n{}", rule.page.confirm)]
        .into_iter()
        .chain(remedies);
    parts.chain(rule.page.references.iter().cloned()).collect::<Vec<_>>().join("\n\n")
}

fn help_markdown(rule: &Rule, rules: &RuleSet) -> String {
    let prose = |text: &str| text.split('\n').map(markdown::inline).collect::<Vec<_>>().join("\n");
    let mut text =
        format!("{}\n\n**Confirm by hand.** {}\n", prose(&rule.page.explanation), prose(&rule.page.confirm));
    for remedy in rule.remedies.iter().filter_map(|id| rules.remedies.get(id)) {
        text.push_str(&format!("\n**{}.** {}\n", markdown::inline(&remedy.title), prose(&remedy.words)));
    }
    rule.page.references.iter().for_each(|reference| text.push_str(&format!("\n- <{reference}>")));
    text
}

fn result<'r>(item: &Item<'r>, met: &BTreeMap<&str, usize>) -> ResultOut<'r> {
    let (finding, report) = (item.finding, item.report);
    let note = finding.role == Role::Note;
    let (baseline_state, suppressions) = accepted(finding.accepted.as_ref());
    let fix = item.prescription.filter(|_| finding.role == Role::RootCause).and_then(fix);
    ResultOut {
        rule_id: &finding.id,
        rule_index: met.get(finding.id.as_str()).copied().unwrap_or_default(),
        kind: if note { "informational" } else { "fail" },
        level: if note {
            "none"
        } else {
            ["note", "warning", "error"][usize::from(items::degree(finding)).min(2)]
        },
        message: json!({"text": plain_text(&message(item))}),
        locations: [location(report, item.place().line)],
        related_locations: related(item),
        partial_fingerprints: json!({FINGERPRINT: report.fingerprint(finding)}),
        baseline_state,
        suppressions,
        fixes: fix.into_iter().collect(),
        properties: json!({
            "role": words::role(finding.role), "severity": words::severity(finding.severity), "confidence": words::confidence(finding.confidence),
            "class": words::class(finding.class), "verdict": words::verdict(report.verdict), "explains": finding.explains,
            "explainedBy": finding.explained_by,
        }),
    }
}

fn accepted(acceptance: Option<&Acceptance>) -> (Option<&'static str>, Vec<Value>) {
    match acceptance {
        None => (None, Vec::new()),
        Some(Acceptance::Known) => (Some("unchanged"), Vec::new()),
        Some(Acceptance::Suppressed { reason, expires }) => {
            let suppression = json!({"kind": "external", "status": "accepted", "justification": plain_text(reason), "properties": {"expires": expires}});
            (None, vec![suppression])
        }
    }
}

fn message(item: &Item<'_>) -> String {
    let mut text = format!("{}.", item.headline());
    let quotes = item.quotes(3);
    if !quotes.is_empty() {
        text.push_str(&format!(" Evidence: {}.", quotes.join("; ")));
    }
    if let Some(cure) = item.cure().filter(|_| item.finding.role == Role::RootCause) {
        text.push_str(&format!(" Cure: {cure}"));
    }
    text
}

/// Escapes brackets where a SARIF reader would find a link (section 3.11.6).
fn plain_text(text: &str) -> String {
    if !text.contains("](") {
        return text.to_owned();
    }
    let escaped =
        ['\\', '[', ']'].iter().fold(text.to_owned(), |text, sign| text.replace(*sign, &format!("\\{sign}")));
    escaped.replace("](", "]\\(")
}

/// Returns a file and a line for text; for a container, a path that is not a file, with its name as a logical
/// location.
fn location(report: &Report, line: u64) -> Value {
    let physical =
        json!({"artifactLocation": {"uri": items::path(&report.target)}, "region": {"startLine": line}});
    if report.target.kind == TargetKind::Text {
        return json!({"physicalLocation": physical});
    }
    let name = &report.target.name;
    json!({"physicalLocation": physical, "logicalLocations": [{"name": name, "fullyQualifiedName": name, "kind": "module"}]})
}

/// Returns more lines of a text that show the finding.
fn related(item: &Item<'_>) -> Vec<Value> {
    if item.report.target.kind != TargetKind::Text {
        return Vec::new();
    }
    let lines = item.finding.evidence.iter().filter_map(|evidence| match evidence {
        Evidence::Log { text, line, .. } => Some((text, (*line).max(1))),
        Evidence::Fact { .. } => None,
    });
    lines
        .skip(1)
        .take(PLACES)
        .map(|(text, line)| {
            let mut place = location(item.report, line);
            place["message"] = json!({"text": plain_text(text)});
            place
        })
        .collect()
}

/// Returns the cure as a new file: the script that carries it out.
fn fix(prescription: &Prescription) -> Option<Value> {
    let script = emit(prescription, CureFormat::Sh).ok().flatten()?;
    let replacement = json!({"deletedRegion": {"charOffset": 0, "charLength": 0}, "insertedContent": {"text": script.text}});
    let change = json!({"artifactLocation": {"uri": "sysdock-cure.sh"}, "replacements": [replacement]});
    Some(json!({"description": {"text": plain_text(&prescription.summary)}, "artifactChanges": [change]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_link() {
        for text in ["[x](https://evil)", "a [b] [c](d) [e", "\\[x](y)", "[[x]](y)", "[x](1)"] {
            let plain = plain_text(text);
            assert!(
                !plain.contains("](") && !plain.replace("\\\\", "").replace("\\[", "").contains('['),
                "{plain}"
            );
        }
        for text in ["systemd[1]: Freezing execution.", "[  OK  ] Reached target (basic)", r"C:\x"] {
            assert_eq!(plain_text(text), text);
        }
    }
}
