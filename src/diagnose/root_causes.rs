//! Roots, consequences, risks: who explains whom.

use std::collections::{BTreeMap, BTreeSet};

use super::found::{Found, Standing};
use super::report::{Advice, Finding, Role};
use crate::rule::RuleSet;

/// Gives each finding its role and puts them in the order of a report.
pub fn arrange(found: Vec<Found>, rules: &RuleSet) -> Vec<Finding> {
    let reach = closure(rules);
    let causes: BTreeSet<&str> = found
        .iter()
        .filter(|f| f.standing == Standing::Cause)
        .map(|f| rules.rules[f.rule].id.as_str())
        .collect();
    let strong: BTreeSet<&str> = causes
        .iter()
        .copied()
        .filter(|id| rules.get(id).is_some_and(|r| !r.last_resort && !r.consequence_only))
        .collect();
    let mut findings: Vec<(Found, Role, Vec<String>)> = Vec::new();
    for one in found {
        let entry = &rules.rules[one.rule];
        let explained_by: Vec<String> = causes
            .iter()
            .filter(|id| {
                **id != entry.id && reach.get(**id).is_some_and(|set| set.contains(entry.id.as_str()))
            })
            .map(|id| (*id).to_owned())
            .collect();
        let role = match one.standing {
            Standing::Risk => Role::Risk,
            Standing::Note => Role::Note,
            Standing::Cause if entry.last_resort && !strong.is_empty() => Role::Note,
            Standing::Cause if entry.consequence_only || !explained_by.is_empty() => Role::Consequence,
            Standing::Cause => Role::RootCause,
        };
        findings.push((one, role, explained_by));
    }
    // At the same step what was said comes before what is worked out, and what was said first before what was
    // said later.
    findings.sort_by_key(|(one, role, _)| {
        (*role, rules.rules[one.rule].stage, one.line().unwrap_or(u64::MAX), one.rule)
    });
    let ids: BTreeSet<String> = findings.iter().map(|(one, ..)| rules.rules[one.rule].id.clone()).collect();
    findings.into_iter().map(|(one, role, by)| finding(one, role, by, &ids, &reach, rules)).collect()
}

fn finding(
    one: Found,
    role: Role,
    explained_by: Vec<String>,
    present: &BTreeSet<String>,
    reach: &BTreeMap<&str, BTreeSet<&str>>,
    rules: &RuleSet,
) -> Finding {
    let entry = &rules.rules[one.rule];
    let explains = match role {
        Role::RootCause | Role::Consequence => reach
            .get(entry.id.as_str())
            .into_iter()
            .flatten()
            .filter(|id| present.contains(**id))
            .map(|id| (*id).to_owned())
            .collect(),
        Role::Risk | Role::Note => Vec::new(),
    };
    let known = entry.remedies.iter().filter_map(|id| rules.remedies.get(id));
    let advice = known
        .map(|known| Advice { remedy: known.id.clone(), place: known.place, words: known.words.clone() })
        .collect();
    Finding {
        id: entry.id.clone(),
        role,
        severity: one.severity,
        class: entry.class,
        confidence: one.confidence,
        title: entry.title.clone(),
        explanation: entry.page.explanation.clone(),
        evidence: one.evidence,
        explains,
        explained_by,
        remedies: entry.remedies.clone(),
        advice,
        stage: entry.stage,
        no_flag: entry.no_flag.clone(),
        accepted: None,
    }
}

/// For each id, all ids that follow from it, directly or through others.
fn closure(rules: &RuleSet) -> BTreeMap<&str, BTreeSet<&str>> {
    let direct: BTreeMap<&str, Vec<&str>> = rules
        .rules
        .iter()
        .map(|r| (r.id.as_str(), r.explains.iter().map(String::as_str).collect()))
        .collect();
    let mut all = BTreeMap::new();
    for id in direct.keys() {
        let mut reached = BTreeSet::new();
        let mut open = vec![*id];
        while let Some(next) = open.pop() {
            for follower in direct.get(next).into_iter().flatten() {
                if reached.insert(*follower) {
                    open.push(follower);
                }
            }
        }
        reached.remove(id);
        all.insert(*id, reached);
    }
    all
}
