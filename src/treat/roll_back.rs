//! The rollback of `fix`: restores the old container's name and state.

use std::time::Duration;

use super::{Session, Workspace};
use crate::prescribe::Retired;

/// Number of attempts to restore the old container, and the wait between them.
const ATTEMPTS: u32 = 3;
const AGAIN: Duration = Duration::from_secs(1);

/// Restores the old container's name and state. A command that was cut off may still change things within the
/// engine; then everything is tried again.
///
/// # Errors
/// Returns the commands that restore it by hand, if every attempt failed.
pub(super) async fn roll_back(
    session: &Session<'_>,
    workspace: &Workspace,
    retired: &Retired,
) -> Result<(), Vec<Vec<String>>> {
    let mut commands = Vec::new();
    for attempt in 1..=ATTEMPTS {
        commands = restore_commands(session, retired).await;
        let mut failed = None;
        for command in &commands {
            failed = workspace.run(command).await.err().or(failed);
        }
        if failed.is_none() && session.engine.has_container(&retired.name).await {
            session.reporter.tell(&format!("{} was restored", retired.name));
            return Ok(());
        }
        if let Some(error) = failed.filter(|_| attempt == ATTEMPTS) {
            session.reporter.tell(&error);
        }
        tokio::time::sleep(AGAIN).await;
    }
    Err(commands)
}

/// Returns the commands that restore the old container from its current state and remove the new one.
async fn restore_commands(session: &Session<'_>, retired: &Retired) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    if session.engine.has_container(&retired.kept_as).await {
        if session.engine.has_container(&retired.name).await {
            commands.push(session.reach.argv(["rm", "-f", &retired.name]));
        }
        commands.extend(retired.put_back(&session.reach));
    } else {
        commands.extend(retired.resume(&session.reach));
    }
    commands
}
