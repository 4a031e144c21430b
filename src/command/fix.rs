//! `fix`: carries out the cure, keeps the old container, and restores it if the cure fails.

use std::io::{BufRead, IsTerminal};

use super::usage_error::UsageError;
use super::{CommandError, session};
use crate::cli::FixArgs;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::prescribe::{Prescription, Retired, StepKind};
use crate::render::{Answer, human, output, treatment};
use crate::treat::{Examination, Replacement, Session, replace};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the container cannot be examined, or the user cannot be asked for
/// confirmation.
pub fn run(args: &FixArgs, options: &Options) -> Result<Exit, CommandError> {
    session::within(options, async |session| fix(session, args, options).await)
}

async fn fix(session: &Session<'_>, args: &FixArgs, options: &Options) -> Result<Exit, CommandError> {
    let examination = session.wait_for_boot(&args.container).await?;
    let prescription = examination.prescription.as_ref();
    let answer = Answer { report: &examination.report, prescription, trial: None };
    output::print(human::answers(&[answer], &options.context).as_bytes())?;
    let Some(prescription) = prescription else {
        output::tell(&format!("nothing was changed: no root cause was found in {}", args.container));
        return Ok(Exit::Success);
    };
    let Some(retired) = prescription.retired.as_ref().filter(|_| prescription.curable) else {
        output::tell(&refused(&args.container, prescription));
        return Ok(Exit::Findings);
    };
    if args.dry_run {
        output::tell(&format!(
            "nothing was changed (--dry-run); these steps would replace {}",
            args.container
        ));
        return Ok(Exit::Success);
    }
    if !args.yes && !session.interrupt.unless(agreed(&retired.name, &retired.kept_as)).await? {
        output::tell(&"nothing was changed");
        return Ok(Exit::Findings);
    }
    carry_out(session, &examination, prescription, retired, options).await
}

fn refused(name: &str, prescription: &Prescription) -> String {
    let runs = prescription.steps.iter().any(|step| step.kind == StepKind::RunContainer);
    let why = if prescription.curable && !runs {
        "some of its settings cannot be carried over, see the steps above"
    } else if prescription.curable {
        "the engine removes it as soon as it stops (--rm), so it could not be restored; run the steps above \
            by hand"
    } else {
        "no command can cure it"
    };
    format!("nothing was changed in {name}: {why}")
}

/// Asks for confirmation on the terminal; without a terminal, `--yes` is required.
async fn agreed(name: &str, kept_as: &str) -> Result<bool, CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err(UsageError::NotAsked.into());
    }
    output::tell(&format!("replace {name} with these steps? The old container is kept as {kept_as}. [y/N]"));
    // In its own thread, since signals do not interrupt reading a line.
    let read = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await.map_err(std::io::Error::other)??;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

async fn carry_out(
    session: &Session<'_>,
    examination: &Examination,
    prescription: &Prescription,
    retired: &Retired,
    Options { context, .. }: &Options,
) -> Result<Exit, CommandError> {
    match replace(session, examination, prescription, retired).await? {
        Replacement::Cured => {
            let undo = treatment::commands("to undo:", &retired.undo(&session.reach), context);
            let (name, kept_as) = (&retired.name, &retired.kept_as);
            let text = format!("\n{name} is cured; the old container is kept as {kept_as}.\n{undo}");
            output::print(text.as_bytes())?;
            return Ok(Exit::Success);
        }
        Replacement::RolledBack => {}
        Replacement::Stuck(commands) => {
            let text = treatment::commands("to restore the old container by hand:", &commands, context);
            output::tell(&text.trim_end());
        }
    }
    Ok(Exit::Findings)
}
