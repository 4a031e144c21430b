//! Rules for a pasted text: its lines show what stopped this boot, most facts are unknown, and the container
//! was not inspected.

use std::collections::BTreeSet;

use super::found::{Found, Standing};
use super::report::{Finding, Role, Subject, Undecided};
use crate::rule::{Confidence, RuleSet, Severity, Stage};
use crate::snapshot::{Facts, key};

/// Adjusts causes that follow from the configuration alone: since the container was not inspected, none is
/// certain. A cause that takes effect before the step that the lines show to be reached has not stopped this
/// boot, and becomes a risk.
pub fn weigh(found: &mut [Found], rules: &RuleSet, facts: &Facts) {
    let stops = |one: &&Found| {
        let rule = &rules.rules[one.rule];
        one.standing == Standing::Cause
            && one.severity == Severity::Critical
            && one.line().is_some()
            && !rule.consequence_only
            && !rule.generic
    };
    let stopped = found.iter().filter(stops).map(|one| rules.rules[one.rule].stage).min();
    let reached = match (facts.get(key::LOG_BANNER_SEEN), facts.get(key::LOG_UNITS_SEEN)) {
        (_, Some(true)) => Some(Stage::Units),
        (Some(true), _) => Some(Stage::Cgroup),
        _ => None,
    };
    let Some(stage) = stopped.max(reached) else {
        found.iter_mut().filter(|one| one.line().is_none()).for_each(doubt);
        return;
    };
    for one in found.iter_mut().filter(|one| one.line().is_none()) {
        doubt(one);
        if one.standing == Standing::Cause
            && one.severity == Severity::Critical
            && rules.rules[one.rule].stage < stage
        {
            one.standing = Standing::Risk;
        }
    }
}

fn doubt(one: &mut Found) {
    one.confidence = one.confidence.min(Confidence::Likely);
}

/// Returns the subject of the text: a line that indicates a problem of systemd makes systemd the subject,
/// whatever else the text is about.
pub fn subject(by_facts: Subject, found: &[Found]) -> Subject {
    let said = found.iter().any(|one| one.standing == Standing::Cause && one.line().is_some());
    if said { Subject::Systemd } else { by_facts }
}

/// Keeps the undecided diagnoses that could still matter: none if a cause explains everything that was seen,
/// otherwise those that could explain the rest, if any can.
pub fn open(mut undecided: Vec<Undecided>, findings: &[Finding], rules: &RuleSet) -> Vec<Undecided> {
    let left: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.role == Role::Consequence && finding.explained_by.is_empty())
        .map(|finding| finding.id.as_str())
        .collect();
    let settled = findings
        .iter()
        .any(|finding| finding.role == Role::RootCause && finding.confidence >= Confidence::Likely);
    if settled && left.is_empty() {
        return Vec::new();
    }
    let explains = |open: &Undecided| {
        rules.get(&open.id).is_some_and(|rule| rule.explains.iter().any(|id| left.contains(id.as_str())))
    };
    if undecided.iter().any(explains) {
        undecided.retain(explains);
    }
    undecided
}
