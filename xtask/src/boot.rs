//! One guest from its start to the state in which it stays; gone when dropped.
//!
//! What a boot came to is told from its state, not from a clock: PID 1 gone, PID 1 in pause(2), systemctl's
//! answer, or a whole container that uses no processor time any more.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::engine::{Lane, image};
use crate::words;

/// Where a boot came to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rest {
    /// The engine could not start it.
    Created,
    /// PID 1 ended.
    Exited,
    /// PID 1 waits in pause(2) for ever.
    Frozen,
    /// The manager answers that it still boots, and nothing goes on.
    Stuck,
    /// The container lives, systemctl cannot talk to the manager.
    Unreachable,
    /// The manager has booted.
    Up,
}

/// How long to wait for a boot that does not end.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long nothing may go on before that counts as its end.
    pub idle: Duration,
    /// Longest boot at all.
    pub bound: Duration,
}

/// What was seen of one boot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// Where it came to rest.
    pub rest: Rest,
    /// Exit code, of those that ended.
    pub exit: i64,
    /// What the engine says about it.
    pub error: String,
    /// What `systemctl is-system-running` says.
    pub manager: String,
    /// Failed units.
    pub failed: Vec<String>,
    /// The log's last lines.
    pub log: Vec<String>,
}

/// Lines of the log that are kept.
const KEPT: usize = 120;
/// Answers of systemctl in a row that do not come, or that are complaints, after which it counts as unable to
/// reach the manager.
const HANGS: usize = 2;
const COMPLAINTS: usize = 4;
/// Seconds in which systemctl must answer.
const ANSWER: &str = "12";
/// What stands for an answer that does not come.
const NO_ANSWER: &str = "no answer";
/// A look at the processes every so often.
const LOOK: Duration = Duration::from_millis(300);
/// Processor time within one look, in ticks, below which a container counts as idle.
const IDLE_TICKS: u64 = 3;

/// A container of the sweep.
#[derive(Debug)]
pub struct Boot<'l> {
    lane: &'l Lane,
    /// Its name.
    pub name: String,
    refusal: String,
}

static NUMBER: AtomicUsize = AtomicUsize::new(1);

impl<'l> Boot<'l> {
    /// Starts a guest under a profile, or under none.
    pub fn start(lane: &'l Lane, guest: &str, profile: Option<&Path>, command: &[&str]) -> Result<Self> {
        let name = format!("sysdock-sweep-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut words: Vec<String> =
            ["run", "-d", "-t", "--network", "none", "--name", &name].map(str::to_owned).to_vec();
        words.extend(lane.flags(&name));
        let option = profile
            .map_or_else(|| "seccomp=unconfined".to_owned(), |path| format!("seccomp={}", path.display()));
        words.extend(["--security-opt".to_owned(), option, image(guest)]);
        words.extend(command.iter().map(|word| (*word).to_owned()));
        let mut boot = Self { lane, name, refusal: String::new() };
        let said = lane.client(&words)?;
        if !said.good {
            said.stderr.trim().clone_into(&mut boot.refusal);
        }
        Ok(boot)
    }

    /// Waits until it rests.
    pub fn rest(&self, patience: Patience) -> Result<Seen> {
        let (pid, status) = (self.inspect("{{.State.Pid}}")?, self.inspect("{{.State.Status}}")?);
        let (rest, manager) = match status.as_str() {
            "created" | "" => (Rest::Created, String::new()),
            _ => self.follow(pid.parse().unwrap_or(0), patience)?,
        };
        let failed = if matches!(rest, Rest::Up | Rest::Stuck) { self.failed()? } else { Vec::new() };
        let (error, exit) =
            (self.inspect("{{.State.Error}}")?, self.inspect("{{.State.ExitCode}}")?.parse().unwrap_or(0));
        let log = self.log()?;
        Ok(Seen {
            rest,
            exit,
            error: if error.is_empty() { self.refusal.clone() } else { error },
            manager,
            failed,
            log,
        })
    }

    fn follow(&self, pid: u32, patience: Patience) -> Result<(Rest, String)> {
        let (began, mut quiet, mut ask, mut last) = (Instant::now(), Instant::now(), Instant::now(), 0);
        let (mut said, mut misses) = (String::new(), 0);
        while pid != 0 && Path::new(&format!("/proc/{pid}/stat")).exists() {
            std::thread::sleep(LOOK);
            let ticks = processor_time(pid);
            if ticks.saturating_sub(last) > IDLE_TICKS {
                quiet = Instant::now();
            }
            last = ticks;
            let late = began.elapsed() > patience.bound;
            if quiet.elapsed() > LOOK * 2 && ask <= Instant::now() || late {
                if is_paused(pid) {
                    return Ok((Rest::Frozen, String::new()));
                }
                said = self.ask()?;
                match said.as_str() {
                    "running" | "degraded" | "maintenance" => return Ok((Rest::Up, said)),
                    "starting" | "initializing" => misses = 0,
                    _ => misses += 1,
                }
                ask = Instant::now() + Duration::from_secs(3);
            }
            if misses >= if said == NO_ANSWER { HANGS } else { COMPLAINTS } || misses > 0 && late {
                return Ok((Rest::Unreachable, said));
            }
            if misses == 0 && !said.is_empty() && (quiet.elapsed() > patience.idle || late) {
                return Ok((Rest::Stuck, said));
            }
        }
        self.await_end()?;
        Ok((Rest::Exited, String::new()))
    }

    /// The engine notices the end of PID 1 a little later.
    fn await_end(&self) -> Result<()> {
        for _ in 0..20 {
            if self.inspect("{{.State.Running}}")? != "true" {
                break;
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// systemctl's word for the state, or its complaint.
    fn ask(&self) -> Result<String> {
        let said =
            self.lane.client_within(ANSWER, &["exec", &self.name, "systemctl", "is-system-running"])?;
        let word = said.stdout.trim();
        if !word.is_empty() && word != "offline" && word != "unknown" {
            return Ok(word.to_owned());
        }
        let complaint = words::lines(&said.stderr).pop().unwrap_or_default();
        Ok(if complaint.is_empty() { NO_ANSWER.to_owned() } else { complaint })
    }

    fn failed(&self) -> Result<Vec<String>> {
        let list = [
            "exec",
            &self.name,
            "systemctl",
            "list-units",
            "--state=failed",
            "--plain",
            "--no-legend",
            "--no-pager",
        ];
        let said = self.lane.client_within(ANSWER, &list)?;
        let mut units: Vec<String> = said
            .stdout
            .lines()
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect();
        units.sort();
        Ok(units)
    }

    /// A second look at what lives: a boot may go on failing after its manager has called itself running, or
    /// be slow to answer.
    pub fn look_again(&self, seen: &mut Seen) -> Result<()> {
        if !matches!(seen.rest, Rest::Up | Rest::Stuck | Rest::Unreachable) {
            return Ok(());
        }
        let said = self.ask()?;
        if matches!(said.as_str(), "running" | "degraded" | "maintenance") {
            (seen.rest, seen.manager) = (Rest::Up, said);
            seen.failed.extend(self.failed()?);
            seen.failed.sort();
            seen.failed.dedup();
            seen.log = self.log()?;
        }
        Ok(())
    }

    fn inspect(&self, format: &str) -> Result<String> {
        Ok(self.lane.client(&["inspect", "-f", format, &self.name])?.stdout.trim().to_owned())
    }

    fn log(&self) -> Result<Vec<String>> {
        let said = self.lane.client(&["logs", &self.name])?;
        let mut lines = words::lines(&(said.stdout + &said.stderr));
        lines.drain(..lines.len().saturating_sub(KEPT));
        Ok(lines)
    }

    /// Process id of its PID 1 on this machine.
    pub fn pid(&self) -> Result<u32> {
        Ok(self.inspect("{{.State.Pid}}")?.parse()?)
    }
}

impl Drop for Boot<'_> {
    fn drop(&mut self) {
        self.lane.remove(&self.name);
    }
}

/// Fields of /proc/PID/stat behind the name, which may hold spaces.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split_whitespace().skip(1).map(|word| word.parse().unwrap_or(0)).collect())
}

/// Processor time of a process, of all below it and of those below it that ended, in ticks.
fn processor_time(pid: u32) -> u64 {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok) {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(fields) = stat(process).filter(|fields| fields.len() > 14) {
            parents.insert(
                process,
                (u32::try_from(fields[0]).unwrap_or(0), fields[10] + fields[11] + fields[12] + fields[13]),
            );
        }
    }
    let below = |mut process: u32| {
        while process > 1 && process != pid {
            process = parents.get(&process).map_or(0, |(parent, _)| *parent);
        }
        process == pid
    };
    parents.iter().filter(|(process, _)| below(**process)).map(|(_, (_, ticks))| ticks).sum()
}

/// Whether a process waits in pause(2), number 34 on `x86_64`.
fn is_paused(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/syscall")).is_ok_and(|text| text.starts_with("34 "))
}
