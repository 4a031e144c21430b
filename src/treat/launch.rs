//! Starts a container of an image for the first time, with what systemd needs on this engine.

use super::{Examination, Session, TreatError, Workspace, trial};
use crate::prescribe::Step;

/// Starts a container with these steps and examines it.
///
/// # Errors
/// Returns a [`TreatError`] if a step fails or the container cannot be examined; after an interruption, the
/// container stays and is named.
pub async fn launch(session: &Session<'_>, name: &str, steps: &[Step]) -> Result<Examination, TreatError> {
    let workspace = Workspace::new()?;
    let working = session.working(&format!("starting {name}"));
    let started = trial::start(session, &workspace, name, steps).await;
    drop(working);
    if started.as_ref().is_err_and(TreatError::is_interruption) {
        tell_what_is_left(session, name).await;
    }
    started
}

/// Reports what exists after an interruption: the container belongs to the user, so it is not removed.
async fn tell_what_is_left(session: &Session<'_>, name: &str) {
    if session.engine.has_container(name).await {
        let command = session.reach.argv(["rm", "-f", name]).join(" ");
        session
            .reporter
            .tell(&format!("{name} was being started and is left as it is\n  next: `{command}` removes it"));
    }
}
