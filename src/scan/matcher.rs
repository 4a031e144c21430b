//! Which signatures a line matches.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::rule::RuleSet;

/// Memory that the set's lazy automaton may take.
const CACHE: usize = 4 * 1024 * 1024;

/// A signature by the index of its rule and its own index within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignatureId {
    /// Index into [`RuleSet::rules`].
    pub rule: usize,
    /// Index into the rule's signatures.
    pub signature: usize,
}

/// A line that a signature matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The signature.
    pub id: SignatureId,
    /// Named captures.
    pub captures: BTreeMap<String, String>,
}

/// All signatures of a rule set as one automaton.
#[derive(Debug)]
pub struct Matcher<'r> {
    rules: &'r RuleSet,
    patterns: Vec<&'r str>,
    set: OnceLock<Option<RegexSet>>,
    ids: Vec<SignatureId>,
}

impl<'r> Matcher<'r> {
    /// Prepares the signatures of a rule set.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        let mut ids = Vec::new();
        let mut patterns = Vec::new();
        for (rule, entry) in rules.rules.iter().enumerate() {
            for (signature, entry) in entry.signatures.iter().enumerate() {
                ids.push(SignatureId { rule, signature });
                patterns.push(&*entry.pattern.source);
            }
        }
        Self { rules, patterns, set: OnceLock::new(), ids }
    }

    /// Builds the automaton now, which takes some milliseconds; else the first line does. Whoever waits for an engine can do so meanwhile.
    pub fn warm(&self) {
        self.automaton();
    }

    fn automaton(&self) -> Option<&RegexSet> {
        // Each pattern was checked when its rule was loaded, so that the set fails only beyond its size limit.
        let build = || RegexSetBuilder::new(&self.patterns).unicode(false).size_limit(64 << 20).dfa_size_limit(CACHE).build().ok();
        self.set.get_or_init(build).as_ref()
    }

    /// Signatures whose pattern occurs in a clean line, unless the line is known to be harmless.
    #[must_use]
    pub fn matches(&self, line: &str) -> Vec<SignatureId> {
        let Some(set) = self.automaton() else { return Vec::new() };
        let found: Vec<_> = set.matches(line.as_bytes()).into_iter().filter_map(|index| self.ids.get(index).copied()).collect();
        if found.is_empty() || self.is_harmless(line) { Vec::new() } else { found }
    }

    /// The same with named captures.
    #[must_use]
    pub fn hits(&self, line: &str) -> Vec<Hit> {
        let captured = |id: SignatureId| {
            let pattern = &self.rules.rules[id.rule].signatures[id.signature].pattern;
            Hit { id, captures: pattern.captures(line).into_iter().collect() }
        };
        self.matches(line).into_iter().map(captured).collect()
    }

    /// Whether a line only looks bad.
    #[must_use]
    pub fn is_harmless(&self, line: &str) -> bool {
        self.rules.harmless.iter().any(|signature| signature.pattern.is_match(line))
    }
}
