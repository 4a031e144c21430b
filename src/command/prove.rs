//! `prove`: the cure of a container, or an image, tried in a throw-away container.

use super::case::{Case, Office, Subject, root_causes};
use super::trial::{self, BOOT, COMMAND, Demands};
use super::{CommandError, connect, made, progress};
use crate::cli::{Format, ProveArgs};
use crate::exit::Exit;
use crate::options::Options;
use crate::prescribe::{Element, Trial, TrialSteps, trial as planned_trial, unchanged};
use crate::render::{Answer, human, json, output, treatment};
use crate::rule::{self, Severity};
use crate::scan::Matcher;
use crate::treat::{Minimal, TrialOutcome, Workshop};

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the container or image cannot be looked at or the engine's CLI is missing.
pub fn run(args: &ProveArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    connect::block_on(async {
        let office = Office::open(options, &rules, &matcher).await?;
        let workshop = Workshop::new(COMMAND)?;
        made::sweep(&office, args.sweep).await;
        let Some(name) = &args.subject else { return Ok(Exit::Success) };
        match office.subject(name).await? {
            Subject::Container(name) if args.listen => listen(&office, &workshop, &name, args.format).await,
            Subject::Container(name) => {
                let case = office.examine(&name, BOOT).await?;
                prove(&office, &workshop, &name, &case, args).await
            }
            Subject::Image(image) if args.listen => Err(CommandError::ListenImage { image }),
            Subject::Image(image) => {
                let case = office.probe(&image).await?;
                prove(&office, &workshop, &image, &case, args).await
            }
        }
    })
}

async fn prove(
    office: &Office<'_>,
    workshop: &Workshop,
    name: &str,
    case: &Case,
    args: &ProveArgs,
) -> Result<Exit, CommandError> {
    let mut wanted = trial::named(office, case).await;
    let Some(planned) = plan(office, case, &wanted) else {
        show(office, case, None, args.format)?;
        let healthy = case.prescription.is_none();
        let why = if healthy {
            "no root cause was found, so there is no cure to test"
        } else {
            "no command can cure it"
        };
        output::tell(&format!("no trial for {name}: {why}"));
        return Ok(if healthy { Exit::Success } else { Exit::Findings });
    };
    trial::announce(office, if case.is_image { "testing the image" } else { "testing the cure" }, &wanted);
    let demands = Demands { gone: root_causes(&case.report), units: &[] };
    let work = trial::attempt(office, workshop, &wanted, &planned.steps, &demands);
    let mut outcome = progress::shown(&format!("testing {name}"), office.options.progress, work).await;
    if args.minimal && outcome.works {
        outcome.minimal =
            Some(minimal(office, workshop, case, &mut wanted, &outcome, planned.elements).await?);
    }
    show(office, case, Some(&outcome), args.format)?;
    Ok(if outcome.works { Exit::Success } else { Exit::Findings })
}

/// The steps of a trial; none for a container in which nothing is to be cured. An image is tried in any case.
fn plan(office: &Office<'_>, case: &Case, wanted: &Trial) -> Option<TrialSteps> {
    let worth = case.is_image || case.prescription.as_ref().is_some_and(|cure| cure.curable);
    worth.then(|| planned_trial(&case.report, &case.snapshot, &office.reach, wanted)).flatten()
}

/// Leaves out each part of the cure in turn; what is not needed stays out, so that the rest is needed
/// together.
async fn minimal(
    office: &Office<'_>,
    workshop: &Workshop,
    case: &Case,
    wanted: &mut Trial,
    whole: &TrialOutcome,
    elements: Vec<Element>,
) -> Result<Minimal, CommandError> {
    let mut minimal = Minimal::default();
    let demands = Demands { gone: root_causes(&case.report), units: &[] };
    // Each has the name of the first, which is gone: parts such as a control group's path hold it.
    for element in elements {
        let words = element.to_string();
        wanted.without.push(element);
        wanted.until = trial::end_of_life();
        let Some(planned) = planned_trial(&case.report, &case.snapshot, &office.reach, wanted) else { break };
        let work = trial::attempt(office, workshop, wanted, &planned.steps, &demands);
        let outcome =
            progress::shown(&format!("testing without {words}"), office.options.progress, work).await;
        office.interrupt.go_on()?;
        if outcome.works && outcome.verdict == whole.verdict {
            minimal.not_needed.push(words);
        } else {
            minimal.needed.push(words);
            wanted.without.pop();
        }
    }
    Ok(minimal)
}

/// Runs the unchanged container once more with a terminal, and judges what it says there.
async fn listen(
    office: &Office<'_>,
    workshop: &Workshop,
    name: &str,
    format: Format,
) -> Result<Exit, CommandError> {
    let silent = office.examine(name, BOOT).await?;
    let wanted = trial::named(office, &silent).await;
    let Some(steps) = unchanged(&silent.report, &silent.snapshot, &office.reach, &wanted) else {
        show(office, &silent, None, format)?;
        output::tell(&format!(
            "cannot capture the output of {name}: it cannot be recreated as it is; the steps above show why"
        ));
        return Ok(Exit::Findings);
    };
    trial::announce(office, &format!("capturing the output of {name}, unchanged,"), &wanted);
    let mark = trial::expected(office, &wanted, &steps);
    let work = Box::pin(trial::began(office, workshop, &wanted.name, &steps));
    let heard = progress::shown(
        &format!(
            "capturing the output of \
        {name}"
        ),
        office.options.progress,
        work,
    )
    .await;
    made::clean(office, &mark, &steps).await;
    let mut case = match heard {
        Ok(case) => case,
        Err(problem) => {
            output::tell(&format!("cannot capture the output of {name}: {}", problem.problem()));
            return Ok(Exit::Findings);
        }
    };
    case.report.target = silent.report.target;
    // The cure is that of the container itself; the one that was listened to is gone.
    case.prescription = silent.prescription;
    show(office, &case, None, format)?;
    if format == Format::Human {
        output::print(treatment::heard(&case.snapshot.log, &office.options.context).as_bytes())?;
    }
    Ok(Exit::of(&case.report, Severity::Error))
}

fn show(
    office: &Office<'_>,
    case: &Case,
    outcome: Option<&TrialOutcome>,
    format: Format,
) -> Result<(), CommandError> {
    let answer = Answer { report: &case.report, prescription: case.prescription.as_ref(), trial: outcome };
    let text = match format {
        Format::Json => json::answers(&[answer], office.rules)?,
        Format::Human => {
            let tried = outcome
                .map(|outcome| format!("\n{}", treatment::trial(outcome, &office.options.context)))
                .unwrap_or_default();
            human::answers(&[answer], &office.options.context) + &tried
        }
    };
    Ok(output::print(text.as_bytes())?)
}
