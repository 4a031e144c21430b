//! The cause graph: what the rules found in, findings with their roles out, root causes first and in the
//! order of the boot.
//!
//! Why a graph and not a score: a container that fails prints a dozen complaints, most of which are true and
//! none of which helps, since they follow from one that came before. Rules say what follows from them
//! (`explains`), and nothing here guesses: what is reached from another cause that was found is its
//! consequence, and what nothing reaches is a root cause. The relation is closed over all rules first, so
//! that a chain holds even where a link in its middle left no trace in the log. Two kinds of rules are no
//! root: those that only ever follow from something (`consequence_only`), even where the cause was not found,
//! and a last resort, which says only that something failed and yields to any cause that says what.
//!
//! Several root causes are listed in the order in which they take effect: of two that would each stop the
//! boot, the later one cannot show before the earlier one is fixed. At the same step, a cause seen in a line
//! comes before one concluded from facts alone, since the line shows what happened and the conclusion what
//! would have. A cause that no flag cures precedes all of them: curing the others would lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::found::{Found, Standing};
use super::report::{Advice, Finding, Role};
use crate::rule::{Confidence, RemedyPlace, Rule, RuleSet, Variant};

/// For each id all ids that follow from it.
type Followers<'r> = BTreeMap<&'r str, BTreeSet<&'r str>>;

/// Assigns each finding its role and sorts them for a report.
pub fn arrange(found: Vec<Found>, rules: &RuleSet) -> Vec<Finding> {
    let followers = closure(rules);
    let rule_of = |one: &Found| &rules.rules[one.rule];
    let causes: Vec<&Rule> =
        found.iter().filter(|one| one.standing == Standing::Cause).map(rule_of).collect();
    let has_name = causes.iter().any(|cause| !cause.last_resort && !cause.consequence_only);
    let explained_by = |id: &str| {
        let explains = |cause: &&Rule| cause.id != id && follows(&followers, &cause.id, id);
        causes.iter().copied().filter(explains).map(|cause| cause.id.clone()).collect::<BTreeSet<_>>()
    };
    let mut findings: Vec<(Found, Role, Vec<String>)> = found
        .into_iter()
        .map(|one| {
            let explained_by: Vec<String> = explained_by(&rule_of(&one).id).into_iter().collect();
            let role = role(&one, rule_of(&one), has_name, !explained_by.is_empty());
            (one, role, explained_by)
        })
        .collect();
    findings.sort_by_key(|(one, role, _)| {
        let rule = &rules.rules[one.rule];
        let curable = !is_hopeless(one, *role, rule);
        (*role, curable, rule.stage, one.line().unwrap_or(u64::MAX), one.rule)
    });
    let ids: BTreeSet<String> = findings.iter().map(|(one, ..)| rule_of(one).id.clone()).collect();
    findings.into_iter().map(|(one, role, by)| finding(one, role, by, &ids, &followers, rules)).collect()
}

/// Returns whether a root cause is all but certain and no flag cures it: whoever mends the others first has
/// mended them for nothing.
fn is_hopeless(one: &Found, found_as: Role, rule: &Rule) -> bool {
    found_as == Role::RootCause && rule.no_flag.is_some() && one.confidence >= Confidence::Likely
}

/// Returns the role of a finding; `has_name` says whether some cause says what failed, and not only that
/// something did.
fn role(one: &Found, rule: &Rule, has_name: bool, explained: bool) -> Role {
    match one.standing {
        Standing::Risk => Role::Risk,
        Standing::Note => Role::Note,
        Standing::Cause if rule.last_resort && has_name => Role::Note,
        Standing::Cause if rule.consequence_only || explained => Role::Consequence,
        Standing::Cause => Role::RootCause,
    }
}

fn follows(followers: &Followers<'_>, cause: &str, id: &str) -> bool {
    followers.get(cause).is_some_and(|all| all.contains(id))
}

fn finding(
    one: Found,
    role: Role,
    explained_by: Vec<String>,
    present: &BTreeSet<String>,
    followers: &Followers<'_>,
    rules: &RuleSet,
) -> Finding {
    let entry = &rules.rules[one.rule];
    let explains = match role {
        Role::RootCause | Role::Consequence => followers
            .get(entry.id.as_str())
            .into_iter()
            .flatten()
            .filter(|id| present.contains(**id))
            .map(|id| (*id).to_owned())
            .collect(),
        Role::Risk | Role::Note => Vec::new(),
    };
    let variant = one.variant.map(|index| &entry.page.variant[index]);
    Finding {
        id: entry.id.clone(),
        role,
        severity: one.severity,
        class: entry.class,
        confidence: one.confidence,
        title: entry.title.clone(),
        explanation: variant
            .and_then(|variant| variant.explanation.as_ref())
            .unwrap_or(&entry.page.explanation)
            .clone(),
        evidence: one.evidence,
        explains,
        explained_by,
        remedies: entry.remedies.clone(),
        advice: advice(entry, variant, rules),
        variant: variant.map(|variant| variant.name.clone()),
        stage: entry.stage,
        no_flag: entry.no_flag.clone(),
        accepted: None,
    }
}

/// Returns what to do: the words of the variant that fits, or those of each remedy.
fn advice(rule: &Rule, variant: Option<&Variant>, rules: &RuleSet) -> Vec<Advice> {
    let known: Vec<_> = rule.remedies.iter().filter_map(|id| rules.remedies.get(id)).collect();
    match (variant, known.first()) {
        (Some(variant), Some(first)) => vec![Advice {
            remedy: first.id.clone(),
            place: if known.iter().all(|known| known.place == first.place) {
                first.place
            } else {
                RemedyPlace::Advice
            },
            words: variant.advice.clone(),
        }],
        _ => known
            .into_iter()
            .map(|known| Advice { remedy: known.id.clone(), place: known.place, words: known.words.clone() })
            .collect(),
    }
}

/// Returns for each id all ids that follow from it, directly or through others.
fn closure(rules: &RuleSet) -> Followers<'_> {
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
