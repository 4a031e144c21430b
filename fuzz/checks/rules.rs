//! Any rule file is loaded or refused with its name, the same way each time; what is loaded can be asked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sysdock::rule::{RuleSet, Scope, builtin, load};
use sysdock::snapshot::Facts;

use super::files;

/// The built-in rule files.
static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let files = files::with_ending("rules", "toml");
    files.into_iter().map(|bytes| String::from_utf8(bytes).expect("a rule file is text")).collect()
});
/// What a line of a rule file may become.
const LINES: [&str; 22] = [
    "id = \"a\"",
    "id = \"../../x\"",
    "id = \"\\u001b[2J\"",
    "title = \"\\u202e\\u0000\"",
    "severity = \"loud\"",
    "when = 'container.tty == true'",
    "when = 'container.argv.exists(a, a.matches(\"(a+)+$\"))'",
    "when = '((((((((((((((((true))))))))))))))))'",
    "when = 'has(container.tty)'",
    "when = 'nothing.known == 1'",
    "harms = 'true'",
    "unless = 'container.exit_code > \"x\"'",
    "[[signature]]",
    "name = \"x\"",
    "pattern = '''(?:a{1000}){1000}'''",
    "pattern = '''['''",
    "pattern = '''x'''",
    "systemd = \"..=300\"",
    "[[example]]",
    "lines = []",
    "explains = [\"a\", \"no-such-rule\"]",
    "remedies = [\"\\n\"]",
];

/// Loads the bytes as a rule file, and the file that they make of a built-in one.
///
/// # Panics
/// When loading does not give the same twice, or an error does not name the file.
pub fn check(bytes: &[u8]) {
    loaded(bytes);
    let [file, rest @ ..] = bytes else { return };
    let mut lines: Vec<String> = FILES[usize::from(*file) % FILES.len()].lines().map(str::to_owned).collect();
    for change in rest.chunks_exact(3).take(8) {
        let [how, place, what] = [change[0], change[1], change[2]].map(usize::from);
        let at = place % lines.len().max(1);
        let line = LINES[what % LINES.len()].to_owned();
        match how % 5 {
            0 if at < lines.len() => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            2 if at < lines.len() => lines[at] = line,
            3 if at < lines.len() => lines[at] = lines[at].repeat(1 + what),
            _ => lines.extend_from_within(at..(at + what).min(lines.len())),
        }
    }
    loaded(lines.join("\n").as_bytes());
}

fn loaded(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("own.toml");
    std::fs::write(&path, bytes).expect("a file can be written");
    let load = || load(std::slice::from_ref(&path)).map_err(|error| error.to_string());
    match (load(), load()) {
        (Ok(set), Ok(again)) => {
            assert_eq!((&set.hash, outcomes(&set)), (&again.hash, outcomes(&again)));
            assert!(set.rules.len() >= builtin().expect("the built-in rules can be read").rules.len());
        }
        (Err(error), Err(again)) => {
            assert_eq!(error, again);
            assert!(error.contains("own.toml"), "{error}");
        }
        (set, _) => panic!("it is read at one time only, at the first: {}", set.is_ok()),
    }
}

/// What the conditions of the new rules say where nothing is known.
fn outcomes(set: &RuleSet) -> BTreeMap<&str, Vec<String>> {
    let facts = Facts::default();
    let scope = Scope::new(&facts);
    let own = set.rules.iter().filter(|rule| rule.file.ends_with("own.toml"));
    own.map(|rule| {
        let conditions = [&rule.when, &rule.harms, &rule.risk, &rule.note, &rule.unless];
        let asked = conditions
            .into_iter()
            .flatten()
            .map(|condition| format!("{:?}", condition.evaluate(&scope, &facts)));
        (rule.id.as_str(), asked.collect())
    })
    .collect()
}
