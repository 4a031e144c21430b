//! Foreign text in which nearly every character is a delimiter or has several bytes: a place that is counted
//! in bytes and lies within a character ends a program. Each entry that takes foreign text is given a few
//! thousand such texts.

use std::io::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{TestCaseError, TestCaseResult};
use serde_json::{Value, json};
use sysdock::diagnose::diagnose_with;
use sysdock::facts::pipeline;
use sysdock::intake::{Supplied, snapshots};
use sysdock::playbook::{find_by_message, page};
use sysdock::prescribe::{CureFormat, Reach, emit, prescribe};
use sysdock::render::format::{ReportFormat, render};
use sysdock::render::{Answer, Context, Sheet, diagnosis_page};
use sysdock::rule::{RuleSet, builtin};
use sysdock::scan::Matcher;
use sysdock::snapshot::{EngineKind, Redactor, Snapshot, saved_file};

use super::program::project;
use clap::ValueEnum;

static RULES: LazyLock<RuleSet> = LazyLock::new(|| builtin().expect("the built-in rules can be read"));
static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&RULES));

/// What separates, quotes and escapes.
const DELIMITERS: [&str; 36] = [
    "\\", "\\\\", "\"", "'", "`", "=", ":", "::", "/", "//", "@", ";", ",", " ", "  ", "\t", "\n", "\r", "{",
    "}", "[", "]", "(", ")", "<", ">", "&", "|", "$", "%", "#", "-", "--", "+", "?", ".",
];
/// Characters of two to four bytes: letters, blanks, quotes, some whose lower or upper case is of another
/// length, some that share their first byte, and a byte order mark.
const WIDE: [&str; 16] = [
    "é",
    "è",
    "\u{1d4a2}",
    "\u{1d4a3}",
    "\u{a0}",
    "\u{2028}",
    "\u{2019}",
    "\u{ab}",
    "\u{130}",
    "\u{212a}",
    "\u{1e9e}",
    "\u{feff}",
    "\u{85}",
    "e\u{301}",
    "\u{1f512}",
    "\u{fffd}",
];
/// Words that make readers look closer.
const WORDS: [&str; 58] = [
    "x9",
    "0",
    "4K",
    "docker run ",
    "podman run -d ",
    "$ docker run --name web ",
    "-v /a:/b",
    "--tmpfs /run:",
    "--mount type=bind,",
    "--cgroup-parent ",
    "-e A_TOKEN=",
    "password",
    "PASSWORD=",
    "token: ",
    "secret",
    "https://u:",
    "Authorization: Bearer ",
    "mysql -p",
    "curl -u ",
    "--password ",
    "-----BEGIN PRIVATE KEY-----",
    "-----END ",
    "ghp_",
    "AKIA",
    "SG.",
    "value=",
    "<key>",
    "</key>",
    "Set-Cookie: ",
    "%3A",
    "%40",
    "services:\n",
    "  web:\n    image: ",
    "command: ",
    "{\"Config\": {",
    "\"Env\": [",
    "FROM ",
    "RUN ",
    "web-1  | ",
    "Nov 03 03:04:05 host app[7]: ",
    "2026-11-03T03:04:05Z ",
    "time=\"",
    "level=error msg=\"",
    "Failed to mount ",
    "Failed to create ",
    "systemd[1]: ",
    "Error response from daemon: ",
    "Error: OCI runtime error: ",
    "/sys/fs/cgroup",
    "/sbin/init",
    "\u{1b}[0;1;31m",
    "\u{1b}]8;;",
    "##[error]",
    "::error",
    "<secret-1>",
    "CONTAINER ID   IMAGE",
    "is generated for ",
    "{{",
];

fn piece() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => select(DELIMITERS.to_vec()), 3 => select(WIDE.to_vec()), 2 => select(WORDS.to_vec())]
}

fn dense(pieces: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..pieces).prop_map(|pieces| pieces.concat())
}

/// A line that some rule knows, with a dense text somewhere in it.
fn known() -> impl Strategy<Value = String> {
    (any::<Index>(), any::<Index>(), dense(6)).prop_map(|(line, place, text)| {
        let line = EXAMPLES[line.index(EXAMPLES.len())];
        let place = line.floor_char_boundary(place.index(line.len() + 1));
        [&line[..place], &text, &line[place..]].concat()
    })
}

static EXAMPLES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let examples = RULES.rules.iter().flat_map(|rule| rule.examples.iter());
    examples.flat_map(|example| example.lines.iter().map(String::as_str)).collect()
});

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() }
}

/// Judges a snapshot, prescribes for it, and prints it in every form.
fn said(snapshot: &Snapshot, kind: EngineKind) -> TestCaseResult {
    let report = diagnose_with(snapshot, &RULES, &MATCHER);
    let cure = prescribe(&report, snapshot, &Reach::by_itself(kind));
    let answers = [Answer { report: &report, prescription: cure.as_ref(), trial: None }];
    let sheet = Sheet { answers: &answers, summary: None, rules: &RULES, failures: &[], notices: &[] };
    let context = Context { width: 60, color: true, unicode: true, hyperlinks: true };
    for form in ReportFormat::value_variants() {
        render(*form, &sheet, &context).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
    for form in CureFormat::value_variants().iter().filter(|_| cure.is_some()) {
        let emitted = cure.as_ref().map(|cure| emit(cure, *form)).transpose();
        emitted.map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn dense_texts_are_redacted_between_characters(text in dense(16), line in known(), secret in dense(12)) {
        let secret = format!("Xy7{secret}Zq");
        let document = json!({
            "Config": {
                "Env": [text, format!("A_PASSWORD={secret}")], "Cmd": ["sh", "-c", text, secret],
                "Labels": {"a": text, "token": secret},
            },
            text.as_str(): line,
        });
        let mut redactor = Redactor::default();
        [&text, &line].into_iter().for_each(|text| redactor.learn_text(text));
        redactor.learn(&document);
        let mut redacted = document;
        redactor.redact_value(&mut redacted);
        // What follows all that could be taken for a secret is still there.
        for text in [&text, &line] {
            let whole = format!("{text}\n\nbehind it all\n");
            let once = redactor.redact(&whole);
            prop_assert!(once.len() <= whole.len() + 20 * whole.len(), "{whole:?} became {once:?}");
        }
    }

    #[test]
    fn dense_messages_are_explained(text in prop_oneof![dense(20), known()]) {
        if let Some(found) = find_by_message(&text, &RULES, &MATCHER).first() {
            let rule = RULES.get(found.id).expect("a found rule exists");
            let context = Context { width: 60, color: false, unicode: true, hyperlinks: true };
            let _ = diagnosis_page::render(&page(rule, &RULES), &context);
        }
        let _ = RULES.nearest(&text);
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn dense_texts_are_read_and_judged(
        texts in prop::collection::vec(prop_oneof![3 => dense(24), 1 => known()], 1..4),
        line in dense(8),
    ) {
        let text = texts.join("\n");
        let command = format!("docker run --name w{line} -v /a{line}:/b -e {line} --tmpfs /run{line} img /sbin/init");
        let supplied = Supplied { run: Some(command), ..Supplied::default() };
        for supplied in [Supplied::default(), supplied] {
            let read = snapshots("text", text.as_bytes(), &supplied, &MATCHER);
            let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
            read.iter().take(2).try_for_each(|snapshot| said(snapshot, EngineKind::Docker))?;
        }
    }
}

/// Recorded snapshots: with a cure of flags, of a derived image, of Podman, and a healthy one.
static RECORDED: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let read = |path: &str| {
        let text = std::fs::read_to_string(project(path)).expect("a fixture can be read");
        serde_json::from_str(&text).expect("a fixture is JSON")
    };
    FIXTURES.iter().map(|path| read(path)).collect()
});
const FIXTURES: [&str; 5] = [
    "fixtures/default-target-broken/docker28-v2-bookworm-target-masked-tty.json",
    "fixtures/run-tmpfs-missing/docker20-v2-bullseye-bare-silent.json",
    "fixtures/read-only-rootfs/podman4-v2-trixie-read-only-tty.json",
    "fixtures/entrypoint-wrapper-no-exec/podman4-v2-bullseye-bash-c-silent.json",
    "fixtures/healthy/podman4-v2-bookworm-good-silent.json",
];

/// Calls `each` with all texts of a document, also its keys' values, except what makes it a snapshot at all.
fn texts<'v>(value: &'v mut Value, found: &mut Vec<&'v mut String>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter_mut().for_each(|value| texts(value, found)),
        Value::Object(map) => map.values_mut().for_each(|value| texts(value, found)),
        _ => {}
    }
}

fn changed(recorded: &Value, changes: &[(Index, Index, String)]) -> Value {
    let mut document = recorded.clone();
    for part in ["documents", "facts", "log", "target", "gaps"] {
        let mut found = Vec::new();
        document.get_mut(part).into_iter().for_each(|part| texts(part, &mut found));
        if found.is_empty() {
            continue;
        }
        for (which, place, text) in changes {
            let which = which.index(found.len());
            let at = found[which].floor_char_boundary(place.index(found[which].len() + 1));
            found[which].insert_str(at, text);
        }
    }
    document
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn dense_fields_of_a_snapshot_are_judged(
        fixture in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), dense(8)), 1..24),
    ) {
        let document = changed(fixture.get(&RECORDED), &changes);
        let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
        file.write_all(document.to_string().as_bytes()).expect("a file can be written");
        if let Ok(snapshot) = saved_file::read(file.path()) {
            said(&pipeline::complete(snapshot), EngineKind::Docker)?;
        }
    }
}
