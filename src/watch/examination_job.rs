//! A job of examination: which container, and what led to it. Must not know how an examination is made.

/// What leads to the examination of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// It was started for the first time.
    New,
    /// It was started again.
    Restarted,
    /// It ended.
    Died,
    /// Its health check began to fail.
    Unhealthy,
    /// A process of it was killed for want of memory.
    Oom,
}

impl Trigger {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::New, Self::Restarted, Self::Died, Self::Unhealthy, Self::Oom];

    /// Returns its name in the output; a contract.
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

    /// Tells whether the boot is waited for.
    #[must_use]
    pub const fn is_start(self) -> bool {
        matches!(self, Self::New | Self::Restarted)
    }
}

/// What of a container is examined one after the other; starts wait for their boots and must not keep deaths
/// waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    Death,
    Health,
    Start,
}

/// One examination to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Id of the container.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image as it was named.
    pub image: String,
    /// What led to it.
    pub trigger: Trigger,
    /// When it happened last, in nanoseconds since the epoch by the engine's clock.
    pub time: i64,
    /// When the first of what it stands for happened.
    pub first: i64,
    /// Exit code of the last death.
    pub exit_code: Option<i64>,
    /// Deaths that this one examination stands for.
    pub deaths: u64,
    /// Times that it was tried in vain.
    pub tries: u32,
}

impl Job {
    /// Puts what happened later into it.
    pub(super) fn merged(mut self, later: Self) -> Self {
        self.deaths += later.deaths;
        Self { first: self.first.min(later.first), deaths: self.deaths, ..later }
    }
}
