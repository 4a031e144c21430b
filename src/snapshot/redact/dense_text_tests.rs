//! Texts in which nearly every character is a delimiter or has several bytes: each place that is masked
//! begins and ends between characters, since one that does not would be masked nowhere, or with all that
//! follows.

use proptest::prelude::*;
use proptest::sample::select;

use super::fields::FieldKind;
use super::mask::Masks;
use super::*;

/// What separates, quotes and escapes.
const DELIMITERS: [&str; 28] = [
    "\\", "\\\\", "\\\\\\", "\"", "'", "`", "=", ":", "::", "/", "//", "@", ";", ",", " ", "\t", "\n", "\r",
    "{", "}", "[", "<", ">", "&", "|", "%", "-", "+",
];
/// Characters of two to four bytes; some share their first bytes, some are blanks or line ends.
const WIDE: [&str; 14] = [
    "é",
    "è",
    "\u{1d4a2}",
    "\u{1d4a3}",
    "\u{a0}",
    "\u{2028}",
    "\u{2019}",
    "\u{201c}",
    "\u{130}",
    "\u{212a}",
    "\u{feff}",
    "\u{85}",
    "e\u{301}",
    "\u{fffd}",
];
/// What introduces or ends a secret, or is a part of one.
const WORDS: [&str; 44] = [
    "x9",
    "0",
    "password",
    "PASSWORD=",
    "token: ",
    "a_secret",
    "key",
    "https://u:",
    "tcp://",
    "@tcp(",
    "Bearer ",
    "Basic ",
    "mysql -p",
    "curl -u ",
    "--password ",
    "--api-key=",
    "-u",
    "-H ",
    "docker login -p ",
    "sshpass ",
    "echo x |",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END ",
    "ghp_",
    "AKIA",
    "hooks.slack.com/services/",
    "value=",
    "<key>",
    "</key>",
    "Set-Cookie: ",
    "%3A",
    "%20",
    "is generated for ",
    "by user ",
    "identified by ",
    "Authorization: ",
    "?code=",
    "&sig=",
    "SECRET=",
    "auth ",
    "run -e ",
    "ENV ",
    "|2 A=",
    "QUJDREVGR0hJSktMTU5P",
];

fn dense(pieces: usize) -> impl Strategy<Value = String> {
    let (delimiter, wide, word) =
        (select(DELIMITERS.to_vec()), select(WIDE.to_vec()), select(WORDS.to_vec()));
    let piece = prop_oneof![4 => delimiter, 3 => wide, 4 => word];
    prop::collection::vec(piece, 1..pieces).prop_map(|pieces| pieces.concat())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() }
}

fn kinds() -> impl Strategy<Value = FieldKind> {
    use FieldKind::{Hidden, History, Label, Secret, Text, Variable};
    select(vec![Text, Secret, Hidden, Variable, Label, History])
}

#[test]
fn a_quote_that_opens_at_the_end_of_a_line_hides_the_next_ones_as_well() {
    for text in ["ENV ?code=\"\n", "ENV A=\"\nb\n", "run -e A='\nb' c", "ENV A=\"\nb\" C=d\n"] {
        for span in FieldKind::Text.spans(text) {
            assert!(text.get(span.range.clone()).is_some(), "{:?} of {text:?}", span.range);
        }
    }
}

proptest! {
    #![proptest_config(config(8_000))]

    #[test]
    fn places_begin_and_end_between_characters(text in dense(14), kind in kinds()) {
        prop_assert_eq!(detect::split_character(&text), None, "{:?}", text);
        for span in kind.spans(&text) {
            prop_assert!(text.get(span.range.clone()).is_some(), "{:?} of {:?}", span.range, text);
        }
        let words: Vec<Value> = text.split(' ').map(Value::from).collect();
        for (word, span) in fields::of_words(&words) {
            prop_assert!(words[word].as_str().is_some_and(|word| word.get(span.range).is_some()), "{text:?}");
        }
    }

}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn known_values_are_found_between_characters(value in dense(12), pad in 200usize..300, text in dense(6)) {
        // A value that is longer than what is searched for, and one that differs from it in the middle.
        let long = format!("é{}{value}", "k".repeat(pad));
        let masks = Masks::of([(long.as_str(), 1), (value.as_str(), 2)].into_iter());
        for text in [format!("é{}{text}", "k".repeat(pad)), format!("{text}{long}{text}"), format!("{text}{value}")] {
            for (range, _) in masks.find(&text) {
                prop_assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
            }
        }
    }
}

#[test]
fn what_follows_half_a_character_stays() {
    // The two values differ in the last byte of a character.
    let known = format!("é{}é-known-value", "k3".repeat(140));
    let mut redactor = Redactor::default();
    redactor.learn(&serde_json::json!({"Env": [format!("A_PASSWORD={known}")]}));
    let said = redactor.redact(&format!("é{}è and what follows", "k3".repeat(140)));
    assert!(said.ends_with(" and what follows") && said.starts_with('<'), "{said}");
}
