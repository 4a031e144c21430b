//! The roll-back of `fix`: the old container gets its name and state back.

use std::time::Duration;

use super::{Session, Workspace};
use crate::prescribe::Retired;

/// Attempts at putting the old container back, and the wait between them.
const ATTEMPTS: u32 = 3;
const AGAIN: Duration = Duration::from_secs(1);

/// Gives the old container its name and state back. What a command that was cut off still does within the
/// engine may come in between: then all of it is done once more.
///
/// # Errors
/// The commands that put it back by hand, where none of the attempts did.
pub(super) async fn roll_back(
    session: &Session<'_>,
    workspace: &Workspace,
    retired: &Retired,
) -> Result<(), Vec<Vec<String>>> {
    let mut commands = Vec::new();
    for attempt in 1..=ATTEMPTS {
        commands = way_back(session, retired).await;
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

/// Returns what brings the old container back from where it is now, with the new one out of its way.
async fn way_back(session: &Session<'_>, retired: &Retired) -> Vec<Vec<String>> {
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
