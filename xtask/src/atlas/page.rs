//! `docs/atlas.md`: what the rows show, and how often the doctor was right about them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result};
use regex::Regex;

use super::judge::{self, Known};
use super::rows::{self, Row};
use super::space::Space;
use super::surprise::{View, cut, list, telling};
use super::trial::State;
use crate::engine::project;

const PLACE: &str = "docs/atlas.md";

const HEAD: &str = "\
# The atlas: what becomes of random launches

Written by `cargo xtask atlas page` from `data/atlas.jsonl.zst`; nothing in it is written by hand. A fifth of all
rows lies in `data/atlas-held-out.jsonl.zst` and is not looked at here.

A row is one launch of one guest (Debian's systemd) on one lane of the lab: the command line, what the engine says
of itself, what became of the container, the console, warnings of the journal, the stop. Launches are drawn from
`data/atlas-launches.toml` with a seed, most of them one to three changes away from a set with which systemd boots
on that lane, the others at random. A launch that does not boot, or does not stop, is changed one flag at a time
towards that set: the changes that make it boot are its cause, all single ones, or a smallest set. Each launch that
was measured on the way is a row too. What hangs, does not answer or was refused was started twice.

A launch *boots* when systemd reports what it reports with the set that boots, no other unit fails, and it stops
within ten seconds; *killed* means that it boots and does not stop; *mute*, that the manager does not answer.
";

/// Writes the page.
pub fn write() -> Result<()> {
    let path = project(PLACE);
    std::fs::write(&path, text(&rows::stored(false)?)?).with_context(|| path.display().to_string())
}

/// The page.
fn text(rows: &BTreeMap<String, Row>) -> Result<String> {
    let space = Space::read()?;
    let view = View { space: &space, rows };
    let (figures, wrong) = judge::judged(&space, rows);
    let mut text = format!("{HEAD}\n## Counts\n\n{}", counts(rows));
    let mut section = |title: &str, words: &str, body: String| {
        let _ = write!(text, "\n## {title}\n\n{words}\n\n{body}");
    };
    section("One change from a set that boots", SINGLE, view.single_changes());
    section("Harmless alone, not together", TOGETHER, view.harmful_together());
    section("Where guests differ", DIFFER, view.guests_differ());
    section("More that is less", MORE, view.more_is_less());
    section("The words of each failure", WORDS, failures(rows)?);
    section("What engines refuse", REFUSALS, refusals(rows)?);
    section("What the doctor says", DOCTOR, judge::table(&figures));
    section("Known disagreements", KNOWN, disagreements(&wrong)?);
    Ok(text)
}

const SINGLE: &str = "The set that boots with one thing changed; numbers are versions of systemd. An empty cell was \
                      not drawn, or the lane cannot have it.";
const TOGETHER: &str = "Pairs of changes each of which boots alone, with the same guest on the same lane.";
const DIFFER: &str = "Two or three changes with which one guest of a lane boots and another one does not.";
const MORE: &str = "Single changes that give the container more, and with which it boots less.";
const WORDS: &str = "The first line of the console that tells of a failure, of launches that did not boot; `#` stands \
                     for a number, `NAME` for the container. Without a terminal the console is empty.";
const REFUSALS: &str = "Words with which an engine would not create or start a container, and the smallest change \
                        that made it.";
const DOCTOR: &str = "The doctor was asked about each launch that was drawn: while it ran, and again after a stop that \
                      failed. Its first root cause fits when it is one that `data/atlas-launches.toml` names for \
                      a change that makes the launch boot. Curable are those that boot with other flags and the same image, \
                      without a right taken away that the launch adds. \
                      Cures are tried by `sysdock prove`, on some of the rows.";
const KNOWN: &str =
    "Rows about which the doctor and the flips disagree, with the reason (`data/atlas-known.toml`).";

/// Rows by lane and state.
fn counts(rows: &BTreeMap<String, Row>) -> String {
    let states: BTreeSet<State> = rows.values().map(|row| row.outcome.state).collect();
    let mut lanes: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    rows.values().for_each(|row| lanes.entry(&row.lane).or_default().push(row));
    let names: Vec<String> = states.iter().map(|state| format!("{state:?}").to_lowercase()).collect();
    let mut text = format!(
        "| lane | engine | systemd | rows | drawn | {} |\n|---|---|---|---|---|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    let line = |text: &mut String, name: &str, rows: &[&Row]| {
        let engines: BTreeSet<String> =
            rows.iter().map(|row| format!("{} {}", row.engine.kind, row.engine.version)).collect();
        let systemd: BTreeSet<i64> = rows.iter().map(|row| row.systemd).collect();
        let engine = if engines.len() == 1 { engines.into_iter().collect() } else { String::new() };
        let _ = write!(text, "| {name} | {engine} | {} | {} ", list(&systemd), rows.len());
        let _ = write!(text, "| {} |", rows.iter().filter(|row| row.drawn).count());
        for state in &states {
            let _ = write!(text, " {} |", rows.iter().filter(|row| row.outcome.state == *state).count());
        }
        text.push('\n');
    };
    for (name, rows) in &lanes {
        line(&mut text, &format!("`{name}`"), rows);
    }
    line(&mut text, "all", &rows.values().collect::<Vec<_>>());
    text
}

/// Rows whose lines have the same shape.
#[derive(Default)]
struct Alike {
    rows: usize,
    systemd: BTreeSet<i64>,
    states: BTreeSet<State>,
    lanes: BTreeSet<String>,
    causes: BTreeSet<String>,
}

impl Alike {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.systemd.insert(row.systemd);
        self.states.insert(row.outcome.state);
        self.lanes.insert(row.lane.clone());
        let single = row.causes.iter().flatten().filter(|set| set.len() == 1).flatten();
        self.causes.extend(single.cloned());
    }
}

fn alike<'r>(
    rows: impl Iterator<Item = &'r Row>,
    line: impl Fn(&Row) -> String,
) -> Result<BTreeMap<String, Alike>> {
    let number = Regex::new(r"\b\d+\b|\bID\b|/overlay2?/\S+|satlas\w+")?;
    let mut all = BTreeMap::<String, Alike>::new();
    for row in rows {
        let line = line(row);
        if !line.is_empty() {
            all.entry(number.replace_all(&line, "#").into_owned()).or_default().add(row);
        }
    }
    Ok(all)
}

/// The errno's words at the end of a line, where it has them.
fn errno(line: &str) -> &str {
    let last = line.rsplit(": ").next().unwrap_or_default();
    let is_errno =
        ["Operation not", "Permission", "No such", "Read-only", "Invalid", "Resource", "Function not"];
    if is_errno.iter().any(|start| last.starts_with(start)) { last } else { "" }
}

fn failures(rows: &BTreeMap<String, Row>) -> Result<String> {
    let sick = rows.values().filter(|row| !row.outcome.is_up() && row.outcome.state != State::Refused);
    let mut text = String::from("| line | errno | systemd | comes to | rows |\n|---|---|---|---|---|\n");
    for (line, alike) in alike(sick, telling)? {
        let states: Vec<String> =
            alike.states.iter().map(|state| format!("{state:?}").to_lowercase()).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            cut(&line),
            errno(&line),
            list(&alike.systemd),
            states.join(", "),
            alike.rows
        );
    }
    Ok(text)
}

fn refusals(rows: &BTreeMap<String, Row>) -> Result<String> {
    let refused = rows.values().filter(|row| row.outcome.state == State::Refused);
    let mut text = String::from("| words | lanes | change that helps | rows |\n|---|---|---|---|\n");
    for (line, alike) in alike(refused, |row| row.outcome.error.clone())? {
        let line = line.rsplit("unable to start container process: ").next().unwrap_or(&line);
        let list = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(", ");
        let causes = list(&alike.causes);
        let _ = writeln!(text, "| {} | {} | {causes} | {} |", cut(line), list(&alike.lanes), alike.rows);
    }
    Ok(text)
}

fn disagreements(wrong: &[judge::Wrong<'_>]) -> Result<String> {
    let known = Known::read()?;
    if wrong.is_empty() {
        return Ok("None.\n".to_owned());
    }
    let mut text = String::new();
    for wrong in wrong {
        let reason = known.reason(&wrong.row.id).unwrap_or("no reason is known");
        let line = judge::line(wrong).replace("\n  ", " · ");
        let _ = writeln!(text, "- {}: `{}`", reason, line.replace('`', "'"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_follows_from_the_stored_rows() {
        let page = std::fs::read_to_string(project(PLACE)).unwrap();
        let now = text(&rows::stored(false).unwrap()).unwrap();
        assert!(page == now, "{PLACE} is not what `cargo xtask atlas page` writes");
    }

    #[test]
    fn each_disagreement_has_a_reason() {
        let (space, rows, known) =
            (Space::read().unwrap(), rows::stored(false).unwrap(), Known::read().unwrap());
        let (_, wrong) = judge::judged(&space, &rows);
        let open: Vec<_> = wrong.iter().filter(|wrong| known.reason(&wrong.row.id).is_none()).collect();
        assert!(open.is_empty(), "{}", open.iter().map(|wrong| judge::line(wrong)).collect::<String>());
    }
}
