//! What is made of a snapshot, to its last character: judged, prescribed for and printed, twice.

use std::sync::LazyLock;

use sysdock::diagnose::diagnose_with;
use sysdock::prescribe::{Reach, prescribe};
use sysdock::render::format::{ReportFormat, render};
use sysdock::render::{Answer, Context, Sheet};
use sysdock::rule::{RuleSet, builtin};
use sysdock::scan::Matcher;
use sysdock::snapshot::{EngineKind, Snapshot};

pub static RULES: LazyLock<RuleSet> = LazyLock::new(|| builtin().expect("the built-in rules can be read"));
pub static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&RULES));

/// Forms that are printed for each snapshot; the others are tried with hostile text elsewhere.
const FORMS: [ReportFormat; 3] = [ReportFormat::Human, ReportFormat::Json, ReportFormat::Markdown];

/// Judges and prints a snapshot.
///
/// # Panics
/// When it does not give the same twice, or gives what a terminal obeys.
pub fn check(snapshot: &Snapshot) {
    let said = said(snapshot);
    for text in &said {
        let obeyed = text.chars().find(|c| {
            (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(obeyed, None, "{}", text.escape_debug());
    }
    assert_eq!(said, self::said(snapshot), "the same snapshot gives the same text");
}

fn said(snapshot: &Snapshot) -> Vec<String> {
    let report = diagnose_with(snapshot, &RULES, &MATCHER);
    let prescription = prescribe(&report, snapshot, &Reach::by_itself(EngineKind::Docker));
    let answers = [Answer { report: &report, prescription: prescription.as_ref(), trial: None }];
    let sheet = Sheet { answers: &answers, summary: None, rules: &RULES, failures: &[], notices: &[] };
    let context = Context { width: 100, color: false, unicode: true, hyperlinks: false };
    FORMS
        .iter()
        .map(|form| render(*form, &sheet, &context).expect("a report can be written in every form"))
        .collect()
}
