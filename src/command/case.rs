//! One container as a case: looked at, judged, and with its cure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::interrupt::Interrupt;
use super::{CommandError, connect, made, progress};
use crate::collect::{self, CollectOptions};
use crate::diagnose::{Report, Role, diagnose_with};
use crate::docker::{Engine, LogQuery, encoded};
use crate::options::{Options, notices_of_rules};
use crate::prescribe::{
    Prescription, Reach, Start, Step, StepKind, name_after, of_image, prescribe, probe, probe_name,
};
use crate::render::output;
use crate::rule::RuleSet;
use crate::scan::Matcher;
use crate::snapshot::Snapshot;
use crate::treat::{Marks, Workshop, forget_the_dead};

/// Life of a container through which an image is read, after which anybody may remove it, in seconds.
const PROBE: i64 = 5 * 60;

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
    /// Whether the end was asked for.
    pub interrupt: Interrupt,
    /// What was made and is not known to be gone.
    pub marks: Marks,
}

/// A container that was looked at.
pub struct Case {
    /// What was seen.
    pub snapshot: Snapshot,
    /// What is wrong.
    pub report: Report,
    /// What cures it.
    pub prescription: Option<Prescription>,
    /// Start of the name of its trials.
    pub trial_name: String,
    /// Whether it stands for an image: a container that was created of it, looked at and removed.
    pub is_image: bool,
}

/// What a word of the command line names.
pub enum Subject {
    /// A container, by its name or id as given.
    Container(String),
    /// An image, by its reference as given.
    Image(String),
}

impl<'o> Office<'o> {
    /// Connects to the engine, and removes what runs that were killed left on this machine.
    ///
    /// # Errors
    /// Any [`EngineError`](crate::docker::EngineError) of finding or connecting,
    /// [`CommandError::Interrupted`].
    pub async fn open(
        options: &'o Options,
        rules: &'o RuleSet,
        matcher: &'o Matcher<'o>,
    ) -> Result<Self, CommandError> {
        let interrupt = Interrupt::listen()?;
        forget_the_dead();
        for notice in notices_of_rules(rules).iter().filter(|_| options.remarks) {
            output::tell(&notice.sentence());
        }
        let (engine, reach) =
            interrupt.unless(Box::pin(async { Ok(connect::connect_and_reach(options).await?) })).await?;
        let marks =
            Marks::of_user(options.environment.get("XDG_STATE_HOME"), options.environment.get("HOME"));
        Ok(Self { options, rules, matcher, engine, reach, interrupt, marks })
    }

    /// Carries a step out. What it takes from a container is asked of the engine, so that no other program
    /// sees it.
    ///
    /// # Errors
    /// [`CommandError`] when the command fails or the engine does not answer; [`CommandError::Changed`],
    /// [`CommandError::Interrupted`].
    pub async fn carry_out(&self, workshop: &Workshop, step: &Step) -> Result<(), CommandError> {
        let work = Box::pin(self.carried_out(workshop, step));
        // The build of an image changes no container, and may take minutes.
        if step.kind == StepKind::BuildImage {
            self.interrupt.unless(work).await
        } else {
            self.interrupt.after(work).await
        }
    }

    async fn carried_out(&self, workshop: &Workshop, step: &Step) -> Result<(), CommandError> {
        let Some(fetch) = &step.fetch else { return Ok(workshop.perform(step).await?) };
        let inspect = self.engine.get(&format!("/containers/{}/json", encoded(&fetch.source))).await?;
        let changed = || CommandError::Changed { part: fetch.part.name(), name: fetch.source.clone() };
        Ok(workshop.write(&fetch.file, &fetch.text(&inspect).ok_or_else(changed)?)?)
    }

    /// Looks at a container, waiting so long for one that is still starting.
    ///
    /// # Errors
    /// [`CommandError`] when it cannot be inspected, [`CommandError::Interrupted`].
    pub async fn examine(&self, name: &str, patience: Duration) -> Result<Case, CommandError> {
        self.interrupt.unless(Box::pin(self.examined(name, patience))).await
    }

    async fn examined(&self, name: &str, patience: Duration) -> Result<Case, CommandError> {
        let how = CollectOptions { exec: true, log: LogQuery::default(), patience };
        let work = Box::pin(collect::collect(&self.engine, name, &how, self.matcher));
        match progress::shown(&format!("examining {name}"), self.options.progress, work).await {
            Ok(snapshot) => {
                let report = diagnose_with(&snapshot, self.rules, self.matcher);
                let prescription = prescribe(&report, &snapshot, &self.reach);
                let trial_name = snapshot.target.name.clone();
                Ok(Case { snapshot, report, prescription, trial_name, is_image: false })
            }
            Err(error) => Err(connect::failure(&self.engine, name, error, &self.options.engine).await),
        }
    }

    /// Finds out whether a word names a container or, where there is none, an image.
    ///
    /// # Errors
    /// [`CommandError`] when it names neither.
    pub async fn subject(&self, word: &str) -> Result<Subject, CommandError> {
        match self.engine.get(&format!("/containers/{}/json", encoded(word))).await {
            Ok(_) => Ok(Subject::Container(word.to_owned())),
            Err(error) if error.is_unknown() => match self.image(word).await {
                Ok(_) => Ok(Subject::Image(word.to_owned())),
                Err(CommandError::NoImage { .. }) => {
                    Err(connect::failure(&self.engine, word, error, &self.options.engine)
                        .await
                        .or_image(word, &self.reach))
                }
                Err(other) => Err(other),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// The engine's document of an image.
    ///
    /// # Errors
    /// [`CommandError::NoImage`] when the engine does not have it.
    pub async fn image(&self, reference: &str) -> Result<Value, CommandError> {
        match self.engine.get(&format!("/images/{}/json", encoded(reference))).await {
            Err(error) if error.is_unknown() => Err(CommandError::NoImage {
                name: reference.to_owned(),
                address: self.engine.endpoint().to_string(),
                pull: crate::quote::shown(&self.reach.argv(["pull", reference])),
            }),
            answer => Ok(answer?),
        }
    }

    /// Looks at an image, through a container of it that is removed again without being started.
    ///
    /// # Errors
    /// [`CommandError`] when the image is not there, or no container of it can be made and looked at.
    pub async fn probe(&self, reference: &str) -> Result<Case, CommandError> {
        let document = self.image(reference).await?;
        let until = Timestamp::now().as_second() + PROBE;
        let mark = self.marks.make(&probe_name(std::process::id(), until));
        let wanted = probe(reference, &document, until, &mark.token);
        let case = match self
            .interrupt
            .after(Box::pin(async { Ok(self.engine.create(&mark.name, &wanted).await?) }))
            .await
        {
            Ok(_) => self.examine(&mark.name, Duration::ZERO).await,
            Err(error) => Err(error),
        };
        Box::pin(made::clean(self, &mark, &[])).await;
        Ok(self.as_image(case?, reference))
    }

    /// The case of a container through which an image was looked at, as the case of that image.
    fn as_image(&self, case: Case, reference: &str) -> Case {
        let Case { mut report, snapshot, prescription, .. } = case;
        let trial_name = name_after(reference);
        let wanted = Start { name: trial_name.clone(), image: reference.to_owned(), ..Start::default() };
        let prescription = prescription.map(|cure| of_image(cure, &report, &snapshot, &self.reach, &wanted));
        reference.clone_into(&mut report.target.name);
        report.target.id = None;
        "an image, started with the engine's defaults".clone_into(&mut report.state);
        Case { snapshot, report, prescription, trial_name, is_image: true }
    }
}

/// Ids of a report's root causes.
pub fn root_causes(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .filter(|finding| finding.role == Role::RootCause)
        .map(|finding| finding.id.clone())
        .collect()
}
