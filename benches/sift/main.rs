#![allow(clippy::expect_used, clippy::cast_possible_truncation, missing_docs)]
//! What the reading of a log depends on: the number of signatures, how many lines are faults, how long lines
//! are, and escape sequences.
//!
//! `cargo bench --bench sift` (add `-- NAME` for one of them) takes logs of 64 MiB in memory through the path
//! of `triage`, without the judging, on one thread. Compare within one run only.

#[path = "../scan/texts.rs"]
mod texts;

use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use sysdock::intake::{Supplied, snapshots};
use sysdock::rule::{RuleSet, builtin, load};
use sysdock::scan::{Matcher, threads};
use texts::Kind;

const BYTES: usize = 64 << 20;
/// Signatures for the rows that are not about their number: those built in.
static BUILT_IN: LazyLock<RuleSet> = LazyLock::new(|| builtin().expect("the built-in rules can be read"));

fn main() {
    threads::want(1);
    divan::main();
}

/// So many signatures: some of those built in, or all and made ones beside them.
#[divan::bench(sample_count = 20, args = [1, 50, 200, 305, 1000, 3000])]
fn signatures(bencher: Bencher<'_, '_>, count: usize) {
    read(bencher, &some_rules(count), &text(BYTES, 1, Kind::Services));
}

/// Faults in a thousand lines.
#[divan::bench(sample_count = 20, args = [0, 1, 10, 50, 500, 1000])]
fn faults(bencher: Bencher<'_, '_>, permille: u64) {
    read(bencher, &BUILT_IN, &text(BYTES, permille, Kind::Services));
}

/// Bytes of a line.
#[divan::bench(sample_count = 20, args = [40, 150, 1000, 20_000, 1_000_000])]
fn length(bencher: Bencher<'_, '_>, length: usize) {
    let mut text = text(BYTES, 0, Kind::Services);
    let mut in_line = 0;
    for byte in &mut text {
        in_line += 1;
        let end = in_line >= length;
        *byte = if end {
            b'\n'
        } else if *byte == b'\n' {
            b' '
        } else {
            *byte
        };
        in_line = if end { 0 } else { in_line };
    }
    read(bencher, &BUILT_IN, &text);
}

/// Where escape sequences stand: nowhere, around the text of every line, within every word, and as real boots
/// on a terminal have them.
#[divan::bench(sample_count = 20, args = ["none", "lines", "words", "boots"])]
fn escapes(bencher: Bencher<'_, '_>, place: &str) {
    let kind = if place == "boots" { Kind::Boots } else { Kind::Services };
    let plain = text(BYTES, 1, kind);
    let text = match place {
        "lines" => between(&plain, b'\n', b"\x1b[0m\n\x1b[0;1;39m"),
        "words" => between(&plain, b'e', b"\x1b[1me\x1b[0m"),
        _ => plain,
    };
    read(bencher, &BUILT_IN, &text);
}

/// A log of services or boots.
fn text(bytes: usize, permille: u64, kind: Kind) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes + 1024);
    texts::lines(bytes, permille, kind, |line| text.extend_from_slice(line.as_bytes()));
    text
}

/// A text in which some bytes are replaced, no longer than it was.
fn between(text: &[u8], byte: u8, instead: &[u8]) -> Vec<u8> {
    let mut changed: Vec<u8> = text
        .iter()
        .flat_map(|one| if *one == byte { instead } else { std::slice::from_ref(one) })
        .copied()
        .collect();
    changed.truncate(text.len());
    changed
}

fn read(bencher: Bencher<'_, '_>, rules: &RuleSet, text: &[u8]) {
    let matcher = Matcher::new(rules);
    matcher.warm();
    let beside = Supplied::default();
    bencher
        .counter(BytesCount::of_slice(text))
        .bench(|| snapshots("log", black_box(text), &beside, &matcher).expect("memory can be read"));
}

fn some_rules(count: usize) -> RuleSet {
    let mut rules = BUILT_IN.clone();
    let built_in: usize = rules.rules.iter().map(|rule| rule.signatures.len()).sum();
    if count > built_in {
        return more_rules(count - built_in);
    }
    let mut left = count;
    for rule in &mut rules.rules {
        rule.signatures.truncate(left);
        left -= rule.signatures.len();
    }
    rules
}

/// The built-in rules and a rule of so many signatures, each with a word of its own and a group.
fn more_rules(count: usize) -> RuleSet {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let head = "id = \"made\"\ntitle = \"Made\"\nseverity = \"error\"\nstage = \"units\"\nexplanation \
        = \"Made\"\nconfirm = \"Made\"\n";
    let made = (0..count).map(|number| {
        let word: String = (0..8)
            .map(|place| char::from(b'a' + ((number + 1) * 7919 / 26_usize.pow(place) % 26) as u8))
            .collect();
        format!(
            "[[signature]]\nname = \"s{number}\"\npattern = 'cannot {word} the (?P<what>\\w+): .*refused'\n"
        )
    });
    let text: String = std::iter::once(head.to_owned()).chain(made).collect();
    std::fs::write(folder.path().join("made.toml"), text).expect("the rules can be written");
    load(&[folder.path().to_owned()]).expect("the rules can be read")
}
