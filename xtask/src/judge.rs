//! Asks the doctor about every recorded boot and compares what it says with what the denied call did.
//!
//! The snapshots were taken while the containers were there; what the table of needs says about a denied call
//! is put into them anew, so that a changed table or rule is judged without booting again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use sysdock::diagnose::{self, Evidence, Finding, Report, Role};
use sysdock::rule::{Confidence, RuleSet};
use sysdock::scan::Matcher;
use sysdock::seccomp::{Answer, Effect, Hierarchy, Surroundings, blocked_in};
use sysdock::snapshot::vocabulary::FilterEffect;
use sysdock::snapshot::{Snapshot, key, saved_file};

use crate::Place;
use crate::cells::{self, Cell, Record};
use crate::effects::Usual;
use crate::page;

/// What the doctor made of one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The call did harm and is the root cause in the report.
    Named,
    /// The call did harm and is not named, or not as the first root cause, or only as a possibility.
    Missed,
    /// The call did none and nothing above a note is said.
    Quiet,
    /// The call did none and something is said.
    Loud,
}

/// A boot with both judgements.
#[derive(Debug)]
pub struct Judged {
    /// The boot.
    pub record: Record,
    /// What the call did.
    pub effect: Option<Effect>,
    /// What the doctor made of it.
    pub verdict: Verdict,
    /// Its findings above a note, in words.
    pub said: String,
}

/// Judges all records, writes the page, lists wrong cells.
pub fn all(place: &Place) -> Result<()> {
    let records = cells::read(&place.state);
    let rules = sysdock::rule::builtin().map_err(|error| anyhow!("{error}"))?;
    let matcher = Matcher::new(&rules);
    let mut judged = Vec::new();
    for lane in records.keys().map(|cell| cell.lane.clone()).collect::<BTreeSet<_>>() {
        for guest in records
            .keys()
            .filter(|cell| cell.lane == lane)
            .map(|cell| cell.guest.clone())
            .collect::<BTreeSet<_>>()
        {
            judged.extend(of_guest(place, &records, &lane, &guest, &rules, &matcher)?);
        }
    }
    ensure!(!judged.is_empty(), "nothing is recorded: run `cargo xtask sweep run`");
    for wrong in judged.iter().filter(|judged| matches!(judged.verdict, Verdict::Missed | Verdict::Loud)) {
        println!(
            "{} {:?} {}: {}",
            wrong.record.cell.label(),
            wrong.verdict,
            crate::effects::name(wrong.effect),
            wrong.said
        );
    }
    page::write(&judged)
}

fn of_guest(
    place: &Place,
    records: &BTreeMap<Cell, Record>,
    lane: &str,
    guest: &str,
    rules: &RuleSet,
    matcher: &Matcher<'_>,
) -> Result<Vec<Judged>> {
    let usual = Usual::of(records, lane, guest);
    let own = |record: &&Record| record.cell.lane == lane && record.cell.guest == guest;
    let mut always = BTreeSet::new();
    for record in records.values().filter(own).filter(|record| record.cell.call.is_none()) {
        always.extend(loud(&examine(place, record, rules, matcher)?).map(|finding| finding.id.clone()));
    }
    let mut judged = Vec::new();
    for record in records.values().filter(own) {
        let Some(call) = &record.cell.call else { continue };
        let report = examine(place, record, rules, matcher)?;
        let effect = usual.effect(record);
        let said: Vec<String> =
            loud(&report).filter(|finding| !always.contains(&finding.id)).map(words).collect();
        let verdict = match (effect, names(&report, call), said.is_empty()) {
            (Some(_), true, _) => Verdict::Named,
            (Some(_), false, _) => Verdict::Missed,
            (None, _, true) => Verdict::Quiet,
            (None, _, false) => Verdict::Loud,
        };
        judged.push(Judged {
            record: record.clone(),
            effect,
            verdict,
            said: if said.is_empty() { "nothing".to_owned() } else { said.join(", ") },
        });
    }
    Ok(judged)
}

fn examine(place: &Place, record: &Record, rules: &RuleSet, matcher: &Matcher<'_>) -> Result<Report> {
    let path = record.cell.snapshot(&place.state);
    let mut snapshot =
        saved_file::read(&path).map_err(|error| anyhow!("{error}")).with_context(|| record.cell.label())?;
    if let Some(call) = &record.cell.call {
        renew(&mut snapshot, record, call);
    }
    Ok(diagnose::diagnose_with(&snapshot, rules, matcher))
}

/// Puts in what the table of needs says now.
fn renew(snapshot: &mut Snapshot, record: &Record, call: &str) {
    let facts = &mut snapshot.facts;
    let hierarchy = if record.cgroup == "v2" { Hierarchy::V2 } else { Hierarchy::V1 };
    let docker = facts.get(key::ENGINE_MAJOR);
    // A version that could not be read stays unknown to the doctor.
    let Some(systemd) = facts.get(key::GUEST_SYSTEMD_VERSION) else { return };
    let answer = |other: &str| if other == call { Answer::Errno(record.cell.errno) } else { Answer::Allowed };
    let found = blocked_in(systemd, Surroundings { hierarchy: Some(hierarchy), docker }, answer);
    let source = "the profile of the sweep";
    facts.set(key::SECCOMP_FIRST_BLOCKED, found.first().map(|blocked| blocked.call.clone()), source);
    facts.set(
        key::SECCOMP_EFFECT,
        found.first().map_or(FilterEffect::None, |blocked| blocked.effect.into()),
        source,
    );
    facts.set(key::SECCOMP_BLOCKS, found.into_iter().map(|blocked| blocked.call).collect::<Vec<_>>(), source);
}

/// Findings above a note.
fn loud(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.role != Role::Note)
}

/// Whether the call is named as the first root cause, certainly or likely.
fn names(report: &Report, call: &str) -> bool {
    let shows = |evidence: &Evidence| matches!(evidence, Evidence::Fact { path, value: Value::String(text), .. } if path == "seccomp.first_blocked" && text == call);
    let sure = |finding: &Finding| matches!(finding.confidence, Confidence::Certain | Confidence::Likely);
    report.root().is_some_and(|root| {
        root.id.starts_with("seccomp-blocks-") && sure(root) && root.evidence.iter().any(shows)
    })
}

fn words(finding: &Finding) -> String {
    let role = match finding.role {
        Role::RootCause => "root cause",
        Role::Consequence => "consequence",
        Role::Risk => "risk",
        Role::Note => "note",
    };
    format!("{} ({role})", finding.id)
}
