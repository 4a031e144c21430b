//! The ledger of all containers: events and lists in, jobs out when they are due.
//!
//! A death is known by its container and its time. Events tell the time of the death or a little later, lists
//! the time itself; both may tell of the same one, in either order and more than once. Must not know how an
//! examination is made.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::entry::{Entry, Span};
use super::memory::{Known, Memory};
use super::{Job, Kind, Lane};
use crate::docker::{Action, Event, Life};

/// Removed containers that are remembered, so that events that come again find them.
const GONE: usize = 1024;
/// Containers that are remembered; beyond them those with nothing to do are forgotten whose last news is
/// oldest.
const KNOWN: usize = 50_000;
/// Jobs that may wait before no further events are taken.
const BACKLOG: usize = 5_000;
/// Events are asked for again from so long before the last one, because engines send them a little out of
/// order, in nanoseconds.
pub const OVERLAP: i64 = 5_000_000_000;

/// How a watch is to go.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Shortest time between two reports on deaths of the same container.
    pub window: Duration,
    /// Time that a container has to settle after its start.
    pub settle: Duration,
    /// Names or beginnings of ids that are watched; all when empty.
    pub names: Vec<String>,
    /// What happened before is not reported, in nanoseconds since the epoch by the engine's clock.
    pub floor: i64,
}

/// All that is known of the containers of an engine.
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
    /// An empty ledger, or one that goes on from what was kept.
    #[must_use]
    pub fn new(settings: Settings, memory: Option<&Memory>) -> Self {
        let mut ledger = Self {
            last: settings.floor,
            listing: 0,
            seen_list: memory.is_some(),
            settings,
            entries: BTreeMap::new(),
            queue: BTreeSet::new(),
            gone: VecDeque::new(),
            busy: 0,
        };
        for (id, known) in memory.iter().flat_map(|memory| &memory.containers) {
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

    /// Takes one event.
    pub fn event(&mut self, event: &Event, now: Duration) {
        if event.time < self.settings.floor || !self.is_watched(&event.id, &event.name) {
            return;
        }
        self.last = self.last.max(event.time);
        self.forget();
        if event.action == Action::Remove {
            self.remove(&event.id, now);
            return;
        }
        let entry = named(&mut self.entries, &event.id, &event.name, &event.image);
        let job = |kind, exit_code| job(event, kind, exit_code);
        match event.action {
            Action::Die(code) => {
                let before = entry.died;
                if entry.die(event.time) {
                    self.note(job(Kind::Died, code), now);
                }
                if event.time > before {
                    self.dead(&event.id);
                }
            }
            Action::Start => {
                let ran = entry.started > 0 || entry.died > 0;
                entry.unhealthy = false;
                if entry.begin(event.time) {
                    self.note(job(if ran { Kind::Restarted } else { Kind::New }, None), now);
                }
            }
            Action::Health(Some(well)) => {
                let turned = !well && !entry.unhealthy;
                entry.unhealthy = !well;
                if turned {
                    self.note(job(Kind::Unhealthy, None), now);
                }
            }
            Action::Oom => self.note(job(Kind::Oom, None), now),
            Action::Health(None) | Action::Remove => {}
        }
    }

    /// Makes room: a quarter of the containers is forgotten at once, so that this is rarely done.
    fn forget(&mut self) {
        if self.entries.len() < KNOWN {
            return;
        }
        let age = |entry: &Entry| entry.started.max(entry.last_death());
        let mut idle: Vec<(i64, String)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_idle())
            .map(|(id, entry)| (age(entry), id.clone()))
            .collect();
        idle.sort();
        for (_, id) in idle.into_iter().take(KNOWN / 4) {
            self.entries.remove(&id);
        }
    }

    /// Whether more events may be taken: those that wait are few enough.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.backlog() < BACKLOG
    }

    /// A list is asked for; what is known of by now must be on it.
    pub fn listing(&mut self) {
        self.listing = self.last;
    }

    /// Takes a list of all containers.
    pub fn lives(&mut self, lives: &[Life], now: Duration) {
        for life in lives.iter().filter(|life| self.is_watched(&life.id, &life.name)).collect::<Vec<_>>() {
            self.life(life, now);
        }
        self.seen_list = true;
        let there: BTreeSet<&str> = lives.iter().map(|life| life.id.as_str()).collect();
        let missing = |(id, entry): (&String, &Entry)| {
            let is_missing = !entry.removed && !there.contains(id.as_str()) && entry.started <= self.listing;
            is_missing.then(|| id.clone())
        };
        for id in self.entries.iter().filter_map(missing).collect::<Vec<_>>() {
            self.vanished(&id, now);
        }
    }

    fn life(&mut self, life: &Life, now: Duration) {
        let (floor, first) = (self.settings.floor, !self.seen_list);
        let entry = named(&mut self.entries, &life.id, &life.name, &life.image);
        let job = |kind, time, exit_code, deaths| {
            let (id, name, image) = (life.id.clone(), life.name.clone(), life.image.clone());
            Job { id, name, image, kind, time, first: time, exit_code, deaths, tries: 0 }
        };
        let ran = entry.started > 0 || entry.last_death() > 0 || life.finished > 0;
        let turned = life.unhealthy && !entry.unhealthy && !first;
        entry.unhealthy = life.unhealthy;
        let (mut dead, mut begun) = (false, false);
        if life.finished > 0 && life.finished < floor {
            entry.died = entry.died.max(life.finished);
        } else if life.finished > 0 {
            dead = entry.listed_death(Span { started: life.started, finished: life.finished });
        }
        if life.started < floor {
            entry.started = entry.started.max(life.started);
        } else if life.running {
            begun = entry.listed_begin(life.started);
        }
        if dead {
            self.note(job(Kind::Died, life.finished, life.exit_code, 1), now);
            self.dead(&life.id);
        }
        if begun {
            self.note(job(if ran { Kind::Restarted } else { Kind::New }, life.started, None, 0), now);
        }
        if turned {
            self.note(job(Kind::Unhealthy, self.last, None, 0), now);
        }
    }

    /// The engine has forgotten a container while nobody listened: if it ran, it has ended.
    fn vanished(&mut self, id: &str, now: Duration) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        let unseen = entry.is_running().then(|| (entry.name.clone(), entry.image.clone()));
        if let Some((name, image)) = unseen {
            let time = self.last.max(entry.started + 1);
            entry.died = time;
            self.note(
                Job {
                    id: id.to_owned(),
                    name,
                    image,
                    kind: Kind::Died,
                    time,
                    first: time,
                    exit_code: None,
                    deaths: 1,
                    tries: 0,
                },
                now,
            );
        }
        self.remove(id, now);
    }

    /// What waited to be seen of a run that is over is told by its death.
    fn dead(&mut self, id: &str) {
        self.cancel(id, Lane::Start);
        self.cancel(id, Lane::Health);
    }

    /// Puts a job into its lane; jobs of a lane that wait become one.
    fn note(&mut self, job: Job, now: Duration) {
        let Some(entry) = self.entries.get_mut(&job.id) else { return };
        let (lane, id) = (job.kind.lane(), job.id.clone());
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

    /// A container is gone: its deaths are told now, and nobody waits for its boot.
    fn remove(&mut self, id: &str, now: Duration) {
        self.dead(id);
        let Some(entry) = self.entries.get_mut(id) else { return };
        if std::mem::replace(&mut entry.removed, true) {
            return;
        }
        self.hasten(id, now);
        self.gone.push_back(id.to_owned());
        while self.gone.len() > GONE
            && let Some(oldest) = self.gone.pop_front()
        {
            match self.entries.get(&oldest) {
                Some(entry) if entry.removed && !entry.is_idle() => {
                    self.gone.push_back(oldest);
                    break;
                }
                Some(entry) if entry.removed => drop(self.entries.remove(&oldest)),
                _ => {}
            }
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

    /// The end is near: waiting deaths are due at once, boots are no longer waited for.
    pub fn wind_up(&mut self, now: Duration) {
        for id in self.entries.keys().cloned().collect::<Vec<_>>() {
            self.cancel(&id, Lane::Start);
            self.hasten(&id, now);
        }
    }

    /// A job that is due: one that waits for a boot, or one that does not.
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

    /// While a container dies again and again, nobody waits for its boot: that is due when the window of its
    /// deaths is over.
    fn postponed(&mut self, id: &str, now: Duration) -> bool {
        let (window, Some(entry)) = (self.settings.window, self.entries.get_mut(id)) else { return false };
        let is_dying = entry.death.waiting.is_some() || entry.death.busy.is_some();
        let until = if is_dying { now + window } else { entry.death.open_until };
        let Some((due, _)) = entry.start.waiting.as_mut().filter(|_| until > now) else { return false };
        *due = until;
        self.queue.insert((until, Lane::Start, id.to_owned()));
        true
    }

    /// A job is over: it had its report, or was not worth one.
    pub fn done(&mut self, job: &Job) {
        let lane = job.kind.lane();
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

    /// A job could not be done; it is due again after a while.
    pub fn again(&mut self, job: Job, at: Duration) {
        let lane = job.kind.lane();
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

    /// When the next job is due.
    #[must_use]
    pub fn due(&self, starts: bool) -> Option<Duration> {
        self.queue.iter().find(|(_, lane, _)| (*lane == Lane::Start) == starts).map(|(due, ..)| *due)
    }

    /// Jobs that wait or are under way.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.queue.len() + self.busy
    }

    /// Containers that are remembered.
    #[must_use]
    pub fn known(&self) -> usize {
        self.entries.len()
    }

    /// What is to be kept, so that a later run neither misses nor repeats a report.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let mut since = self.last.saturating_sub(OVERLAP);
        let mut known = BTreeMap::new();
        for (id, entry) in &self.entries {
            let waiting = entry.death.waiting.as_ref().map(|(_, job)| job.first);
            let open = waiting.into_iter().chain(entry.death.busy).min();
            since = since.min(open.map_or(since, |first| first.saturating_sub(OVERLAP)));
            let died = if open.is_some() { entry.reported } else { entry.last_death() };
            known.insert(id.clone(), Known { died, started: entry.started, removed: entry.removed });
        }
        Memory::new(since.max(self.settings.floor), known)
    }

    fn is_watched(&self, id: &str, name: &str) -> bool {
        let names = &self.settings.names;
        names.is_empty()
            || names
                .iter()
                .any(|wanted| wanted == name || (wanted.len() >= 6 && id.starts_with(wanted.as_str())))
    }
}

fn named<'e>(entries: &'e mut BTreeMap<String, Entry>, id: &str, name: &str, image: &str) -> &'e mut Entry {
    let entry = entries.entry(id.to_owned()).or_default();
    if entry.name != name || entry.image != image {
        (entry.name, entry.image) = (name.to_owned(), image.to_owned());
    }
    entry
}

fn job(event: &Event, kind: Kind, exit_code: Option<i64>) -> Job {
    let (id, name, image) = (event.id.clone(), event.name.clone(), event.image.clone());
    Job {
        id,
        name,
        image,
        kind,
        time: event.time,
        first: event.time,
        exit_code,
        deaths: u64::from(kind == Kind::Died),
        tries: 0,
    }
}
