//! Every fact of the catalog is read by somebody: a rule, a prior, or the program itself. What nobody reads
//! is work for nothing, and a promise that nobody keeps.

use std::path::{Path, PathBuf};

use sysdock::rule::Condition;
use sysdock::snapshot::{CATALOG, RETIRED};

use super::program::project;

/// Facts that nobody reads and that are kept all the same, with the reason. One that is read must leave the
/// list.
const KEPT: &[(&str, &str)] =
    &[("container.image", "a user's own rule may be about one image; a text gives it by no other fact")];

/// Rooms that set facts: there a key alone is no reading.
const SETTERS: &[&str] = &["facts", "collect", "intake"];
/// What stands in front of a key that is read.
const READERS: &[&str] = &[".get(", ".list(", ".is_known(", ".is_absent(", ".entry(", "is("];

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn texts(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&project(folder), ending, &mut found);
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.strip_prefix(project(folder)).unwrap().to_owned(), text)
        })
        .collect()
}

/// The code of a file without its tests, which stand last.
fn code(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn is_read_by_code(key: &str, path: &Path, text: &str) -> bool {
    let room = path.iter().next().unwrap_or_default().to_string_lossy().into_owned();
    if path == Path::new("snapshot/catalog.rs") || path.ends_with("tests.rs") {
        return false;
    }
    let (text, typed) = (code(text), format!("key::{}", key.to_uppercase().replace('.', "_")));
    let sets = SETTERS.contains(&room.as_str());
    text.match_indices(&typed).any(|(at, _)| {
        let before = text[..at].trim_end();
        let is_whole = !text[at + typed.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        is_whole && (!sets || READERS.iter().any(|reader| before.ends_with(reader)))
    })
}

/// Whether a rule names it, in a condition or to show it.
fn is_read_by_rule(key: &str, text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    text.match_indices(key).any(|(at, _)| {
        !text[..at].ends_with(part) && !text[at + key.len()..].starts_with(|c: char| c != '.' && part(c))
    })
}

#[test]
fn every_fact_is_read_by_somebody() {
    let (rules, sources) = (texts("rules", "toml"), texts("src", "rs"));
    assert!(rules.len() > 30 && sources.len() > 150, "{} rules, {} files", rules.len(), sources.len());
    let is_read = |key: &str| {
        rules.iter().any(|(_, text)| is_read_by_rule(key, text))
            || sources.iter().any(|(path, text)| is_read_by_code(key, path, text))
    };
    let unread: Vec<&str> = CATALOG.iter().map(|entry| entry.key).filter(|key| !is_read(key)).collect();
    let unexplained: Vec<_> =
        unread.iter().filter(|key| !KEPT.iter().any(|(kept, _)| kept == *key)).collect();
    assert!(
        unexplained.is_empty(),
        "nobody reads these facts: take them out, or say why they are kept: {unexplained:?}"
    );
    let read: Vec<_> = KEPT.iter().filter(|(kept, _)| !unread.contains(kept)).collect();
    assert!(read.is_empty(), "somebody reads these facts now: take them out of the list: {read:?}");
}

#[test]
fn a_key_that_is_only_set_is_not_read() {
    let of = |room: &str, text: &str| is_read_by_code("a.b", Path::new(room), text);
    assert!(of("facts/x.rs", "facts.get(key::A_B)") && of("facts/x.rs", "facts.list(\n    key::A_B,\n)"));
    assert!(of("prescribe/x.rs", "for key in [key::A_B] {}") && !of("prescribe/x.rs", "key::A_BC"));
    assert!(
        !of("facts/x.rs", "facts.set(key::A_B, 1, source)") && !of("collect/x.rs", "gap(key::A_B, error)")
    );
    assert!(!of("prescribe/x.rs", "\n#[cfg(test)]\nmod tests {\n facts.get(key::A_B)}"));
    assert!(is_read_by_rule("a.b", "when = \"a.b == true\"") && is_read_by_rule("a.b", "a.b.exists(x, x)"));
    assert!(!is_read_by_rule("a.b", "when = \"a.bc\"") && !is_read_by_rule("a.b", "x.a.b"));
}

#[test]
fn a_rule_that_names_a_fact_that_is_gone_is_told_what_to_use() {
    for (key, condition, instead) in [
        ("engine.api", "engine.api == \"1.51\"", "engine.major"),
        ("container.command_name", "container.command_name == \"systemd\"", "container.argv"),
        ("pid1.seccomp", "pid1.seccomp != \"none\"", "seccomp.mode"),
        ("container.lifetime_ms", "container.lifetime_ms < 500", "boot.outcome"),
    ] {
        assert!(RETIRED.iter().any(|(gone, _)| *gone == key), "{key}");
        let said = Condition::new(condition).and_then(|it| it.check()).unwrap_err().to_string();
        assert!(said.contains("no longer recorded") && said.contains(instead), "{condition}: {said}");
    }
}
