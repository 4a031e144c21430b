//! The schemas of rule files take and refuse what the loader takes and refuses, and every rule file names
//! its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::own_schemas::{HARMLESS, REMEDIES, RULE, of_toml};
use super::program::project;

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

const RULE_HEAD: &str = "id = \"a\"\ntitle = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation \
    = \"e\"\nconfirm = \"c\"\n";

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
        let of = |more: &str| of_toml(&format!("{RULE_HEAD}{more}"));
        assert!(RULE.complaints(&of("")).is_empty());
        assert_eq!(RULE.complaints(&of(text)).len(), 1, "{text}");
    }
    for value in ["true", "\"null\""] {
        let text = format!("[[example]]\nexpect = \"match\"\nfacts = {{ \"container.tty\" = {value} }}");
        assert_eq!(RULE.complaints(&of_toml(&format!("{RULE_HEAD}{text}"))), [""; 0], "{value}");
    }
}
