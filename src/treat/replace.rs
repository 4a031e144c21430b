//! Replaces a container with a cured one: carries out the steps of its prescription, and rolls back if they
//! fail or the new container does not boot.

use super::roll_back::roll_back;
use super::{Examination, Session, TreatError, Workspace};
use crate::prescribe::{Prescription, Retired};

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

/// Replaces an examined container with the cured one.
///
/// # Errors
/// Returns [`TreatError::Folder`] if nothing could be started; later failures are rolled back.
pub async fn replace(
    session: &Session<'_>,
    examination: &Examination,
    prescription: &Prescription,
    retired: &Retired,
) -> Result<Replacement, TreatError> {
    let workspace = Workspace::new()?;
    let carried_out = carry_out(session, examination, prescription, &retired.name, &workspace).await;
    let Err(problem) = carried_out else { return Ok(Replacement::Cured) };
    session.reporter.tell(&format!("the cure failed: {problem}"));
    Ok(match roll_back(session, &workspace, retired).await {
        Ok(()) => Replacement::RolledBack,
        Err(commands) => Replacement::Stuck(commands),
    })
}

/// Carries out all steps and examines the new container; returns what went wrong.
async fn carry_out(
    session: &Session<'_>,
    examination: &Examination,
    prescription: &Prescription,
    name: &str,
    workspace: &Workspace,
) -> Result<(), String> {
    let steps: Vec<_> =
        prescription.steps.iter().filter(|step| !step.argv.is_empty() || !step.files.is_empty()).collect();
    for (number, step) in steps.iter().enumerate() {
        session.reporter.remark(&format!("{}/{}: {}", number + 1, steps.len(), step.title));
        let _working = session.working(&step.title);
        session.carry_out(workspace, step).await.map_err(|error| error.problem())?;
    }
    let after = session.wait_for_boot(name).await.map_err(|error| error.problem())?;
    let before = examination.root_causes();
    let left: Vec<String> = after.root_causes().into_iter().filter(|id| before.contains(id)).collect();
    if !left.is_empty() {
        return Err(format!("the new container still has {}", left.join(", ")));
    }
    if !after.has_booted() {
        return Err(format!("the new container does not boot ({})", after.report.state));
    }
    Ok(())
}
