//! Finds the diagnoses that match a pasted message, the most likely root cause first.

use std::collections::BTreeSet;

use crate::rule::{Rule, RuleSet};
use crate::scan::{Matcher, clean};

/// A diagnosis that matches a line of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'r> {
    /// Id of the diagnosis.
    pub id: &'r str,
    /// Name of the signature that matched.
    pub signature: &'r str,
    /// The line without escapes.
    pub line: String,
}

/// Returns the diagnoses that match lines of a message, each once; empty if there are none.
#[must_use]
pub fn find_by_message<'r>(text: &str, rules: &'r RuleSet, matcher: &Matcher<'_>) -> Vec<Claim<'r>> {
    let mut found: Vec<(Rank, Claim<'r>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for line in text.lines().map(|line| clean(line.as_bytes())) {
        for id in matcher.matches(&line) {
            let rule = &rules.rules[id.rule];
            let signature = &rule.signatures[id.signature];
            if seen.insert(id.rule) {
                let rank =
                    Rank { follows: false, common: is_common(rule), weak: signature.weak, place: id.rule };
                found
                    .push((rank, Claim { id: &rule.id, signature: &signature.name, line: line.to_string() }));
            }
        }
    }
    let explained: BTreeSet<&String> =
        found.iter().flat_map(|(rank, _)| &rules.rules[rank.place].explains).collect();
    for (rank, claim) in &mut found {
        rank.follows = explained.iter().any(|id| *id == claim.id);
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, claim)| claim).collect()
}

/// The sort key of a match; rules are listed in boot order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    common: bool,
    weak: bool,
    follows: bool,
    place: usize,
}

fn is_common(rule: &Rule) -> bool {
    rule.consequence_only || rule.generic || rule.last_resort
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::builtin;

    fn ids(text: &str) -> Vec<String> {
        let rules = builtin().unwrap();
        let matcher = Matcher::new(&rules);
        find_by_message(text, &rules, &matcher).into_iter().map(|claim| claim.id.to_owned()).collect()
    }

    #[test]
    fn a_message_leads_to_its_cause() {
        assert_eq!(ids("Failed to mount tmpfs at /run: Operation not permitted")[0], "run-tmpfs-missing");
        assert_eq!(
            ids("\u{1b}[1;31mFailed to create /init.scope control group: Read-only file system\u{1b}[0m")[0],
            "cgroup-read-only"
        );
        assert!(ids("hello").is_empty());
    }

    #[test]
    fn what_follows_stands_behind() {
        let both = ids(
            "Failed to allocate manager object: Read-only file system\nFailed to create /init.scope control \
                group: Read-only file system",
        );
        assert_eq!(both.first().map(String::as_str), Some("cgroup-read-only"));
        assert!(both.contains(&"boot-stopped".to_owned()), "{both:?}");
    }
}
