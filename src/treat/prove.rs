//! Proves a cure, or an image, in a trial.

use super::minimise::minimise;
use super::trial::{self, Demands};
use super::trial_outcome::TrialOutcome;
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::trial as planned_trial;

/// Tries the cure that was found, or the image; returns `None` if there is nothing to try. If the engine
/// refuses a set of flags, the next best is tried, and the examination's cure becomes the one that was run.
/// With `minimal`, each part of a working cure is then left out in turn.
///
/// # Errors
/// Returns a [`TreatError`] if the trial cannot be started, or at an interruption between two trials.
pub async fn prove(
    session: &Session<'_>,
    name: &str,
    examination: &mut Examination,
    minimal: bool,
) -> Result<Option<TrialOutcome>, TreatError> {
    let workspace = Workspace::new()?;
    let mut wanted = trial::named(session, examination).await;
    // An image is always tried, a container only if there is something to cure.
    let is_worth_it =
        examination.is_image || examination.prescription.as_ref().is_some_and(|cure| cure.curable);
    let (report, snapshot) = (&examination.report, &examination.snapshot);
    if !is_worth_it || planned_trial(report, snapshot, &session.reach, &wanted).is_none() {
        return Ok(None);
    }
    let what = if examination.is_image { "testing the image" } else { "testing the cure" };
    trial::announce(session, what, &wanted);
    let demands = Demands { gone: examination.root_causes(), units: &[] };
    let working = session.working(&format!("testing {name}"));
    let tried = trial::attempt_sets(session, &workspace, examination, &mut wanted, &demands).await;
    drop(working);
    let Some((mut outcome, planned)) = tried else { return Ok(None) };
    if wanted.sets_refused > 0 {
        examination.prescribe_after(session, wanted.sets_refused);
    }
    if minimal && outcome.works {
        let elements = planned.elements;
        let found = minimise(session, &workspace, examination, &mut wanted, &outcome, elements).await?;
        outcome.minimal = Some(found);
    }
    Ok(Some(outcome))
}
