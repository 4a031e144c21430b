//! One container as a case: looked at, judged, and with its cure.

use std::time::Duration;

use super::{CommandError, connect, progress};
use crate::collect::{self, CollectOptions};
use crate::diagnose::{Report, Role, diagnose_with};
use crate::docker::{Engine, EngineError, LogQuery};
use crate::options::Options;
use crate::prescribe::{Prescription, Reach, prescribe};
use crate::rule::RuleSet;
use crate::scan::Matcher;
use crate::snapshot::Snapshot;

/// What is needed to look at containers of one engine.
pub struct Office<'o> {
    /// Options of the run.
    pub options: &'o Options,
    /// The rules.
    pub rules: &'o RuleSet,
    /// Their patterns.
    pub matcher: &'o Matcher<'o>,
    /// The engine.
    pub engine: Engine,
    /// How its CLI reaches it.
    pub reach: Reach,
}

/// A container that was looked at.
pub struct Case {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What is wrong.
    pub report: Report,
    /// What cures it.
    pub prescription: Option<Prescription>,
}

impl<'o> Office<'o> {
    /// Connects to the engine.
    ///
    /// # Errors
    /// Any [`EngineError`] of finding or connecting.
    pub async fn open(options: &'o Options, rules: &'o RuleSet, matcher: &'o Matcher<'o>) -> Result<Self, EngineError> {
        let (engine, reach) = connect::connect_and_reach(options).await?;
        Ok(Self { options, rules, matcher, engine, reach })
    }

    /// Looks at a container, waiting so long for one that is still starting.
    ///
    /// # Errors
    /// [`CommandError`] when it cannot be inspected.
    pub async fn examine(&self, name: &str, patience: Duration) -> Result<Case, CommandError> {
        let how = CollectOptions { exec: true, log: LogQuery::default(), patience };
        let work = Box::pin(collect::collect(&self.engine, name, &how, self.matcher));
        match progress::shown(&format!("examining {name}"), self.options.progress, work).await {
            Ok(snapshot) => {
                let report = diagnose_with(&snapshot, self.rules, self.matcher);
                let prescription = prescribe(&report, &snapshot, &self.reach);
                Ok(Case { snapshot, report, prescription })
            }
            Err(error) => Err(connect::failure(&self.engine, name, error, &self.options.engine).await),
        }
    }
}

/// Ids of a report's root causes.
pub fn root_causes(report: &Report) -> Vec<String> {
    report.findings.iter().filter(|finding| finding.role == Role::RootCause).map(|finding| finding.id.clone()).collect()
}
