//! Draws launches, runs them, and finds the smallest changes that make each of them boot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::Run;
use super::allowance::Allowance;
use super::cause;
use super::doctor;
use super::lane::Place;
use super::random::Random;
use super::rows::{self, Proof, Row, Said};
use super::space::{Launch, Space};
use super::trial::{Outcome, State, Trial};

/// Attempts at a boot that the machine's own limits spoilt.
const ATTEMPTS: u64 = 3;

/// All that the threads of a run share.
struct Atlas<'r> {
    space: Space,
    run: &'r Run,
    allowance: Allowance,
    rows: Mutex<BTreeMap<String, Row>>,
    failing: AtomicU64,
    bar: ProgressBar,
    failures: Mutex<Vec<String>>,
}

/// A lane with the outcomes of its good set.
struct Ready<'p> {
    place: &'p Place,
    good: BTreeMap<String, Outcome>,
}

/// Runs until each lane has its number of drawn launches.
pub fn run(run: &Run) -> Result<()> {
    let known = rows::read(&run.out)?;
    std::fs::create_dir_all(doctor::snapshots(&run.out))?;
    let places = Place::find_all(&run.lane)?;
    let bar = ProgressBar::new(run.rows * places.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} eta {eta} {msg}")?);
    let atlas = Atlas {
        space: Space::read()?,
        run,
        allowance: Allowance::of(run.guests),
        rows: Mutex::new(known),
        failing: AtomicU64::new(0),
        bar,
        failures: Mutex::default(),
    };
    std::thread::scope(|scope| {
        for place in &places {
            let atlas = &atlas;
            scope.spawn(move || atlas.lane(place));
        }
    });
    atlas.bar.finish_and_clear();
    println!("{} rows in {}", rows::read(&run.out)?.len(), run.out.display());
    let failures = atlas.failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(failures.is_empty(), "{} launches were not measured; run this again", failures.len());
    Ok(())
}

impl Atlas<'_> {
    fn complain(&self, failure: String) {
        self.bar.suspend(|| eprintln!("not measured: {failure}"));
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
    }

    fn lane(&self, place: &Place) {
        place.clear();
        match self.ready(place) {
            Ok(ready) => self.draw(&ready),
            Err(error) => self.complain(format!("{}: {error:#}", place.lane.name)),
        }
        place.clear();
        if place.options().ok() != Some(place.nsdelegate) {
            self.complain(format!("{}: nsdelegate is not what it was", place.lane.name));
        }
    }

    /// Boots the good set with each guest, by which all launches are measured.
    fn ready<'p>(&self, place: &'p Place) -> Result<Ready<'p>> {
        let launch = self.space.good(&place.tags);
        let mut good = BTreeMap::new();
        for (guest, systemd) in &place.systemd {
            let outcome = self.row(place, guest, &launch, None)?.outcome;
            let hopeless = !self.space.hopeless(&place.tags, *systemd).is_empty();
            ensure!(
                hopeless || outcome.is_up() && outcome.stops(),
                "{guest} does not boot with the good set {launch:?}: {outcome:?}"
            );
            good.insert(guest.clone(), outcome);
        }
        Ok(Ready { place, good })
    }

    fn draw(&self, ready: &Ready<'_>) {
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.run.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.run.rows {
                            return;
                        }
                        if let Err(error) = self.drawn(ready, number) {
                            self.complain(format!("{} {number}: {error:#}", ready.place.lane.name));
                        }
                        self.bar.inc(1);
                    }
                });
            }
        });
    }

    /// The launch of that number, with its causes.
    fn drawn(&self, ready: &Ready<'_>, number: u64) -> Result<()> {
        let place = ready.place;
        let seed = place
            .lane
            .name
            .bytes()
            .fold(self.run.seed, |seed, byte| seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        let mut random = Random::new(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let guest = &place.lane.guests[random.index(place.lane.guests.len())];
        let launch = self.space.draw(&place.tags, &mut random);
        let good = ready.good.get(guest).ok_or_else(|| anyhow!("{guest} has no good set"))?;
        let mut row = self.row(place, guest, &launch, Some(good))?;
        if row.outcome.is_fine(good) || row.causes.is_some() {
            return Ok(());
        }
        row.causes = Some(self.causes(place, guest, &launch, good)?);
        self.keep(row)
    }

    fn causes(
        &self,
        place: &Place,
        guest: &str,
        launch: &Launch,
        good: &Outcome,
    ) -> Result<Vec<Vec<String>>> {
        if !good.is_up() {
            return Ok(Vec::new());
        }
        let changes = self.space.changes(launch, &self.space.good(&place.tags));
        cause::causes(&changes, |changes| {
            let row = self.row(place, guest, &self.space.changed(launch, changes), None)?;
            Ok(row.outcome.is_fine(good))
        })
    }

    fn keep(&self, row: Row) -> Result<()> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows::append(&self.run.out, &row)?;
        rows.insert(row.id.clone(), row);
        Ok(())
    }

    /// What is known of a launch, or what comes of it now. A drawn one comes with the outcome of the good set.
    fn row(&self, place: &Place, guest: &str, launch: &Launch, drawn: Option<&Outcome>) -> Result<Row> {
        let id = rows::id(&place.lane.name, guest, launch);
        let known = self.rows.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(row) = known.filter(|row| row.drawn || drawn.is_none()) {
            return Ok(row);
        }
        self.bar.set_message(format!("{} {guest}", place.lane.name));
        let case = Case { place, space: &self.space, guest, launch };
        let asked = self.run.doctor.as_deref().zip(drawn).map(|(doctor, good)| Asked {
            doctor,
            good,
            snapshot: doctor::snapshots(&self.run.out).join(format!("{id}.json")),
            failing: &self.failing,
            prove_every: self.run.prove_every,
        });
        let mut row = settled(case, &self.allowance, asked.as_ref())?;
        row.drawn = drawn.is_some();
        self.keep(row.clone())?;
        Ok(row)
    }
}

/// What the doctor is asked about a launch.
pub struct Asked<'a> {
    /// The sysdock to ask.
    pub doctor: &'a Path,
    /// The outcome of the good set.
    pub good: &'a Outcome,
    /// Where the snapshot goes.
    pub snapshot: PathBuf,
    /// Counts launches that fail.
    pub failing: &'a AtomicU64,
    /// The cure of every so manieth of them is tried.
    pub prove_every: u64,
}

/// One launch of one guest on one lane.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The lane.
    pub place: &'a Place,
    /// What launches are made of.
    pub space: &'a Space,
    /// The guest.
    pub guest: &'a str,
    /// The launch.
    pub launch: &'a Launch,
}

/// Runs a launch, and once more where a second look may say something else: the second counts.
pub fn settled(case: Case<'_>, allowance: &Allowance, asked: Option<&Asked<'_>>) -> Result<Row> {
    let mut doubted = false;
    for attempt in 1..=ATTEMPTS {
        let turn = allowance.take();
        let row = measured(case, asked, doubted);
        drop(turn);
        match row {
            Ok(row) if row.outcome.is_spoilt() => {}
            Ok(row) if doubted || !row.outcome.is_doubtful() => return Ok(row),
            Ok(_) => doubted = true,
            Err(error) if attempt == ATTEMPTS => return Err(error),
            Err(_) => {}
        }
        std::thread::sleep(Duration::from_secs(2 * attempt));
    }
    Err(anyhow!("the machine's own limits spoilt {ATTEMPTS} boots"))
}

/// Runs a launch once. Where it may be run again, no cure is tried.
fn measured(case: Case<'_>, asked: Option<&Asked<'_>>, doubted: bool) -> Result<Row> {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let name = format!("satlas{}x{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let trial = Trial::start(case.place, case.space, case.guest, case.launch, &name)?;
    let outcome = trial.rest()?;
    let mut row = row_of(case, outcome);
    let exists = row.outcome.state != State::Refused || row.outcome.exists;
    let asked = asked.filter(|_| exists && (doubted || !row.outcome.is_doubtful()));
    if let Some(asked) = asked {
        asked.before_the_stop(case.place, &name, &mut row)?;
    }
    if !matches!(row.outcome.state, State::Died | State::Refused) {
        row.outcome.stop = Some(trial.stop(row.outcome.is_up())?);
    }
    if let Some(asked) = asked.filter(|asked| row.outcome.boots_like(asked.good) && !row.outcome.stops()) {
        asked.after_the_stop(case.place, &name, &mut row)?;
    }
    Ok(row)
}

impl Asked<'_> {
    fn before_the_stop(&self, place: &Place, name: &str, row: &mut Row) -> Result<()> {
        doctor::look(self.doctor, place, name, &self.snapshot)?;
        let said = doctor::judge(self.doctor, &self.snapshot)?;
        if !row.outcome.boots_like(self.good) {
            row.proof = self.proof(place, name, &said)?;
        }
        row.doctor = Some(said);
        Ok(())
    }

    fn after_the_stop(&self, place: &Place, name: &str, row: &mut Row) -> Result<()> {
        let snapshot = self.snapshot.with_extension("stopped.json");
        doctor::look(self.doctor, place, name, &snapshot)?;
        let said = doctor::judge(self.doctor, &snapshot)?;
        row.proof = self.proof(place, name, &said)?;
        row.stopped = Some(said);
        Ok(())
    }

    /// Tries the cure, where one is offered and it is this one's turn.
    fn proof(&self, place: &Place, name: &str, said: &Said) -> Result<Option<Proof>> {
        if self.prove_every == 0 || !said.curable {
            return Ok(None);
        }
        let turn = self.failing.fetch_add(1, Ordering::Relaxed);
        let proof = || doctor::prove(self.doctor, place, name).context("the cure");
        turn.is_multiple_of(self.prove_every).then(proof).transpose()
    }
}

fn row_of(case: Case<'_>, outcome: Outcome) -> Row {
    let Case { place, space, guest, launch } = case;
    let words = space.words(launch, "NAME", &place.tags);
    let image = words.image.as_ref().map_or("IMAGE".to_owned(), |(name, _)| format!("IMAGE-{name}"));
    let profile =
        words.deny.iter().flat_map(|call| ["--security-opt".to_owned(), format!("seccomp=deny-{call}.json")]);
    let line = ["run", "-d", "--network", "none"].map(str::to_owned).into_iter();
    Row {
        id: rows::id(&place.lane.name, guest, launch),
        lane: place.lane.name.clone(),
        engine: place.engine.clone(),
        nsdelegate: outcome.nsdelegate.or(place.nsdelegate),
        guest: guest.to_owned(),
        systemd: place.systemd.get(guest).copied().unwrap_or_default(),
        drawn: false,
        launch: launch.clone(),
        line: line.chain(words.flags).chain(profile).chain([image]).chain(words.command).collect(),
        outcome,
        causes: None,
        doctor: None,
        stopped: None,
        proof: None,
        snapshot: Value::Null,
        stopped_snapshot: Value::Null,
    }
}
