//! What rows show that nobody would guess: one change from a set that boots, guests that differ, two changes that
//! are harmless alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::lane;
use super::rows::{self, Row};
use super::space::Space;
use super::trial::{Outcome, State};

/// All rows, and the launch space by which they differ.
pub struct View<'r> {
    /// The space.
    pub space: &'r Space,
    /// The rows.
    pub rows: &'r BTreeMap<String, Row>,
}

/// What came of a launch, in one or two words.
pub fn word(outcome: &Outcome, good: &Outcome) -> &'static str {
    match outcome.state {
        _ if outcome.is_fine(good) => "boots",
        State::Running | State::Degraded if outcome.boots_like(good) => "killed",
        State::Running | State::Degraded => "degraded",
        State::Maintenance => "rescue",
        State::Died => "dies",
        State::Frozen => "frozen",
        State::Hangs => "hangs",
        State::Unreachable => "mute",
        State::NotSystemd => "other PID 1",
        State::Refused => "refused",
    }
}

impl View<'_> {
    /// Outcome of the good set on the lane and with the guest of a row, and the changes from it; none where
    /// no launch boots.
    fn seen_from_good(&self, row: &Row) -> Option<(&Row, Vec<String>)> {
        let launch = self.space.good(&lane::tags(&row.engine));
        let good = self.rows.get(&rows::id(&row.lane, &row.guest, &launch))?;
        let changes = self.space.changes(&launch, &row.launch);
        good.outcome.is_up().then_some((good, changes))
    }

    /// Words of all rows that are so many changes from good: by changes, lane and version of systemd.
    fn near(&self, distance: usize) -> BTreeMap<Vec<String>, BTreeMap<&str, BTreeMap<i64, &'static str>>> {
        let mut near: BTreeMap<_, BTreeMap<&str, BTreeMap<i64, &'static str>>> = BTreeMap::new();
        for row in self.rows.values() {
            let Some((good, changes)) = self.seen_from_good(row) else { continue };
            if changes.len() == distance {
                let lanes = near.entry(changes).or_default();
                let words = lanes.entry(&row.lane).or_default();
                words.insert(row.systemd, word(&row.outcome, &good.outcome));
            }
        }
        near
    }

    /// What each single change of the good set does, by lane.
    pub fn single_changes(&self) -> String {
        let near = self.near(1);
        let lanes: BTreeSet<&str> = self.rows.values().map(|row| row.lane.as_str()).collect();
        let names: Vec<&str> = lanes.iter().copied().collect();
        let mut text = format!("| change | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
        let mut harmless = Vec::new();
        for (change, by_lane) in &near {
            if by_lane.values().flat_map(BTreeMap::values).all(|word| *word == "boots") {
                harmless.push(format!("`{}`", change[0]));
                continue;
            }
            let cells: Vec<String> =
                lanes.iter().map(|lane| by_lane.get(lane).map(cell).unwrap_or_default()).collect();
            let _ = writeln!(text, "| `{}` | {} |", change[0], cells.join(" | "));
        }
        let _ = writeln!(text, "\nHarmless alone wherever it was tried: {}.", harmless.join(", "));
        text
    }

    /// Launches that only some guests of a lane boot with, two or three changes from good.
    pub fn guests_differ(&self) -> String {
        let mut text = String::from("| lane | changes from a set that boots | by systemd |\n|---|---|---|\n");
        let mut count = 0;
        for (changes, by_lane) in self.near(2).into_iter().chain(self.near(3)) {
            for (lane, words) in by_lane {
                if words.values().collect::<BTreeSet<_>>().len() > 1 {
                    count += 1;
                    let _ = writeln!(text, "| {lane} | `{}` | {} |", changes.join(" "), cell(&words));
                }
            }
        }
        if count == 0 { "None.\n".to_owned() } else { text }
    }

    /// Pairs of changes each of which is harmless alone, and which are not together.
    pub fn harmful_together(&self) -> String {
        let single = self.near(1);
        let alone = |change: &String, lane: &str, systemd: i64| {
            single.get(std::slice::from_ref(change)).and_then(|lanes| lanes.get(lane)?.get(&systemd).copied())
        };
        let mut found: BTreeMap<(String, &str), BTreeMap<&str, BTreeSet<i64>>> = BTreeMap::new();
        for (changes, by_lane) in &self.near(2) {
            for (lane, words) in by_lane {
                for (systemd, word) in words {
                    let harmless =
                        changes.iter().all(|change| alone(change, lane, *systemd) == Some("boots"));
                    if harmless && *word != "boots" {
                        let lanes = found.entry((changes.join(" + "), word)).or_default();
                        lanes.entry(lane).or_default().insert(*systemd);
                    }
                }
            }
        }
        let mut text = String::from("| changes | together | where |\n|---|---|---|\n");
        for ((changes, word), lanes) in &found {
            let _ = writeln!(text, "| `{changes}` | {word} | {} |", places(lanes));
        }
        if found.is_empty() { "None.\n".to_owned() } else { text }
    }

    /// Changes that give a container more and make it boot less.
    pub fn more_is_less(&self) -> String {
        let more =
            ["rights=privileged", "rights=sys-admin", "filter=unconfined", "mode=always", "terminal=tty"];
        let mut found: BTreeMap<(String, &str, String), BTreeMap<&str, BTreeSet<i64>>> = BTreeMap::new();
        for row in self.rows.values() {
            let Some((good, changes)) = self.seen_from_good(row) else { continue };
            let [change] = changes.as_slice() else { continue };
            if more.contains(&change.as_str()) && !row.outcome.is_fine(&good.outcome) {
                let words = [row.outcome.failed.join(" "), telling(row)].join(" ");
                let word = word(&row.outcome, &good.outcome);
                let lanes = found.entry((change.clone(), word, cut(words.trim()))).or_default();
                lanes.entry(&row.lane).or_default().insert(row.systemd);
            }
        }
        let mut text = String::from("| change | comes to | units and words | where |\n|---|---|---|---|\n");
        for ((change, word, words), lanes) in &found {
            let _ = writeln!(text, "| `{change}` | {word} | {words} | {} |", places(lanes));
        }
        text
    }
}

/// Lanes with their versions of systemd.
fn places(lanes: &BTreeMap<&str, BTreeSet<i64>>) -> String {
    let of = |(lane, systemd): (&&str, &BTreeSet<i64>)| format!("{lane} {}", list(systemd));
    lanes.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// One word where all versions agree, else the versions of each.
fn cell(words: &BTreeMap<i64, &'static str>) -> String {
    let mut by_word: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for (systemd, word) in words {
        by_word.entry(word).or_default().insert(*systemd);
    }
    let all: Vec<String> =
        by_word.iter().map(|(word, systemd)| format!("{word} {}", list(systemd))).collect();
    all.join(", ")
}

/// Versions, in one word.
pub fn list(versions: &BTreeSet<i64>) -> String {
    versions.iter().map(i64::to_string).collect::<Vec<_>>().join("/")
}

/// The line that tells most of a failure: the first one of PID 1 that something failed, else the engine's.
pub fn telling(row: &Row) -> String {
    let first = row.outcome.console.iter().find(|line| crate::words::tells(line));
    first.unwrap_or(&row.outcome.error).clone()
}

/// A text that fits a cell of a table.
pub fn cut(text: &str) -> String {
    let clean = text.replace('|', "\\|");
    if clean.chars().count() <= 160 { clean } else { clean.chars().take(159).chain(['…']).collect() }
}
