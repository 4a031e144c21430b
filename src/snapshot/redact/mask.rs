//! Finds known secrets in a text however they are written: as they are, escaped for JSON, encoded for a URL,
//! or within base64. One automaton for all.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::value;

/// Longest prefix of a spelling that the automaton searches for, in bytes. The rest is compared where the
/// prefix occurs: otherwise a repetitive text would cost its length times that of the value.
const BEGINNING: usize = 256;
/// Shortest base64 that may contain a value that is searched for.
const ENCODED: usize = 8;
/// Decodes any piece of base64: bits after the last whole byte are ignored.
const PIECES: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
thread_local! {
    /// Number of automata built by this thread.
    pub(super) static MADE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The automaton of all values that are searched for.
pub(super) struct Masks {
    automaton: Option<AhoCorasick>,
    /// The spelling of each pattern.
    patterns: Vec<Spelling>,
    /// Whether the automaton could not be built: then no text is passed on.
    is_broken: bool,
}

/// One way to write a value.
struct Spelling {
    /// Index of the value.
    number: usize,
    /// Whether it may be part of another word or number, where it is not meant.
    is_word: bool,
    /// What follows its prefix.
    rest: Box<[u8]>,
}

impl Masks {
    /// Builds the automaton of values, each with its number.
    pub fn of<'v>(values: impl Iterator<Item = (&'v str, usize)>) -> Self {
        #[cfg(test)]
        MADE.set(MADE.get() + 1);
        let (mut prefixes, mut patterns) = (Vec::new(), Vec::new());
        for (value, number) in values {
            let is_word = value::is_word(value);
            for spelling in spellings(value) {
                let mut prefix = spelling.into_bytes();
                let rest = prefix.split_off(prefix.len().min(BEGINNING)).into();
                prefixes.push(prefix);
                patterns.push(Spelling { number, is_word, rest });
            }
        }
        let built = if prefixes.is_empty() {
            None
        } else {
            Some(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&prefixes))
        };
        let is_broken = matches!(built, Some(Err(_)));
        Self { automaton: built.and_then(Result::ok), patterns, is_broken }
    }

    /// Returns where values occur in a text, with their numbers.
    pub fn find(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        if self.is_broken {
            return vec![(0..text.len(), 0)];
        }
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut found = self.occurrences(automaton, text.as_bytes());
        // A value that is known in part may end within a character.
        found.iter_mut().for_each(|(range, _)| range.end = text.ceil_char_boundary(range.end));
        for run in runs(text) {
            if let Some(number) = self.encoded(automaton, &text.as_bytes()[run.clone()]) {
                let padding = text[run.end..].bytes().take(2).take_while(|byte| *byte == b'=').count();
                found.push((run.start..run.end + padding, number));
            }
        }
        found
    }

    /// Returns the places of values in order. A long value that starts like a known one is taken for it as
    /// far as the two agree.
    fn occurrences(&self, automaton: &AhoCorasick, bytes: &[u8]) -> Vec<(Range<usize>, usize)> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(hit) = automaton.find(Input::new(bytes).range(at..)) {
            let Spelling { number, is_word, rest } = &self.patterns[hit.pattern().as_usize()];
            let same = rest.iter().zip(&bytes[hit.end()..]).take_while(|(known, read)| known == read).count();
            let range = hit.start()..hit.end() + same;
            at = range.end;
            if !is_word || stands_alone(bytes, &range) {
                found.push((range, *number));
            }
        }
        found
    }

    /// Returns the value that a run of base64 contains, wherever its groups of four begin.
    fn encoded(&self, automaton: &AhoCorasick, run: &[u8]) -> Option<usize> {
        let standard: Vec<u8> = run
            .iter()
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => *byte,
            })
            .collect();
        (0..4).find_map(|shift| {
            let piece = standard.get(shift..)?;
            // A single character at the end does not make a whole byte.
            let whole = if piece.len() % 4 == 1 { piece.len() - 1 } else { piece.len() };
            let decoded = PIECES.decode(&piece[..whole]).ok()?;
            self.occurrences(automaton, &decoded).first().map(|(_, number)| *number)
        })
    }

    /// Returns whether no value occurs in a text.
    pub fn is_clean(&self, text: &str) -> bool {
        self.find(text).is_empty()
    }
}

fn stands_alone(bytes: &[u8], range: &Range<usize>) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !is_part(range.start.checked_sub(1).and_then(|at| bytes.get(at))) && !is_part(bytes.get(range.end))
}

/// Returns the parts of a text that may be base64, in either alphabet.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let mut at = 0;
    let bytes = text.as_bytes();
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let length = bytes[at..].iter().take_while(|byte| is_sign(byte)).count();
            let run = at..at + length;
            at += length + 1;
            if length >= ENCODED {
                return Some(run);
            }
        }
        None
    })
}

/// Returns a value as it is, escaped for JSON once and twice, and encoded for a URL.
fn spellings(value: &str) -> BTreeSet<String> {
    let is_free = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    if value.bytes().all(is_free) {
        return BTreeSet::from([value.to_owned()]);
    }
    let once = escaped(value);
    let encoded = |lower: bool, blank: Option<char>| {
        let sign = |byte: u8| match (byte, blank) {
            (b' ', Some(sign)) => sign.to_string(),
            (byte, _) if is_free(byte) => char::from(byte).to_string(),
            (byte, _) if lower => format!("%{byte:02x}"),
            (byte, _) => format!("%{byte:02X}"),
        };
        value.bytes().map(sign).collect::<String>()
    };
    BTreeSet::from([
        value.to_owned(),
        escaped(&once),
        once,
        encoded(false, None),
        encoded(true, None),
        encoded(false, Some('+')),
    ])
}

fn escaped(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    fn clean(value: &str, text: &str) -> bool {
        Masks::of([(value, 1)].into_iter()).is_clean(text)
    }

    #[test]
    fn a_value_is_found_in_every_base64() {
        for value in ["hunter2", "x9?>~~?Kd", "correct horse"] {
            for before in ["", "a", "ab", "user:", "me@example.org:"] {
                for after in ["", "!", "\n", "@host"] {
                    let text = format!("{before}{value}{after}");
                    for encoded in [
                        STANDARD.encode(&text),
                        STANDARD_NO_PAD.encode(&text),
                        URL_SAFE.encode(&text),
                        URL_SAFE_NO_PAD.encode(&text),
                    ] {
                        let line = format!("got {encoded} there");
                        let masks = Masks::of([(value, 1)].into_iter());
                        let found = masks.find(&line);
                        assert_eq!(
                            found.first().map(|(range, _)| &line[range.clone()]),
                            Some(encoded.as_str()),
                            "{text:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_value_is_found_whole() {
        for unit in ["x9 Kd2/", "@", "\\", "-----BEGIN KEY-----", "a%"] {
            let value = unit.repeat(4000 / unit.len());
            let masks = Masks::of([(value.as_str(), 1)].into_iter());
            let text = format!("got {value}; {}", escaped(&value));
            let covered: usize = masks.find(&text).into_iter().map(|(range, _)| range.len()).sum();
            assert_eq!(covered, value.len() + escaped(&value).len(), "{unit}");
        }
    }

    #[test]
    fn a_value_is_found_escaped_and_encoded() {
        for text in [r#"a\"b c/d"#, r#"a\\\"b c/d"#, "a%22b%20c%2Fd", "a%22b%20c%2fd", "a%22b+c%2Fd"] {
            assert!(!clean("a\"b c/d", text), "{text}");
        }
        assert!(
            clean("postman", "the postmaster")
                && !clean("postman", "the postman.")
                && clean("123456", "pid 1234567")
        );
    }
}
