//! Evaluates each rule against the facts and the lines: cause, risk, note, nothing, or undecided.

use std::collections::BTreeMap;

use super::evidence;
use super::found::{Found, LineHit, Standing};
use super::report::Undecided;
use crate::rule::{Condition, ConditionOutcome, Confidence, Rule, RuleSet, Scope, Severity};
use crate::scan::{Hit, Matcher};
use crate::snapshot::vocabulary::ManagerState;
use crate::snapshot::{Facts, Snapshot, key, spec};

/// Judges all rules; returns what each found, and which could not be decided.
pub fn judge(snapshot: &Snapshot, rules: &RuleSet, matcher: &Matcher<'_>) -> (Vec<Found>, Vec<Undecided>) {
    let scope = Scope::new(&snapshot.facts);
    let hits = hits_by_rule(snapshot, rules, matcher, &scope);
    let mut found = Vec::new();
    let mut undecided = Vec::new();
    for (index, rule) in rules.rules.iter().enumerate() {
        let own = hits.get(&index).map_or(&[][..], Vec::as_slice);
        match judge_rule(rule, own, &scope, &snapshot.facts) {
            Ok(Some((standing, confidence))) => {
                let severity = severity(rule, standing, &snapshot.facts);
                let evidence = evidence::of(rule, own, &snapshot.facts, standing);
                let variant = variant(rule, own, &scope, &snapshot.facts);
                found.push(Found { rule: index, standing, severity, confidence, evidence, variant });
            }
            Ok(None) => {}
            Err(missing) => undecided.push(wanting(rule, missing)),
        }
    }
    (found, undecided)
}

/// Judges one rule.
///
/// # Errors
/// The keys of facts without which the rule cannot be decided.
pub fn judge_rule(
    rule: &Rule,
    hits: &[LineHit<'_>],
    scope: &Scope,
    facts: &Facts,
) -> Result<Option<(Standing, Confidence)>, Vec<String>> {
    let ask = |condition: &Option<Condition>| {
        condition.as_ref().map_or(ConditionOutcome::NoMatch, |c| c.evaluate(scope, facts))
    };
    if ask(&rule.unless) == ConditionOutcome::Match {
        return Ok(None);
    }
    let (when, harms) = (ask(&rule.when), ask(&rule.harms));
    let by_facts = when == ConditionOutcome::Match || harms == ConditionOutcome::Match;
    let spoken = hits.iter().any(|(_, hit)| !rule.signatures[hit.id.signature].weak);
    if by_facts || spoken {
        let lasts = hits.iter().any(|(_, hit)| rule.signatures[hit.id.signature].lasting);
        let standing = if lasts || harms == ConditionOutcome::Match {
            Standing::Cause
        } else {
            standing(rule, by_facts, facts)
        };
        return Ok(Some((standing, confidence(rule, by_facts, hits))));
    }
    let (risk, note) = (ask(&rule.risk), ask(&rule.note));
    if risk == ConditionOutcome::Match {
        return Ok(Some((Standing::Risk, rule.confidence)));
    }
    if !hits.is_empty() {
        return Ok(Some((Standing::Note, confidence(rule, false, hits))));
    }
    if note == ConditionOutcome::Match {
        return Ok(Some((Standing::Note, rule.confidence)));
    }
    let mut missing: Vec<String> = [when, harms, risk]
        .into_iter()
        .filter_map(|o| if let ConditionOutcome::Undecided(m) = o { Some(m) } else { None })
        .flatten()
        .collect();
    missing.sort();
    missing.dedup();
    if missing.is_empty() { Ok(None) } else { Err(missing) }
}

/// Returns the index of the first variant of a rule that fits.
pub fn variant(rule: &Rule, hits: &[LineHit<'_>], scope: &Scope, facts: &Facts) -> Option<usize> {
    let matched: Vec<&str> =
        hits.iter().map(|(_, hit)| rule.signatures[hit.id.signature].name.as_str()).collect();
    rule.page.variant.iter().position(|variant| variant.fits(scope, facts, &matched))
}

/// Returns how a finding is to be taken if the manager is up, which disproves a cause that would stop every
/// boot: it is a risk for the next boot, or an old line. Lines alone prove nothing about the present if the
/// manager reports no problem.
fn standing(rule: &Rule, by_facts: bool, facts: &Facts) -> Standing {
    let up = facts.get(key::BOOT_UP) == Some(true);
    match (by_facts, rule.severity) {
        (false, _) if facts.get(key::MANAGER_STATE) == Some(ManagerState::Running) => Standing::Note,
        (_, Severity::Critical) if up => Standing::Risk,
        _ => Standing::Cause,
    }
}

/// Returns how serious a finding is: if the manager is up, what stops other boots has only done harm.
fn severity(rule: &Rule, standing: Standing, facts: &Facts) -> Severity {
    match standing {
        Standing::Cause if facts.get(key::BOOT_UP) == Some(true) => rule.severity.min(Severity::Error),
        _ => rule.severity,
    }
}

fn confidence(rule: &Rule, by_facts: bool, hits: &[LineHit<'_>]) -> Confidence {
    let said = hits
        .iter()
        .map(|(_, hit)| rule.signatures[hit.id.signature].confidence.unwrap_or(Confidence::Likely))
        .max();
    match (by_facts, said) {
        (true, Some(_)) => Confidence::Certain,
        (true, None) => rule.confidence,
        (false, said) => said.unwrap_or(Confidence::Possible),
    }
}

fn hits_by_rule<'s>(
    snapshot: &'s Snapshot,
    rules: &RuleSet,
    matcher: &Matcher<'_>,
    scope: &Scope,
) -> BTreeMap<usize, Vec<LineHit<'s>>> {
    let signature = |hit: &Hit| &rules.rules[hit.id.rule].signatures[hit.id.signature];
    let facts = &snapshot.facts;
    let mut by_rule: BTreeMap<usize, Vec<LineHit<'s>>> = BTreeMap::new();
    for line in &snapshot.log.lines {
        let mut hits = matcher.hits(&line.text);
        hits.retain(|hit| signature(hit).counts(scope, facts));
        let claimed = hits.iter().any(|hit| is_specific(&rules.rules[hit.id.rule]) && !signature(hit).weak);
        for hit in hits.into_iter().filter(|hit| !(claimed && rules.rules[hit.id.rule].generic)) {
            by_rule.entry(hit.id.rule).or_default().push((line, hit));
        }
    }
    by_rule
}

/// Returns whether lines alone are enough for a rule.
fn is_specific(rule: &Rule) -> bool {
    !rule.generic && !rule.consequence_only
}

fn wanting(rule: &Rule, missing: Vec<String>) -> Undecided {
    let how = missing.iter().filter_map(|key| spec(key)).map(|spec| format!("run: {}", spec.how)).collect();
    Undecided { id: rule.id.clone(), missing, how }
}
