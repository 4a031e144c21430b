//! Renders reports as Markdown for a ticket: what is wrong, collapsed evidence, what to do. Secrets are
//! redacted once more.
//!
//! Must not let foreign text become markup: it is in code spans, in fences longer than any it contains, or
//! escaped.

use crate::diagnose::{Finding, Report, Role, Subject, Verdict};
use crate::prescribe::{CureFormat, Prescription, emit};
use crate::render::items::quote;
use crate::render::{Answer, Sheet, visible, words};
use crate::snapshot::Redactor;

/// Number of evidence lines that are quoted per finding.
const QUOTED: usize = 10;

/// Returns all reports.
#[must_use]
pub fn render(sheet: &Sheet<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    if sheet.answers.len() > 1 {
        parts.push(overview(sheet));
    }
    parts.extend(sheet.answers.iter().map(one));
    if !sheet.failures.is_empty() {
        let failures: Vec<String> =
            sheet.failures.iter().map(|failure| format!("- {}", inline(failure))).collect();
        parts.push(format!("### Could not examine\n\n{}\n", failures.join("\n")));
    }
    parts.extend(configured(sheet));
    if parts.is_empty() {
        parts.push("Nothing was examined.\n".to_owned());
    }
    parts.join("\n")
}

/// Returns what the configuration removes.
pub fn configured(sheet: &Sheet<'_>) -> Option<String> {
    let notices: Vec<String> =
        sheet.notices.iter().map(|notice| format!("- {}", inline(&notice.sentence()))).collect();
    (!notices.is_empty()).then(|| format!("### Configuration\n\n{}\n", notices.join("\n")))
}

/// Returns whether the target failed without a known cause.
pub fn is_unexplained(report: &Report) -> bool {
    report.verdict == Verdict::Failed && !report.findings.iter().any(Finding::is_failure)
}

fn overview(sheet: &Sheet<'_>) -> String {
    let mut text = String::from("| target | verdict | root cause | class |\n|---|---|---|---|\n");
    for report in sheet.answers.iter().map(|answer| answer.report) {
        let root = report.root().map_or_else(String::new, |root| code(&root.id));
        let class = report.class().map_or("", words::class);
        text.push_str(&format!(
            "| {} | {} | {root} | {class} |\n",
            inline(&report.target.name),
            words::standing(report)
        ));
    }
    text
}

fn one(answer: &Answer<'_>) -> String {
    let report = answer.report;
    let mut text = format!("## {}: {}\n\n", inline(&report.target.name), headline(report));
    if let Some(engine) = &report.target.engine {
        text.push_str(&format!("{} {}, ", inline(&engine.name), inline(&engine.version)));
    }
    text.push_str(&format!("{}.\n", inline(&report.state)));
    for finding in &report.findings {
        text.push_str(&told(finding, report));
    }
    if let Some(prescription) = answer.prescription {
        text.push_str(&cure(prescription));
    }
    text.push_str(&unknown(report));
    text
}

fn headline(report: &Report) -> String {
    if report.subject == Subject::NotSystemd {
        return "no systemd here (nothing to diagnose)".to_owned();
    }
    let class = report.class().map(|class| format!(" ({})", words::class(class))).unwrap_or_default();
    format!("{}{class}", words::standing(report))
}

fn told(finding: &Finding, report: &Report) -> String {
    let accepted = finding
        .accepted
        .as_ref()
        .map(|why| format!(" ({})", inline(&words::acceptance(why))))
        .unwrap_or_default();
    let title = format!("{} {}{accepted}", inline(&finding.title), code(&finding.id));
    match finding.role {
        Role::RootCause => {
            let advice = finding.explanation.split("\n\n").next().unwrap_or_default();
            let kind =
                format!("{}, {}", words::severity(finding.severity), words::confidence(finding.confidence));
            let body = inline(&advice.replace('\n', " "));
            format!(
                "\n### {title}\n\n{kind}. {body}\n{}{}",
                folded("evidence", &quotes(finding)),
                consequences(finding, report)
            )
        }
        Role::Consequence if finding.explained_by.is_empty() => {
            format!("\n### Symptom without a known cause: {title}\n{}", folded("evidence", &quotes(finding)))
        }
        Role::Consequence => String::new(),
        Role::Risk | Role::Note => format!("\n- {}: {title}\n", words::role(finding.role)),
    }
}

fn consequences(root: &Finding, report: &Report) -> String {
    let follows =
        |finding: &&Finding| finding.role == Role::Consequence && finding.explained_by.contains(&root.id);
    let names: Vec<String> = report
        .findings
        .iter()
        .filter(follows)
        .map(|finding| format!("{} {}", inline(&finding.title), code(&finding.id)))
        .collect();
    if names.is_empty() { String::new() } else { format!("\nExplains: {}.\n", names.join("; ")) }
}

fn quotes(finding: &Finding) -> String {
    let mut redactor = Redactor::default();
    let lines: Vec<String> = finding.evidence.iter().take(QUOTED).map(quote).collect();
    lines.iter().for_each(|line| redactor.learn_text(line));
    let more = finding.evidence.len().saturating_sub(QUOTED);
    let mut shown: Vec<String> = lines.iter().map(|line| visible(&redactor.redact(line))).collect();
    if more > 0 {
        shown.push(format!("… and {more} more"));
    }
    shown.join("\n")
}

/// Writes the cure: its summary, and all of it as a collapsed script.
fn cure(prescription: &Prescription) -> String {
    let mut text = format!("\n### What to do\n\n{}\n", inline(&prescription.summary));
    let script = emit(prescription, CureFormat::Sh).ok().flatten();
    match script {
        Some(script) => {
            let mut redactor = Redactor::default();
            redactor.learn_text(&script.text);
            let lines: Vec<String> = redactor.redact(&script.text).lines().map(visible).collect();
            text.push_str(&folded("the cure as a script", &lines.join("\n")));
        }
        None => prescription
            .steps
            .iter()
            .for_each(|step| text.push_str(&format!("\n- {}\n", inline(&step.title)))),
    }
    text
}

fn unknown(report: &Report) -> String {
    let undecided = report
        .undecided
        .iter()
        .map(|open| format!("not checked: {} (needs {})", open.id, open.missing.join(", ")));
    let gaps = report.gaps.iter().map(|gap| format!("not available: {} ({})", gap.fact, gap.reason));
    let clusters = report
        .unrecognised
        .iter()
        .map(|cluster| format!("unknown failure, {} times: {}", cluster.count, cluster.text));
    let lines: Vec<String> = clusters.chain(undecided).chain(gaps).map(|line| visible(&line)).collect();
    if lines.is_empty() { String::new() } else { folded("what was not checked", &lines.join("\n")) }
}

/// Writes a block that expands when it is clicked.
fn folded(title: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!(
        "\n<details><summary>{title}</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>\n",
        text.trim_end()
    )
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Escapes inline text: every character that Markdown or HTML would interpret.
pub fn inline(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    // Prevents Markdown readers from turning text into links; an `https` address may become one.
    [("http://", "http:\\//"), ("ftp://", "ftp:\\//"), ("www.", "www\\.")]
        .iter()
        .fold(safe, |text, (address, broken)| text.replace(address, broken))
}

/// Writes an ID as code.
fn code(id: &str) -> String {
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain { format!("`{id}`") } else { inline(id) }
}
