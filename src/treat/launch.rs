//! Starts a container of an image for the first time, with what systemd needs on this engine.

use super::{Examination, Session, TreatError, Workspace, trial};
use crate::prescribe::{Start, Started, start};

/// Starts a container of an examined image and examines it; returns that and what started it. If the engine
/// refuses a set of flags, the next best set is used.
///
/// # Errors
/// Returns a [`TreatError`] if a step fails or the container cannot be examined; after an interruption, the
/// container stays and is named.
pub async fn launch(
    session: &Session<'_>,
    image: &Examination,
    wanted: &Start,
    mut started: Started,
) -> Result<(Examination, Started), TreatError> {
    let workspace = Workspace::new()?;
    let name = &wanted.name;
    let mut wanted = wanted.clone();
    loop {
        let working = session.working(&format!("starting {name}"));
        let outcome = trial::start(session, &workspace, name, &started.steps).await;
        drop(working);
        match outcome {
            // What the engine created before it refused, or has had by this name, is not removed here.
            Err(TreatError::Refused { command, said }) if !session.engine.has_container(name).await => {
                wanted.sets_refused += 1;
                let next = start(&image.report, &image.snapshot, &session.reach, &wanted);
                let Some((next, set)) = next.and_then(|next| next.set.clone().map(|set| (next, set))) else {
                    return Err(TreatError::Refused { command, said });
                };
                session.reporter.tell(&format!("the engine refused the flags: {said}; using {set}"));
                started = next;
            }
            Err(error) => {
                if error.is_interruption() {
                    tell_what_is_left(session, name).await;
                }
                return Err(error);
            }
            Ok(after) => return Ok((after, started)),
        }
    }
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
