//! The JSON Schemas of what this program writes and reads: the committed ones are those of the types, all
//! that is written fits, and what does not belong is refused.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use sysdock::config::Settings;
use sysdock::diagnose::{Verdict, diagnose};
use sysdock::render::watch::Occasion;
use sysdock::render::{Answer, json as report_json};
use sysdock::rule::builtin;
use sysdock::snapshot::file;
use sysdock::treat::{Minimal, Stop, TrialOutcome, UnitState};

use super::fixtures;
use super::program::{project, sysdock};

/// A schema of `docs/schema`, or one of the definitions in it.
struct OwnSchema {
    name: &'static str,
    definition: Option<&'static str>,
    built: OnceLock<Validator>,
}

impl OwnSchema {
    const fn new(name: &'static str, definition: Option<&'static str>) -> Self {
        Self { name, definition, built: OnceLock::new() }
    }

    fn validator(&self) -> &Validator {
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

    fn complaints(&self, value: &Value) -> Vec<String> {
        let told = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
        self.validator().iter_errors(value).take(5).map(told).collect()
    }
}

static REPORT: OwnSchema = OwnSchema::new("report", None);
static DOCUMENT: OwnSchema = OwnSchema::new("report", Some("Document"));
static LINE: OwnSchema = OwnSchema::new("report", Some("Line"));
static SNAPSHOT: OwnSchema = OwnSchema::new("snapshot", None);
static RULE: OwnSchema = OwnSchema::new("rule", None);
static REMEDIES: OwnSchema = OwnSchema::new("remedies", None);
static HARMLESS: OwnSchema = OwnSchema::new("harmless", None);
static CONFIG: OwnSchema = OwnSchema::new("config", None);

fn committed(name: &str) -> Value {
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
        if let Some(path) = files.next().map(|(_, file)| Path::new(file.as_ref())).filter(|path| path.is_file())
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
        let snapshot = file::read(path).unwrap_or_else(|error| panic!("{error}"));
        file::to_json(&snapshot).expect("a snapshot is JSON")
    } else {
        std::fs::read(path).expect("the snapshot can be read")
    };
    let value = serde_json::from_slice(&bytes).expect("a snapshot is JSON");
    let complaints = SNAPSHOT.complaints(&value);
    assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
}

/// TOML as an editor hands it to a schema: dates are texts.
fn of_toml(text: &str) -> Value {
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

fn rule_files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("rules/ can be read").filter_map(Result::ok) {
            match entry.path() {
                path if path.is_dir() => walk(&path, found),
                path if path.extension().is_some_and(|extension| extension == "toml") => found.push(path),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(&project("rules"), &mut found);
    found.sort();
    found
}

#[test]
fn every_rule_file_names_its_schema_and_fits_it() {
    let files = rule_files();
    assert!(files.len() > 50, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a rule file can be read");
        let (schema, name) = match path.file_name().and_then(OsStr::to_str) {
            Some("remedies.toml") => (&REMEDIES, "remedies"),
            Some("harmless.toml") => (&HARMLESS, "harmless"),
            _ => (&RULE, "rule"),
        };
        let complaints = schema.complaints(&of_toml(&text));
        assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
        let named = text.lines().next().and_then(|first| first.strip_prefix("#:schema "));
        let named = named.unwrap_or_else(|| panic!("{} does not begin with #:schema", path.display()));
        let there = path.parent().map(|folder| folder.join(named)).and_then(|path| path.canonicalize().ok());
        let meant = project("docs/schema").join(format!("{name}.json")).canonicalize().ok();
        assert!(there.is_some() && there == meant, "{} names {named}", path.display());
    }
}

const RULE_TEXT: &str = r#"
id = "mine"
title = "t"
severity = "error"
stage = "mount"
class = "product"
confidence = "certain"
explanation = "e"
confirm = "c"
when = "container.tty"
harms = "container.tty"
risk = "container.tty"
note = "container.tty"
unless = "container.tty"
consequence_only = false
generic = false
last_resort = false
explains = ["unit-failed"]
remedies = ["tmpfs-run"]
no_flag = "n"
references = ["https://example.org/a"]
not_reproduced = "n"
[[signature]]
name = "s"
pattern = "abcdef"
systemd = "226..=262"
confidence = "likely"
weak = true
lasting = true
when = "container.tty"
[[example]]
lines = ["abcdef"]
facts = {}
expect = "match"
[[reproduce]]
engine = "docker"
since = 28
cgroup = "v2"
systemd = "..=257"
userns_remap = false
dockerfile = "RUN true"
profile = "{}"
run = "docker run"
then = ["true"]
"#;

/// Copies of a table with one thing changed, each with what that is: a key less, a key more, another kind of
/// value, another word.
fn changed(table: &toml::Table) -> Vec<(String, toml::Table)> {
    let mut found = Vec::new();
    let mut put = |what: String, change: &dyn Fn(&mut toml::Table)| {
        let mut copy = table.clone();
        change(&mut copy);
        found.push((what, copy));
    };
    put("a key more".to_owned(), &|copy| drop(copy.insert("surplus".to_owned(), 1.into())));
    for (key, value) in table {
        put(format!("no {key}"), &|copy| drop(copy.remove(key)));
        let other: toml::Value = if value.is_integer() { "x".into() } else { 5.into() };
        put(format!("{key} = {other}"), &|copy| drop(copy.insert(key.clone(), other.clone())));
        if value.is_str() {
            put(format!("{key} is another word"), &|copy| {
                drop(copy.insert(key.clone(), "Some Other word!".into()));
            });
        }
        if let Some(list) = value.as_array().filter(|list| list.iter().all(toml::Value::is_str)) {
            let longer: Vec<toml::Value> = list.iter().cloned().chain(["Some Other word!".into()]).collect();
            put(format!("{key} is longer"), &|copy| drop(copy.insert(key.clone(), longer.clone().into())));
        }
        let inner = value.as_array().and_then(|list| list.first()).and_then(toml::Value::as_table);
        for (what, inner) in inner.map(changed).unwrap_or_default() {
            put(format!("{key}: {what}"), &|copy| {
                drop(copy.insert(key.clone(), vec![toml::Value::Table(inner.clone())].into()));
            });
        }
    }
    found
}

/// Conditions and patterns are foreign languages; words that only a look at the other rules can judge are for
/// `rules check`.
fn is_beyond_a_schema(what: &str) -> bool {
    let key = what.rsplit(": ").next().unwrap_or_default();
    let foreign = ["when", "harms", "risk", "note", "unless", "pattern"];
    foreign.iter().any(|name| key == format!("{name} is another word"))
        || ["engine is another word", "cgroup is another word"].contains(&key)
}

#[test]
fn schema_and_loader_of_rules_take_and_refuse_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let cases = [
        ("mine.toml", RULE_TEXT, &RULE),
        (
            "remedies.toml",
            "[[remedy]]\nid = \"a\"\nwhere = \"host\"\ntitle = \"t\"\nwords = \"w\"\n",
            &REMEDIES,
        ),
        ("harmless.toml", "[[signature]]\nname = \"a\"\npattern = 'abcdef'\n", &HARMLESS),
    ];
    for (name, text, schema) in cases {
        let table: toml::Table = toml::from_str(text).expect("it is TOML");
        let mut all = vec![("nothing".to_owned(), table.clone())];
        all.extend(changed(&table));
        let mut refused = 0;
        for (what, table) in all.into_iter().filter(|(what, _)| !is_beyond_a_schema(what)) {
            let text = toml::to_string(&table).expect("it is TOML");
            let path = folder.path().join(name);
            std::fs::write(&path, &text).expect("a rule can be written");
            let loaded = sysdock::rule::load(std::slice::from_ref(&path));
            let complaints = schema.complaints(&of_toml(&text));
            assert_eq!(
                loaded.is_ok(),
                complaints.is_empty(),
                "{name}, {what}: the loader says {:?}, the schema {complaints:#?}",
                loaded.err().map(|error| error.to_string())
            );
            refused += usize::from(!complaints.is_empty());
        }
        assert!(refused >= 5, "{name}: {refused}");
    }
}

#[test]
fn a_rule_with_an_unknown_fact_is_refused() {
    for text in [
        "shows = [\"container.ttty\"]",
        "[[example]]\nexpect = \"match\"\nfacts = { \"container.ttty\" = true }",
        "[[example]]\nexpect = \"match\"\nfacts = { \"container.tty\" = \"yes\" }",
        "[[example]]\nexpect = \"match\"\nfacts = { \"cgroup.mode\" = \"v3\" }",
    ] {
        let head = "id = \"a\"\ntitle = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation = \"e\"\n";
        let of = |more: &str| of_toml(&format!("{head}confirm = \"c\"\n{more}"));
        assert!(RULE.complaints(&of("")).is_empty());
        assert_eq!(RULE.complaints(&of(text)).len(), 1, "{text}");
    }
}

/// Configurations with one thing or two in each.
const CONFIGURATIONS: &[&str] = &[
    "",
    "host = \"unix:///run/podman/podman.sock\"",
    "context = \"remote\"\ntimeout = 30",
    "timeout = \"30\"",
    "timeout = 3.5",
    "rules = [\"rules\"]",
    "rules = \"rules\"",
    "rules = [1]",
    "color = \"never\"\nquiet = true",
    "color = \"sometimes\"",
    "quiet = \"yes\"",
    "ascii = true\nverbose = false",
    "format = \"sarif\"",
    "format = \"github-summary\"",
    "format = \"github_summary\"",
    "format = \"xml\"",
    "format = [\"json\"]",
    "fail-on = \"warning\"",
    "fail-on = \"fatal\"",
    "fail_on = \"warning\"",
    "baseline = \"known.json\"",
    "safe-directories = [\"/srv/*\", \"*\"]",
    "[[suppress]]\nid = \"a\"\nreason = \"b\"",
    "[[suppress]]\nid = \"a\"\nreason = \"b\"\ntarget = \"x-*\"\nexpires = 2027-01-31",
    "[[suppress]]\nid = \"a\"",
    "[[suppress]]\nreason = \"b\"",
    "[[suppress]]\nid = \"a\"\nreason = \"b\"\nuntil = 2027-01-31",
    "[suppress]\nid = \"a\"\nreason = \"b\"",
    "#:schema ./sysdock.schema.json\ntimeout = 5",
    "surplus = 1",
];

#[test]
fn schema_and_loader_of_configurations_take_and_refuse_the_same() {
    let (mut taken, mut refused) = (0, 0);
    for text in CONFIGURATIONS {
        let (loaded, complaints) = (toml::from_str::<Settings>(text), configuration(text));
        assert_eq!(loaded.is_ok(), complaints.is_empty(), "{text}: {:?}, {complaints:#?}", loaded.err());
        *(if complaints.is_empty() { &mut taken } else { &mut refused }) += 1;
    }
    assert!(taken >= 12 && refused >= 10, "{taken} {refused}");
    // What the flag refuses is not to be written in a file either, nor a time in place of a day.
    for text in ["timeout = 0", "timeout = 86401", "[[suppress]]\nid = \"a\"\nreason = \"b\"\nexpires = 10:00:00"]
    {
        assert!(!configuration(text).is_empty(), "{text}");
    }
}

/// The sample in the help, and those of the documentation, have only what a configuration takes; the sample
/// of the help has all of it.
#[test]
fn samples_of_configurations_fit() {
    let help = sysdock(["config", "show", "--help"]).run().ended(0).stdout
        + &sysdock(["config", "--help"]).run().ended(0).stdout;
    let sample = help.split("#:schema ").nth(1).unwrap_or_else(|| panic!("{help}"));
    let sample: String = sample
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    assert_eq!(configuration(&sample), [""; 0], "{sample}");
    let said = of_toml(&sample);
    for key in committed("config")["properties"].as_object().expect("keys").keys() {
        let engine = ["host", "context"].contains(&key.as_str());
        assert!(engine || said.get(key).is_some(), "the sample does not show `{key}`");
    }
    let readme = std::fs::read_to_string(project("README.md")).expect("README.md can be read");
    let samples: Vec<&str> =
        readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!samples.is_empty());
    samples.iter().for_each(|sample| assert_eq!(configuration(sample), [""; 0], "{sample}"));
}

fn fixture(folder: &str) -> PathBuf {
    let all = fixtures::all();
    all.into_iter().find(|fixture| fixture.folder == folder).map(|fixture| fixture.path).expect("there is one")
}

/// A document with a prescription, an accepted finding and what a configuration does.
fn accepted_report() -> Value {
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
        ..TrialOutcome::unstarted("web-trial-1")
    }
}

/// A line with a trial and an event.
fn tried_line() -> Value {
    let snapshot = file::read(&fixture("run-tmpfs-missing")).expect("the fixture can be read");
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

/// Copies of a value with one thing changed that its schema has to refuse, each with what that is.
fn spoiled(value: &Value, place: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    // Facts and documents of the engine are what they are; which facts there are differs.
    let is_free = place.ends_with(".value") || place.ends_with(".documents");
    match value {
        _ if is_free => {}
        Value::Object(map) => {
            let mut more = map.clone();
            more.insert("surplus".to_owned(), json!(1));
            found.push((format!("{place} with a key more"), more.into()));
            for (key, inner) in map {
                let there = format!("{place}.{key}");
                let varies = place.ends_with(".files") || place.ends_with(".facts");
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
    assert!(of("cgroup.mode", json!("v2")) && of("cgroup.mode", Value::Null) && !of("cgroup.mode", json!("v3")));
    assert!(of("engine.major", json!(28)) && !of("engine.major", json!(28.5)));
    assert!(of("manager.failed_units", json!(["a"])) && !of("manager.failed_units", json!([1])));
    assert!(!of("boot.upp", json!(true)));
}

#[test]
fn events_of_the_schema_are_those_of_the_watch() {
    let names: Vec<&str> = sysdock::watch::Kind::ALL.iter().map(|kind| kind.name()).collect();
    let schema = committed("report");
    assert_eq!(schema["definitions"]["Event"]["properties"]["kind"]["enum"], json!(names));
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
