//! `prove`: tries the cure of a container, or an image, in a throw-away container.

use super::usage_error::UsageError;
use super::{CommandError, session};
use crate::cli::{Format, ProveArgs};
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::{Answer, human, json, output, treatment};
use crate::rule::{RuleSet, Severity};
use crate::treat::{self, Examination, Listened, Named, Session, TrialOutcome, sweep};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the container or image cannot be examined or the engine's client is missing.
pub fn run(args: &ProveArgs, options: &Options) -> Result<Exit, CommandError> {
    session::within(options, async |session| {
        sweep(session, args.sweep).await;
        let Some(word) = &args.subject else { return Ok(Exit::Success) };
        match session.named(word).await? {
            Named::Container(name) if args.listen => listen(session, &name, args.format, options).await,
            Named::Container(name) => {
                let mut examination = session.wait_for_boot(&name).await?;
                prove(session, &name, &mut examination, args, options).await
            }
            Named::Image(image) if args.listen => Err(UsageError::ListenImage { image }.into()),
            Named::Image(image) => {
                let mut examination = session.examine_image(&image).await?;
                prove(session, &image, &mut examination, args, options).await
            }
        }
    })
}

async fn prove(
    session: &Session<'_>,
    name: &str,
    examination: &mut Examination,
    args: &ProveArgs,
    options: &Options,
) -> Result<Exit, CommandError> {
    let outcome = treat::prove(session, name, examination, args.minimal).await?;
    show(examination, outcome.as_ref(), args.format, session.rules, options)?;
    if let Some(outcome) = outcome {
        return Ok(if outcome.works { Exit::Success } else { Exit::Findings });
    }
    let is_healthy = examination.prescription.is_none();
    let why = if is_healthy {
        "no root cause was found, so there is no cure to test"
    } else {
        "no command can cure it"
    };
    output::tell(&format!("no trial for {name}: {why}"));
    Ok(if is_healthy { Exit::Success } else { Exit::Findings })
}

async fn listen(
    session: &Session<'_>,
    name: &str,
    format: Format,
    options: &Options,
) -> Result<Exit, CommandError> {
    match treat::listen(session, name).await? {
        Listened::Heard(heard) => {
            show(&heard, None, format, session.rules, options)?;
            if format == Format::Human {
                let said = treatment::heard(&heard.snapshot.log, &options.context);
                output::print(said.as_bytes())?;
            }
            Ok(Exit::of(&heard.report, Severity::Error))
        }
        Listened::CannotStart(silent) => {
            show(&silent, None, format, session.rules, options)?;
            output::tell(&format!(
                "cannot capture the output of {name}: it cannot be recreated as it is; the steps above show \
                    why"
            ));
            Ok(Exit::Findings)
        }
        Listened::Failed(problem) => {
            output::tell(&format!("cannot capture the output of {name}: {problem}"));
            Ok(Exit::Findings)
        }
    }
}

fn show(
    examination: &Examination,
    trial: Option<&TrialOutcome>,
    format: Format,
    rules: &RuleSet,
    Options { context, .. }: &Options,
) -> Result<(), CommandError> {
    let prescription = examination.prescription.as_ref();
    let answer = Answer { report: &examination.report, prescription, trial };
    let text = match format {
        Format::Json => json::answers(&[answer], rules)?,
        Format::Human => {
            let tried = trial.map(|outcome| format!("\n{}", treatment::trial(outcome, context)));
            human::answers(&[answer], context) + &tried.unwrap_or_default()
        }
    };
    Ok(output::print(text.as_bytes())?)
}
