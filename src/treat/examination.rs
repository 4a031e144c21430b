//! Examines a container or an image: takes a snapshot, diagnoses it, and finds the cure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Session, TreatError, not_found, removal};
use crate::collect::{self, CollectOptions};
use crate::diagnose::{Report, Role, Verdict, diagnose_with};
use crate::docker::LogQuery;
use crate::prescribe::{
    Prescription, Start, name_after, of_image, prescribe, prescribe_after, probe, probe_name,
};
use crate::quote;
use crate::snapshot::Snapshot;

/// Longest wait for the boot of a container that is treated or tried; `doctor` waits less. systemd comes up
/// within seconds, or not at all.
pub const LONGEST_BOOT: Duration = Duration::from_mins(1);

/// Life of a container through which an image is read, after which anybody may remove it, in seconds.
const PROBE_LIFE: i64 = 5 * 60;

/// A container that was examined.
pub struct Examination {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The diagnosis.
    pub report: Report,
    /// The cure.
    pub prescription: Option<Prescription>,
    /// Prefix for the names of its trials.
    pub trial_name: String,
    /// Whether it represents an image: a container that was created from it, examined and removed.
    pub is_image: bool,
}

impl Examination {
    /// Returns the ids of the root causes.
    #[must_use]
    pub fn root_causes(&self) -> Vec<String> {
        let roots = self.report.findings.iter().filter(|finding| finding.role == Role::RootCause);
        roots.map(|finding| finding.id.clone()).collect()
    }

    /// Chooses the cure again, for an engine that has refused this many sets of flags for the control group
    /// tree.
    pub fn prescribe_after(&mut self, session: &Session<'_>, sets_refused: usize) {
        let (report, snapshot, reach) = (&self.report, &self.snapshot, &session.reach);
        let cure = prescribe_after(report, snapshot, reach, sets_refused);
        let wanted = Start { sets_refused, ..self.start() };
        self.prescription = if self.is_image {
            cure.map(|cure| of_image(cure, report, snapshot, reach, &wanted))
        } else {
            cure
        };
    }

    /// Returns the request to start a container of an image without anything of the user's.
    fn start(&self) -> Start {
        Start { name: self.trial_name.clone(), image: self.report.target.name.clone(), ..Start::default() }
    }

    /// Returns whether it has booted, possibly with failed units.
    #[must_use]
    pub fn has_booted(&self) -> bool {
        matches!(self.report.verdict, Verdict::Healthy | Verdict::Degraded)
    }
}

/// The object that a word of the command line names.
pub enum Named {
    /// A container, by its name or id as given.
    Container(String),
    /// An image, by its reference as given.
    Image(String),
}

impl Session<'_> {
    /// Examines a container once its boot has finished or failed, or after the longest wait.
    ///
    /// # Errors
    /// Returns the errors of [`Session::examine`].
    pub async fn wait_for_boot(&self, name: &str) -> Result<Examination, TreatError> {
        self.examine(name, LONGEST_BOOT).await
    }

    /// Examines a container, waiting up to `patience` for one that is still starting.
    ///
    /// # Errors
    /// Returns a [`TreatError`] if it cannot be inspected, or [`TreatError::Interrupted`].
    pub async fn examine(&self, name: &str, patience: Duration) -> Result<Examination, TreatError> {
        self.interrupt.unless(Box::pin(self.look(name, patience))).await
    }

    async fn look(&self, name: &str, patience: Duration) -> Result<Examination, TreatError> {
        let how = CollectOptions { exec: true, log: LogQuery::default(), patience };
        let working = self.working(&format!("examining {name}"));
        let snapshot = Box::pin(collect::collect(&self.engine, name, &how, self.matcher)).await;
        drop(working);
        match snapshot {
            Ok(snapshot) => {
                let report = diagnose_with(&snapshot, self.rules, self.matcher);
                let prescription = prescribe(&report, &snapshot, &self.reach);
                let trial_name = snapshot.target.name.clone();
                Ok(Examination { snapshot, report, prescription, trial_name, is_image: false })
            }
            Err(error) => Err(not_found::failure(&self.engine, name, error, self.choice).await),
        }
    }

    /// Determines whether a word names a container or, if there is none, an image.
    ///
    /// # Errors
    /// Returns [`TreatError::Neither`] if it names neither.
    pub async fn named(&self, word: &str) -> Result<Named, TreatError> {
        match self.engine.inspect_container(word).await {
            Ok(_) => Ok(Named::Container(word.to_owned())),
            Err(error) if error.is_unknown() => match self.image(word).await {
                Ok(_) => Ok(Named::Image(word.to_owned())),
                Err(TreatError::NoImage { pull, .. }) => {
                    Err(not_found::failure(&self.engine, word, error, self.choice).await.or_image(pull))
                }
                Err(other) => Err(other),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the engine's inspect document of an image.
    ///
    /// # Errors
    /// Returns [`TreatError::NoImage`] if the engine does not have it.
    pub async fn image(&self, reference: &str) -> Result<Value, TreatError> {
        match self.engine.inspect_image(reference).await {
            Err(error) if error.is_unknown() => Err(TreatError::NoImage {
                name: reference.to_owned(),
                address: self.engine.endpoint().to_string(),
                pull: quote::shown(&self.reach.argv(["pull", reference])),
            }),
            answer => Ok(answer?),
        }
    }

    /// Examines an image through a container, which is created from it and removed without being started.
    ///
    /// # Errors
    /// Returns a [`TreatError`] if the image does not exist, or no container of it can be created and
    /// examined.
    pub async fn examine_image(&self, reference: &str) -> Result<Examination, TreatError> {
        let _working = self.working(&format!("examining {reference}"));
        let document = self.image(reference).await?;
        let until = Timestamp::now().as_second() + PROBE_LIFE;
        let mark = self.marks.make(&probe_name(std::process::id(), until));
        let wanted = probe(reference, &document, until, &mark.token);
        let creation = Box::pin(async { Ok(self.engine.create(&mark.name, &wanted).await?) });
        let examination = match self.interrupt.after(creation).await {
            Ok(_) => self.examine(&mark.name, Duration::ZERO).await,
            Err(error) => Err(error),
        };
        Box::pin(removal::clean(self, &mark, &[])).await;
        Ok(self.of_image(examination?, reference))
    }

    /// Converts the examination of a container that was created to read an image into that of the image.
    fn of_image(&self, examination: Examination, reference: &str) -> Examination {
        let Examination { mut report, snapshot, prescription, .. } = examination;
        let trial_name = name_after(reference);
        let wanted = Start { name: trial_name.clone(), image: reference.to_owned(), ..Start::default() };
        let prescription = prescription.map(|cure| of_image(cure, &report, &snapshot, &self.reach, &wanted));
        reference.clone_into(&mut report.target.name);
        report.target.id = None;
        "an image, started with the engine's defaults".clone_into(&mut report.state);
        Examination { snapshot, report, prescription, trial_name, is_image: true }
    }
}
