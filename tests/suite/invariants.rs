//! What holds of every rule, whatever it is about.

use sysdock::diagnose::verify_examples;
use sysdock::rule::{Example, Expectation, Rule, RuleSet, Signature, builtin};

/// An error that no signature waits for.
const OTHER_ERROR: &str = "Bad message";

/// Signatures that take any error: what cannot be reached or written is the same trouble for every reason.
const ANY_ERROR: [(&str, &str); 2] = [("dbus-missing", "create-bus"), ("journald-fails", "open-journal")];

/// Facts without which nothing of the kind can be said, with what may still be said when they are turned
/// round.
const GUARDS: [(&str, &[&str]); 2] = [
    ("container.runs_systemd", &["NoMatch", "Undecided"]),
    ("guest.init_present", &["NoMatch", "Undecided", "Note", "Risk"]),
];

/// Rules that speak of containers in which a guard does not hold, or that have a better proof that systemd
/// runs.
const UNGUARDED: [(&str, &str); 7] = [
    ("run-tmpfs-missing", "container.runs_systemd"),
    ("run-tmpfs-missing", "guest.init_present"),
    ("sandboxed-runtime", "container.runs_systemd"),
    ("seccomp-blocks-new-syscalls", "guest.init_present"),
    ("systemd-not-installed", "guest.init_present"),
    ("systemd-not-pid1", "container.runs_systemd"),
    ("wrong-architecture", "guest.init_present"),
];

/// Everything that does not hold in a rule set.
pub fn complaints(set: &RuleSet) -> Vec<String> {
    let mut found: Vec<String> = set.rules.iter().flat_map(deaf_to_errors).collect();
    found.extend(unguarded(set));
    found
}

/// The error is part of the decision: with another one the line belongs to another diagnosis.
fn deaf_to_errors(rule: &Rule) -> Vec<String> {
    let lines: Vec<&String> = rule.examples.iter().flat_map(|example| &example.lines).collect();
    let deaf = |signature: &&Signature| {
        let errors = lines.iter().filter_map(|line| {
            let error = signature.pattern.captures(line)?.name("errno")?;
            Some(line.replace(error, OTHER_ERROR))
        });
        let open = ANY_ERROR.contains(&(rule.id.as_str(), signature.name.as_str()));
        !open && errors.into_iter().any(|line| signature.pattern.is_match(&line))
    };
    rule.signatures
        .iter()
        .filter(deaf)
        .map(|s| format!("{}: signature {} takes any error", rule.id, s.name))
        .collect()
}

/// Examples of facts alone say nothing grave any more when a guard is turned round.
fn unguarded(set: &RuleSet) -> Vec<String> {
    let mut found = Vec::new();
    for (guard, allowed) in GUARDS {
        let mut turned = set.clone();
        for rule in &mut turned.rules {
            let open = UNGUARDED.contains(&(rule.id.as_str(), guard));
            let examples = rule.examples.iter().filter(|example| !open && example.lines.is_empty());
            rule.examples = examples.filter_map(|example| turn(example, guard)).collect::<Vec<_>>().into();
        }
        let failed = verify_examples(&turned)
            .1
            .into_iter()
            .filter(|one| !allowed.iter().any(|word| one.message.ends_with(&format!("got {word}"))));
        found.extend(failed.map(|one| format!("{}: {guard} = false: {}", one.rule, one.message)));
    }
    found
}

/// The same example without what it takes for granted.
fn turn(example: &Example, guard: &str) -> Option<Example> {
    let mut other = Example { expect: Expectation::NoMatch, ..example.clone() };
    let before = other.facts.insert(guard.to_owned(), false.into())?;
    (example.expect != Expectation::NoMatch && before.as_bool() == Some(true)).then_some(other)
}

#[test]
fn the_built_in_rules_keep_what_holds_of_all() {
    let complaints = complaints(&builtin().expect("the built-in rules can be loaded"));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
