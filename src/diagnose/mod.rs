//! The pure middle: a snapshot and a rule set in, a report out.
//!
//! Must not read files, clocks or the environment; the same input gives the same bytes.

mod accept;
mod acceptance;
mod baseline;
mod evaluate;
mod evidence;
mod examples;
mod found;
mod graph;
mod refused;
mod report;
mod settled;
mod summary;
mod text;
mod unjudged;
mod verdict;

use crate::rule::RuleSet;
use crate::scan::Matcher;
use crate::snapshot::{Snapshot, TargetKind};

pub use accept::{Accepted, Suppression};
pub use acceptance::{Acceptance, fingerprint};
pub use baseline::read_baseline;
pub use examples::verify_examples;
pub use report::{Advice, Evidence, Finding, Report, Role, Subject, Undecided, Verdict};
pub use settled::is_settled;
pub use summary::Summary;

/// Judges a snapshot.
#[must_use]
pub fn diagnose(snapshot: &Snapshot, rules: &RuleSet) -> Report {
    let matcher = Matcher::new(rules);
    diagnose_with(snapshot, rules, &matcher)
}

/// The same with a matcher that is already there.
#[must_use]
pub fn diagnose_with(snapshot: &Snapshot, rules: &RuleSet, matcher: &Matcher<'_>) -> Report {
    let by_facts = verdict::subject(&snapshot.facts);
    let pasted = snapshot.target.kind == TargetKind::Text;
    let (mut found, mut undecided) = match by_facts {
        Subject::NotSystemd if !pasted => (Vec::new(), Vec::new()),
        _ => evaluate::judge(snapshot, rules, matcher),
    };
    refused::weigh(&mut found, rules, snapshot, by_facts);
    let mut subject = by_facts;
    if pasted {
        subject = text::subject(by_facts, &found);
        text::weigh(&mut found, rules, &snapshot.facts);
    }
    if subject == Subject::NotSystemd {
        // A line that is only worth a remark does not make a text one about systemd, but it stays a remark.
        found.retain(|one| pasted && one.standing == found::Standing::Note && one.line().is_some());
        undecided = Vec::new();
    }
    let mut findings = graph::arrange(found, rules);
    refused::quote_first(&mut findings, snapshot);
    if pasted {
        undecided = text::open(undecided, &findings, rules);
    }
    let report = Report {
        target: snapshot.target.clone(),
        subject,
        verdict: verdict::verdict(subject, &findings, &snapshot.facts),
        state: verdict::state_sentence(&snapshot.facts, refused::unquoted(&findings, &snapshot.facts)),
        findings,
        undecided,
        gaps: snapshot.gaps.clone(),
        unrecognised: snapshot.log.unrecognised.clone(),
    };
    unjudged::doubted(report, &snapshot.facts)
}
