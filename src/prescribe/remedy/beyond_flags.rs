//! Advises what to do about a root cause that no flag cures: the image or the host has to change, as
//! described by the rule and its remedies.
//!
//! Must not run anything.

use crate::diagnose::{Advice, Finding};
use crate::prescribe::step::{Step, StepKind};
use crate::rule::{PLACEHOLDER, RemedyPlace};
use crate::snapshot::Facts;

/// Returns the steps for a root cause that the planner cannot cure: why no flag helps, and the advice of its
/// remedies.
pub fn steps(root: &Finding, facts: &Facts) -> Vec<Step> {
    let why = root.no_flag.as_ref().map(|sentence| Step::advice(filled(sentence, facts), &[&root.id]));
    let mut steps: Vec<Step> =
        why.into_iter().chain(root.advice.iter().map(|advice| step(root, advice))).collect();
    if steps.is_empty() {
        steps.push(Step::advice(format!("No cure is known for this: {}.", root.title), &[&root.id]));
    }
    steps
}

/// Returns the advice of a remedy as a step.
fn step(root: &Finding, advice: &Advice) -> Step {
    let words = advice.words.split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = if advice.place == RemedyPlace::Host { StepKind::Host } else { StepKind::Advice };
    Step { kind, ..Step::advice(words, &[&root.id]) }
}

/// Fills in the values of the facts that a sentence names.
fn filled(sentence: &str, facts: &Facts) -> String {
    let mut text = sentence.to_owned();
    for captures in PLACEHOLDER.captures_iter(sentence) {
        let part = |group: &str| captures.name(group).unwrap_or_default();
        let (fact, word) = (part("fact"), part("word"));
        let known = facts.named(fact).and_then(|fact| match &fact.value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        text = text.replace(&format!("{{{fact}|{word}}}"), known.as_deref().unwrap_or(word));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_what_is_known() {
        let mut facts = Facts::default();
        facts.set(crate::snapshot::key::GUEST_SYSTEMD_VERSION, 262, "test");
        let said = filled(
            "systemd {guest.systemd_version|of this image} on {host.architecture|this machine}",
            &facts,
        );
        assert_eq!(said, "systemd 262 on this machine");
    }
}
