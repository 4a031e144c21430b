//! One job in, a report out: the container is examined as `doctor` does, or the report is made from the event
//! alone if the container is gone.

use std::time::Duration;

use super::examination_job::{Job, Trigger};
use crate::collect::{self, CollectOptions};
use crate::diagnose::{Report, Subject, Verdict, diagnose_with, is_settled};
use crate::docker::{Engine, EngineError};
use crate::rule::RuleSet;
use crate::scan::Matcher;
use crate::snapshot::vocabulary::ContainerStatus;
use crate::snapshot::{EngineId, Gap, Snapshot, Target, TargetKind, key};

/// The result of a job.
pub enum Outcome {
    /// A report, and whether the container still exists.
    Report(Box<Report>, bool),
    /// Nothing worth a report.
    Nothing,
    /// The engine did not answer.
    Failed(EngineError),
}

/// What an examination needs.
pub struct Examiner<'e> {
    /// The rules.
    pub rules: &'e RuleSet,
    /// Their signatures, prepared.
    pub matcher: &'e Matcher<'e>,
    /// How a container is examined.
    pub collect: &'e CollectOptions,
    /// Longest wait for a boot.
    pub patience: Duration,
}

impl Examiner<'_> {
    /// Examines the container of a job.
    pub async fn examine(&self, engine: &Engine, job: &Job) -> Outcome {
        if job.trigger == Trigger::New && is_foreign(engine, job).await {
            return Outcome::Nothing;
        }
        let look = if job.trigger.is_start() {
            Box::pin(self.boot(engine, job)).await
        } else {
            Box::pin(self.now(engine, job)).await
        };
        match look {
            Ok(snapshot) if job.trigger.is_start() => self.started(job, &snapshot),
            // Its death will report the result.
            Ok(snapshot) if job.trigger != Trigger::Died && !runs(&snapshot) => Outcome::Nothing,
            Ok(snapshot) => {
                let there = snapshot.facts.get(key::CONTAINER_STATUS) != Some(ContainerStatus::Removed);
                Outcome::Report(Box::new(self.judge(&snapshot)), there)
            }
            // The death of a container that is gone has an event of its own; only a death is reported without
            // an examination.
            Err(error) if error.is_unknown() && job.trigger != Trigger::Died => Outcome::Nothing,
            Err(error) if error.is_unknown() => Outcome::Report(
                Box::new(unseen(engine, job, "it was removed before it could be examined")),
                false,
            ),
            Err(error) => Outcome::Failed(error),
        }
    }

    async fn now(&self, engine: &Engine, job: &Job) -> Result<Snapshot, EngineError> {
        collect::collect(engine, &job.id, self.collect, self.matcher).await
    }

    async fn boot(&self, engine: &Engine, job: &Job) -> Result<Snapshot, EngineError> {
        let settled = |snapshot: &Snapshot| {
            !runs(snapshot) || is_settled(snapshot, &self.judge(snapshot), self.collect.exec)
        };
        collect::follow(engine, &job.id, self.collect, self.matcher, self.patience, settled).await
    }

    /// Returns the outcome of a start. A run that is already over is reported by its death; a new container
    /// is reported only if it is meant to run systemd.
    fn started(&self, job: &Job, snapshot: &Snapshot) -> Outcome {
        let report = self.judge(snapshot);
        let innocent = job.trigger == Trigger::New && report.subject == Subject::NotSystemd;
        if innocent || !runs(snapshot) { Outcome::Nothing } else { Outcome::Report(Box::new(report), true) }
    }

    fn judge(&self, snapshot: &Snapshot) -> Report {
        diagnose_with(snapshot, self.rules, self.matcher)
    }
}

/// Returns whether a quick look shows that a container is not meant to run systemd, as for most. One that is
/// undecided is examined.
async fn is_foreign(engine: &Engine, job: &Job) -> bool {
    collect::glance(engine, &job.id)
        .await
        .is_ok_and(|facts| facts.get(key::CONTAINER_MEANT_FOR_SYSTEMD) == Some(false))
}

fn runs(snapshot: &Snapshot) -> bool {
    snapshot.facts.get(key::CONTAINER_STATUS) == Some(ContainerStatus::Running)
}

/// Makes the report on a container that cannot be examined, from its event.
pub fn unseen(engine: &Engine, job: &Job, why: &str) -> Report {
    let code = job.exit_code.map_or_else(String::new, |code| format!("ended with exit code {code}; "));
    let id =
        EngineId { name: engine.kind.name().to_owned(), version: String::new(), api: engine.api.to_string() };
    Report {
        target: Target {
            kind: TargetKind::Container,
            name: job.name.clone(),
            id: Some(job.id.clone()),
            engine: Some(id),
        },
        subject: Subject::Systemd,
        verdict: Verdict::Undetermined,
        findings: Vec::new(),
        undecided: Vec::new(),
        gaps: vec![Gap { fact: "container".to_owned(), reason: why.to_owned() }],
        unrecognised: Vec::new(),
        state: format!("{code}{why}"),
    }
}
