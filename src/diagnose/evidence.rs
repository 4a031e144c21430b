//! The evidence for a finding: a few lines, each once, and the facts that the rule shows.

use std::collections::BTreeSet;

use super::found::{LineHit, Standing};
use super::report::Evidence;
use crate::rule::Rule;
use crate::snapshot::Facts;

/// Most lines quoted for one finding.
const LINES: usize = 5;
/// Most facts quoted for one finding.
const FACTS: usize = 8;

/// Gathers the evidence of a rule.
pub fn of(rule: &Rule, hits: &[LineHit<'_>], facts: &Facts, standing: Standing) -> Vec<Evidence> {
    let mut texts = BTreeSet::new();
    let lines = hits.iter().filter(|(line, _)| texts.insert(line.text.as_str())).take(LINES);
    let lines = lines.map(|(line, _)| Evidence::Log {
        text: line.text.clone(),
        line: line.line,
        stream: line.source.name().to_owned(),
    });
    lines.chain(shown(rule, facts, standing)).collect()
}

/// Returns the facts that the rule lists to be shown, otherwise those of the condition that held.
fn shown(rule: &Rule, facts: &Facts, standing: Standing) -> Vec<Evidence> {
    let condition = match standing {
        Standing::Cause => rule.when.as_ref().or(rule.harms.as_ref()),
        Standing::Risk => rule.risk.as_ref().or(rule.when.as_ref()),
        Standing::Note => rule.note.as_ref(),
    };
    let keys: Vec<&String> = if rule.shows.is_empty() {
        condition.iter().flat_map(|c| c.facts()).collect()
    } else {
        rule.shows.iter().collect()
    };
    let known = keys.into_iter().filter_map(|key| Some((key, facts.named(key)?)));
    let fact = |(key, fact): (&String, &crate::snapshot::Fact)| Evidence::Fact {
        path: key.clone(),
        value: fact.value.clone(),
        source: fact.source.clone(),
    };
    known.take(FACTS).map(fact).collect()
}
