//! The schemas of reports and snapshots refuse what does not belong: every key that is missing, surplus or of
//! another kind, and every word that is none of theirs.

use std::path::PathBuf;

use serde_json::{Value, json};
use sysdock::diagnose::{Verdict, diagnose};
use sysdock::render::watch_line::Occasion;
use sysdock::render::{Answer, json as report_json};
use sysdock::rule::builtin;
use sysdock::snapshot::saved_file;
use sysdock::treat::{Minimal, Refusal, Stop, TrialOutcome, UnitState};

use super::fixtures;
use super::own_schemas::{DOCUMENT, LINE, REPORT, SNAPSHOT, committed};
use super::program::sysdock;

fn fixture(folder: &str) -> PathBuf {
    let all = fixtures::all();
    all.into_iter()
        .find(|fixture| fixture.folder == folder)
        .map(|fixture| fixture.path)
        .expect("there is one")
}

/// A document with a prescription, an accepted finding and what a configuration does.
pub fn accepted_report() -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("own.toml");
    let suppress = "[[suppress]]\nid = \"run-tmpfs-missing\"\nreason = \"known\"\nexpires = 2099-12-31\n";
    std::fs::write(&config, suppress).expect("it can be written");
    let from = fixture("run-tmpfs-missing").display().to_string();
    let at = config.display().to_string();
    sysdock(["doctor", "--format", "json", "--config", &at, "--from", &from]).run().json()
}

/// A document with a summary, undecided diagnoses and lines that no rule knows.
fn summed_up() -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in [
        ("a.log", "systemd[1]: app.service: Failed with result 'exit-code'.\napp: FATAL: no such quux\n"),
        ("b.log", "Failed to mount tmpfs at /run: Operation not permitted\n[!!!!!!] Freezing execution.\n"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    sysdock(["triage", "--format", "json", &folder.path().display().to_string()]).run().json()
}

fn outcome() -> TrialOutcome {
    TrialOutcome {
        works: true,
        verdict: Verdict::Degraded,
        root_causes: vec!["unit-failed".to_owned()],
        failed_units: vec!["app.service".to_owned()],
        units: vec![UnitState { unit: "web.service".to_owned(), state: "active".to_owned() }],
        stop: Some(Stop { exit_code: None, seconds: 0.25 }),
        problem: Some("p".to_owned()),
        removed: true,
        minimal: Some(Minimal { needed: vec!["--tmpfs /run".to_owned()], not_needed: Vec::new() }),
        refused: vec![Refusal { set: "writable-cgroups".to_owned(), said: "refused".to_owned() }],
        ..TrialOutcome::unstarted("web-trial-1")
    }
}

/// A line with a trial and an event.
pub fn tried_line() -> Value {
    let snapshot = saved_file::read(&fixture("run-tmpfs-missing")).expect("the fixture can be read");
    let report = diagnose(&snapshot, &builtin().expect("the rules can be loaded"));
    let outcome = outcome();
    let answer = Answer { report: &report, prescription: None, trial: Some(&outcome) };
    let occasion = Occasion {
        kind: "died",
        time: "2026-01-31T08:00:00Z".to_owned(),
        image: "debian:12",
        exit_code: Some(255),
        deaths: 2,
    };
    let text = report_json::line_of(&answer, Some(&occasion)).expect("it can be written");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Keys that may be missing.
const OPTIONAL: [&str; 4] = ["configuration", "summary", "event", "unrecognised of a log"];

/// Whether a place ends with that key.
fn is_key(place: &str, key: &str) -> bool {
    place.rsplit('.').next() == Some(key)
}

/// Copies of a value with one thing changed that its schema has to refuse, each with what that is.
fn spoiled(value: &Value, place: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    // Facts and documents of the engine are what they are; which facts there are differs.
    let is_free = is_key(place, "value") || is_key(place, "documents");
    match value {
        _ if is_free => {}
        Value::Object(map) => {
            let mut more = map.clone();
            more.insert("surplus".to_owned(), json!(1));
            found.push((format!("{place} with a key more"), more.into()));
            for (key, inner) in map {
                let there = format!("{place}.{key}");
                let varies = is_key(place, "files") || is_key(place, "facts");
                if !varies && !OPTIONAL.contains(&key.as_str()) && there != ".log.unrecognised" {
                    let mut less = map.clone();
                    less.remove(key);
                    found.push((format!("{place} without {key}"), less.into()));
                }
                for (what, inner) in spoiled(inner, &there) {
                    let mut other = map.clone();
                    other.insert(key.clone(), inner);
                    found.push((what, other.into()));
                }
            }
        }
        Value::Array(list) => {
            found.push((format!("{place} is no list"), json!({})));
            for (index, inner) in list.iter().enumerate().take(2) {
                for (what, inner) in spoiled(inner, &format!("{place}.{index}")) {
                    let mut other = list.clone();
                    other[index] = inner;
                    found.push((what, other.into()));
                }
            }
        }
        _ => {
            found.push((format!("{place} is a list"), json!([[]])));
            let key = place.rsplit('.').next().unwrap_or_default();
            let is_word = ["kind", "role", "severity", "confidence", "class", "verdict", "subject", "id"];
            let container = place.ends_with("target.id") || value.is_null();
            if is_word.contains(&key) && !container {
                found.push((format!("{place} is another word"), json!("Some Other word!")));
            }
            if key == "schema_version" {
                found.push((format!("{place} is another number"), json!(2)));
            }
        }
    }
    found
}

#[test]
fn a_report_with_a_wrong_word_a_missing_or_an_unknown_key_is_refused() {
    let summed_up = summed_up();
    assert!(summed_up.get("summary").is_some(), "{summed_up:#}");
    for (sample, schema) in [(accepted_report(), &DOCUMENT), (summed_up, &DOCUMENT), (tried_line(), &LINE)] {
        assert_eq!(schema.complaints(&sample), [""; 0]);
        assert_eq!(REPORT.complaints(&sample), [""; 0]);
        let spoiled = spoiled(&sample, "");
        assert!(spoiled.len() > 60, "{}", spoiled.len());
        for (what, value) in spoiled {
            assert!(!schema.validator().is_valid(&value), "{what}: taken");
            assert!(!REPORT.validator().is_valid(&value), "{what}: taken");
        }
    }
}

#[test]
fn the_samples_show_every_key_of_a_report() {
    let samples = format!("{} {} {}", accepted_report(), summed_up(), tried_line());
    for (name, definition) in committed("report")["definitions"].as_object().expect("definitions") {
        let choices = definition["oneOf"].as_array().cloned().unwrap_or_default();
        for one in choices.iter().chain([definition]) {
            for key in one["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
                assert!(samples.contains(&format!("\"{key}\":")), "no sample has {name}.{key}");
            }
        }
    }
}

#[test]
fn a_snapshot_with_a_wrong_word_a_missing_or_an_unknown_key_is_refused() {
    let text = std::fs::read_to_string(fixture("run-tmpfs-missing")).expect("the fixture can be read");
    let sample: Value = serde_json::from_str(&text).expect("it is JSON");
    let spoiled = spoiled(&sample, "");
    assert!(spoiled.len() > 100, "{}", spoiled.len());
    for (what, value) in spoiled {
        assert!(!SNAPSHOT.validator().is_valid(&value), "{what}: taken");
    }
    let of = |key: &str, value: Value| {
        let mut other = sample.clone();
        other["facts"][key] = json!({"value": value, "source": "x"});
        SNAPSHOT.validator().is_valid(&other)
    };
    assert!(of("boot.up", json!(true)) && of("boot.up", Value::Null) && !of("boot.up", json!("yes")));
    assert!(
        of("cgroup.mode", json!("v2")) && of("cgroup.mode", Value::Null) && !of("cgroup.mode", json!("v3"))
    );
    assert!(of("engine.major", json!(28)) && !of("engine.major", json!(28.5)));
    assert!(of("manager.failed_units", json!(["a"])) && !of("manager.failed_units", json!([1])));
    assert!(!of("boot.upp", json!(true)));
}

#[test]
fn events_of_the_schema_are_those_of_the_watch() {
    let names: Vec<&str> = sysdock::watch::Trigger::ALL.iter().map(|trigger| trigger.name()).collect();
    let schema = committed("report");
    assert_eq!(schema["definitions"]["Event"]["properties"]["kind"]["enum"], json!(names));
}
