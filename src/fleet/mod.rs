//! Examines many containers at a time: takes their names, returns reports with their cures. Must not change
//! anything, and must not print.

mod judge;
mod saved;

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::collect::{self, CollectOptions};
use crate::diagnose::{Report, is_settled};
use crate::docker::{Engine, EngineChoice, EngineError};
use crate::prescribe::{Prescription, Reach};
use crate::snapshot::Snapshot;
use crate::treat::{self, TreatError};

pub use judge::Judge;
pub use saved::judge_saved;

/// Number of containers that are examined at the same time.
const AT_ONCE: usize = 8;

/// Number of cures that are kept in memory; for further containers, only the reports are kept.
const CURES: usize = 1000;

/// The result of examining containers.
#[derive(Debug, Default)]
pub struct Examined {
    /// The report of each container, and its cure.
    pub answers: Vec<(Report, Option<Prescription>)>,
    /// Errors of containers that could not be examined.
    pub failures: Vec<TreatError>,
    /// Remarks for the user.
    pub remarks: Vec<String>,
}

/// The containers of one engine.
pub struct Fleet<'f> {
    /// The engine.
    pub engine: Engine,
    /// How the engine's CLI reaches it.
    pub reach: Reach,
    /// What the user said about the engine.
    pub choice: &'f EngineChoice,
    /// Diagnoses the snapshots.
    pub judge: &'f Judge<'f>,
    /// How the containers are examined.
    pub collect: &'f CollectOptions,
    /// How long to follow a boot, if requested.
    pub follow: Option<Duration>,
}

impl Fleet<'_> {
    /// Lists the names of all containers, running or not.
    ///
    /// # Errors
    /// Any [`EngineError`].
    pub async fn names(&self) -> Result<Vec<String>, EngineError> {
        collect::container_names(&self.engine).await
    }

    /// Examines containers concurrently and counts finished ones in `done`. A listed container that was
    /// removed in the meantime is no failure.
    pub async fn examine(&self, names: &[String], are_listed: bool, done: &AtomicU64) -> Examined {
        let cures = &Cell::new(0);
        let outcomes = stream::iter(names)
            .map(|name| async move {
                // Diagnosed at once: for many containers only reports are kept, since snapshots are about ten
                // times as large.
                let snapshot = Box::pin(self.look(name)).await;
                let outcome = snapshot.map(|snapshot| self.judge.answer(&snapshot, &self.reach));
                let outcome = outcome
                    .map(|(report, cure)| (report, cure.filter(|_| cures.replace(cures.get() + 1) < CURES)));
                done.fetch_add(1, Ordering::Relaxed);
                (name, outcome)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut examined = Examined::default();
        if cures.get() > CURES {
            examined.remarks.push(format!(
                "only the cures of the first {CURES} containers are shown; sysdock doctor NAME shows another"
            ));
        }
        for (name, outcome) in outcomes {
            match outcome {
                Ok(answer) => examined.answers.push(answer),
                Err(error) if are_listed && error.is_unknown() => {
                    examined.remarks.push(format!("{name} was removed before it could be examined"));
                }
                Err(error) => {
                    examined.failures.push(treat::failure(&self.engine, name, error, self.choice).await);
                }
            }
        }
        examined
    }

    /// Describes the work for the progress display.
    #[must_use]
    pub fn waiting(&self, names: &[String]) -> String {
        let what = if let [name] = names { name.clone() } else { format!("{} containers", names.len()) };
        if self.follow.is_some() {
            format!("{what}: waiting for systemd to finish booting")
        } else {
            format!("examining {what}")
        }
    }

    async fn look(&self, name: &str) -> Result<Snapshot, EngineError> {
        let (engine, matcher) = (&self.engine, self.judge.matcher);
        match self.follow {
            Some(longest) => {
                let settled = |snapshot: &Snapshot| {
                    is_settled(snapshot, &self.judge.report(snapshot), self.collect.exec)
                };
                Box::pin(collect::follow(engine, name, self.collect, matcher, longest, settled)).await
            }
            None => Box::pin(collect::collect(engine, name, self.collect, matcher)).await,
        }
    }
}
