//! What is remembered about one container: which deaths and starts are known, and which jobs wait. Must not
//! know other containers.

use std::time::Duration;

use crate::watch::examination_job::{Job, Lane};

/// How much later than the start that the engine records a start event may come, in nanoseconds.
const LATE: i64 = 2_000_000_000;
/// Deaths known from lists whose events may still come; more than one only if lists follow each other
/// closely.
const SPANS: usize = 4;

/// A run known from a list, whose death has had no event yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub started: i64,
    pub finished: i64,
}

/// One lane of a container.
#[derive(Debug, Default)]
pub struct Slot {
    /// The next job, and when it is due.
    pub waiting: Option<(Duration, Job)>,
    /// The time of the first event covered by the examination in progress.
    pub busy: Option<i64>,
    /// No further job before this time.
    pub open_until: Duration,
}

/// One container.
#[derive(Debug, Default)]
pub struct Entry {
    pub name: String,
    pub image: String,
    /// Time of the last death that an event reported, or that was known from the beginning.
    pub died: i64,
    /// Time of the last death that was reported to the user.
    pub reported: i64,
    /// Deaths known only from a list, the oldest first.
    pub listed: Vec<Span>,
    /// Time of the last start.
    pub started: i64,
    /// Start known only from a list.
    pub listed_start: Option<i64>,
    pub unhealthy: bool,
    pub removed: bool,
    pub death: Slot,
    pub health: Slot,
    pub start: Slot,
}

impl Entry {
    pub fn slot(&mut self, lane: Lane) -> &mut Slot {
        match lane {
            Lane::Death => &mut self.death,
            Lane::Health => &mut self.health,
            Lane::Start => &mut self.start,
        }
    }

    /// Returns whether nothing waits and nothing is in progress.
    pub fn is_idle(&self) -> bool {
        [&self.death, &self.health, &self.start]
            .iter()
            .all(|slot| slot.waiting.is_none() && slot.busy.is_none())
    }

    /// Returns whether it was running when last heard of.
    pub fn is_running(&self) -> bool {
        self.started > self.last_death()
    }

    /// Returns the time of the last death, however it became known.
    pub fn last_death(&self) -> i64 {
        self.listed.last().map_or(self.died, |span| span.finished.max(self.died))
    }

    /// Takes a death event; returns whether the death is news.
    ///
    /// Events come in order, an event never before the end that it reports, and the newest run in a list ends
    /// before the next one begins: an event belongs to the last listed run that had ended by then.
    pub fn die(&mut self, time: i64) -> bool {
        if time <= self.died {
            return false;
        }
        self.died = time;
        self.listed_start = None;
        let told = self.listed.iter().rposition(|span| span.finished <= time);
        if let Some(place) = told {
            self.listed.drain(..=place);
        }
        told.is_none()
    }

    /// Takes a death from a list; returns whether it is news.
    pub fn listed_death(&mut self, span: Span) -> bool {
        if span.finished <= self.last_death() {
            return false;
        }
        self.listed.push(span);
        if self.listed.len() > SPANS {
            self.died = self.died.max(self.listed.remove(0).finished);
        }
        true
    }

    /// Takes a start event; returns whether the start is news.
    pub fn begin(&mut self, time: i64) -> bool {
        if time <= self.started {
            return false;
        }
        self.started = time;
        // A later run: the deaths before it have had their events, or never will. A run of milliseconds may
        // end before its start is reported.
        let is_over = |span: &Span| time > span.finished && time > span.started.saturating_add(LATE);
        if let Some(over) = self.listed.iter().rposition(is_over) {
            let last = self.listed.drain(..=over).next_back();
            self.died = self.died.max(last.map_or(0, |span| span.finished));
        }
        self.listed_start.take().is_none_or(|start| time < start)
    }

    /// Takes the start of a run from a list; returns whether it is news.
    pub fn listed_begin(&mut self, time: i64) -> bool {
        if time <= self.started {
            return false;
        }
        self.started = time;
        self.listed_start = Some(time);
        true
    }
}
