//! The least cure: each part of it is left out in a trial of its own, and stays out where it is not needed.

use super::trial::{self, Demands};
use super::trial_outcome::{Minimal, TrialOutcome};
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::{Element, Trial, trial as planned_trial};

/// Leaves out each part of the cure in turn; what is not needed stays out, so that the rest is needed
/// together.
///
/// # Errors
/// [`TreatError::Interrupted`]; a trial that fails only shows that a part is needed.
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
    // Each has the name of the first, which is gone: parts such as a control group's path hold it.
    for element in elements {
        let words = element.to_string();
        wanted.without.push(element);
        wanted.until = trial::end_of_life();
        let Some(planned) = planned_trial(report, snapshot, &session.reach, wanted) else { break };
        let working = session.working(&format!("testing without {words}"));
        let outcome = trial::attempt(session, workspace, wanted, &planned.steps, &demands).await;
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
