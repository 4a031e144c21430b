//! Finds the least cure: each part is left out in its own trial, and stays out if it is not needed.

use super::trial::{self, Demands};
use super::trial_outcome::{Minimal, TrialOutcome};
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::{Element, Trial, trial as planned_trial};

/// Leaves out each part of the cure in turn; a part that is not needed stays out of the later trials.
///
/// # Errors
/// Returns [`TreatError::Interrupted`]; a trial that fails only shows that a part is needed.
pub async fn minimise(
    session: &Session<'_>,
    workspace: &Workspace,
    examination: &Examination,
    wanted: &mut Trial,
    whole: &TrialOutcome,
    elements: Vec<Element>,
) -> Result<Minimal, TreatError> {
    let mut minimal = Minimal::default();
    let demands = Demands { gone: examination.root_causes(), units: &[] };
    let (report, snapshot) = (&examination.report, &examination.snapshot);
    // All use the name of the first trial, which is gone: parts such as a control group's path contain it.
    for element in elements {
        let words = element.to_string();
        wanted.without.push(element);
        wanted.until = trial::end_of_life();
        let Some(planned) = planned_trial(report, snapshot, &session.reach, wanted) else { break };
        let working = session.working(&format!("testing without {words}"));
        let outcome = trial::attempt(session, workspace, wanted, &planned, &demands).await;
        drop(working);
        session.interrupt.go_on()?;
        if outcome.works && outcome.verdict == whole.verdict {
            minimal.not_needed.push(words);
        } else {
            minimal.needed.push(words);
            wanted.without.pop();
        }
    }
    Ok(minimal)
}
