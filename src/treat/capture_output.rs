//! Captures the output of a container that logs nothing: it is run once more, unchanged, with a terminal.

use super::{Examination, Session, TreatError, Workspace, removal, trial};
use crate::prescribe::unchanged;

/// The result of the run.
pub enum Listened {
    /// The diagnosis of its output.
    Heard(Examination),
    /// The container cannot be recreated as it is; holds the examination of the original.
    CannotStart(Examination),
    /// The trial failed, with the reason.
    Failed(String),
}

/// Runs the unchanged container once more with a terminal, and diagnoses its output.
///
/// # Errors
/// Returns a [`TreatError`] if the container cannot be examined or the trial cannot be started.
pub async fn listen(session: &Session<'_>, name: &str) -> Result<Listened, TreatError> {
    let workspace = Workspace::new()?;
    let silent = session.wait_for_boot(name).await?;
    let wanted = trial::named(session, &silent).await;
    let Some(steps) = unchanged(&silent.report, &silent.snapshot, &session.reach, &wanted) else {
        return Ok(Listened::CannotStart(silent));
    };
    trial::announce(session, &format!("capturing the output of {name}, unchanged,"), &wanted);
    let mark = trial::expected(session, &wanted, &steps);
    let working = session.working(&format!("capturing the output of {name}"));
    let heard = Box::pin(trial::start(session, &workspace, &wanted.name, &steps)).await;
    drop(working);
    removal::clean(session, &mark, &steps).await;
    Ok(match heard {
        // The cure is that of the original container; the trial container is gone.
        Ok(mut heard) => {
            heard.report.target = silent.report.target;
            heard.prescription = silent.prescription;
            Listened::Heard(heard)
        }
        Err(problem) => Listened::Failed(problem.problem()),
    })
}
