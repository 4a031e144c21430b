//! An examination job: which container, and what triggered it. Must not know how an examination is made.

/// What triggers the examination of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// It was started for the first time.
    New,
    /// It was started again.
    Restarted,
    /// It ended.
    Died,
    /// Its health check started to fail.
    Unhealthy,
    /// One of its processes was killed because it ran out of memory.
    Oom,
}

impl Trigger {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::New, Self::Restarted, Self::Died, Self::Unhealthy, Self::Oom];

    /// Returns its name in the output, which is part of the stable interface.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Restarted => "restarted",
            Self::Died => "died",
            Self::Unhealthy => "unhealthy",
            Self::Oom => "oom",
        }
    }

    pub(super) const fn lane(self) -> Lane {
        match self {
            Self::Died => Lane::Death,
            Self::Unhealthy | Self::Oom => Lane::Health,
            Self::New | Self::Restarted => Lane::Start,
        }
    }

    /// Returns whether the examination waits for the boot.
    #[must_use]
    pub const fn is_start(self) -> bool {
        matches!(self, Self::New | Self::Restarted)
    }
}

/// Jobs of one lane are done one after the other; starts wait for their boots and must not hold up deaths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    Death,
    Health,
    Start,
}

/// One examination to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Id of the container.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image as it was named.
    pub image: String,
    /// What triggered it.
    pub trigger: Trigger,
    /// Time of the last trigger, in nanoseconds since the epoch by the engine's clock.
    pub time: i64,
    /// Time of the first trigger that it covers.
    pub first: i64,
    /// Exit code of the last death.
    pub exit_code: Option<i64>,
    /// Number of deaths that this examination covers.
    pub deaths: u64,
    /// Number of failed attempts.
    pub tries: u32,
}

impl Job {
    /// Merges a later job into it.
    pub(super) fn merged(mut self, later: Self) -> Self {
        self.deaths += later.deaths;
        Self { first: self.first.min(later.first), deaths: self.deaths, ..later }
    }
}
