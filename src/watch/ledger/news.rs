//! How the ledger takes events and lists: whether something is news, and which job follows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Ledger;
use super::entry::{Entry, Span};
use crate::docker::{Action, Event, Life};
use crate::watch::examination_job::{Job, Lane, Trigger};

/// Removed containers that are remembered, so that repeated events find them.
const GONE: usize = 1024;
/// Containers that are remembered; beyond that, idle ones with the oldest news are forgotten.
const KNOWN: usize = 50_000;
impl Ledger {
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
        let job = |trigger, exit_code| job(event, trigger, exit_code);
        match event.action {
            Action::Die(code) => {
                let before = entry.died;
                if entry.die(event.time) {
                    self.note(job(Trigger::Died, code), now);
                }
                if event.time > before {
                    self.dead(&event.id);
                }
            }
            Action::Start => {
                let ran = entry.started > 0 || entry.died > 0;
                entry.unhealthy = false;
                if entry.begin(event.time) {
                    self.note(job(if ran { Trigger::Restarted } else { Trigger::New }, None), now);
                }
            }
            Action::Health(Some(well)) => {
                let turned = !well && !entry.unhealthy;
                entry.unhealthy = !well;
                if turned {
                    self.note(job(Trigger::Unhealthy, None), now);
                }
            }
            Action::Oom => self.note(job(Trigger::Oom, None), now),
            Action::Health(None) | Action::Remove => {}
        }
    }

    /// Makes room by forgetting a quarter of the containers at once, so that this is rarely done.
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

    /// Records that a list is requested: every container known by now must be in it.
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
        let job = |trigger, time, exit_code, deaths| {
            let (id, name, image) = (life.id.clone(), life.name.clone(), life.image.clone());
            Job { id, name, image, trigger, time, first: time, exit_code, deaths, tries: 0 }
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
            self.note(job(Trigger::Died, life.finished, life.exit_code, 1), now);
            self.dead(&life.id);
        }
        if begun {
            self.note(job(if ran { Trigger::Restarted } else { Trigger::New }, life.started, None, 0), now);
        }
        if turned {
            self.note(job(Trigger::Unhealthy, self.last, None, 0), now);
        }
    }

    /// Ends a container that disappeared while the connection was down: if it ran, it died.
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
                    trigger: Trigger::Died,
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

    /// Drops waiting jobs for a run that is over: its death reports it.
    fn dead(&mut self, id: &str) {
        self.cancel(id, Lane::Start);
        self.cancel(id, Lane::Health);
    }

    /// Records that a container is gone: its deaths are reported now, and its boot is not waited for.
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

fn job(event: &Event, trigger: Trigger, exit_code: Option<i64>) -> Job {
    let (id, name, image) = (event.id.clone(), event.name.clone(), event.image.clone());
    Job {
        id,
        name,
        image,
        trigger,
        time: event.time,
        first: event.time,
        exit_code,
        deaths: u64::from(trigger == Trigger::Died),
        tries: 0,
    }
}
