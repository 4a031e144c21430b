//! The scanner against every pattern tried on every line, on a log that is made from arbitrary bytes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sysdock::rule::{RuleSet, builtin};
use sysdock::scan::{LogStream, Matcher, SignatureId, Whole, clean};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| builtin().expect("the built-in rules can be read"));
static EXAMPLES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let examples = RULES.rules.iter().flat_map(|rule| rule.examples.iter());
    examples.flat_map(|example| example.lines.iter().map(String::as_str)).collect()
});

/// What lines match, by their numbers.
type Matches = BTreeMap<u64, Vec<SignatureId>>;

/// Compares both ways of reading the log that the bytes stand for.
///
/// # Panics
/// When one of them finds what the other does not.
pub fn check(bytes: &[u8]) {
    let [chunk, head, tail, rest @ ..] = bytes else { return };
    let log = written(rest);
    let whole = Whole { head: usize::from(*head), tail: usize::from(*tail), short: 0 };
    let matcher = Matcher::new(&RULES);
    let sifted = sifted(&matcher, whole, &log, 1 + usize::from(*chunk) * 7);
    assert_eq!(sifted, naive(&log), "{}", log.escape_ascii());
}

/// Bytes of the log: most stand for themselves, some for what failures are made of.
fn written(bytes: &[u8]) -> Vec<u8> {
    let mut log = Vec::new();
    let mut left = bytes.iter().copied();
    while let Some(byte) = left.next() {
        let mut number = || usize::from(left.next().unwrap_or_default());
        match byte {
            // A line of an example, or a part of it.
            0xf0 | 0xf1 => {
                let line = EXAMPLES[(number() << 8 | number()) % EXAMPLES.len()];
                let end = if byte == 0xf0 {
                    line.len()
                } else {
                    line.floor_char_boundary(number() % (line.len() + 1))
                };
                log.extend(line[..end].bytes());
            }
            0xf2 => log.extend(b"\x1b[0;1;31m"),
            0xf3 => log.extend(b"\x1b[0m\r\n"),
            0xf4 => log.extend(b"Nov 03 03:04:05 host app[7]: "),
            // Enough for several blocks.
            0xf5 => log.extend(
                b"time=\"2026-11-03T03:04:05Z\" level=info msg=\"request served\"\n".repeat(number()),
            ),
            _ => log.push(byte),
        }
    }
    log
}

fn sifted(matcher: &Matcher<'_>, whole: Whole, log: &[u8], chunk: usize) -> Matches {
    let mut stream = LogStream::new(matcher, whole);
    let mut found = Matches::new();
    let mut take = |number: u64, line: &[u8]| {
        let ids = matcher.matches(&clean(line));
        if !ids.is_empty() {
            found.insert(number, ids);
        }
    };
    log.chunks(chunk).for_each(|part| stream.push(part, |line| take(line.number, line.bytes)));
    stream.finish(|line| take(line.number, line.bytes));
    found
}

/// Lines are short here, so that none loses its end.
fn naive(log: &[u8]) -> Matches {
    let mut known: BTreeMap<&[u8], Vec<SignatureId>> = BTreeMap::new();
    let mut found = Matches::new();
    for (line, number) in log.split(|byte| *byte == b'\n').zip(1..) {
        let ids = known.entry(line).or_insert_with(|| matching(&clean(line)));
        if !ids.is_empty() {
            found.insert(number, ids.clone());
        }
    }
    found
}

fn matching(line: &str) -> Vec<SignatureId> {
    if RULES.harmless.iter().any(|harmless| harmless.pattern.is_match(line)) {
        return Vec::new();
    }
    let all = RULES.rules.iter().enumerate().flat_map(|(rule, entry)| {
        entry
            .signatures
            .iter()
            .enumerate()
            .map(move |(signature, entry)| (SignatureId { rule, signature }, entry))
    });
    all.filter(|(_, entry)| entry.pattern.is_match(line)).map(|(id, _)| id).collect()
}
