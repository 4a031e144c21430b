//! The ledger of all containers: events and lists in, jobs out when they are due. A pure state machine: every
//! call passes the time. Must not ask an engine, wait, print or judge, nor know how an examination is made.
//!
//! Why it keeps books instead of reacting to events: each death must have exactly one report, and no single
//! source reports each death exactly once. Events are lost while the connection is down, are repeated when
//! they are requested again from a little earlier (they arrive slightly out of order), and carry a time that
//! may be seconds after the end itself; a list has the exact time, but only of the last run. So a death is
//! identified by its container and its time, and what either source reports is compared with what is known
//! already (`entry`).
//!
//! Reports are also limited in number: a container in a restart loop may die every second, so further deaths
//! wait until a window is over and are covered by one report. Deaths, health and starts have separate lanes,
//! because a start waits for a boot and must not hold up a death. A later run resumes after what was
//! reported, not after what was seen: a watch that is killed repeats an examination rather than losing one.

mod entry;
mod news;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::examination_job::{Job, Lane};
use super::resume_point::{KnownContainer, ResumePoint};
use entry::Entry;

/// Jobs that may wait before no further events are taken.
const BACKLOG: usize = 5_000;
/// Events are requested again from this long before the last one, because engines send them slightly out of
/// order, in nanoseconds.
pub const OVERLAP: i64 = 5_000_000_000;

/// Settings of a watch.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Shortest time between two reports on deaths of the same container.
    pub window: Duration,
    /// Time for a container to settle after its start.
    pub settle: Duration,
    /// Names or prefixes of ids to watch; all if empty.
    pub names: Vec<String>,
    /// What happened before this time is not reported, in nanoseconds since the epoch by the engine's clock.
    pub floor: i64,
}

/// Everything known about the containers of an engine.
#[derive(Debug)]
pub struct Ledger {
    settings: Settings,
    last: i64,
    listing: i64,
    seen_list: bool,
    entries: BTreeMap<String, Entry>,
    /// Jobs by the time at which they are due.
    queue: BTreeSet<(Duration, Lane, String)>,
    gone: VecDeque<String>,
    busy: usize,
}

impl Ledger {
    /// Makes an empty ledger, or one that resumes where another run ended.
    #[must_use]
    pub fn new(settings: Settings, point: Option<&ResumePoint>) -> Self {
        let mut ledger = Self {
            last: settings.floor,
            listing: 0,
            seen_list: point.is_some(),
            settings,
            entries: BTreeMap::new(),
            queue: BTreeSet::new(),
            gone: VecDeque::new(),
            busy: 0,
        };
        for (id, known) in point.iter().flat_map(|point| &point.containers) {
            let (died, started, removed) = (known.died, known.started, known.removed);
            ledger
                .entries
                .insert(id.clone(), Entry { died, reported: died, started, removed, ..Entry::default() });
            if removed {
                ledger.gone.push_back(id.clone());
            }
        }
        ledger
    }

    /// Returns whether more events may be taken, because few enough jobs wait.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.backlog() < BACKLOG
    }

    /// Puts a job into its lane; waiting jobs of a lane are merged.
    fn note(&mut self, job: Job, now: Duration) {
        let Some(entry) = self.entries.get_mut(&job.id) else { return };
        let (lane, id) = (job.trigger.lane(), job.id.clone());
        let earliest = match lane {
            Lane::Start => now + self.settings.settle,
            Lane::Death if entry.removed => now,
            Lane::Death | Lane::Health => now.max(entry.slot(lane).open_until),
        };
        let slot = entry.slot(lane);
        let (due, job) = match slot.waiting.take() {
            Some((due, waiting)) => {
                self.queue.remove(&(due, lane, id.clone()));
                (if lane == Lane::Start { earliest } else { due }, waiting.merged(job))
            }
            None => (earliest, job),
        };
        slot.waiting = Some((due, job));
        if slot.busy.is_none() {
            self.queue.insert((due, lane, id));
        }
    }

    fn cancel(&mut self, id: &str, lane: Lane) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        if let Some((due, _)) = entry.slot(lane).waiting.take() {
            self.queue.remove(&(due, lane, id.to_owned()));
        }
    }

    /// Makes a waiting death due.
    fn hasten(&mut self, id: &str, now: Duration) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        let idle = entry.death.busy.is_none();
        if let Some((due, _)) = &mut entry.death.waiting {
            self.queue.remove(&(*due, Lane::Death, id.to_owned()));
            *due = now;
            if idle {
                self.queue.insert((now, Lane::Death, id.to_owned()));
            }
        }
    }

    /// Prepares the end: waiting deaths are due at once, boots are no longer waited for.
    pub fn wind_up(&mut self, now: Duration) {
        for id in self.entries.keys().cloned().collect::<Vec<_>>() {
            self.cancel(&id, Lane::Start);
            self.hasten(&id, now);
        }
    }

    /// Takes a job that is due: with `starts`, one that waits for a boot.
    pub fn take(&mut self, starts: bool, now: Duration) -> Option<Job> {
        let key = loop {
            let due = self.queue.iter().take_while(|(due, ..)| *due <= now);
            let key = due.into_iter().find(|(_, lane, _)| (*lane == Lane::Start) == starts)?.clone();
            self.queue.remove(&key);
            if !starts || !self.postponed(&key.2, now) {
                break key;
            }
        };
        let window = self.settings.window;
        let slot = self.entries.get_mut(&key.2)?.slot(key.1);
        let (_, job) = slot.waiting.take()?;
        slot.busy = Some(job.first);
        if key.1 != Lane::Start {
            slot.open_until = now + window;
        }
        self.busy += 1;
        Some(job)
    }

    /// Postpones a boot while its container keeps dying: it is not waited for before the window of the deaths
    /// is over.
    fn postponed(&mut self, id: &str, now: Duration) -> bool {
        let (window, Some(entry)) = (self.settings.window, self.entries.get_mut(id)) else { return false };
        let is_dying = entry.death.waiting.is_some() || entry.death.busy.is_some();
        let until = if is_dying { now + window } else { entry.death.open_until };
        let Some((due, _)) = entry.start.waiting.as_mut().filter(|_| until > now) else { return false };
        *due = until;
        self.queue.insert((until, Lane::Start, id.to_owned()));
        true
    }

    /// Ends a job that was reported, or was not worth a report.
    pub fn done(&mut self, job: &Job) {
        let lane = job.trigger.lane();
        let Some(entry) = self.entries.get_mut(&job.id) else { return };
        if lane == Lane::Death {
            entry.reported = entry.reported.max(job.time);
        }
        let slot = entry.slot(lane);
        if slot.busy.take().is_some() {
            self.busy -= 1;
        }
        if let Some((due, _)) = &slot.waiting {
            self.queue.insert((*due, lane, job.id.clone()));
        }
    }

    /// Takes back a job that failed; it is due again at `at`.
    pub fn again(&mut self, job: Job, at: Duration) {
        let lane = job.trigger.lane();
        let Some(entry) = self.entries.get_mut(&job.id) else { return };
        let slot = entry.slot(lane);
        if slot.busy.take().is_some() {
            self.busy -= 1;
        }
        let job = match slot.waiting.take() {
            Some((_, later)) => job.merged(later),
            None => job,
        };
        let key = (at, lane, job.id.clone());
        slot.waiting = Some((at, job));
        self.queue.insert(key);
    }

    /// Returns when the next job is due.
    #[must_use]
    pub fn due(&self, starts: bool) -> Option<Duration> {
        self.queue.iter().find(|(_, lane, _)| (*lane == Lane::Start) == starts).map(|(due, ..)| *due)
    }

    /// Returns the number of jobs that wait or are in progress.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.queue.len() + self.busy
    }

    /// Returns the number of containers that are remembered.
    #[must_use]
    pub fn known(&self) -> usize {
        self.entries.len()
    }

    /// Returns what to save, so that a later run neither misses nor repeats a report.
    #[must_use]
    pub fn resume_point(&self) -> ResumePoint {
        let mut since = self.last.saturating_sub(OVERLAP);
        let mut known = BTreeMap::new();
        for (id, entry) in &self.entries {
            let waiting = entry.death.waiting.as_ref().map(|(_, job)| job.first);
            let open = waiting.into_iter().chain(entry.death.busy).min();
            since = since.min(open.map_or(since, |first| first.saturating_sub(OVERLAP)));
            let died = if open.is_some() { entry.reported } else { entry.last_death() };
            known.insert(id.clone(), KnownContainer { died, started: entry.started, removed: entry.removed });
        }
        ResumePoint::new(since.max(self.settings.floor), known)
    }
}
