//! A container or an image examined: looked at, judged, and with its cure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Session, TreatError, not_found, removal};
use crate::collect::{self, CollectOptions};
use crate::diagnose::{Report, Role, Verdict, diagnose_with};
use crate::docker::LogQuery;
use crate::prescribe::{Prescription, Start, name_after, of_image, prescribe, probe, probe_name};
use crate::quote;
use crate::snapshot::Snapshot;

/// Longest wait for the boot of a container that is treated or tried, in place of the shorter one of
/// `doctor`; systemd comes up within some seconds, or not at all.
pub const LONGEST_BOOT: Duration = Duration::from_mins(1);

/// Life of a container through which an image is read, after which anybody may remove it, in seconds.
const PROBE_LIFE: i64 = 5 * 60;

/// A container that was examined.
pub struct Examination {
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

impl Examination {
    /// Returns the ids of the root causes.
    #[must_use]
    pub fn root_causes(&self) -> Vec<String> {
        let roots = self.report.findings.iter().filter(|finding| finding.role == Role::RootCause);
        roots.map(|finding| finding.id.clone()).collect()
    }

    /// Whether it has come up, be it with units that failed.
    #[must_use]
    pub fn has_booted(&self) -> bool {
        matches!(self.report.verdict, Verdict::Healthy | Verdict::Degraded)
    }
}

/// What a word of the command line names.
pub enum Named {
    /// A container, by its name or id as given.
    Container(String),
    /// An image, by its reference as given.
    Image(String),
}

impl Session<'_> {
    /// Examines a container once its boot is over, one way or the other, or after the longest wait.
    ///
    /// # Errors
    /// As [`Session::examine`].
    pub async fn wait_for_boot(&self, name: &str) -> Result<Examination, TreatError> {
        self.examine(name, LONGEST_BOOT).await
    }

    /// Examines a container, waiting so long for one that is still starting.
    ///
    /// # Errors
    /// [`TreatError`] when it cannot be inspected, [`TreatError::Interrupted`].
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

    /// Finds out whether a word names a container or, where there is none, an image.
    ///
    /// # Errors
    /// [`TreatError::Neither`] when it names neither.
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

    /// Returns the engine's document of an image.
    ///
    /// # Errors
    /// [`TreatError::NoImage`] when the engine does not have it.
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

    /// Examines an image, through a container of it that is removed again without being started.
    ///
    /// # Errors
    /// [`TreatError`] when the image is not there, or no container of it can be made and looked at.
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

    /// Turns the examination of a container through which an image was looked at into that of the image.
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
