//! Proves a cure, or an image, in a trial.

use super::minimise::minimise;
use super::trial::{self, Demands};
use super::trial_outcome::TrialOutcome;
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::trial as planned_trial;

/// Tries the cure that was found, or the image; returns `None` if there is nothing to try. With `minimal`,
/// each part of a working cure is then left out in turn.
///
/// # Errors
/// Returns a [`TreatError`] if the trial cannot be started, or at an interruption between two trials.
pub async fn prove(
    session: &Session<'_>,
    name: &str,
    examination: &Examination,
    minimal: bool,
) -> Result<Option<TrialOutcome>, TreatError> {
    let workspace = Workspace::new()?;
    let mut wanted = trial::named(session, examination).await;
    // An image is always tried, a container only if there is something to cure.
    let is_worth_it =
        examination.is_image || examination.prescription.as_ref().is_some_and(|cure| cure.curable);
    let (report, snapshot) = (&examination.report, &examination.snapshot);
    let planned = is_worth_it.then(|| planned_trial(report, snapshot, &session.reach, &wanted)).flatten();
    let Some(planned) = planned else { return Ok(None) };
    let what = if examination.is_image { "testing the image" } else { "testing the cure" };
    trial::announce(session, what, &wanted);
    let demands = Demands { gone: examination.root_causes(), units: &[] };
    let working = session.working(&format!("testing {name}"));
    let mut outcome = trial::attempt(session, &workspace, &wanted, &planned.steps, &demands).await;
    drop(working);
    if minimal && outcome.works {
        let elements = planned.elements;
        let found = minimise(session, &workspace, examination, &mut wanted, &outcome, elements).await?;
        outcome.minimal = Some(found);
    }
    Ok(Some(outcome))
}
