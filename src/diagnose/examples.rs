//! The worked examples that rules carry, run against the rules themselves.

use super::evaluate::{judge_rule, variant};
use super::found::{LineHit, Standing};
use crate::rule::{Complaint, Example, Expectation, RuleSet, Scope};
use crate::scan::Matcher;
use crate::snapshot::{Facts, KeptLine, Source, spec};

/// Runs the worked examples of all rules; returns how many were run and what failed.
#[must_use]
pub fn verify_examples(set: &RuleSet) -> (usize, Vec<Complaint>) {
    let matcher = Matcher::new(set);
    let mut run = 0;
    let mut failed = Vec::new();
    for (index, rule) in set.rules.iter().enumerate() {
        for (number, example) in rule.examples.iter().enumerate() {
            run += 1;
            let problem =
                facts_of(example).and_then(|facts| check_example(set, index, &matcher, example, &facts));
            if let Err(message) = problem {
                failed.push(Complaint {
                    file: rule.file.clone(),
                    rule: rule.id.clone(),
                    message: format!("example {}: {message}", number + 1),
                });
            }
        }
    }
    (run, failed)
}

fn facts_of(example: &Example) -> Result<Facts, String> {
    let mut facts = Facts::default();
    for (key, value) in &example.facts {
        let spec = spec(key).ok_or_else(|| format!("has the unknown fact `{key}`"))?;
        let value = match value {
            toml::Value::String(text) if text == "null" => serde_json::Value::Null,
            other => serde_json::to_value(other).map_err(|e| e.to_string())?,
        };
        if !value.is_null() && !spec.kind.holds(&value) {
            return Err(format!("gives `{key}` something that is not {}", spec.kind.name()));
        }
        facts.set_named(key, value, "example");
    }
    Ok(facts)
}

fn check_example(
    set: &RuleSet,
    index: usize,
    matcher: &Matcher<'_>,
    example: &Example,
    facts: &Facts,
) -> Result<(), String> {
    let lines: Vec<KeptLine> = example
        .lines
        .iter()
        .zip(1..)
        .map(|(text, line)| KeptLine { line, source: Source::Console, text: text.clone() })
        .collect();
    let rule = &set.rules[index];
    let scope = Scope::new(facts);
    let mut hits: Vec<LineHit<'_>> = Vec::new();
    for line in &lines {
        let own = matcher.hits(&line.text).into_iter().filter(|hit| hit.id.rule == index);
        hits.extend(
            own.filter(|hit| rule.signatures[hit.id.signature].counts(&scope, facts)).map(|hit| (line, hit)),
        );
    }
    let got = match judge_rule(rule, &hits, &scope, facts) {
        Ok(Some((Standing::Cause, _))) => Expectation::Match,
        Ok(Some((Standing::Risk, _))) => Expectation::Risk,
        Ok(Some((Standing::Note, _))) => Expectation::Note,
        Ok(None) => Expectation::NoMatch,
        Err(_) => Expectation::Undecided,
    };
    // A rule with a signature is undecided about facts in most texts; that counts as no match.
    let same = got == example.expect
        || (example.expect == Expectation::NoMatch
            && got == Expectation::Undecided
            && !example.lines.is_empty());
    if !same {
        return Err(format!("expected {:?}, got {got:?}", example.expect));
    }
    let name = |index: usize| rule.page.variant[index].name.as_str();
    let got = variant(rule, &hits, &scope, facts).map(name);
    match example.variant.as_deref() {
        Some(wanted) if got != Some(wanted) => {
            Err(format!("expected the variant {wanted}, got {}", got.unwrap_or("none")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_built_in_rule_keeps_its_word() {
        let set = crate::rule::builtin().unwrap();
        let complaints: Vec<_> =
            crate::rule::verify(&set).into_iter().chain(super::verify_examples(&set).1).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}
