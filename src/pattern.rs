//! Regular expressions over lines of text, compiled on first use.
//!
//! Classes and word boundaries cover ASCII only: the messages of systemd and of the engines need no more, and
//! the Unicode tables cost milliseconds and megabytes for each expression that uses them. A match that ends
//! inside a character does not count.

use std::borrow::Cow;
use std::ops::{Index, Range};
use std::sync::OnceLock;

use aho_corasick::packed::Searcher;
use memchr::memmem::Finder;
use regex::bytes::{self, Regex, RegexBuilder};

/// A regular expression that remembers its source.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: Cow<'static, str>,
    /// Literals of which every match contains one; empty where none is known. A text without any of them is
    /// rejected quickly, and an expression that only meets such texts is never compiled.
    literals: &'static [&'static str],
    /// Searchers for the literals.
    finders: OnceLock<Vec<Finder<'static>>>,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Makes a pattern that is part of the program.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self::with_one_of(&[], source)
    }

    /// Makes a pattern that is part of the program and of which every match contains one of these literals.
    /// For a pattern that begins with `(?i)` the literals are in lower case and are searched for in either
    /// case.
    #[must_use]
    pub const fn with_one_of(literals: &'static [&'static str], source: &'static str) -> Self {
        Self { source: Cow::Borrowed(source), literals, finders: OnceLock::new(), regex: OnceLock::new() }
    }

    /// Makes the pattern of a rule.
    #[must_use]
    pub fn owned(source: String) -> Self {
        Self { source: Cow::Owned(source), literals: &[], finders: OnceLock::new(), regex: OnceLock::new() }
    }

    /// Returns the expression as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether the source is a regular expression of acceptable size.
    #[must_use]
    pub fn compiles(&self) -> bool {
        self.regex().is_some()
    }

    /// Returns whether a text contains one of the literals, or there are none; a quick way to say no.
    #[must_use]
    pub fn may_match(&self, text: &str) -> bool {
        self.literals.is_empty() || self.holds_one(text)
    }

    /// Returns the compiled expression, if a text may match it.
    fn regex_for(&self, text: &str) -> Option<&Regex> {
        let may = self.may_match(text);
        debug_assert!(
            may || !self.regex().is_some_and(|regex| regex.is_match(text.as_bytes())),
            "{} matches {text:?}",
            self.source
        );
        if may { self.regex() } else { None }
    }

    fn is_caseless(&self) -> bool {
        self.source.starts_with("(?i)")
    }

    fn holds_one(&self, text: &str) -> bool {
        let folded =
            if self.is_caseless() { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
        let finders =
            self.finders.get_or_init(|| self.literals.iter().map(|literal| Finder::new(*literal)).collect());
        finders.iter().any(|finder| finder.find(folded.as_bytes()).is_some())
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| RegexBuilder::new(&self.source).unicode(false).build().ok()).as_ref()
    }

    /// Returns whether the pattern matches anywhere in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex_for(text).is_some_and(|regex| regex.is_match(text.as_bytes()))
    }

    /// Returns the byte range of the first match.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let first = self.regex_for(text)?.find(text.as_bytes())?.range();
        if text.get(first.clone()).is_some() { Some(first) } else { self.find_iter(text).next() }
    }

    /// Returns the byte ranges of all matches.
    pub fn find_iter(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        let found = self.regex_for(text).into_iter().flat_map(|regex| regex.find_iter(text.as_bytes()));
        found.map(|found| found.range()).filter(|range| text.get(range.clone()).is_some())
    }

    /// Returns the groups of the first match.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        // Groups are allocated only where there is a match: most lines have none.
        self.is_match(text).then(|| self.captures_iter(text).next()).flatten()
    }

    /// Returns the groups of all matches.
    pub fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        let found = self.regex_for(text).into_iter().flat_map(|regex| regex.captures_iter(text.as_bytes()));
        found.map(|groups| Captures { text, groups })
    }

    /// Returns the named groups that took part in the first match.
    #[must_use]
    pub fn named<'t>(&self, text: &'t str) -> Vec<(&str, &'t str)> {
        let Some((regex, captures)) = self.regex_for(text).zip(self.captures(text)) else {
            return Vec::new();
        };
        regex.capture_names().flatten().filter_map(|name| Some((name, captures.name(name)?))).collect()
    }

    /// Returns the text with every match replaced.
    #[must_use]
    pub fn replace_all<'t>(&self, text: &'t str, stand_in: &str) -> Cow<'t, str> {
        let mut replaced = String::new();
        let mut end = 0;
        for range in self.find_iter(text) {
            replaced.push_str(text.get(end..range.start).unwrap_or_default());
            replaced.push_str(stand_in);
            end = range.end;
        }
        if end == 0 && replaced.is_empty() {
            return Cow::Borrowed(text);
        }
        replaced.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(replaced)
    }
}

/// Literals that are searched for in one pass.
#[derive(Debug)]
pub struct Literals {
    all: &'static [&'static str],
    searcher: OnceLock<Option<Searcher>>,
}

impl Literals {
    /// Makes a set of literals, searched for as they are written.
    #[must_use]
    pub const fn new(all: &'static [&'static str]) -> Self {
        Self { all, searcher: OnceLock::new() }
    }

    /// Returns whether a text may contain one of them. Where the processor has no fast search, the answer is
    /// always yes.
    #[must_use]
    pub fn may_occur_in(&self, text: &str) -> bool {
        self.searcher
            .get_or_init(|| Searcher::new(self.all))
            .as_ref()
            .is_none_or(|searcher| searcher.find(text).is_some())
    }
}

/// Patterns that are tried in turn on many texts, few of which match any.
#[derive(Debug)]
pub struct Group<const N: usize> {
    patterns: [&'static Pattern; N],
    /// The literals of all patterns; none where a pattern has no literals or ignores case.
    literals: OnceLock<Option<Searcher>>,
}

impl<const N: usize> Group<N> {
    /// Groups expressions.
    #[must_use]
    pub const fn new(patterns: [&'static Pattern; N]) -> Self {
        Self { patterns, literals: OnceLock::new() }
    }

    /// Returns whether a text contains a literal of one of them; a quick way to say no.
    #[must_use]
    pub fn may_match(&self, text: &str) -> bool {
        let may = self
            .literals
            .get_or_init(|| self.all_literals())
            .as_ref()
            .is_none_or(|literals| literals.find(text).is_some());
        debug_assert!(may || !self.patterns.iter().any(|pattern| pattern.is_match(text)), "{text:?}");
        may
    }

    fn all_literals(&self) -> Option<Searcher> {
        let all_have_some =
            self.patterns.iter().all(|pattern| !pattern.literals.is_empty() && !pattern.is_caseless());
        all_have_some
            .then(|| Searcher::new(self.patterns.iter().flat_map(|pattern| pattern.literals)))
            .flatten()
    }
}

/// The groups of a match. A group that took no part in it is indexed as the empty text.
#[derive(Debug)]
pub struct Captures<'t> {
    text: &'t str,
    groups: bytes::Captures<'t>,
}

impl<'t> Captures<'t> {
    /// Returns a group by its name.
    #[must_use]
    pub fn name(&self, name: &str) -> Option<&'t str> {
        self.text.get(self.groups.name(name)?.range())
    }

    /// Returns a group by its number; 0 is the whole.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&'t str> {
        self.text.get(self.groups.get(number)?.range())
    }
}

impl Index<&str> for Captures<'_> {
    type Output = str;

    fn index(&self, name: &str) -> &str {
        self.name(name).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_texts() {
        static PAIR: Pattern = Pattern::new(r"(?P<key>\w+)=(?P<value>\w+)?");
        let captures = PAIR.captures("é a=1").unwrap();
        assert_eq!(
            (&captures["key"], captures.name("value"), captures.get(0)),
            ("a", Some("1"), Some("a=1"))
        );
        assert_eq!(PAIR.named("a="), [("key", "a")]);
        assert_eq!(PAIR.captures_iter("a=1 b=2").count(), 2);
        assert!(PAIR.captures("nothing").is_none());
    }

    #[test]
    fn without_its_literals_nothing_is_compiled() {
        let pattern = Pattern::with_one_of(&["one ", "two "], r"(?:one|two) \d");
        assert!(!pattern.is_match("three 3") && pattern.captures("three 3").is_none());
        // A debug build compiles the pattern to check that its literals are right.
        assert_eq!(pattern.regex.get().is_some(), cfg!(debug_assertions));
        assert_eq!(pattern.find("and two 2"), Some(4..9));
    }

    #[test]
    fn a_group_is_asked_at_once() {
        static ONE: Pattern = Pattern::with_one_of(&["one."], r"one\. \d");
        static TWO: Pattern = Pattern::with_one_of(&["two"], r"two \d");
        static CASELESS: Pattern = Pattern::with_one_of(&["two"], r"(?i)two \d");
        static ANY: Pattern = Pattern::new(r"\d");
        let group = Group::new([&ONE, &TWO]);
        assert_eq!(
            ["one. 1", "one", "two", "three"].map(|text| group.may_match(text)),
            [true, false, true, false]
        );
        assert!(Group::new([&ONE, &ANY]).may_match("3") && Group::new([&ONE, &CASELESS]).may_match("TWO 2"));
        assert_eq!(
            ["b", "ab", "c"].map(|text| Literals::new(&["ab", "b."]).may_occur_in(text)),
            [false, true, false]
        );
    }

    #[test]
    fn a_half_character_is_no_match() {
        let one = Pattern::new(r"[^a]");
        assert_eq!((one.find("aé"), one.find("ab")), (None, Some(1..2)));
        assert_eq!(one.replace_all("aéb", "-"), "aé-");
    }

    #[test]
    fn replacing_leaves_the_rest() {
        let number = Pattern::new(r"\d+");
        assert_eq!(number.replace_all("1 über 22", "#"), "# über #");
        assert!(matches!(number.replace_all("none", "#"), Cow::Borrowed("none")));
        assert!(!Pattern::new("(").compiles() && !Pattern::new("(").is_match("("));
    }
}
