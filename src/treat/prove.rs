//! The proof of a cure, or of an image: it is tried once in a trial.

use super::minimise::minimise;
use super::trial::{self, Demands};
use super::trial_outcome::TrialOutcome;
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::trial as planned_trial;

/// Tries the cure that was found, or the image; `None` where there is nothing to be tried. With `minimal`,
/// each part of a cure that works is then left out in turn.
///
/// # Errors
/// [`TreatError`] when nothing could be begun, or the end was asked for between two trials.
pub async fn prove(
    session: &Session<'_>,
    name: &str,
    examination: &Examination,
    minimal: bool,
) -> Result<Option<TrialOutcome>, TreatError> {
    let workspace = Workspace::new()?;
    let mut wanted = trial::named(session, examination).await;
    // An image is tried in any case, a container only where something is to be cured.
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
