//! The facts of every fixture that carries its documents, read again: what the program reads from documents
//! today must be what was recorded, so that a new fact needs no new recording.

use std::collections::BTreeSet;

use serde_json::Value;
use sysdock::facts::pipeline::{NEVER_COMPLETED, complete, conclude, document, documents_of, of_documents};
use sysdock::snapshot::{Facts, Snapshot, saved_file};

use super::fixtures;
use super::program::{project, roots, sysdock};

/// Where facts come from that no document holds: who recorded a fixture has looked.
const LOOKED_AT: &[&str] = &[
    "/proc/",
    "/sys/",
    "container files",
    "container logs",
    "container's process or files on this machine",
    "exec: ",
    "no process or file of the container is on this machine",
    "the container's processes and files are not on this machine",
    "seccomp profile /",
];
/// Facts of which a document tells only a part: the scripts that a command names were read too.
const HALF_TOLD: &[&str] = &[
    "container inspect: Config.Entrypoint, Config.Cmd and the scripts they name",
    "container inspect: State, it does not run",
];
/// Differences that are meant: the fixture, the fact, and why it was recorded otherwise. One that is gone
/// must leave the list.
const EXPLAINED: &[(&str, &str, &str)] = &[
    (
        "capabilities-dropped/docker28-v2-trixie-capabilities-all-tty",
        "container.capabilities_needed",
        "CHOWN was found out to be needed later",
    ),
    (
        "seccomp-blocks-new-syscalls/docker28-v2-sid-seccomp-statx-silent",
        "seccomp.effect",
        "that the engine's runtime makes this call itself was found out later",
    ),
];

/// Fixtures as they were recorded, without what is read from their documents when they are loaded.
fn recorded() -> Vec<(String, Snapshot)> {
    let all = fixtures::all().into_iter();
    let read = |path: &std::path::Path| saved_file::read(path).unwrap_or_else(|error| panic!("{error}"));
    all.map(|fixture| (fixture.label(), read(&fixture.path))).collect()
}

fn was_looked_at(source: &str) -> bool {
    LOOKED_AT.iter().any(|start| source.starts_with(start)) || HALF_TOLD.contains(&source)
}

/// Reads the facts of a snapshot's documents again, with what was looked at beside them.
fn read_again(snapshot: &Snapshot) -> Option<Facts> {
    let documents = documents_of(snapshot)?;
    let mut facts = of_documents(&documents);
    for (key, fact) in snapshot.facts.iter().filter(|(_, fact)| was_looked_at(&fact.source)) {
        facts.set_named(key, fact.value.clone(), &fact.source);
    }
    let profile = snapshot.documents.get(document::SECCOMP).map(Value::to_string);
    let read = |_: &str| profile.clone().ok_or_else(|| "it is not here".to_owned());
    conclude(&documents, &snapshot.log, &read, &mut facts, &mut Vec::new());
    Some(facts)
}

/// Facts that were recorded and are other ones now, or none.
fn differences<'f>(old: &'f Facts, new: &Facts) -> Vec<&'f str> {
    let value = |facts: &Facts, key: &str| facts.named(key).map(|fact| fact.value.clone());
    old.iter().map(|(key, _)| key).filter(|key| value(old, key) != value(new, key)).collect()
}

#[test]
fn documents_say_today_what_was_recorded() {
    let mut unexplained = Vec::new();
    let mut met = BTreeSet::new();
    let mut count = 0;
    for (label, snapshot) in recorded() {
        let Some(new) = read_again(&snapshot) else { continue };
        count += 1;
        for key in differences(&snapshot.facts, &new) {
            let is_it = |one: &&(&str, &str, &str)| one.0 == label && one.1 == key;
            match EXPLAINED.iter().find(is_it) {
                Some(one) => drop(met.insert(*one)),
                None => unexplained.push(format!(
                    "{label}: {key}: {:?} was {:?}",
                    new.named(key),
                    snapshot.facts.named(key)
                )),
            }
        }
    }
    assert!(count > 80, "only {count} fixtures carry their documents");
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    let gone: Vec<_> = EXPLAINED.iter().filter(|one| !met.contains(*one)).collect();
    assert!(gone.is_empty(), "no difference any more, take them out of the list: {gone:?}");
}

/// What older recordings lack and what stays unknown in them is one list, which may only shrink.
#[test]
fn the_list_of_what_is_never_completed_only_shrinks() {
    let mut lacking = BTreeSet::new();
    for (_, snapshot) in recorded() {
        let Some(new) = read_again(&snapshot) else { continue };
        let absent = new.iter().map(|(key, _)| key).filter(|key| snapshot.facts.named(key).is_none());
        lacking.extend(absent.map(str::to_owned));
    }
    let listed: BTreeSet<String> = NEVER_COMPLETED.map(str::to_owned).into();
    let gone: Vec<_> = listed.difference(&lacking).collect();
    assert!(gone.is_empty(), "no recording lacks these any more, take them out of the list: {gone:?}");
    assert!(NEVER_COMPLETED.len() <= 13, "a new fact is completed");
}

/// Each of these facts is read from another document, or follows from several.
#[test]
fn a_fact_that_was_not_recorded_is_read_from_the_documents() {
    let path = project("fixtures/healthy/docker28-v2-bookworm-stop-signal-risk-silent.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for key in [
        "container.stop_signal",
        "image.architecture",
        "engine.cgroup_driver",
        "engine.major",
        "seccomp.mode",
        "seccomp.effect",
        "container.meant_for_systemd",
        "boot.outcome",
    ] {
        let mut document: Value = serde_json::from_str(&whole).unwrap();
        let old =
            document["facts"].as_object_mut().unwrap().remove(key).unwrap_or_else(|| panic!("no {key}"));
        let path = folder.path().join("older.json");
        std::fs::write(&path, document.to_string()).unwrap();
        let raw = saved_file::read(&path).unwrap();
        assert_eq!(raw.facts.named(key), None, "{key}");
        let loaded = sysdock::read_snapshot(&path).unwrap();
        assert_eq!(loaded.facts.named(key).map(|fact| &fact.value), Some(&old["value"]), "{key}");
        assert_eq!(loaded, complete(raw));
    }
}

/// `doctor --from` and `triage` diagnose the completed snapshot, not the recorded one.
#[test]
fn commands_read_the_missing_facts_of_a_snapshot() {
    let path = project("fixtures/wrong-stop-signal/docker28-v2-trixie-stop-signal-tty.json");
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let facts = document["facts"].as_object_mut().unwrap();
    for key in ["container.stop_signal", "container.stop_signal_halts"] {
        facts.remove(key).unwrap_or_else(|| panic!("no {key}"));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("older.json").display().to_string();
    std::fs::write(&path, document.to_string()).unwrap();
    for command in [&["doctor", "--from"][..], &["triage"]] {
        let arguments = [command, &[path.as_str(), "--format", "json"]].concat();
        let report = sysdock(arguments).run().ended(1).report(0);
        assert_eq!(roots(&report), ["wrong-stop-signal"], "{command:?}");
    }
}

#[test]
fn what_was_recorded_stays_and_texts_stay_as_they_are() {
    for (label, snapshot) in recorded() {
        let loaded = complete(snapshot.clone());
        for (key, fact) in snapshot.facts.iter() {
            assert_eq!(loaded.facts.named(key), Some(fact), "{label}: {key}");
        }
        assert_eq!((&loaded.gaps, &loaded.log), (&snapshot.gaps, &snapshot.log), "{label}");
        let mut text = snapshot;
        text.target.engine = None;
        assert_eq!(complete(text.clone()), text, "{label}: the documents of a text are parts");
    }
}

/// Facts that nothing reads any more are dropped from what earlier versions saved; other unknown ones are a
/// mistake.
#[test]
fn snapshots_of_earlier_versions_can_be_read() {
    let path = project("fixtures/healthy/docker28-v2-bookworm-stop-signal-risk-silent.json");
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let fact = |value: Value| serde_json::json!({"value": value, "source": "test"});
    for (key, value) in [
        ("container.command_name", "systemd".into()),
        ("container.lifetime_ms", 15.into()),
        ("engine.api", "1.51".into()),
        ("guest.machine_id", "uninitialized".into()),
        ("pid1.capabilities", serde_json::json!(["CAP_KILL"])),
    ] {
        document["facts"][key] = fact(value);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("older.json");
    std::fs::write(&path, document.to_string()).unwrap();
    let loaded = saved_file::read(&path).unwrap();
    assert!(loaded.facts.iter().all(|(key, _)| sysdock::snapshot::spec(key).is_some()));
    document["facts"]["container.nonsense"] = fact(true.into());
    std::fs::write(&path, document.to_string()).unwrap();
    let refused = saved_file::read(&path).unwrap_err().to_string();
    assert!(refused.contains("unknown fact `container.nonsense`"), "{refused}");
}
