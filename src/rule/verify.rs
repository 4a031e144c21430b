//! Checks the rule set itself: documentation, examples, known ids, no cycles, no signature that another one
//! hides or that a healthy boot prints.

use std::collections::BTreeSet;

use super::id::{check_id, check_reference};
use super::needle::HEALTHY;
use super::{Condition, Expectation, Rule, RuleSet, Signature};
use crate::pattern::Pattern;

/// `{fact|word}` in the sentence `no_flag` of a rule: replaced by the value of the fact, or by the word if it
/// is unknown.
pub static PLACEHOLDER: Pattern = Pattern::new(r"\{(?P<fact>[a-z0-9_.]+)\|(?P<word>[^{}]*)\}");

/// A problem in a rule.
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
    let healthy: Vec<&str> = HEALTHY.lines().filter(|line| !is_harmless(line, set)).collect();
    set.rules.iter().flat_map(|rule| complaints(rule, set, &healthy)).chain(harmless).collect()
}

fn is_harmless(line: &str, set: &RuleSet) -> bool {
    set.harmless.iter().any(|signature| signature.pattern.is_match(line))
}

/// Returns why a signature cannot be searched for, if so.
fn unusable(signature: &Signature) -> Option<String> {
    let name = &signature.name;
    if !signature.pattern.compiles() {
        return Some(format!("signature {name} has a pattern that cannot be compiled"));
    }
    let none = signature.needles.is_empty();
    none.then(|| {
        format!(
            "signature {name} needs a literal of three letters or more that occurs in every matching line"
        )
    })
}

/// Compiles the parts that were not checked when they were loaded; returns their errors.
fn parts(rule: &Rule) -> Vec<String> {
    let refused = |(part, condition): (String, &Condition)| {
        condition.check().err().map(|error| format!("{part} {error}"))
    };
    let own = rule.conditions().map(|(key, condition)| (key.to_owned(), condition));
    let of_signatures = rule
        .signatures
        .iter()
        .filter_map(|one| Some((format!("signature {} has a condition that", one.name), one.when.as_ref()?)));
    let of_variants =
        rule.page.variant.iter().filter_map(|one| {
            Some((format!("variant {} has a condition that", one.name), one.when.as_ref()?))
        });
    let mut messages: Vec<String> = own.chain(of_signatures).chain(of_variants).filter_map(refused).collect();
    messages.extend(rule.signatures.iter().filter_map(unusable));
    messages.extend(rule.page.check().err().map(|error| format!("has a page that cannot be read: {error}")));
    messages.extend(
        rule.examples.check().err().map(|error| format!("has examples that cannot be read: {error}")),
    );
    messages
}

fn complaints(rule: &Rule, set: &RuleSet, healthy: &[&str]) -> Vec<Complaint> {
    let mut messages = parts(rule);
    messages.extend(form(rule));
    messages.extend(variants(rule));
    messages.extend(rule.signatures.iter().filter_map(|signature| unheard(signature, rule, set)));
    messages.extend(rule.signatures.iter().filter_map(|signature| blames_the_healthy(signature, healthy)));
    messages.extend(rule.explains.iter().filter(|id| set.get(id).is_none()).map(|id| {
        let near = set.nearest(id).map(|n| format!(", did you mean `{n}`?")).unwrap_or_default();
        format!("explains the unknown id `{id}`{near}")
    }));
    messages.extend(
        rule.remedies
            .iter()
            .filter(|id| !set.remedies.contains_key(*id))
            .map(|id| format!("names the unknown remedy `{id}`")),
    );
    messages.extend(
        rule.shows
            .iter()
            .filter(|key| crate::snapshot::spec(key).is_none())
            .map(|key| format!("shows: {}", crate::snapshot::unknown_fact(key))),
    );
    messages.extend(unknown_placeholders(rule).map(|key| format!("no_flag names the unknown fact `{key}`")));
    if explains_itself(rule, set) {
        messages.push("explains itself through others".to_owned());
    }
    messages
        .into_iter()
        .map(|message| Complaint { file: rule.file.clone(), rule: rule.id.clone(), message })
        .collect()
}

/// Returns the facts named by the sentence `no_flag` that do not exist.
fn unknown_placeholders(rule: &Rule) -> impl Iterator<Item = &str> {
    let sentence = rule.no_flag.as_deref().unwrap_or_default();
    let keys = PLACEHOLDER.captures_iter(sentence).map(|captures| captures.name("fact").unwrap_or_default());
    keys.filter(|key| crate::snapshot::spec(key).is_none()).collect::<Vec<_>>().into_iter()
}

fn form(rule: &Rule) -> Vec<String> {
    let mut messages = Vec::new();
    let mut want = |holds: bool, message: &str| {
        if !holds {
            messages.push(message.to_owned());
        }
    };
    want(check_id(&rule.id).is_ok(), "id must be lower-case words joined by hyphens");
    want(
        rule.page.references.iter().all(|reference| check_reference(reference).is_ok()),
        "references must be https:// addresses",
    );
    want(!rule.title.ends_with('.') && !rule.title.is_empty(), "title must be one line without a full stop");
    want(rule.page.explanation.len() >= 80, "explanation is missing: say what happens and why");
    want(!rule.page.confirm.is_empty(), "confirm is missing: say how to check it by hand");
    want(!rule.page.references.is_empty(), "references must name a source");
    want(
        rule.when.is_some()
            || rule.harms.is_some()
            || rule.risk.is_some()
            || rule.note.is_some()
            || !rule.signatures.is_empty(),
        "needs a condition or a signature",
    );
    want(rule.consequence_only || !rule.remedies.is_empty(), "must name a remedy");
    let expects =
        |wanted: &[Expectation]| rule.examples.iter().any(|example| wanted.contains(&example.expect));
    want(
        expects(&[Expectation::Match, Expectation::Risk, Expectation::Note]),
        "needs an example that it matches",
    );
    want(expects(&[Expectation::NoMatch]), "needs an example that it does not match");
    let names: BTreeSet<_> = rule.signatures.iter().map(|signature| &signature.name).collect();
    want(names.len() == rule.signatures.len(), "signature names must differ");
    for signature in &rule.signatures {
        if shown(signature, rule).next().is_none() {
            messages.push(format!("signature {} has no example", signature.name));
        }
    }
    messages
}

/// Returns what is wrong with the variants of a rule.
fn variants(rule: &Rule) -> Vec<String> {
    let variants = &rule.page.variant;
    let mut messages = Vec::new();
    let names: BTreeSet<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
    if names.len() < variants.len() {
        messages.push("variant names must differ".to_owned());
    }
    for variant in variants {
        let name = &variant.name;
        if check_id(name).is_err() {
            messages.push(format!("variant {name}: the name must be lower-case words joined by hyphens"));
        }
        if variant.advice.is_empty() || variant.title.is_empty() {
            messages.push(format!("variant {name} needs a title and advice"));
        }
        if variant.when.is_none() && variant.signatures.is_empty() {
            messages.push(format!("variant {name} needs a condition or a signature"));
        }
        let known = |wanted: &&String| rule.signatures.iter().any(|one| one.name == **wanted);
        messages.extend(
            variant
                .signatures
                .iter()
                .filter(|wanted| !known(wanted))
                .map(|wanted| format!("variant {name} names the unknown signature `{wanted}`")),
        );
        if !rule.examples.iter().any(|example| example.variant.as_ref() == Some(name)) {
            messages.push(format!("variant {name} has no example"));
        }
    }
    let unknown = rule.examples.iter().filter_map(|example| example.variant.as_deref());
    let unknown = unknown.filter(|wanted| !names.contains(wanted));
    messages.extend(unknown.map(|wanted| format!("an example names the unknown variant `{wanted}`")));
    messages
}

/// Returns the lines of the rule's examples that match a signature.
fn shown<'r>(signature: &'r Signature, rule: &'r Rule) -> impl Iterator<Item = &'r String> {
    let wanted = if signature.weak { Expectation::Note } else { Expectation::Match };
    let lines = rule
        .examples
        .iter()
        .filter(move |example| example.expect == wanted)
        .flat_map(|example| &example.lines);
    lines.filter(|line| signature.pattern.is_match(line))
}

/// Returns why a signature makes no difference, if so: each of its example lines also matches another rule,
/// or is harmless.
fn unheard(signature: &Signature, rule: &Rule, set: &RuleSet) -> Option<String> {
    let mut lines = shown(signature, rule).peekable();
    lines.peek()?;
    let lines: Vec<_> = lines.collect();
    if lines.iter().all(|line| is_harmless(line, set)) {
        return Some(format!(
            "signature {} only matches lines that are known to be harmless",
            signature.name
        ));
    }
    let hides = |other: &&Signature| {
        other.name != signature.name
            && (!other.weak || signature.weak)
            && (other.when.is_none() && (other.systemd.is_none() || other.systemd == signature.systemd))
            && other.confidence >= signature.confidence
            && lines.iter().all(|line| other.pattern.is_match(line))
    };
    let other = rule.signatures.iter().find(hides)?;
    Some(format!(
        "signature {} is shadowed by {}, which matches all its examples",
        signature.name, other.name
    ))
}

/// Returns the line of a healthy boot that a signature would take for a failure, if there is one.
fn blames_the_healthy(signature: &Signature, healthy: &[&str]) -> Option<String> {
    if signature.weak || signature.when.is_some() {
        return None;
    }
    let line = healthy.iter().find(|line| signature.pattern.is_match(line))?;
    Some(format!("signature {} matches a line of a healthy boot: {line}", signature.name))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(signatures: &str, examples: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let head = "id = \"mine\"\ntitle = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation \
            = \"e\"\nconfirm = \"c\"\n";
        std::fs::write(folder.path().join("mine.toml"), format!("{head}{signatures}{examples}")).unwrap();
        let set = crate::rule::load(&[folder.path().to_owned()]).unwrap();
        let own = verify(&set).into_iter().filter(|one| one.rule == "mine").map(|one| one.message);
        own.collect::<Vec<_>>().join("\n")
    }

    fn signature(name: &str, pattern: &str) -> String {
        format!("[[signature]]\nname = \"{name}\"\npattern = '{pattern}'\n")
    }

    fn example(line: &str) -> String {
        format!("[[example]]\nlines = ['{line}']\nexpect = \"match\"\n")
    }

    #[test]
    fn a_pattern_behind_another_is_refused() {
        let both = signature("wide", "no such thing") + &signature("narrow", "no such thing at all");
        let text = said(&both, &(example("there is no such thing at all") + &example("no such thing")));
        assert!(
            text.contains("signature narrow is shadowed by wide") && !text.contains("signature wide is"),
            "{text}"
        );
    }

    #[test]
    fn a_pattern_of_healthy_boots_is_refused() {
        let text = said(&signature("loud", "Reached target [a-z]+"), &example("Reached target basic.target"));
        assert!(text.contains("signature loud matches a line of a healthy boot: "), "{text}");
    }

    #[test]
    fn a_pattern_that_can_never_match_is_refused() {
        let text = said(
            &signature("agent", "install release agent"),
            &example("Failed to install release agent, ignoring"),
        );
        assert!(text.contains("signature agent only matches lines that are known to be harmless"), "{text}");
        let text = said(&signature("short", "[a-z]+!"), &example("no!"));
        assert!(text.contains("needs a literal of three letters"), "{text}");
    }
}
