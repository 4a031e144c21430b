//! Listening to a container that says nothing: it is run once more, unchanged, with a terminal.

use super::{Examination, Session, TreatError, Workspace, removal, trial};
use crate::prescribe::unchanged;

/// What came of it.
pub enum Listened {
    /// What it said, judged.
    Heard(Examination),
    /// It cannot be started anew as it is; the examination of the container itself.
    CannotStart(Examination),
    /// What stood in the way.
    Failed(String),
}

/// Runs the unchanged container once more with a terminal, and judges what it says there.
///
/// # Errors
/// [`TreatError`] when the container cannot be examined or nothing can be begun.
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
        // The cure is that of the container itself; the one that was listened to is gone.
        Ok(mut heard) => {
            heard.report.target = silent.report.target;
            heard.prescription = silent.prescription;
            Listened::Heard(heard)
        }
        Err(problem) => Listened::Failed(problem.problem()),
    })
}
