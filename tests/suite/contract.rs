//! The JSON of a report as the contract has it: these keys, these kinds, these words, this order, and no
//! other bytes on replay.

use std::collections::BTreeSet;

use serde_json::Value;
use sysdock::rule::builtin;

use super::fixtures;
use super::program::sysdock;

/// What a value must be.
enum Shape {
    Text,
    Word(&'static [&'static str]),
    TextOrNull,
    Number,
    Any,
    Truth,
    OrNull(&'static Shape),
    /// Relative paths and their contents.
    Files,
    List(&'static Shape),
    Keys(&'static [(&'static str, Shape)]),
    Evidence,
}
use Shape::{Any, Evidence, Files, Keys, List, Number, OrNull, Text, TextOrNull, Truth, Word};

static DOCUMENT: Shape = Keys(&[
    ("schema_version", Number),
    ("tool", Keys(&[("name", Word(&["sysdock"])), ("version", Text), ("rules", Text)])),
    ("reports", List(&REPORT)),
]);

static REPORT: Shape = Keys(&[
    (
        "target",
        Keys(&[
            ("kind", Word(&["container", "snapshot", "text"])),
            ("name", Text),
            ("id", TextOrNull),
            ("engine", Keys(&[("name", TextOrNull), ("version", TextOrNull), ("api", TextOrNull)])),
        ]),
    ),
    ("subject", Word(&["systemd", "not-systemd"])),
    ("verdict", Word(&["healthy", "degraded", "failed", "undetermined"])),
    ("state", Text),
    ("class", OrNull(&CLASS)),
    ("findings", List(&FINDING)),
    ("prescription", OrNull(&PRESCRIPTION)),
    ("trial", OrNull(&Any)),
    ("undecided", List(&Keys(&[("id", Text), ("missing", List(&Text)), ("how", List(&Text))]))),
    ("gaps", List(&Keys(&[("fact", Text), ("reason", Text)]))),
    ("unrecognised", List(&Keys(&[("cluster", Text), ("text", Text), ("line", Number), ("count", Number)]))),
]);

static CLASS: Shape = Word(&["infrastructure", "configuration", "product"]);

static PRESCRIPTION: Shape = Keys(&[
    ("summary", Text),
    ("privilege", Text),
    ("cost", Text),
    ("curable", Truth),
    ("steps", List(&STEP)),
    ("not_offered", List(&Keys(&[("what", Text), ("why", Text)]))),
]);

static STEP: Shape = Keys(&[
    ("title", Text),
    (
        "kind",
        Word(&["build-image", "seccomp-profile", "retire-container", "run-container", "host", "advice"]),
    ),
    ("files", Files),
    ("argv", List(&Text)),
    ("why", List(&Text)),
    ("needs", OrNull(&Text)),
]);

static FINDING: Shape = Keys(&[
    ("id", Text),
    ("role", Word(&["root-cause", "consequence", "risk", "note"])),
    ("severity", Word(&["critical", "error", "warning", "info"])),
    ("confidence", Word(&["certain", "likely", "possible"])),
    ("title", Text),
    ("explanation", Text),
    ("evidence", List(&Evidence)),
    ("explains", List(&Text)),
    ("explained_by", List(&Text)),
    ("remedies", List(&Text)),
    ("advice", List(&Text)),
    ("class", Word(&["infrastructure", "configuration", "product"])),
    ("fingerprint", Text),
    ("accepted", OrNull(&Any)),
]);

static LOG: Shape = Keys(&[("kind", Word(&["log"])), ("text", Text), ("line", Number), ("stream", Text)]);
static FACT: Shape = Keys(&[("kind", Word(&["fact"])), ("path", Text), ("value", Any), ("source", Text)]);

/// Fails with the place of the first value that is not what it must be.
fn check(value: &Value, shape: &Shape, place: &str) {
    let holds = match shape {
        Any | OrNull(_) => true,
        Text => value.is_string(),
        Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        TextOrNull => value.is_string() || value.is_null(),
        Number => value.is_u64(),
        Truth => value.is_boolean(),
        Files => value
            .as_object()
            .is_some_and(|files| files.iter().all(|(path, text)| !path.starts_with('/') && text.is_string())),
        List(_) => value.is_array(),
        Keys(_) | Evidence => value.is_object(),
    };
    assert!(holds, "{place} is {value}");
    match shape {
        List(inner) => value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .for_each(|(i, v)| check(v, inner, &format!("{place}[{i}]"))),
        OrNull(inner) if !value.is_null() => check(value, inner, place),
        Evidence => check(value, if value["kind"] == "log" { &LOG } else { &FACT }, place),
        Keys(keys) => {
            let wanted: BTreeSet<&str> = keys.iter().map(|(key, _)| *key).collect();
            let found: BTreeSet<&str> =
                value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            assert_eq!(wanted, found, "keys of {place}");
            keys.iter().for_each(|(key, inner)| check(&value[*key], inner, &format!("{place}.{key}")));
        }
        _ => {}
    }
}

fn paths() -> Vec<String> {
    fixtures::all().iter().map(|fixture| fixture.path.display().to_string()).collect()
}

fn diagnosed(paths: &[String]) -> String {
    let head = ["doctor", "--format", "json", "--from"].map(str::to_owned);
    sysdock(head.iter().chain(paths)).run().stdout
}

#[test]
fn reports_have_the_keys_and_kinds_of_the_contract() {
    let document: Value = serde_json::from_str(&diagnosed(&paths())).expect("the output is JSON");
    check(&document, &DOCUMENT, "document");
    assert_eq!(document["schema_version"], 1);
    let reports = document["reports"].as_array().map_or(0, Vec::len);
    assert_eq!(reports, paths().len());
}

#[test]
fn findings_come_roots_first_and_in_the_order_of_boot() {
    let rules = builtin().expect("the built-in rules can be loaded");
    let order = ["root-cause", "consequence", "risk", "note"];
    let document: Value = serde_json::from_str(&diagnosed(&paths())).expect("the output is JSON");
    for report in document["reports"].as_array().expect("a list of reports") {
        let name = &report["target"]["name"];
        let findings = report["findings"].as_array().expect("a list of findings");
        let places: Vec<_> = findings
            .iter()
            .map(|finding| {
                let role = order.iter().position(|role| finding["role"] == *role);
                let stage = finding["id"].as_str().and_then(|id| rules.get(id)).map(|rule| rule.stage);
                (role.expect("a known role"), stage.expect("a known diagnosis"))
            })
            .collect();
        assert!(places.is_sorted(), "{name}: {places:?}");
    }
}

#[test]
fn causes_and_consequences_agree() {
    let document: Value = serde_json::from_str(&diagnosed(&paths())).expect("the output is JSON");
    for report in document["reports"].as_array().expect("a list of reports") {
        let findings = report["findings"].as_array().expect("a list of findings");
        for finding in findings {
            let id = &finding["id"];
            let present = |other: &Value| findings.iter().find(|one| one["id"] == *other);
            for cause in finding["explained_by"].as_array().into_iter().flatten() {
                let cause = present(cause).unwrap_or_else(|| {
                    panic!("{id} is explained by {cause}, which is not there: {report:#}")
                });
                assert!(
                    cause["explains"].as_array().is_some_and(|list| list.contains(id)),
                    "{cause} does not explain {id}"
                );
            }
            for follower in finding["explains"].as_array().into_iter().flatten() {
                assert!(present(follower).is_some(), "{id} explains {follower}, which is not there");
            }
            assert!(
                finding["role"] != "root-cause" || finding["explained_by"] == serde_json::json!([]),
                "{id} is a root and explained"
            );
        }
    }
}

#[test]
fn the_same_snapshots_give_the_same_bytes() {
    let paths = paths();
    let first = diagnosed(&paths);
    assert!(first.len() > 1000);
    assert_eq!(first, diagnosed(&paths));
    // Reports are ordered worst first; among equals they keep the order of the arguments.
    for path in paths.iter().take(5) {
        let from_file = diagnosed(std::slice::from_ref(path));
        let text = std::fs::read(path).expect("the fixture can be read");
        let from_stdin = sysdock(["doctor", "--format", "json", "--from", "-"]).run_with(&text).stdout;
        assert_eq!(from_file, from_stdin, "{path}");
    }
}
