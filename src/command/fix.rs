//! `fix`: the cure carried out, the old container kept, and everything put back when it fails.

use std::io::{BufRead, IsTerminal};
use std::time::Duration;

use super::case::{Case, Office, root_causes};
use super::{CommandError, connect, progress};
use crate::cli::FixArgs;
use crate::diagnose::Verdict;
use crate::exit::Exit;
use crate::options::Options;
use crate::prescribe::{Prescription, Retired, StepKind};
use crate::render::{Answer, human, output, treatment};
use crate::rule;
use crate::scan::Matcher;
use crate::treat::Workshop;

/// Longest boot of the new container.
const BOOT: Duration = Duration::from_mins(1);
/// Longest command; a derived image is built by one of them.
const COMMAND: Duration = Duration::from_mins(5);

/// Attempts at putting the old container back, and the wait between them.
const ATTEMPTS: u32 = 3;
const AGAIN: Duration = Duration::from_secs(1);

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the container cannot be looked at, or nothing may be changed without a yes.
pub fn run(args: &FixArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    connect::block_on(async {
        let office = Office::open(options, &rules, &matcher).await?;
        fix(&office, args).await
    })
}

async fn fix(office: &Office<'_>, args: &FixArgs) -> Result<Exit, CommandError> {
    let case = office.examine(&args.container, BOOT).await?;
    let answer = Answer { report: &case.report, prescription: case.prescription.as_ref(), trial: None };
    output::print(human::answers(&[answer], &office.options.context).as_bytes())?;
    let Some(prescription) = &case.prescription else {
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
    if !args.yes && !office.interrupt.unless(agreed(&retired.name, &retired.kept_as)).await? {
        output::tell(&"nothing was changed");
        return Ok(Exit::Findings);
    }
    apply(office, &case, prescription, retired).await
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

/// Asks on the terminal; without one only `--yes` will do.
async fn agreed(name: &str, kept_as: &str) -> Result<bool, CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::NotAsked);
    }
    output::tell(&format!("replace {name} with these steps? The old container is kept as {kept_as}. [y/N]"));
    // A thread of its own, since reading a line hears no signal.
    let read = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await.map_err(std::io::Error::other)??;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

async fn apply(
    office: &Office<'_>,
    case: &Case,
    prescription: &Prescription,
    retired: &Retired,
) -> Result<Exit, CommandError> {
    let workshop = Workshop::new(COMMAND)?;
    let Err(problem) = carried_out(office, case, prescription, &retired.name, &workshop).await else {
        let undo = treatment::commands("to undo:", &retired.undo(&office.reach), &office.options.context);
        output::print(
            format!("\n{} is cured; the old container is kept as {}.\n{undo}", retired.name, retired.kept_as)
                .as_bytes(),
        )?;
        return Ok(Exit::Success);
    };
    output::tell(&format!("the cure failed: {problem}"));
    put_back(office, &workshop, retired).await;
    Ok(Exit::Findings)
}

/// Every step, then the new container's health; says what went wrong.
async fn carried_out(
    office: &Office<'_>,
    case: &Case,
    prescription: &Prescription,
    name: &str,
    workshop: &Workshop,
) -> Result<(), String> {
    let steps: Vec<_> =
        prescription.steps.iter().filter(|step| !step.argv.is_empty() || !step.files.is_empty()).collect();
    for (number, step) in steps.iter().enumerate() {
        if office.options.remarks {
            output::tell(&format!("{}/{}: {}", number + 1, steps.len(), step.title));
        }
        progress::shown(&step.title, office.options.progress, office.carry_out(workshop, step))
            .await
            .map_err(|error| error.problem())?;
    }
    let after = office.examine(name, BOOT).await.map_err(|error| error.problem())?;
    let before = root_causes(&case.report);
    let left: Vec<String> = root_causes(&after.report).into_iter().filter(|id| before.contains(id)).collect();
    match after.report.verdict {
        Verdict::Healthy | Verdict::Degraded if left.is_empty() => Ok(()),
        _ if left.is_empty() => Err(format!("the new container does not boot ({})", after.report.state)),
        _ => Err(format!("the new container still has {}", left.join(", "))),
    }
}

/// Gives the old container its name and state back. What a command that was cut off still does within the
/// engine may come in between: then all of it is done once more.
async fn put_back(office: &Office<'_>, workshop: &Workshop, retired: &Retired) {
    let mut commands = Vec::new();
    for attempt in 1..=ATTEMPTS {
        commands = back(office, retired).await;
        let mut failed = None;
        for command in &commands {
            failed = workshop.run(command).await.err().or(failed);
        }
        if failed.is_none() && is_back(office, retired).await {
            output::tell(&format!("{} was restored", retired.name));
            return;
        }
        if let Some(error) = failed.filter(|_| attempt == ATTEMPTS) {
            output::tell(&error);
        }
        tokio::time::sleep(AGAIN).await;
    }
    let text =
        treatment::commands("to restore the old container by hand:", &commands, &office.options.context);
    output::tell(&text.trim_end());
}

/// What brings the old container back from where it is now, with the new one out of its way.
async fn back(office: &Office<'_>, retired: &Retired) -> Vec<Vec<String>> {
    let exists = async |name: &str| office.engine.get(&format!("/containers/{name}/json")).await.is_ok();
    let mut commands = Vec::new();
    if exists(&retired.kept_as).await {
        if exists(&retired.name).await {
            commands.push(office.reach.argv(["rm", "-f", &retired.name]));
        }
        commands.extend(retired.put_back(&office.reach));
    } else {
        commands.extend(retired.resume(&office.reach));
    }
    commands
}

/// Whether it has its name.
async fn is_back(office: &Office<'_>, retired: &Retired) -> bool {
    office.engine.get(&format!("/containers/{}/json", retired.name)).await.is_ok()
}
