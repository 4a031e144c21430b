//! Fixtures that are derived from recorded ones as `derived.toml` says.
//!
//! Each file says so in its `derived` field, and a test holds it to the table. `SYSDOCK_RECORD=1` writes them
//! anew.

use serde::Deserialize;
use sysdock::diagnose::diagnose;
use sysdock::rule::builtin;
use sysdock::snapshot::{KeptLine, LogExcerpt, Snapshot, Source, key, saved_file};

use super::fixtures::{self, Expected, Fixture};
use super::program::project;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derived {
    folder: String,
    case: String,
    from: String,
    words: String,
    lines: Vec<String>,
    facts: toml::Table,
}

#[derive(Deserialize)]
struct Table {
    derived: Vec<Derived>,
}

impl Derived {
    fn made(&self, recorded: &[Fixture]) -> Snapshot {
        let base = recorded
            .iter()
            .find(|fixture| fixture.label() == self.from)
            .unwrap_or_else(|| panic!("no fixture {}", self.from));
        // As it was recorded, without what is read from its documents when it is loaded.
        let mut snapshot = saved_file::read(&base.path).unwrap_or_else(|error| panic!("{error}"));
        for (key, value) in &self.facts {
            snapshot.facts.set_named(
                key,
                serde_json::to_value(value).expect("a fact is JSON too"),
                "derived",
            );
        }
        let lines = self.lines.iter().zip(1..).map(|(text, line)| KeptLine {
            line,
            source: Source::Console,
            text: text.clone(),
        });
        let (lines, bytes): (Vec<_>, usize) =
            (lines.collect(), self.lines.iter().map(|line| line.len() + 1).sum());
        snapshot.facts.set(key::LOG_EMPTY, bytes == 0, "derived");
        snapshot.log = LogExcerpt {
            lines_read: lines.len() as u64,
            bytes_read: bytes as u64,
            lines,
            ..LogExcerpt::default()
        };
        snapshot.documents.clear();
        snapshot.target.name.clone_from(&self.case);
        snapshot.derived =
            Some(format!("{}; facts and lines changed in a snapshot recorded as {}", self.words, self.from));
        snapshot
    }
}

#[test]
fn derived_fixtures_are_what_they_say() {
    let text =
        std::fs::read_to_string(project("tests/suite/derived.toml")).expect("derived.toml can be read");
    let table: Table = toml::from_str(&text).expect("derived.toml has the shape of a list");
    let recorded = fixtures::all();
    let anew = std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "1");
    let rules = builtin().expect("the built-in rules can be loaded");
    for one in table.derived {
        let snapshot = one.made(&recorded);
        let text = String::from_utf8(saved_file::to_json(&snapshot).expect("a snapshot can be written"))
            .expect("JSON is UTF-8");
        let report = diagnose(&snapshot, &rules);
        assert_eq!(
            report.root().map(|root| root.id.as_str()),
            Some(one.folder.as_str()),
            "{}: {report:#?}",
            one.case
        );
        if anew {
            fixtures::write(&one.folder, &one.case, &text, &Expected::of(&report));
        }
        let path = project("fixtures").join(&one.folder).join(format!("{}.json", one.case));
        assert_eq!(
            std::fs::read_to_string(&path).unwrap_or_default(),
            text,
            "{} is not what is derived here",
            path.display()
        );
    }
}
