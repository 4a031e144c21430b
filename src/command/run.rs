//! `run`: a container of an image, started with what systemd needs on this engine.

use super::case::{Case, Office};
use super::trial::{self, COMMAND};
use super::{CommandError, connect, progress};
use crate::cli::RunArgs;
use crate::diagnose::Verdict;
use crate::docker::encoded;
use crate::exit::Exit;
use crate::options::Options;
use crate::prescribe::{Start, name_after, start};
use crate::render::{Answer, human, output, treatment};
use crate::rule;
use crate::scan::Matcher;
use crate::treat::Workshop;

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the image cannot be looked at, or the engine's CLI refuses to start it.
pub fn run(args: &RunArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    let wanted = wanted(args)?;
    connect::block_on(async {
        let office = Office::open(options, &rules, &matcher).await?;
        let case = office.probe(&wanted.image).await?;
        launch(&office, &case, &wanted, args.print).await
    })
}

/// What the arguments ask for.
fn wanted(args: &RunArgs) -> Result<Start, CommandError> {
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
    })
}

/// Reads `--memory 1g --hostname=web` into flags; a word that is no flag is the value of the one before it.
fn more_flags(text: &str) -> Result<Vec<(String, Option<String>)>, CommandError> {
    let wrong = || CommandError::Flags(text.to_owned());
    let mut flags: Vec<(String, Option<String>)> = Vec::new();
    for word in shlex::split(text).ok_or_else(wrong)? {
        match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                flags.push((name.to_owned(), Some(value.to_owned())))
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

async fn launch(office: &Office<'_>, case: &Case, wanted: &Start, print: bool) -> Result<Exit, CommandError> {
    let context = &office.options.context;
    let Some(started) = start(&case.report, &case.snapshot, &office.reach, wanted) else {
        let answer = Answer { report: &case.report, prescription: case.prescription.as_ref(), trial: None };
        output::print(human::answers(&[answer], context).as_bytes())?;
        output::tell(&format!("{} was not started: no command makes it boot on this engine", wanted.image));
        return Ok(Exit::Findings);
    };
    let commands: Vec<Vec<String>> =
        started.steps.iter().filter(|step| !step.argv.is_empty()).map(|step| step.argv.clone()).collect();
    if print {
        output::print(treatment::lines(&commands).as_bytes())?;
        return Ok(Exit::Success);
    }
    if office.options.remarks {
        let given = if started.given.is_empty() {
            String::new()
        } else {
            format!(", with {}", started.given.join("; "))
        };
        output::tell(&format!("starting {} from {}{given}", wanted.name, wanted.image));
    }
    let workshop = Workshop::new(COMMAND)?;
    let work = trial::began(office, &workshop, &wanted.name, &started.steps);
    let after = progress::shown(&format!("starting {}", wanted.name), office.options.progress, work).await;
    if matches!(after, Err(CommandError::Interrupted)) {
        left(office, &wanted.name).await;
    }
    let after = after?;
    let answer = Answer { report: &after.report, prescription: None, trial: None };
    output::print(human::answers(&[answer], context).as_bytes())?;
    output::print(treatment::commands("started with:", &commands, context).as_bytes())?;
    Ok(if matches!(after.report.verdict, Verdict::Healthy | Verdict::Degraded) {
        Exit::Success
    } else {
        Exit::Findings
    })
}

/// Says what is there when it is interrupted: the container that was asked for is the user's, not ours to
/// remove.
async fn left(office: &Office<'_>, name: &str) {
    if office.engine.get(&format!("/containers/{}/json", encoded(name))).await.is_ok() {
        let command = office.reach.argv(["rm", "-f", name]).join(" ");
        output::tell(&format!(
            "{name} was being started and is left as it is\n  next: `{command}` removes it"
        ));
    }
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
        assert!(
            more_flags("word --x").is_err()
                && more_flags("--a 'open").is_err()
                && more_flags("--a b c").is_err()
        );
    }
}
