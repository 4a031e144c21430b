//! Which signatures match a line.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::fast::Prefilter;
use crate::pattern::Pattern;
use crate::rule::{RuleSet, Signature};

/// A signature by the index of its rule and its own index within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignatureId {
    /// Index into [`RuleSet::rules`].
    pub rule: usize,
    /// Index into the rule's signatures.
    pub signature: usize,
}

/// A match of a signature in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The signature.
    pub id: SignatureId,
    /// Named captures.
    pub captures: BTreeMap<String, String>,
}

/// All signatures of a rule set: a prefilter of their needles finds which can match a line at all, and only
/// those are tried.
#[derive(Debug)]
pub struct Matcher<'r> {
    rules: &'r RuleSet,
    /// The prefilter for single lines.
    lines: OnceLock<Option<Prefilter>>,
    /// For each needle, the pattern that requires it.
    owners: Vec<PatternOwner>,
    needles: Vec<&'r str>,
    /// Patterns without a needle, which are tried on every line.
    always: Vec<PatternOwner>,
    /// The prefilter for long texts.
    prefilter: OnceLock<Option<Arc<Prefilter>>>,
}

/// The pattern that a needle belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PatternOwner {
    /// A signature of a rule.
    Signature(SignatureId),
    /// A pattern of harmless lines, by its index.
    Harmless(usize),
}

impl<'r> Matcher<'r> {
    /// Prepares the signatures of a rule set.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        let mut matcher = Self {
            rules,
            lines: OnceLock::new(),
            owners: Vec::new(),
            needles: Vec::new(),
            always: Vec::new(),
            prefilter: OnceLock::new(),
        };
        for (rule, entry) in rules.rules.iter().enumerate() {
            for (signature, entry) in entry.signatures.iter().enumerate() {
                matcher.add(PatternOwner::Signature(SignatureId { rule, signature }), entry);
            }
        }
        for (index, entry) in rules.harmless.iter().enumerate() {
            matcher.add(PatternOwner::Harmless(index), entry);
        }
        matcher
    }

    fn add(&mut self, owner: PatternOwner, signature: &'r Signature) {
        if signature.needles.is_empty() {
            self.always.push(owner);
        }
        for needle in &signature.needles {
            self.needles.push(needle);
            self.owners.push(owner);
        }
    }

    /// Prepares now what the first use would otherwise prepare, which takes some milliseconds. A caller that
    /// waits for an engine can do this in the meantime.
    pub fn warm(&self) {
        self.lines();
        for rule in &self.rules.rules {
            rule.conditions().for_each(|(_, condition)| drop(condition.check()));
        }
    }

    fn lines(&self) -> Option<&Prefilter> {
        self.lines.get_or_init(|| Prefilter::for_lines(self.needles.iter().copied())).as_ref()
    }

    /// Returns the prefilter for long texts, built for the kind of text in the sample; `None` if some
    /// signature has no needle that is long enough, so that every line has to be read.
    #[must_use]
    pub fn prefilter(&self, sample: &[u8]) -> Option<&Arc<Prefilter>> {
        let of_signatures = |(needle, owner): (&&'r str, &PatternOwner)| {
            matches!(owner, PatternOwner::Signature(_)).then_some(*needle)
        };
        let build = || {
            let all_have_one = !self.always.iter().any(|owner| matches!(owner, PatternOwner::Signature(_)));
            all_have_one
                .then(|| {
                    Prefilter::new(self.needles.iter().zip(&self.owners).filter_map(of_signatures), sample)
                })
                .flatten()
                .map(Arc::new)
        };
        self.prefilter.get_or_init(build).as_ref()
    }

    /// Returns the patterns whose needles a line contains.
    fn candidates(&self, line: &str) -> Vec<PatternOwner> {
        let mut found = self.always.clone();
        if let Some(prefilter) = self.lines() {
            prefilter.needles_in(line.as_bytes(), |needle| found.extend(self.owners.get(needle)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the signatures that match a clean line, unless the line is known to be harmless.
    #[must_use]
    pub fn matches(&self, line: &str) -> Vec<SignatureId> {
        let candidates = self.candidates(line);
        let ids = candidates.iter().filter_map(|owner| match owner {
            PatternOwner::Signature(id) => Some(*id),
            PatternOwner::Harmless(_) => None,
        });
        let found: Vec<_> = ids.filter(|id| self.pattern(*id).is_match(line)).collect();
        if found.is_empty() || self.any_harmless(&candidates, line) { Vec::new() } else { found }
    }

    /// Returns the same matches with named captures.
    #[must_use]
    pub fn hits(&self, line: &str) -> Vec<Hit> {
        let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        let captured = |id: SignatureId| Hit {
            id,
            captures: self.pattern(id).named(line).into_iter().map(owned).collect(),
        };
        self.matches(line).into_iter().map(captured).collect()
    }

    /// Returns whether a line only looks like a failure.
    #[must_use]
    pub fn is_harmless(&self, line: &str) -> bool {
        self.any_harmless(&self.candidates(line), line)
    }

    fn any_harmless(&self, candidates: &[PatternOwner], line: &str) -> bool {
        candidates.iter().any(|owner| match owner {
            PatternOwner::Harmless(index) => self.rules.harmless[*index].pattern.is_match(line),
            PatternOwner::Signature(_) => false,
        })
    }

    fn pattern(&self, id: SignatureId) -> &Pattern {
        &self.rules.rules[id.rule].signatures[id.signature].pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::builtin;

    /// One signature without a needle, or with a short one, would make every long text slow.
    #[test]
    fn the_prefilter_takes_large_steps() {
        let rules = builtin().unwrap();
        let matcher = Matcher::new(&rules);
        assert!(matcher.prefilter(b"").unwrap().is_fast(), "a needle of the built-in rules is too short");
    }

    /// The filter may never hide what a pattern would match.
    #[test]
    fn needles_lose_nothing() {
        let rules = builtin().unwrap();
        let matcher = Matcher::new(&rules);
        let lines: Vec<String> = rules
            .rules
            .iter()
            .flat_map(|rule| rule.examples.iter().flat_map(|example| example.lines.clone()))
            .collect();
        assert!(lines.len() > 500, "there are {} lines", lines.len());
        for line in lines.iter().flat_map(|line| [line.clone(), line.to_uppercase(), line.to_lowercase()]) {
            let patterns = rules.rules.iter().enumerate().flat_map(|(rule, entry)| {
                entry
                    .signatures
                    .iter()
                    .enumerate()
                    .map(move |(signature, entry)| (SignatureId { rule, signature }, &entry.pattern))
            });
            let plain: Vec<_> =
                patterns.filter(|(_, pattern)| pattern.is_match(&line)).map(|(id, _)| id).collect();
            let harmless = rules.harmless.iter().any(|one| one.pattern.is_match(&line));
            assert_eq!(matcher.matches(&line), if harmless { Vec::new() } else { plain }, "{line}");
            assert_eq!(matcher.is_harmless(&line), harmless, "{line}");
        }
    }
}
