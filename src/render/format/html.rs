//! Renders reports as one HTML page: no script, nothing loaded. The template escapes every value.

use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde::Serialize;

use crate::diagnose::{Finding, Report, Role, Subject, Verdict};
use crate::prescribe::{CureFormat, emit};
use crate::render::items::quote;
use crate::render::{Answer, Sheet, counted, visible, words};

/// Number of reports up to which they are shown expanded.
const UNFOLDED: usize = 20;
/// Number of evidence lines that are shown per finding.
const QUOTED: usize = 30;

#[derive(Serialize)]
struct PageView<'r> {
    title: String,
    counts: Vec<CountView>,
    reports: Vec<ReportView>,
    failures: Vec<String>,
    notices: Vec<String>,
    version: &'static str,
    rules: &'r str,
}

#[derive(Serialize)]
struct ReportView {
    name: String,
    engine: String,
    standing: &'static str,
    verdict: &'static str,
    state: String,
    class: Option<&'static str>,
    open: bool,
    roots: Vec<FindingView>,
    loose: Vec<FindingView>,
    asides: Vec<FindingView>,
    cure: Option<CureView>,
    unknown: Vec<String>,
}

#[derive(Serialize)]
struct FindingView {
    id: String,
    title: String,
    role: &'static str,
    severity: &'static str,
    confidence: &'static str,
    accepted: Option<String>,
    paragraphs: Vec<String>,
    evidence: Vec<String>,
    explains: Vec<FindingView>,
}

#[derive(Serialize)]
struct CureView {
    summary: String,
    rights: String,
    script: Option<String>,
    steps: Vec<String>,
}

#[derive(Serialize)]
struct CountView {
    word: &'static str,
    count: usize,
}

/// Returns the page.
///
/// # Errors
/// Returns [`minijinja::Error`] if the template cannot be rendered with the data.
pub fn render(sheet: &Sheet<'_>) -> Result<String, minijinja::Error> {
    let mut templates = Environment::new();
    templates.add_template("report.html", include_str!("report.html"))?;
    let page = PageView {
        title: title(sheet),
        counts: counts(sheet),
        reports: sheet.answers.iter().enumerate().map(|(place, answer)| view(answer, place)).collect(),
        failures: sheet.failures.iter().map(|failure| shown(failure)).collect(),
        notices: sheet.notices.iter().map(|notice| shown(&notice.sentence())).collect(),
        version: env!("CARGO_PKG_VERSION"),
        rules: &sheet.rules.hash,
    };
    templates.get_template("report.html")?.render(Value::from(Serde(&page)))
}

fn title(sheet: &Sheet<'_>) -> String {
    match sheet.answers {
        [only] => format!("{}: {}", visible(&only.report.target.name), words::standing(only.report)),
        many => counted(many.len(), "report", "reports"),
    }
}

fn counts(sheet: &Sheet<'_>) -> Vec<CountView> {
    let of =
        |verdict: Verdict| sheet.answers.iter().filter(|answer| answer.report.verdict == verdict).count();
    let all = [Verdict::Failed, Verdict::Degraded, Verdict::Undetermined, Verdict::Healthy];
    all.into_iter()
        .map(|verdict| CountView { word: words::verdict(verdict), count: of(verdict) })
        .filter(|count| count.count > 0)
        .collect()
}

fn view(answer: &Answer<'_>, place: usize) -> ReportView {
    let report = answer.report;
    let of = |role: Role| report.findings.iter().filter(move |finding| finding.role == role);
    let engine = report
        .target
        .engine
        .as_ref()
        .map(|engine| format!("{} {}", visible(&engine.name), visible(&engine.version)));
    ReportView {
        name: visible(&report.target.name),
        engine: engine.unwrap_or_default(),
        // The style sheet's class: only a confirmed verdict is green.
        verdict: if report.is_unasked() { "unasked" } else { words::verdict(report.verdict) },
        standing: words::standing(report),
        state: if report.subject == Subject::NotSystemd {
            format!("no systemd here (nothing to diagnose); {}", visible(&report.state))
        } else {
            visible(&report.state)
        },
        class: report.class().map(words::class),
        open: place < UNFOLDED && report.verdict != Verdict::Healthy,
        roots: of(Role::RootCause).map(|root| cause(root, report)).collect(),
        loose: of(Role::Consequence)
            .filter(|finding| finding.explained_by.is_empty())
            .map(finding_view)
            .collect(),
        asides: of(Role::Risk).chain(of(Role::Note)).map(finding_view).collect(),
        cure: answer.prescription.map(|prescription| CureView {
            summary: shown(&prescription.summary),
            rights: shown(&prescription.privilege.to_string()),
            script: emit(prescription, CureFormat::Sh).ok().flatten().map(|script| shown(&script.text)),
            steps: prescription.steps.iter().map(|step| shown(&step.title)).collect(),
        }),
        unknown: unknown(report),
    }
}

fn cause(root: &Finding, report: &Report) -> FindingView {
    let follows =
        |finding: &&Finding| finding.role == Role::Consequence && finding.explained_by.contains(&root.id);
    FindingView {
        explains: report.findings.iter().filter(follows).map(finding_view).collect(),
        ..finding_view(root)
    }
}

fn finding_view(finding: &Finding) -> FindingView {
    FindingView {
        id: visible(&finding.id),
        title: visible(&finding.title),
        role: words::role(finding.role),
        severity: words::severity(finding.severity),
        confidence: words::confidence(finding.confidence),
        accepted: finding.accepted.as_ref().map(|why| visible(&words::acceptance(why))),
        paragraphs: finding.explanation.split("\n\n").map(shown).collect(),
        evidence: finding.evidence.iter().take(QUOTED).map(|evidence| visible(&quote(evidence))).collect(),
        explains: Vec::new(),
    }
}

fn unknown(report: &Report) -> Vec<String> {
    let clusters = report
        .unrecognised
        .iter()
        .map(|cluster| format!("unknown failure, {} times: {}", cluster.count, cluster.text));
    let undecided = report
        .undecided
        .iter()
        .map(|open| format!("not checked: {} (needs {})", open.id, open.missing.join(", ")));
    let gaps = report.gaps.iter().map(|gap| format!("not available: {} ({})", gap.fact, gap.reason));
    clusters.chain(undecided).chain(gaps).map(|line| visible(&line)).collect()
}

/// Makes each line of a text safe to display.
fn shown(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}
