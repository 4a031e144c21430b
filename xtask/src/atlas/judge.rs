//! Compares what the doctor said of drawn launches with the causes that were found by changing them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;

use super::allowance::Allowance;
use super::collect::{Asked, Case, settled};
use super::lane::{self, Place};
use super::rows::{self, Proof, Row, Said};
use super::space::{Launch, Space};
use super::{Judge, doctor};
use crate::engine::project;

const KNOWN: &str = "data/atlas-known.toml";
/// Guests that run at the same time where rows are booted again.
const GUESTS: usize = 6;

/// What is right to say of a row.
#[derive(Debug, PartialEq, Eq)]
enum Truth {
    /// It boots and stops as it should: nothing.
    Healthy,
    /// It does not: one of these is the first root cause.
    Sick(BTreeSet<String>),
    /// It does not, and no change was found that helps.
    Unexplained,
}

/// Figures of a lane, and rows of which the doctor said something wrong.
#[derive(Debug, Default)]
pub struct Figures {
    /// Rows that were judged.
    pub judged: usize,
    /// Those that boot and stop.
    pub healthy: usize,
    /// Those of them of which nothing was said.
    pub left_alone: usize,
    /// Those that do not, and whose cause is known.
    pub sick: usize,
    /// Those of them whose first root cause fits.
    pub agrees: usize,
    /// Sick ones for which another launch boots.
    pub curable: usize,
    /// Those of them for which the doctor offers a cure.
    pub offered: usize,
    /// Cures that were tried.
    pub tried: usize,
    /// Those of them that worked.
    pub works: usize,
    /// Cures that add `--privileged`.
    pub privileged: usize,
    /// Sick ones whose cause was not found.
    pub unexplained: usize,
}

/// A row of which the doctor said something wrong.
pub struct Wrong<'r> {
    /// The row.
    pub row: &'r Row,
    /// What is wrong.
    pub what: &'static str,
}

/// Reasons of disagreements that stay.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    #[serde(default)]
    known: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    rows: Vec<String>,
    reason: String,
}

impl Known {
    /// Reads the reasons.
    pub fn read() -> Result<Self> {
        let text = std::fs::read_to_string(project(KNOWN)).with_context(|| KNOWN.to_owned())?;
        toml::from_str(&text).with_context(|| KNOWN.to_owned())
    }

    /// Why the disagreement about a row stays.
    pub fn reason(&self, id: &str) -> Option<&str> {
        let of = |reason: &&Reason| reason.rows.iter().any(|row| row == id);
        self.known.iter().find(of).map(|reason| reason.reason.as_str())
    }
}

/// Judges, prints a table and the disagreements, and fails where one has no reason.
pub fn all(judge: &Judge) -> Result<()> {
    let mut rows = if judge.from.is_empty() { rows::stored(judge.held_out)? } else { measured(&judge.from)? };
    rows.retain(|_, row| judge.lane.is_empty() || judge.lane.contains(&row.lane));
    if let Some(path) = &judge.doctor {
        if judge.ask { ask(path, &mut rows)? } else { ask_again(path, &mut rows)? }
    }
    let space = Space::read()?;
    let known = Known::read()?;
    let (figures, wrong) = judged(&space, &rows);
    print!("{}", table(&figures));
    let mut open = 0;
    for wrong in &wrong {
        let reason = known.reason(&wrong.row.id);
        open += usize::from(reason.is_none());
        println!(
            "{}{}",
            line(wrong),
            reason.map(|reason| format!("\n  known: {reason}")).unwrap_or_default()
        );
    }
    ensure!(open == 0, "{open} disagreements without a reason");
    Ok(())
}

/// Rows of some files, with the snapshots beside them.
pub fn measured(from: &[PathBuf]) -> Result<BTreeMap<String, Row>> {
    let mut rows = BTreeMap::new();
    for path in from {
        ensure!(path.exists(), "{} does not exist", path.display());
        let mut own = rows::read(path)?;
        rows::complete(&mut own, path)?;
        rows.extend(own);
    }
    Ok(rows)
}

/// A disagreement in words.
pub fn line(wrong: &Wrong<'_>) -> String {
    let row = wrong.row;
    let causes: Vec<String> = row.causes.iter().flatten().map(|set| set.join(" + ")).collect();
    let said = row.stopped.as_ref().or(row.doctor.as_ref());
    let roots = said.map(|said| said.roots.join(", ")).unwrap_or_default();
    let proof = row.proof.as_ref().map(|proof| format!("; cure: {}", proof.state)).unwrap_or_default();
    format!(
        "{} {} {} {}: {}\n  {:?} [{}], cause: {}; said: {}{proof}",
        wrong.what,
        row.id,
        row.lane,
        row.guest,
        row.line.join(" "),
        row.outcome.state,
        row.outcome.console.last().or(row.outcome.failed.first()).unwrap_or(&row.outcome.error),
        causes.join(" or "),
        roots
    )
}

/// Asks the present doctor about the snapshots of rows.
pub fn ask_again(doctor: &Path, rows: &mut BTreeMap<String, Row>) -> Result<()> {
    let (queue, folder) = (Mutex::new(rows.values_mut()), tempfile::tempdir()?);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || -> Result<()> {
        while let Some(row) = next() {
            refresh(doctor, folder.path(), row)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..GUESTS).map(|_| scope.spawn(work)).collect();
        let broken = |_| Err(anyhow!("a judgement broke off"));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(broken))
    })
}

/// Replaces what the doctor said about a row by what it says now of its snapshots.
fn refresh(doctor: &Path, folder: &Path, row: &mut Row) -> Result<()> {
    let path = folder.join(format!("{}.json", row.id));
    for (said, snapshot) in [(&mut row.doctor, &row.snapshot), (&mut row.stopped, &row.stopped_snapshot)] {
        if said.is_some() && !snapshot.is_null() {
            std::fs::write(&path, snapshot.to_string())?;
            *said = Some(doctor::judge(doctor, &path)?);
        }
    }
    Ok(())
}

/// Boots drawn rows of the lanes that answer again and asks the doctor live, its cures included.
fn ask(path: &Path, rows: &mut BTreeMap<String, Row>) -> Result<()> {
    let space = Space::read()?;
    let names: BTreeSet<String> = rows.values().map(|row| row.lane.clone()).collect();
    let (allowance, failing, folder) = (Allowance::of(GUESTS), AtomicU64::new(0), tempfile::tempdir()?);
    let (old, new) = (&*rows, Mutex::new(Vec::new()));
    let lane = |name: &String| -> Result<()> {
        let place = Place::find(name)?;
        place.clear();
        for row in old.values().filter(|row| row.lane == *name && row.drawn) {
            let good = good(&space, old, row).ok_or_else(|| anyhow!("{}: no good set", row.id))?;
            let snapshot = folder.path().join(format!("{}.json", row.id));
            let asked =
                Asked { doctor: path, good: &good.outcome, snapshot, failing: &failing, prove_every: 1 };
            let case = Case { place: &place, space: &space, guest: &row.guest, launch: &row.launch };
            let mut now = settled(case, &allowance, Some(&asked))?;
            (now.drawn, now.causes) = (true, row.causes.clone());
            new.lock().unwrap_or_else(PoisonError::into_inner).push(now);
        }
        place.clear();
        Ok(())
    };
    let failures: Vec<anyhow::Error> = std::thread::scope(|scope| {
        let threads: Vec<_> = names.iter().map(|name| scope.spawn(|| lane(name))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()?.err()).collect()
    });
    failures.iter().for_each(|failure| eprintln!("not asked: {failure:#}"));
    let new = new.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.extend(new.into_iter().map(|row| (row.id.clone(), row)));
    ensure!(failures.is_empty(), "{} lanes were not asked to the end", failures.len());
    Ok(())
}

/// The row of the good set on its lane and with its guest.
fn good<'r>(space: &Space, rows: &'r BTreeMap<String, Row>, row: &Row) -> Option<&'r Row> {
    rows.get(&rows::id(&row.lane, &row.guest, &space.good(&lane::tags(&row.engine))))
}

/// The truth about a row that was drawn and whose causes were looked for; none of others.
fn truth(space: &Space, rows: &BTreeMap<String, Row>, row: &Row) -> Option<Truth> {
    let hopeless = space.hopeless(&lane::tags(&row.engine), row.systemd);
    if !hopeless.is_empty() {
        return Some(Truth::Sick(hopeless.into_iter().map(str::to_owned).collect()));
    }
    if row.outcome.is_fine(&good(space, rows, row)?.outcome) {
        return Some(Truth::Healthy);
    }
    let causes = row.causes.as_ref()?;
    let ids = causes.iter().flat_map(|set| space.ids(&row.launch, set));
    let ids: BTreeSet<String> = ids.map(str::to_owned).collect();
    Some(if causes.is_empty() { Truth::Unexplained } else { Truth::Sick(ids) })
}

/// Figures by lane, and what is wrong.
pub fn judged<'r>(
    space: &Space,
    rows: &'r BTreeMap<String, Row>,
) -> (BTreeMap<String, Figures>, Vec<Wrong<'r>>) {
    let (mut figures, mut wrong) = (BTreeMap::<String, Figures>::new(), Vec::new());
    for row in rows.values().filter(|row| row.drawn) {
        let said = row.stopped.as_ref().or(row.doctor.as_ref());
        let (Some(said), Some(truth)) = (said, truth(space, rows, row)) else { continue };
        let figures = figures.entry(row.lane.clone()).or_default();
        figures.judged += 1;
        wrong.extend(count(figures, row, said, &truth).into_iter().map(|what| Wrong { row, what }));
    }
    (figures, wrong)
}

fn count(figures: &mut Figures, row: &Row, said: &Said, truth: &Truth) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, count: &mut usize, what| {
        *count += usize::from(holds);
        if !holds {
            wrong.push(what);
        }
    };
    match truth {
        Truth::Healthy => {
            figures.healthy += 1;
            expect(said.roots.is_empty() && said.verdict == "healthy", &mut figures.left_alone, "healthy");
        }
        Truth::Sick(ids) => {
            figures.sick += 1;
            let fits = said.roots.first().is_some_and(|root| ids.contains(root));
            expect(fits, &mut figures.agrees, "cause");
            if row.causes.iter().flatten().any(|set| is_curable(&row.launch, set)) {
                figures.curable += 1;
                expect(said.curable, &mut figures.offered, "not offered");
            }
        }
        Truth::Unexplained => figures.unexplained += 1,
    }
    if let Some(Proof { works, .. }) = row.proof {
        figures.tried += 1;
        expect(works, &mut figures.works, "cure");
    }
    let adds = said.privileged && row.launch.get("rights").is_none_or(|rights| rights != "privileged");
    if adds {
        figures.privileged += 1;
        wrong.push("privileged");
    }
    wrong
}

/// Whether changes are flags of the same image that take no right away that the launch adds.
fn is_curable(launch: &Launch, changes: &[String]) -> bool {
    let more = ["privileged", "sys-admin"];
    let privileged = launch.get("rights").is_some_and(|rights| more.contains(&rights.as_str()));
    let is_other =
        |change: &String| change.starts_with("image=") || privileged && change.starts_with("rights=");
    !changes.iter().any(is_other)
}

/// The figures as a table.
pub fn table(figures: &BTreeMap<String, Figures>) -> String {
    let mut text = String::from(
        "| lane | judged | healthy | left alone | sick | first root cause fits | curable | cure offered | cure tried | boots | privileged |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut all = Figures::default();
    for (lane, own) in figures {
        let _ = writeln!(text, "| `{lane}` {}", cells(own));
        all.add(own);
    }
    let _ = writeln!(text, "| all {}", cells(&all));
    text
}

fn cells(of: &Figures) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        of.judged,
        of.healthy,
        of.left_alone,
        of.sick,
        of.agrees,
        of.curable,
        of.offered,
        of.tried,
        of.works,
        of.privileged
    )
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.judged += other.judged;
        self.healthy += other.healthy;
        self.left_alone += other.left_alone;
        self.sick += other.sick;
        self.agrees += other.agrees;
        self.curable += other.curable;
        self.offered += other.offered;
        self.tried += other.tried;
        self.works += other.works;
        self.privileged += other.privileged;
        self.unexplained += other.unexplained;
    }
}

#[cfg(test)]
mod tests {
    use sysdock::diagnose;
    use sysdock::{Matcher, Role};

    use super::*;

    /// What the rules of today say of a snapshot, in place of what was said when it was taken.
    fn now(
        said: &Said,
        snapshot: &serde_json::Value,
        rules: &sysdock::RuleSet,
        matcher: &Matcher<'_>,
    ) -> Said {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.json");
        std::fs::write(&path, snapshot.to_string()).unwrap();
        let report = diagnose::diagnose_with(&sysdock::read_snapshot(&path).unwrap(), rules, matcher);
        let roots = report.findings.iter().filter(|finding| finding.role == Role::RootCause);
        Said {
            verdict: format!("{:?}", report.verdict).to_lowercase(),
            roots: roots.map(|finding| finding.id.clone()).collect(),
            ..said.clone()
        }
    }

    #[test]
    fn the_rules_of_today_agree_with_the_atlas() {
        let (space, known, rules) =
            (Space::read().unwrap(), Known::read().unwrap(), sysdock::builtin_rules().unwrap());
        let matcher = Matcher::new(&rules);
        let mut rows = rows::stored(false).unwrap();
        let mut asked = 0;
        for row in rows.values_mut().filter(|row| !row.snapshot.is_null()) {
            row.doctor = row.doctor.as_ref().map(|said| now(said, &row.snapshot, &rules, &matcher));
            if !row.stopped_snapshot.is_null() {
                row.stopped =
                    row.stopped.as_ref().map(|said| now(said, &row.stopped_snapshot, &rules, &matcher));
            }
            asked += 1;
        }
        assert!(asked > 500, "{asked} rows have a snapshot");
        let (_, wrong) = judged(&space, &rows);
        let open = wrong.iter().filter(|wrong| known.reason(&wrong.row.id).is_none()).map(line);
        let open: Vec<String> = open.collect();
        assert!(open.is_empty(), "{}", open.join("\n"));
    }

    #[test]
    fn flags_cure_and_other_images_or_rights_that_were_asked_for_do_not() {
        let launch = |rights: &str| Launch::from([("rights".to_owned(), rights.to_owned())]);
        let changes = |words: &str| words.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(is_curable(&launch("drop-all"), &changes("rights=default run=tmpfs")));
        assert!(!is_curable(&launch("privileged"), &changes("rights=default")));
        assert!(!is_curable(&launch("drop-all"), &changes("image=plain rights=default")));
    }
}
