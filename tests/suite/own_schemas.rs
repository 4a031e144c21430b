//! The JSON Schemas of what this program writes and reads: the committed ones are those of the types, all
//! that is written fits, and what does not belong is refused.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use sysdock::snapshot::saved_file;

use super::fixtures;
use super::program::{project, sysdock};
use super::report_schema::{accepted_report, tried_line};

/// A schema of `docs/schema`, or one of the definitions in it.
pub struct OwnSchema {
    name: &'static str,
    definition: Option<&'static str>,
    built: OnceLock<Validator>,
}

impl OwnSchema {
    const fn new(name: &'static str, definition: Option<&'static str>) -> Self {
        Self { name, definition, built: OnceLock::new() }
    }

    /// The schema, ready to be asked.
    pub fn validator(&self) -> &Validator {
        self.built.get_or_init(|| {
            let mut schema = committed(self.name);
            if let Some(definition) = self.definition {
                schema = json!({
                    "$schema": schema["$schema"],
                    "$ref": format!("#/definitions/{definition}"),
                    "definitions": schema["definitions"],
                });
            }
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&schema).unwrap_or_else(|error| panic!("{}.json is no schema: {error}", self.name))
        })
    }

    /// What is wrong with a value; nothing where it fits.
    pub fn complaints(&self, value: &Value) -> Vec<String> {
        if self.validator().is_valid(value) {
            return Vec::new();
        }
        let told = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
        self.validator().iter_errors(value).take(5).map(told).collect()
    }
}

pub static REPORT: OwnSchema = OwnSchema::new("report", None);
pub static DOCUMENT: OwnSchema = OwnSchema::new("report", Some("Document"));
pub static LINE: OwnSchema = OwnSchema::new("report", Some("Line"));
pub static SNAPSHOT: OwnSchema = OwnSchema::new("snapshot", None);
pub static RULE: OwnSchema = OwnSchema::new("rule", None);
pub static REMEDIES: OwnSchema = OwnSchema::new("remedies", None);
pub static HARMLESS: OwnSchema = OwnSchema::new("harmless", None);
pub static CONFIG: OwnSchema = OwnSchema::new("config", None);

/// A committed schema.
pub fn committed(name: &str) -> Value {
    let path = project("docs/schema").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is wrong with a document of reports.
pub fn document(value: &Value) -> Vec<String> {
    DOCUMENT.complaints(value)
}

/// What is wrong with one report on a line.
pub fn line(value: &Value) -> Vec<String> {
    LINE.complaints(value)
}

/// What is wrong with a `sysdock.toml`.
pub fn configuration(text: &str) -> Vec<String> {
    CONFIG.complaints(&of_toml(text))
}

/// Fails the test when a call of the program wrote JSON that its schema refuses.
#[track_caller]
pub fn written<S: AsRef<OsStr>>(words: &[S], stdout: &str) {
    let is = |names: &[&str]| words.iter().find(|word| names.iter().any(|name| word.as_ref() == *name));
    if is(&["snapshot"]).is_some() {
        let beside = words.iter().zip(words.iter().skip(1));
        let mut files = beside.filter(|(flag, _)| flag.as_ref() == "-o" || flag.as_ref() == "--output");
        if let Some(path) =
            files.next().map(|(_, file)| Path::new(file.as_ref())).filter(|path| path.is_file())
        {
            saved(path);
        }
    }
    if !stdout.starts_with('{') || !stdout.get(..40).is_some_and(|head| head.contains("\"schema_version\"")) {
        return;
    }
    for value in serde_json::Deserializer::from_str(stdout).into_iter::<Value>() {
        let value = value.unwrap_or_else(|error| panic!("no JSON ({error}): {stdout}"));
        let complaints = match is(&["doctor", "triage", "prove", "watch", "snapshot"]).map(AsRef::as_ref) {
            Some(word) if word == "snapshot" => SNAPSHOT.complaints(&value),
            Some(_) if value.get("reports").is_some() => DOCUMENT.complaints(&value),
            Some(_) => LINE.complaints(&value),
            None => Vec::new(),
        };
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

/// Fails the test when a snapshot file does not fit its schema.
#[track_caller]
fn saved(path: &Path) {
    let bytes = if path.extension().is_some_and(|extension| extension == "zst") {
        let snapshot = saved_file::read(path).unwrap_or_else(|error| panic!("{error}"));
        saved_file::to_json(&snapshot).expect("a snapshot is JSON")
    } else {
        std::fs::read(path).expect("the snapshot can be read")
    };
    let value = serde_json::from_slice(&bytes).expect("a snapshot is JSON");
    let complaints = SNAPSHOT.complaints(&value);
    assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
}

/// TOML as an editor hands it to a schema: dates are texts.
pub fn of_toml(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(list) => list.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(truth) => truth.into(),
        }
    }
    plain(toml::Value::Table(toml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))))
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let run = sysdock(["schema", "--check", &project("docs/schema").display().to_string()]).run();
    assert_eq!(run.code, 0, "{}\nrun: cargo run -- schema -o docs/schema", run.stdout);
}

#[test]
fn schemas_are_listed_printed_written_and_compared() {
    let list = sysdock(["schema"]).run().ended(0).stdout;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = folder.path().display().to_string();
    let names = ["report", "snapshot", "rule", "remedies", "harmless", "config"];
    for name in names {
        assert!(list.lines().any(|line| line.split(' ').next() == Some(name)), "{name}: {list}");
        let printed = sysdock(["schema", name]).run().ended(0).json();
        assert_eq!(printed, committed(name), "{name}");
    }
    assert!(list.contains("#:schema ./"), "{list}");
    sysdock(["schema", "rule", "-o", &at]).run().ended(0);
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 1);
    sysdock(["schema", "rule", "--check", &at]).run().ended(0);
    let run = sysdock(["schema", "--check", &at]).run().ended(1);
    assert!(run.stdout.contains("report.json: missing\n") && !run.stdout.contains("rule.json"), "{run:?}");
    assert!(run.stderr.contains("next: sysdock schema -o"), "{run:?}");
    let written = sysdock(["schema", "-o", &at]).run().ended(0);
    assert!(names.iter().all(|name| written.stderr.contains(&format!("{name}.json"))), "{written:?}");
    std::fs::write(folder.path().join("config.json"), "{}").expect("it can be written");
    assert_eq!(sysdock(["schema", "--check", &at]).run().ended(1).stdout, "config.json: differs\n");
    sysdock(["schema", "-o", "/dev/null/x"]).run().refused(3);
}

#[test]
fn an_unknown_schema_is_refused_with_the_nearest_name() {
    for (word, meant) in [("reprot", "report"), ("snapshots", "snapshot"), ("rules", "rule")] {
        let run = sysdock(["schema", word]).run().ended(2);
        assert!(run.stdout.is_empty() && run.stderr.contains(&format!("'{meant}'")), "{run:?}");
    }
}

/// What a person who reads a schema sees: every key has a sentence, no Rust shows through.
#[test]
fn every_key_of_a_schema_is_described() {
    fn walk(value: &Value, place: &str, found: &mut Vec<String>) {
        if let Some(Value::String(text)) = value.get("description") {
            let odd = ["[`", "::", "serde", "\n"].iter().find(|word| text.contains(**word));
            found.extend(odd.map(|word| format!("{place}: {text:?} has {word:?}")));
        }
        for (key, inner) in value["properties"].as_object().into_iter().flatten() {
            let is_plain = inner.get("$ref").is_some() || inner.get("const").is_some();
            if !is_plain && inner.get("description").is_none() && key != "source" && key != "value" {
                found.push(format!("{place}.{key} has no description"));
            }
        }
        let all = value.as_object().into_iter().flatten();
        all.for_each(|(key, inner)| walk(inner, &format!("{place}.{key}"), found));
        let list = value.as_array().into_iter().flatten().enumerate();
        list.for_each(|(index, inner)| walk(inner, &format!("{place}[{index}]"), found));
    }
    for name in ["report", "snapshot", "rule", "remedies", "harmless", "config"] {
        let mut found = Vec::new();
        walk(&committed(name), name, &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn every_fixture_fits_the_schema_of_snapshots() {
    let fixtures = fixtures::all();
    assert!(fixtures.len() >= 40);
    fixtures.iter().for_each(|fixture| saved(&fixture.path));
}

/// The check that every run of the program in a test passes is no mere formality.
#[test]
fn what_a_command_writes_is_looked_at() {
    let refused = |words: &[&str], value: &Value| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let text = value.to_string();
        std::panic::catch_unwind(|| written(&words, &text)).is_err()
    };
    let good = accepted_report();
    let mut bad = good.clone();
    bad["reports"][0]["verdict"] = json!("fine");
    for words in [&["doctor", "web"][..], &["-q", "triage", "-"], &["prove", "--format", "json", "web"]] {
        assert!(!refused(words, &good) && refused(words, &bad), "{words:?}");
    }
    let mut line = tried_line();
    assert!(!refused(&["watch"], &line));
    line["event"]["kind"] = json!("crashed");
    assert!(refused(&["watch"], &line));
    assert!(refused(&["snapshot", "web"], &good));
    assert!(!refused(&["rules", "list"], &bad), "lists of rules have no schema");
}
