//! Replaces a container with a cured one: carries out the steps of its prescription, and rolls back if they
//! fail or the new container does not boot.

use super::roll_back::roll_back;
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::{Prescription, Retired, prescribe_after};

/// The result of a replacement.
#[derive(Debug)]
pub enum Replacement {
    /// The new container runs and is cured; the old one is kept.
    Cured,
    /// It failed, and the old container was restored.
    RolledBack,
    /// It failed; these commands restore the old container.
    Stuck(Vec<Vec<String>>),
}

/// Why a cure did not succeed.
struct Failure {
    problem: String,
    /// Whether the engine did not accept the new container.
    is_refusal: bool,
}

impl From<TreatError> for Failure {
    fn from(error: TreatError) -> Self {
        Self { is_refusal: matches!(error, TreatError::Refused { .. }), problem: error.problem() }
    }
}

impl From<String> for Failure {
    fn from(problem: String) -> Self {
        Self { problem, is_refusal: false }
    }
}

/// Replaces an examined container with the cured one. If the engine refuses a set of flags, the old container
/// is restored and replaced again with the next best set, as a trial does.
///
/// # Errors
/// Returns [`TreatError::Folder`] if nothing could be started; later failures are rolled back.
pub async fn replace(
    session: &Session<'_>,
    examination: &Examination,
    prescription: &Prescription,
    retired: &Retired,
) -> Result<Replacement, TreatError> {
    let mut better;
    let mut prescription = prescription;
    let mut sets_refused = 0;
    loop {
        let workspace = Workspace::new()?;
        let carried_out = carry_out(session, examination, prescription, &retired.name, &workspace).await;
        let Err(failure) = carried_out else { return Ok(Replacement::Cured) };
        session.reporter.tell(&format!("the cure failed: {}", failure.problem));
        if let Err(commands) = roll_back(session, &workspace, retired).await {
            return Ok(Replacement::Stuck(commands));
        }
        sets_refused += 1;
        let next = failure.is_refusal.then(|| next_best(session, examination, sets_refused)).flatten();
        let Some((next, set)) = next else { return Ok(Replacement::RolledBack) };
        session.reporter.tell(&format!("trying the next best cure: {set}"));
        better = next;
        prescription = &better;
    }
}

/// Returns the cure with the next set of flags, and the set in words; `None` if there is no other set.
fn next_best(
    session: &Session<'_>,
    examination: &Examination,
    sets_refused: usize,
) -> Option<(Prescription, String)> {
    let (report, snapshot) = (&examination.report, &examination.snapshot);
    let next = prescribe_after(report, snapshot, &session.reach, sets_refused)?;
    let set = next.set.clone().filter(|_| next.curable)?;
    Some((next, set))
}

/// Carries out all steps and examines the new container.
async fn carry_out(
    session: &Session<'_>,
    examination: &Examination,
    prescription: &Prescription,
    name: &str,
    workspace: &Workspace,
) -> Result<(), Failure> {
    let steps: Vec<_> =
        prescription.steps.iter().filter(|step| !step.argv.is_empty() || !step.files.is_empty()).collect();
    for (number, step) in steps.iter().enumerate() {
        session.reporter.remark(&format!("{}/{}: {}", number + 1, steps.len(), step.title));
        let _working = session.working(&step.title);
        session.carry_out(workspace, step).await?;
    }
    let after = session.wait_for_boot(name).await?;
    let before = examination.root_causes();
    let left: Vec<String> = after.root_causes().into_iter().filter(|id| before.contains(id)).collect();
    if !left.is_empty() {
        return Err(format!("the new container still has {}", left.join(", ")).into());
    }
    if !after.has_booted() {
        return Err(format!("the new container does not boot ({})", after.report.state).into());
    }
    Ok(())
}
