//! Rules for a start that the engine refused, or never tried: what needs a running PID 1 has not happened.

use std::collections::BTreeSet;

use super::found::{Found, Standing};
use super::report::{Evidence, Finding, Role, Subject};
use crate::rule::{ConditionOutcome, Confidence, Rule, RuleSet, Scope, Stage};
use crate::snapshot::vocabulary::{BootOutcome, ContainerStatus};
use crate::snapshot::{Facts, Snapshot, Source, TargetKind, key};

/// Adjusts causes that need a running PID 1: none of them is certain before it has run. If the engine refused
/// the start they are only risks of the next one, unless a cause that stopped this start explains them. The
/// refusal itself is dropped if its reason is another finding, or if the container is not meant to run
/// systemd.
pub fn weigh(found: &mut Vec<Found>, rules: &RuleSet, snapshot: &Snapshot, subject: Subject) {
    let refused = match snapshot.facts.get(key::BOOT_OUTCOME) {
        Some(BootOutcome::CouldNotStart) => true,
        Some(BootOutcome::NeverStarted) => false,
        _ => return,
    };
    let pasted = snapshot.target.kind == TargetKind::Text;
    let silent = silent(&snapshot.facts);
    let met = |one: &Found| {
        let rule = &rules.rules[one.rule];
        rule.stage == Stage::Create || is_said(one, pasted) || is_about_the_words(rule, &silent)
    };
    let stopping = found
        .iter()
        .filter(|one| one.standing == Standing::Cause && met(one))
        .map(|one| &rules.rules[one.rule]);
    let named: Vec<&Rule> = stopping.filter(|rule| !rule.last_resort && !rule.consequence_only).collect();
    let explained: BTreeSet<&str> =
        named.iter().flat_map(|rule| &rule.explains).map(String::as_str).collect();
    for one in found.iter_mut().filter(|one| !met(one)) {
        one.confidence = one.confidence.min(Confidence::Likely);
        if refused
            && one.standing == Standing::Cause
            && !explained.contains(rules.rules[one.rule].id.as_str())
        {
            one.standing = Standing::Risk;
        }
    }
    let nameless =
        |one: &Found| rules.rules[one.rule].last_resort && rules.rules[one.rule].stage == Stage::Create;
    if !named.is_empty() || subject == Subject::NotSystemd {
        found.retain(|one| !nameless(one));
    }
}

/// Returns whether the engine itself printed the lines. Lines of the container are from an earlier run; in a
/// text their origin is unknown.
fn is_said(one: &Found, pasted: bool) -> bool {
    one.evidence.iter().any(|evidence| match evidence {
        Evidence::Log { stream, .. } => pasted || stream == Source::Engine.name(),
        Evidence::Fact { .. } => false,
    })
}

/// Returns whether a condition holds because of the engine's message, and would not if the container had
/// started and ended.
fn is_about_the_words(rule: &Rule, silent: &Facts) -> bool {
    let when = rule.when.as_ref().filter(|when| when.facts().any(|fact| fact == key::CONTAINER_ERROR.name()));
    when.is_some_and(|when| when.evaluate(&Scope::new(silent), silent) != ConditionOutcome::Match)
}

/// Returns the facts as if the engine had started the container and it had ended.
fn silent(facts: &Facts) -> Facts {
    let mut silent = facts.clone();
    silent.set_absent(key::CONTAINER_ERROR, "assumed");
    silent.set(key::CONTAINER_STATUS, ContainerStatus::Exited, "assumed");
    silent
}

/// Puts the engine's message before all other evidence for the first root cause of a refused start.
pub fn quote_first(findings: &mut [Finding], snapshot: &Snapshot) {
    if snapshot.facts.get(key::BOOT_OUTCOME) != Some(BootOutcome::CouldNotStart) {
        return;
    }
    let Some(words) = words(snapshot) else { return };
    let Some(root) = findings.first_mut().filter(|finding| finding.role == Role::RootCause) else { return };
    root.evidence.retain(|evidence| *evidence != words);
    root.evidence.insert(0, words);
}

/// Finds the line in which the engine gave its reason.
fn words(snapshot: &Snapshot) -> Option<Evidence> {
    let error = snapshot.facts.get(key::CONTAINER_ERROR)?.lines().next()?;
    let lines = || snapshot.log.lines.iter();
    let own = lines().find(|line| line.source == Source::Engine);
    let line = own.or_else(|| lines().rfind(|line| line.text.contains(error)))?;
    Some(Evidence::Log { text: line.text.clone(), line: line.line, stream: line.source.name().to_owned() })
}

/// Returns the engine's reason, if no finding quotes it.
pub fn unquoted<'f>(findings: &[Finding], facts: &'f Facts) -> Option<&'f str> {
    let error = facts.get(key::CONTAINER_ERROR)?;
    let first = error.lines().next()?;
    let names_it = |evidence: &Evidence| match evidence {
        Evidence::Log { text, .. } => text.contains(first),
        Evidence::Fact { path, .. } => path == key::CONTAINER_ERROR.name(),
    };
    let told = findings
        .iter()
        .filter(|finding| finding.is_failure())
        .any(|finding| finding.evidence.iter().any(names_it));
    (!told).then_some(error)
}
