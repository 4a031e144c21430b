//! `run`: starts a container of an image with what systemd needs on this engine.

use super::usage_error::UsageError;
use super::{CommandError, session};
use crate::cli::RunArgs;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::prescribe::{Start, Started, name_after, start};
use crate::render::{Answer, human, output, treatment};
use crate::treat::{Examination, Session, launch};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the image cannot be examined, or the engine's client cannot start the
/// container.
pub fn run(args: &RunArgs, options: &Options) -> Result<Exit, CommandError> {
    let wanted = wanted(args)?;
    session::within(options, async |session| {
        let examination = session.examine_image(&wanted.image).await?;
        start_container(session, &examination, &wanted, args.print, options).await
    })
}

/// Returns what the arguments ask for.
fn wanted(args: &RunArgs) -> Result<Start, UsageError> {
    let mut flags = Vec::new();
    for (name, values) in [("--publish", &args.publish), ("--env", &args.env)] {
        flags.extend(values.iter().map(|value| (name.to_owned(), Some(value.clone()))));
    }
    flags.extend(args.network.iter().map(|network| ("--network".to_owned(), Some(network.clone()))));
    for text in &args.with {
        flags.extend(more_flags(text)?);
    }
    Ok(Start {
        name: args.name.clone().unwrap_or_else(|| name_after(&args.image)),
        image: args.image.clone(),
        command: args.command.clone(),
        volumes: args.volume.clone(),
        flags,
        sets_refused: 0,
    })
}

/// Parses `--memory 1g --hostname=web` into flags; a word that is not a flag is the value of the previous
/// one.
fn more_flags(text: &str) -> Result<Vec<(String, Option<String>)>, UsageError> {
    let wrong = || UsageError::Flags(text.to_owned());
    let mut flags: Vec<(String, Option<String>)> = Vec::new();
    for word in shlex::split(text).ok_or_else(wrong)? {
        match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                flags.push((name.to_owned(), Some(value.to_owned())));
            }
            _ if word.starts_with('-') && word.len() > 1 => flags.push((word, None)),
            _ => match flags.last_mut() {
                Some((_, value @ None)) => *value = Some(word),
                _ => return Err(wrong()),
            },
        }
    }
    Ok(flags)
}

async fn start_container(
    session: &Session<'_>,
    examination: &Examination,
    wanted: &Start,
    print: bool,
    Options { context, .. }: &Options,
) -> Result<Exit, CommandError> {
    let prescription = examination.prescription.as_ref();
    let Some(started) = start(&examination.report, &examination.snapshot, &session.reach, wanted) else {
        let answer = Answer { report: &examination.report, prescription, trial: None };
        output::print(human::answers(&[answer], context).as_bytes())?;
        output::tell(&format!("{} was not started: no command makes it boot on this engine", wanted.image));
        return Ok(Exit::Findings);
    };
    if print {
        output::print(treatment::lines(&commands(&started)).as_bytes())?;
        return Ok(Exit::Success);
    }
    let given = started.given.join("; ");
    let with = if given.is_empty() { String::new() } else { format!(", with {given}") };
    session.reporter.remark(&format!("starting {} from {}{with}", wanted.name, wanted.image));
    let (after, started) = launch(session, examination, wanted, started).await?;
    let answer = Answer { report: &after.report, prescription: None, trial: None };
    output::print(human::answers(&[answer], context).as_bytes())?;
    output::print(treatment::commands("started with:", &commands(&started), context).as_bytes())?;
    Ok(if after.has_booted() { Exit::Success } else { Exit::Findings })
}

/// Returns the command lines that start a container.
fn commands(started: &Started) -> Vec<Vec<String>> {
    started.steps.iter().filter(|step| !step.argv.is_empty()).map(|step| step.argv.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_flags_are_read_as_a_shell_would() {
        let flags = more_flags("--memory 1g --hostname='my web' -t --init").unwrap();
        let text: Vec<String> =
            flags.iter().map(|(name, value)| format!("{name}|{}", value.as_deref().unwrap_or("-"))).collect();
        assert_eq!(text, ["--memory|1g", "--hostname|my web", "-t|-", "--init|-"]);
        for wrong in ["word --x", "--a 'open", "--a b c"] {
            assert!(more_flags(wrong).is_err(), "{wrong}");
        }
    }
}
