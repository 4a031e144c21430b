//! Boots stored rows again: what came of a launch once comes of it again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};

use super::Repeat;
use super::allowance::Allowance;
use super::collect::{Case, settled};
use super::lane::Place;
use super::random::Random;
use super::rows::{self, Row};
use super::space::Space;
use crate::engine::Lane;

/// Guests that run at the same time.
const GUESTS: usize = 4;
/// Looks at a row before its outcome counts as another one.
const LOOKS: usize = 2;

/// Limits that a boot reaches by chance: which of its processes meets them is another one each time.
const LIMITS: [&str; 2] = ["pids", "memory"];

/// Boots some rows of the lanes that answer and compares their outcomes.
pub fn all(repeat: &Repeat) -> Result<()> {
    let stored = rows::stored(true)?;
    let lanes: BTreeSet<&str> = stored.values().map(|row| row.lane.as_str()).collect();
    let is_asked = |name: &String| {
        lanes.contains(name.as_str()) && (repeat.lane.is_empty() || repeat.lane.contains(name))
    };
    let names: Vec<String> = Lane::all()?.into_iter().filter(is_asked).collect();
    let places: BTreeMap<String, Place> =
        Place::find_all(&names)?.into_iter().map(|place| (place.lane.name.clone(), place)).collect();
    let rows: Vec<&Row> = stored
        .values()
        .filter(|row| !LIMITS.iter().any(|limit| row.launch.contains_key(*limit)))
        .filter(|row| places.get(&row.lane).is_some_and(|place| is_like(place, row)))
        .collect();
    ensure!(!rows.is_empty(), "no row is of a lane that answers and of its versions");
    let chosen = choose(&rows, repeat.rows, repeat.seed);
    let other = boot(&chosen, &places)?;
    let lanes: BTreeSet<&str> = chosen.iter().map(|row| row.lane.as_str()).collect();
    println!("{} rows on {} lanes, seed {}, {} differ", chosen.len(), lanes.len(), repeat.seed, other.len());
    other.iter().for_each(|line| println!("{line}"));
    ensure!(other.is_empty(), "{} rows differ from the atlas", other.len());
    Ok(())
}

/// Whether the lane has the engine and the guest that the row was measured with.
fn is_like(place: &Place, row: &Row) -> bool {
    let engine = (&place.engine.version, &place.engine.driver, &place.engine.store);
    engine == (&row.engine.version, &row.engine.driver, &row.engine.store)
        && place.systemd.get(&row.guest) == Some(&row.systemd)
}

fn choose<'r>(rows: &[&'r Row], count: usize, seed: u64) -> Vec<&'r Row> {
    let (mut left, mut random) = (rows.to_vec(), Random::new(seed));
    (0..count.min(left.len())).map(|_| left.swap_remove(random.index(left.len()))).collect()
}

/// Rows whose outcome is another one now, in words.
fn boot(rows: &[&Row], places: &BTreeMap<String, Place>) -> Result<Vec<String>> {
    let (space, allowance) = (Space::read()?, Allowance::of(GUESTS));
    let said = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for place in places.values() {
            let (space, allowance, said) = (&space, &allowance, &said);
            scope.spawn(move || {
                place.clear();
                for row in rows.iter().filter(|row| row.lane == place.lane.name) {
                    let case = Case { place, space, guest: &row.guest, launch: &row.launch };
                    let line =
                        differs(case, allowance, row).unwrap_or_else(|error| Some(format!("{error:#}")));
                    said.lock().unwrap_or_else(PoisonError::into_inner).extend(line);
                }
                place.clear();
            });
        }
    });
    Ok(said.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn differs(case: Case<'_>, allowance: &Allowance, row: &Row) -> Result<Option<String>> {
    let mut now = settled(case, allowance, None)?;
    for _ in 1..LOOKS {
        if row.outcome.agrees(&now.outcome) {
            break;
        }
        now = settled(case, allowance, None)?;
    }
    let line = || {
        let line = row.line.join(" ");
        format!(
            "{} {} {}: {line}\n  was {:?}\n  is {:?}",
            row.id, row.lane, row.guest, row.outcome, now.outcome
        )
    };
    Ok((!row.outcome.agrees(&now.outcome)).then(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_follows_from_its_seed_and_has_no_row_twice() {
        let stored = rows::stored(true).unwrap();
        let rows: Vec<&Row> = stored.values().collect();
        let ids = |seed| choose(&rows, 20, seed).iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(3), ids(3));
        assert_ne!(ids(3), ids(4));
        assert_eq!(ids(3).iter().collect::<BTreeSet<_>>().len(), 20);
    }
}
