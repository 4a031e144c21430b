//! Records → `src/seccomp/systemd_needs.toml`: one line for each call, range of versions, errno and circumstance in
//! which it does harm.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use sysdock::seccomp::Effect;

use crate::Place;
use crate::cells::{self, Cell, Record};
use crate::effects::Usual;
use crate::engine::project;

/// Where the table is.
const PLACE: &str = "src/seccomp/systemd_needs.toml";
/// The lane on which every call was denied.
const MAIN: &str = "docker28-v2";
/// The lane of an older engine on the same kind of tree.
const OLDER: &str = "docker20-v2";
/// The lane of the other kind of tree.
const OTHER_TREE: &str = "docker20-v1";
/// First version for which the oldest measured one may stand.
const OLDEST: i64 = 240;
/// First version of all, for calls that the engine's runtime makes.
const FIRST: i64 = 219;
/// Stands for all later versions.
const LAST: i64 = 999;

/// What is not measured here.
#[derive(Deserialize)]
struct Kept {
    row: Vec<KeptRow>,
    since: BTreeMap<String, i64>,
}

/// A row that is copied.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRow {
    call: String,
    systemd: (i64, i64),
    effect: String,
    also: Option<String>,
    words: Vec<String>,
}

/// One line of the table before it is text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    call: String,
    systemd: (i64, i64),
    docker: Option<(i64, i64)>,
    hierarchy: Option<&'static str>,
    errno: Vec<i32>,
    effect: Effect,
    words: Vec<String>,
    units: Vec<String>,
}

/// What one boot shows of a call.
#[derive(Debug, Clone)]
struct Harm {
    effect: Option<Effect>,
    words: Vec<String>,
    units: Vec<String>,
}

/// Writes the table.
pub fn write(place: &Place) -> Result<()> {
    let records = cells::read(&place.state);
    ensure!(
        records.keys().any(|cell| cell.lane == MAIN),
        "nothing is recorded of {MAIN}: run `cargo xtask sweep run`"
    );
    let kept: Kept = toml::from_str(&std::fs::read_to_string(project("xtask/kept.toml"))?)?;
    let rows = rows(&records, &kept);
    let path = project(PLACE);
    std::fs::write(&path, text(&records, &rows, &kept))
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}: {} rows", path.display(), rows.len() + kept.row.len());
    Ok(())
}

fn rows(records: &BTreeMap<Cell, Record>, kept: &Kept) -> Vec<Row> {
    let versions: BTreeSet<i64> = records.values().map(|record| record.systemd).collect();
    let versions: Vec<i64> = versions.into_iter().collect();
    let calls: BTreeSet<&String> = records.keys().filter_map(|cell| cell.call.as_ref()).collect();
    let boots: BTreeSet<(String, String)> =
        records.keys().map(|cell| (cell.lane.clone(), cell.guest.clone())).collect();
    let usual: UsualBoots = boots
        .into_iter()
        .map(|(lane, guest)| ((lane.clone(), guest.clone()), Usual::of(records, &lane, &guest)))
        .collect();
    let mut rows = Vec::new();
    for call in calls {
        let since = kept.since.get(call).copied().unwrap_or(OLDEST);
        let mut of_call: Vec<Row> = Vec::new();
        for errno in [1, 38] {
            for (number, version) in versions.iter().enumerate() {
                let range = range(&versions, number, since);
                of_call.extend(circumstances(records, &usual, call, errno, *version).into_iter().filter_map(
                    |(docker, hierarchy, harm)| {
                        let (words, units) = (harm.words, harm.units);
                        harm.effect.map(|effect| Row {
                            call: call.clone(),
                            systemd: range,
                            docker,
                            hierarchy,
                            errno: vec![errno],
                            effect,
                            words,
                            units,
                        })
                    },
                ));
            }
        }
        rows.extend(join(of_call));
    }
    rows
}

/// The versions for which a measured one stands: those to which it is the nearest.
fn range(versions: &[i64], number: usize, since: i64) -> (i64, i64) {
    let middle = |a: i64, b: i64| i64::midpoint(a, b);
    let first = if number == 0 { since } else { middle(versions[number - 1], versions[number]) + 1 };
    let last = versions.get(number + 1).map_or(LAST, |next| middle(versions[number], *next));
    (first, last)
}

/// What is usual, by lane and guest.
type UsualBoots = BTreeMap<(String, String), Usual>;

type Circumstance = (Option<(i64, i64)>, Option<&'static str>, Harm);

/// What a denial does to one version, on newer and older engines and on either kind of tree, as far as they
/// differ.
fn circumstances(
    records: &BTreeMap<Cell, Record>,
    usual: &UsualBoots,
    call: &str,
    errno: i32,
    version: i64,
) -> Vec<Circumstance> {
    let on = |lane: &str| {
        let fits = |record: &&Record| {
            let booted = &record.cell;
            booted.lane == lane
                && record.systemd == version
                && booted.errno == errno
                && booted.call.as_deref() == Some(call)
        };
        records.values().find(fits).and_then(|record| {
            Some(harm(usual.get(&(record.cell.lane.clone(), record.cell.guest.clone()))?, record))
        })
    };
    let Some(main) = on(MAIN) else { return Vec::new() };
    let differs = |a: &Harm, b: &Harm| a.effect != b.effect;
    let older = on(OLDER).filter(|older| differs(older, &main));
    let (old_engines, old_harm) = match &older {
        Some(harm) => (Some((0, 27)), harm.clone()),
        None => (None, main.clone()),
    };
    let mut found = Vec::new();
    if older.is_some() {
        found.push((Some((28, LAST)), None, main));
    }
    match on(OTHER_TREE).filter(|other| differs(other, &old_harm)) {
        Some(other) => found.extend([(old_engines, Some("v2"), old_harm), (old_engines, Some("v1"), other)]),
        None => found.push((old_engines, None, old_harm)),
    }
    found
}

fn harm(usual: &Usual, record: &Record) -> Harm {
    let effect = usual.effect(record);
    Harm {
        effect,
        words: if effect.is_some() { usual.words(record) } else { Vec::new() },
        units: usual.units(record),
    }
}

/// Makes one row of rows that say the same of neighbouring versions, then of both errnos.
fn join(rows: Vec<Row>) -> Vec<Row> {
    let same = |a: &Row, b: &Row| (a.docker, a.hierarchy, a.effect) == (b.docker, b.hierarchy, b.effect);
    let mut longer: Vec<Row> = Vec::new();
    for row in rows {
        let before = longer
            .iter_mut()
            .find(|old| same(old, &row) && old.errno == row.errno && old.systemd.1 + 1 == row.systemd.0);
        match before {
            Some(old) => {
                old.systemd.1 = row.systemd.1;
                absorb(old, row);
            }
            None => longer.push(row),
        }
    }
    let mut joined: Vec<Row> = Vec::new();
    for mut row in longer {
        if row.effect == Effect::Create && row.systemd.0 <= OLDEST {
            row.systemd.0 = FIRST;
        }
        match joined.iter_mut().find(|old| same(old, &row) && old.systemd == row.systemd) {
            Some(old) => {
                old.errno.extend(row.errno.iter().copied());
                absorb(old, row);
            }
            None => joined.push(row),
        }
    }
    joined
}

/// Keeps a word of each version.
fn absorb(row: &mut Row, other: Row) {
    row.words.truncate(2);
    row.words
        .extend(other.words.into_iter().take(1).filter(|word| !row.words.contains(word)).collect::<Vec<_>>());
    row.units.extend(other.units);
    row.units.sort();
    row.units.dedup();
}

fn text(records: &BTreeMap<Cell, Record>, rows: &[Row], kept: &Kept) -> String {
    let engines: BTreeMap<&str, BTreeSet<i64>> =
        records.values().fold(BTreeMap::new(), |mut engines, record| {
            engines.entry(&record.engine).or_default().insert(record.systemd);
            engines
        });
    let mut text = String::from(HEAD);
    for (engine, versions) in engines {
        let versions: Vec<String> = versions.iter().map(i64::to_string).collect();
        text.push_str(&format!("#   {engine}: systemd {}\n", versions.join(", ")));
    }
    text.push_str("row = [\n");
    text.push_str("  # Not from the sweep, see xtask/kept.toml.\n");
    kept.row.iter().for_each(|row| text.push_str(&format!("  {},\n", kept_line(row))));
    text.push_str("  # From the sweep.\n");
    rows.iter().for_each(|row| text.push_str(&format!("  {},\n", line(row))));
    text.push_str("]\n");
    text
}

const HEAD: &str = "\
# What happens to systemd when a seccomp filter denies one call, and what is then printed. Written by `cargo \
    xtask sweep write` from boots
# of the lab's guests, each under a profile that lets everything through but that call; do not edit. How it \
    was made and how well
# the doctor does with it: docs/seccomp-sweep.md.
# effect: create (the engine cannot start the program), fatal (PID 1 gives up or freezes), stuck (the boot \
    never ends, or ends in
# rescue mode), unreachable (systemctl cannot talk to the manager), units (the manager comes up, units fail \
    or are
# never started). A call that is not here did no harm.
# errno: 1 is EPERM, 38 is ENOSYS. systemd: versions; those between the measured ones, and before and after \
    them, take the nearest
# measured one, which is an assumption. docker: major versions of Docker, where its runtime decides. words: \
    lines of the log, not
# all. units: units that failed and usually do not.
# Measured on:
";

fn quoted(words: &[String]) -> String {
    let list: Vec<String> = words.iter().map(|word| toml::Value::String(word.clone()).to_string()).collect();
    format!("[{}]", list.join(", "))
}

fn kept_line(row: &KeptRow) -> String {
    let also = row.also.as_ref().map(|call| format!(", also = \"{call}\"")).unwrap_or_default();
    let (call, (first, last), effect) = (&row.call, row.systemd, &row.effect);
    format!(
        "{{ call = \"{call}\", systemd = [{first}, {last}]{also}, effect = \"{effect}\", words = {} }}",
        quoted(&row.words)
    )
}

fn line(row: &Row) -> String {
    let docker = row.docker.map(|(first, last)| format!(", docker = [{first}, {last}]")).unwrap_or_default();
    let hierarchy = row.hierarchy.map(|kind| format!(", hierarchy = \"{kind}\"")).unwrap_or_default();
    let mut line = format!(
        "{{ call = \"{}\", systemd = [{}, {}]{docker}{hierarchy}",
        row.call, row.systemd.0, row.systemd.1
    );
    line.push_str(&format!(", errno = {:?}, effect = \"{}\"", row.errno, row.effect.name()));
    if !row.words.is_empty() {
        line.push_str(&format!(", words = {}", quoted(&row.words)));
    }
    if !row.units.is_empty() {
        line.push_str(&format!(", units = {}", quoted(&row.units)));
    }
    line + " }"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_version_stands_for_those_nearest_to_it() {
        let versions = [247, 252, 257, 262];
        let ranges: Vec<_> = (0..4).map(|number| range(&versions, number, 240)).collect();
        assert_eq!(ranges, [(240, 249), (250, 254), (255, 259), (260, 999)]);
    }

    #[test]
    fn rows_that_say_the_same_become_one() {
        let row = |systemd, errno, effect| Row {
            call: "statx".to_owned(),
            systemd,
            docker: None,
            hierarchy: None,
            errno: vec![errno],
            effect,
            words: vec![format!("{systemd:?}")],
            units: Vec::new(),
        };
        let rows = vec![
            row((240, 249), 1, Effect::Units),
            row((250, 254), 1, Effect::Units),
            row((250, 254), 38, Effect::Fatal),
        ];
        let joined = join(rows);
        assert_eq!(joined.len(), 2);
        assert_eq!((joined[0].systemd, joined[0].words.len()), ((240, 254), 2));
        let both = join(vec![row((240, 249), 1, Effect::Units), row((240, 249), 38, Effect::Units)]);
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].errno, [1, 38]);
    }
}
