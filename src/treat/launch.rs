//! The first start of a container of an image, with what systemd needs on this engine.

use super::{Examination, Session, TreatError, Workspace, trial};
use crate::prescribe::Step;

/// Starts a container by these steps and examines it.
///
/// # Errors
/// [`TreatError`] when a step fails or the container cannot be examined; when the end was asked for, what is
/// there is left and named.
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

/// Says what is there when it is interrupted: the container that was asked for is the user's, not ours to
/// remove.
async fn tell_what_is_left(session: &Session<'_>, name: &str) {
    if session.engine.has_container(name).await {
        let command = session.reach.argv(["rm", "-f", name]).join(" ");
        session
            .reporter
            .tell(&format!("{name} was being started and is left as it is\n  next: `{command}` removes it"));
    }
}
