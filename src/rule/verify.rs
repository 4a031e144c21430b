//! The rule set's own rules: documentation, examples, known ids, no cycles.

use std::collections::BTreeSet;

use super::{Condition, Expectation, Rule, RuleSet, Signature};

/// Something wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// File of the rule.
    pub file: String,
    /// Id of the rule.
    pub rule: String,
    /// What is wrong.
    pub message: String,
}

/// Checks the set as a whole and every rule's form.
#[must_use]
pub fn verify(set: &RuleSet) -> Vec<Complaint> {
    let harmless = set.harmless.iter().filter_map(unusable).map(|message| Complaint {
        file: "harmless.toml".to_owned(),
        rule: "harmless".to_owned(),
        message,
    });
    set.rules.iter().flat_map(|rule| complaints(rule, set)).chain(harmless).collect()
}

/// Why a signature cannot be looked for, if so.
fn unusable(signature: &Signature) -> Option<String> {
    let name = &signature.name;
    if !signature.pattern.compiles() {
        return Some(format!("signature {name} has a pattern that cannot be compiled"));
    }
    let none = signature.needles.is_empty();
    none.then(|| format!("signature {name} has no literal of three letters or more that every line it matches must hold"))
}

/// Parts that were not checked when they were loaded.
fn parts(rule: &Rule) -> Vec<String> {
    let refused = |(part, condition): (String, &Condition)| condition.check().err().map(|error| format!("{part} {error}"));
    let own = rule.conditions().map(|(key, condition)| (key.to_owned(), condition));
    let of_signatures =
        rule.signatures.iter().filter_map(|one| Some((format!("signature {} has a condition that", one.name), one.when.as_ref()?)));
    let mut messages: Vec<String> = own.chain(of_signatures).filter_map(refused).collect();
    messages.extend(rule.signatures.iter().filter_map(unusable));
    messages.extend(rule.examples.check().err().map(|error| format!("has examples that cannot be read: {error}")));
    messages
}

fn complaints(rule: &Rule, set: &RuleSet) -> Vec<Complaint> {
    let mut messages = parts(rule);
    messages.extend(form(rule));
    messages.extend(rule.explains.iter().filter(|id| set.get(id).is_none()).map(|id| {
        let near = set.nearest(id).map(|n| format!(", did you mean `{n}`?")).unwrap_or_default();
        format!("explains the unknown id `{id}`{near}")
    }));
    messages.extend(rule.remedies.iter().filter(|id| !set.remedies.contains_key(*id)).map(|id| format!("names the unknown remedy `{id}`")));
    messages
        .extend(rule.shows.iter().filter(|key| crate::snapshot::spec(key).is_none()).map(|key| format!("shows the unknown fact `{key}`")));
    if explains_itself(rule, set) {
        messages.push("explains itself through others".to_owned());
    }
    messages.into_iter().map(|message| Complaint { file: rule.file.clone(), rule: rule.id.clone(), message }).collect()
}

fn form(rule: &Rule) -> Vec<String> {
    let mut messages = Vec::new();
    let mut want = |holds: bool, message: &str| {
        if !holds {
            messages.push(message.to_owned());
        }
    };
    want(
        !rule.id.is_empty() && rule.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
        "id must be lower case words joined by hyphens",
    );
    want(!rule.title.ends_with('.') && !rule.title.is_empty(), "title must be a line without full stop");
    want(rule.explanation.len() >= 80, "explanation must say what happens and why");
    want(!rule.confirm.is_empty(), "confirm must say how to see it by hand");
    want(!rule.references.is_empty(), "references must name a source");
    want(
        rule.when.is_some() || rule.harms.is_some() || rule.risk.is_some() || rule.note.is_some() || !rule.signatures.is_empty(),
        "needs a condition or a signature",
    );
    want(rule.consequence_only || !rule.remedies.is_empty(), "must name a remedy");
    let expects = |wanted: &[Expectation]| rule.examples.iter().any(|example| wanted.contains(&example.expect));
    want(expects(&[Expectation::Match, Expectation::Risk, Expectation::Note]), "needs an example that it finds");
    want(expects(&[Expectation::NoMatch]), "needs an example that it leaves alone");
    let names: BTreeSet<_> = rule.signatures.iter().map(|signature| &signature.name).collect();
    want(names.len() == rule.signatures.len(), "signature names must differ");
    for signature in &rule.signatures {
        let wanted = if signature.weak { Expectation::Note } else { Expectation::Match };
        let shown = rule.examples.iter().filter(|e| e.expect == wanted).flat_map(|e| &e.lines).any(|line| signature.pattern.is_match(line));
        if !shown {
            messages.push(format!("signature {} has no example", signature.name));
        }
    }
    messages
}

fn explains_itself(rule: &Rule, set: &RuleSet) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = rule.explains.iter().map(String::as_str).collect();
    while let Some(id) = open.pop() {
        if id == rule.id {
            return true;
        }
        if seen.insert(id)
            && let Some(next) = set.get(id)
        {
            open.extend(next.explains.iter().map(String::as_str));
        }
    }
    false
}
