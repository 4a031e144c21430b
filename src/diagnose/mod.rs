//! The pure core: a snapshot and a rule set in, a report out.
//!
//! Must not read files, clocks or the environment; the same input gives the same bytes.

mod acceptance;
mod accepted;
mod baseline;
mod evaluate;
mod evidence;
mod examples;
mod found;
mod pasted_text;
mod refused_start;
mod report;
mod root_causes;
mod settled;
mod summary;
mod suppression;
mod unchecked;
mod verdict;

use crate::rule::RuleSet;
use crate::scan::Matcher;
use crate::snapshot::{Snapshot, TargetKind};

pub use acceptance::Acceptance;
pub use accepted::Accepted;
pub use baseline::{Baseline, fingerprint};
pub use examples::verify_examples;
pub use report::{Advice, Evidence, Finding, Report, Role, Subject, Undecided, Verdict};
pub use settled::is_settled;
pub use summary::Summary;
pub use suppression::Suppression;

/// Judges a snapshot by a rule set.
#[must_use]
pub fn diagnose(snapshot: &Snapshot, rules: &RuleSet) -> Report {
    let matcher = Matcher::new(rules);
    diagnose_with(snapshot, rules, &matcher)
}

/// Judges a snapshot with an existing matcher.
#[must_use]
pub fn diagnose_with(snapshot: &Snapshot, rules: &RuleSet, matcher: &Matcher<'_>) -> Report {
    let by_facts = verdict::subject(&snapshot.facts);
    let pasted = snapshot.target.kind == TargetKind::Text;
    let (mut found, mut undecided) = match by_facts {
        Subject::NotSystemd if !pasted => (Vec::new(), Vec::new()),
        _ => evaluate::judge(snapshot, rules, matcher),
    };
    refused_start::weigh(&mut found, rules, snapshot, by_facts);
    let mut subject = by_facts;
    if pasted {
        subject = pasted_text::subject(by_facts, &found);
        pasted_text::weigh(&mut found, rules, &snapshot.facts);
    }
    if subject == Subject::NotSystemd {
        // A line that only deserves a note does not make systemd the subject of a text, but it remains as a
        // note.
        found.retain(|one| pasted && one.standing == found::Standing::Note && one.line().is_some());
        undecided = Vec::new();
    }
    let mut findings = root_causes::arrange(found, rules);
    refused_start::quote_first(&mut findings, snapshot);
    if pasted {
        undecided = pasted_text::open(undecided, &findings, rules);
    }
    let report = Report {
        target: snapshot.target.clone(),
        subject,
        verdict: verdict::verdict(subject, &findings, &snapshot.facts),
        state: verdict::state_sentence(&snapshot.facts, refused_start::unquoted(&findings, &snapshot.facts)),
        findings,
        undecided,
        gaps: snapshot.gaps.clone(),
        unrecognised: snapshot.log.unrecognised.clone(),
    };
    unchecked::doubted(report, &snapshot.facts)
}
