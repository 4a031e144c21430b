//! The cures that the playbook shows: what the doctor prescribes for the recorded containers, engine by
//! engine.
//!
//! `SYSDOCK_RECORD=1` writes `src/playbook/cures.json`; without it the file must say what the doctor says
//! now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::program::{project, sysdock};

const PLACE: &str = "src/playbook/cures.json";
/// Lanes whose recorded containers are shown, with the words for them; one container each.
const LANES: [(&str, &str); 5] = [
    ("docker28-v2", "Docker 28 on cgroup v2"),
    ("docker20-v2", "Docker 20.10 on cgroup v2"),
    ("docker20-v1", "Docker 20.10 on cgroup v1"),
    ("docker20-userns", "Docker 20.10 with userns-remap"),
    ("podman4-v2", "Podman 4"),
];

/// What the lab's containers have of their own and others have not: no network, an environment that is
/// carried over.
const LABS: [[&str; 2]; 2] = [["--env-file", ""], ["--network", "none"]];
const LABS_LINES: [&str; 4] = ["env_file:", "network_mode: none", "Network=none", "EnvironmentFile="];

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .expect("the fixtures can be read")
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ext| ext == "json")).collect();
    files.sort();
    files
}

fn doctor(file: &Path, more: &[&str]) -> String {
    let from = file.display().to_string();
    sysdock([&["doctor", "--from", &from][..], more].concat()).run().stdout
}

/// The recorded containers of a folder that make a sample: none that its user had made privileged, and the
/// guests of today's releases first.
fn samples(folder: &Path) -> Vec<(PathBuf, Value)> {
    let read = |path: PathBuf| {
        let snapshot: Value = serde_json::from_slice(&std::fs::read(&path).expect("a fixture can be read"))
            .expect("a fixture is JSON");
        (path, snapshot)
    };
    let mut samples: Vec<_> = json_files(folder).into_iter().map(read).collect();
    samples.retain(|(_, snapshot)| snapshot["documents"]["container"]["HostConfig"]["Privileged"] != true);
    let of_old = |snapshot: &Value| {
        snapshot["facts"]["guest.systemd_version"]["value"].as_i64().is_some_and(|v| v < 247)
    };
    samples.sort_by_key(|(_, snapshot)| of_old(snapshot));
    samples
}

/// Cures of one id: for each lane the one of its first recorded container.
fn of(folder: &Path) -> Vec<Value> {
    let samples = samples(folder);
    let mut found = Vec::new();
    let mut shown = BTreeSet::new();
    for (lane, words) in LANES {
        let of_lane =
            |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(lane));
        let Some((file, snapshot)) = samples.iter().find(|(file, _)| of_lane(file)) else { continue };
        let systemd = &snapshot["facts"]["guest.systemd_version"]["value"];
        let report: Value =
            serde_json::from_str(&doctor(file, &["--format", "json"])).expect("the doctor answers");
        let report = &report["reports"][0];
        let (name, cure) = (report["target"]["name"].as_str().unwrap_or_default(), &report["prescription"]);
        let place = if systemd.is_null() { words.to_owned() } else { format!("{words}, systemd {systemd}") };
        let general = |text: &str| general(text, name);
        let (summary, script) = told(cure);
        found.push(json!({"place": place, "summary": general(&summary), "language": "sh", "script": general(&script)}));
        let (form, language) =
            if lane.starts_with("podman") { ("quadlet", "ini") } else { ("compose", "yaml") };
        if cure["curable"] == true && shown.insert(form) {
            let file = doctor(file, &["--prescription", form]);
            let own = |line: &&str| {
                let line = line.trim_start();
                !line.is_empty()
                    && !line.starts_with('#')
                    && !LABS_LINES.iter().any(|word| line.starts_with(word))
            };
            let lines: Vec<&str> = file.lines().filter(own).collect();
            let summary = format!("the same as a {form} file.");
            found.push(json!({"place": place, "summary": summary, "language": language, "script": general(&lines.join("\n"))}));
        }
    }
    found
}

/// What a cure does, and the files and commands that make it: image and container; how the old one is kept is
/// the doctor's matter.
fn told(cure: &Value) -> (String, String) {
    let steps: Vec<&Value> = cure["steps"].as_array().into_iter().flatten().collect();
    if cure["curable"] != true {
        let first = steps.first().and_then(|step| step["title"].as_str()).unwrap_or_default();
        return (first.to_owned(), String::new());
    }
    let mut script = String::new();
    for step in steps
        .iter()
        .filter(|step| ["build-image", "run-container"].contains(&step["kind"].as_str().unwrap_or_default()))
    {
        for (name, text) in
            step["files"].as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("Dockerfile"))
        {
            let text = text.as_str().unwrap_or_default().trim_end();
            let folder = Path::new(name).parent().unwrap_or(Path::new("")).display().to_string();
            script.push_str(&format!("mkdir -p {folder} && cat > {name} <<'END'\n{text}\nEND\n"));
        }
        let mut words: Vec<&str> =
            step["argv"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for [flag, value] in LABS {
            if let Some(at) =
                words.windows(2).position(|pair| pair[0] == flag && (value.is_empty() || pair[1] == value))
            {
                words.drain(at..at + 2);
            }
        }
        script.push_str(&shlex::try_join(words).expect("a command has no NUL"));
        script.push('\n');
    }
    // What this container had and where it was recorded is of no use to others.
    let summary = cure["summary"].as_str().unwrap_or_default();
    let end = [" It keeps its extra privileges", " These steps were derived "]
        .iter()
        .filter_map(|mark| summary.find(mark))
        .min();
    (summary[..end.unwrap_or(summary.len())].to_owned(), script)
}

/// A text without the names of the lab.
fn general(text: &str, name: &str) -> String {
    let text = text.replace(&format!("sysdock-{name}"), "web").replace(name, "web");
    let image =
        |word: &str| word.contains("deb-systemd:") || word.starts_with("test-") || word.contains("/test-");
    let line = |line: &str| {
        let words = line.split(' ').map(|word| match word.split_once('=') {
            Some((key, value)) if image(value) => format!("{key}=IMAGE"),
            _ if image(word) => "IMAGE".to_owned(),
            _ => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines()
        .map(line)
        .filter(|line| !["- path: web.env", "format: raw"].contains(&line.trim()))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn cures_are_what_recorded_containers_get() {
    let mut table: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in
        std::fs::read_dir(project("fixtures")).expect("the fixtures can be read").filter_map(Result::ok)
    {
        let id = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !["healthy", "not-systemd"].contains(&id.as_str()) {
            table.insert(id, of(&entry.path()));
        }
    }
    table.retain(|_, cures| !cures.is_empty());
    assert!(table.len() > 25, "only {} ids have a recorded container", table.len());
    let text = serde_json::to_string_pretty(&table).expect("a table is JSON") + "\n";
    let scripts = table.values().flatten().filter_map(|cure| cure["script"].as_str());
    let privileged: Vec<&str> = scripts.filter(|script| script.contains("--privileged")).collect();
    assert_eq!((privileged, text.contains("deb-systemd")), (vec![], false), "{text}");
    if std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "1") {
        std::fs::write(project(PLACE), &text).expect("the table can be written");
    }
    let committed = std::fs::read_to_string(project(PLACE)).expect("the table can be read");
    assert!(
        committed == text,
        "{PLACE} is not what the doctor says; run: SYSDOCK_RECORD=1 cargo test --test suite cures_are, then \
            cargo run -- rules docs -o docs/book"
    );
}
