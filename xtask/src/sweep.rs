//! Boots every cell that has no record yet, a few at a time, and appends what was seen.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Run;
use crate::boot::{Boot, Patience, Rest, Seen};
use crate::cells::{self, Cell, Record};
use crate::engine::Lane;
use crate::trace;

/// Usual boots of each guest; what fails in any of them is no denied call's doing.
const USUAL: i32 = 3;
/// For a first look.
const FIRST: Patience = Patience { idle: Duration::from_secs(14), bound: Duration::from_secs(45) };
/// For a second look.
const SECOND: Patience = Patience { idle: Duration::from_secs(30), bound: Duration::from_secs(90) };
/// Attempts at a boot that the machine's own limits spoilt.
const ATTEMPTS: usize = 4;

/// What all boots of one run share.
struct Sweep<'r> {
    lane: Lane,
    engine: String,
    systemd: Vec<(String, i64)>,
    run: &'r Run,
    sysdock: PathBuf,
    bar: ProgressBar,
}

/// Boots what `run` asks for.
pub fn run(run: &Run) -> Result<()> {
    let lane = Lane::find(&run.place.lane)?;
    clear(&lane)?;
    std::fs::create_dir_all(run.place.state.join("snapshots"))?;
    let guests: Vec<String> = lane
        .guests
        .iter()
        .filter(|guest| run.place.guest.is_empty() || run.place.guest.contains(guest))
        .cloned()
        .collect();
    let systemd =
        guests.iter().map(|guest| Ok((guest.clone(), lane.systemd(guest)?))).collect::<Result<_>>()?;
    let todo = todo(run, &lane, &guests)?;
    let bar = ProgressBar::new(todo.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} eta {eta} {msg}")?);
    let sysdock = match &run.sysdock {
        Some(path) => path.clone(),
        None => beside_this_program()?,
    };
    let sweep = Sweep { engine: lane.describe()?, lane, systemd, run, sysdock, bar };
    let queue = Mutex::new(VecDeque::from(todo));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..run.jobs.max(1) {
            scope.spawn(|| {
                while let Some(cell) = next() {
                    if let Err(error) = sweep.boot(&cell) {
                        failures
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(format!("{}: {error:#}", cell.label()));
                    }
                    sweep.bar.inc(1);
                }
            });
        }
    });
    sweep.bar.finish_and_clear();
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.iter().for_each(|failure| eprintln!("not measured: {failure}"));
    ensure!(failures.is_empty(), "{} boots were not measured; run this again", failures.len());
    Ok(())
}

fn beside_this_program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name("sysdock");
    ensure!(path.exists(), "{} is missing: run `cargo build`, or give --sysdock", path.display());
    Ok(path)
}

fn todo(run: &Run, lane: &Lane, guests: &[String]) -> Result<Vec<Cell>> {
    let known = cells::read(&run.place.state);
    let cell = |guest: &String, call: Option<&String>, errno| Cell {
        lane: lane.name.clone(),
        guest: guest.clone(),
        call: call.cloned(),
        errno,
    };
    let mut all = Vec::new();
    for guest in guests {
        all.extend((0..USUAL).map(|number| cell(guest, None, number)));
        let (calls, nameless) = trace::calls(&run.place.state, &lane.name, guest)?;
        if !nameless.is_empty() {
            eprintln!("{guest}: calls without a name are left out: {}", nameless.join(" "));
        }
        let wanted = |call: &&String| run.call.is_empty() || run.call.contains(call);
        all.extend(
            calls
                .iter()
                .filter(wanted)
                .flat_map(|call| run.errno.iter().map(|errno| cell(guest, Some(call), *errno))),
        );
    }
    let stuck =
        |cell: &Cell| known.get(cell).is_some_and(|record| record.seen.rest == Rest::Stuck && !record.alone);
    all.retain(|cell| if run.stuck { stuck(cell) } else { run.again || !known.contains_key(cell) });
    Ok(all)
}

/// Removes containers of sweeps that ended without a chance to do so.
fn clear(lane: &Lane) -> Result<()> {
    let names =
        lane.client(&["ps", "-a", "--filter", "name=sysdock-sweep-", "--format", "{{.Names}}"])?.stdout;
    for name in names.lines() {
        let run =
            name.strip_prefix("sysdock-sweep-").and_then(|rest| rest.split('-').next()).unwrap_or_default();
        if !run.is_empty() && !Path::new("/proc").join(run).exists() {
            lane.remove(name);
        }
    }
    Ok(())
}

/// A profile that lets everything through but one call.
pub fn profile(call: &str, errno: i32) -> String {
    let rule = serde_json::json!({"names": [call], "action": "SCMP_ACT_ERRNO", "errnoRet": errno});
    serde_json::json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}).to_string()
}

impl Sweep<'_> {
    fn boot(&self, cell: &Cell) -> Result<()> {
        let file = tempfile::Builder::new().suffix(".json").tempfile_in(&self.run.place.state)?;
        if let Some(call) = &cell.call {
            std::fs::write(file.path(), profile(call, cell.errno))?;
        }
        self.bar.set_message(cell.label());
        for attempt in 1..=ATTEMPTS {
            let began = Instant::now();
            let boot = Boot::start(
                &self.lane,
                &cell.guest,
                cell.call.as_ref().map(|_| file.path()),
                &["/sbin/init"],
            )?;
            let mut seen = boot.rest(if self.run.stuck { SECOND } else { FIRST })?;
            if !is_spoilt(&seen) {
                self.snapshot(cell, &boot)?;
                boot.look_again(&mut seen)?;
                return self.record(cell, seen, began);
            }
            drop(boot);
            std::thread::sleep(Duration::from_secs(5 * attempt as u64));
        }
        Err(anyhow!("the machine's own limits spoilt {ATTEMPTS} boots"))
    }

    fn snapshot(&self, cell: &Cell, boot: &Boot<'_>) -> Result<()> {
        let path = cell.snapshot(&self.run.place.state);
        let mut command = Command::new("timeout");
        command
            .arg("120")
            .arg(&self.sysdock)
            .args(["snapshot", &boot.name, "--output"])
            .arg(&path)
            .env("DOCKER_HOST", &self.lane.address);
        let output = command.output().context("sysdock cannot be started")?;
        ensure!(
            output.status.success(),
            "sysdock snapshot: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(())
    }

    fn record(&self, cell: &Cell, seen: Seen, began: Instant) -> Result<()> {
        let systemd =
            self.systemd.iter().find(|(guest, _)| *guest == cell.guest).map_or(0, |(_, version)| *version);
        let record = Record {
            cell: cell.clone(),
            engine: self.engine.clone(),
            cgroup: self.lane.cgroup.clone(),
            systemd,
            seen,
            alone: self.run.stuck,
            took: (began.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        };
        cells::append(&self.run.place.state, &record)
    }
}

/// Whether the machine ran out of something that no filter takes away.
fn is_spoilt(seen: &Seen) -> bool {
    let limit =
        |line: &String| line.contains("Too many open files") || line.contains("No space left on device");
    seen.log.iter().any(limit) || limit(&seen.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_denies_one_call() {
        let profile = sysdock::seccomp::Profile::parse(&profile("statx", 38)).unwrap();
        let answer = |call| sysdock::seccomp::evaluate(&profile, call, &sysdock::seccomp::Machine::default());
        assert_eq!(answer("statx"), sysdock::seccomp::Answer::Errno(38));
        assert_eq!(answer("openat"), sysdock::seccomp::Answer::Allowed);
    }
}
