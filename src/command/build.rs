//! `build`: builds an image that boots systemd from any base, over the engine's API, and test-boots it.

use std::path::Path;

use super::{CommandError, session};
use crate::cli::{BuildArgs, BuilderChoice, Format};
use crate::docker::{BuildEvent, Builder};
use crate::exit_code::Exit;
use crate::options::Options;
use crate::prescribe::{ImagePlan, ImageWish, image};
use crate::render::progress::BuildProgress;
use crate::render::{built_image as image_page, output, treatment};
use crate::rule::RuleSet;
use crate::safe_path;
use crate::treat::{BuildWish, Session, TrialOutcome, base_image, boot_once, build};

/// Maximum width of a step that is printed as a remark.
const STEP: usize = 80;

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the base cannot be examined, no image can be planned, or a step of the build
/// fails.
pub fn run(args: &BuildArgs, options: &Options) -> Result<Exit, CommandError> {
    session::within(options, async |session| {
        let base = base_image(session, &args.subject).await?;
        let examination = session.examine_image(&base).await?;
        let wish = wish(args, base);
        let plan = image(&examination.snapshot.facts, &wish.image)?;
        if args.print || args.output.is_some() {
            return hand_over(&plan, args, session.rules);
        }
        let tag = made(session, &plan, &wish, options).await?;
        let outcome = if args.no_proof { None } else { Some(boot_once(session, &tag, &plan).await?) };
        let text = text(args.format, &tag, &plan, outcome.as_ref(), session.rules, options)?;
        output::print(text.as_bytes())?;
        Ok(if outcome.is_none_or(|outcome| outcome.works) { Exit::Success } else { Exit::Findings })
    })
}

/// Returns what the arguments ask for.
fn wish(args: &BuildArgs, base: String) -> BuildWish {
    BuildWish {
        image: ImageWish { base, extent: args.target, enable: args.enable.clone() },
        tag: args.tag.clone(),
        network: args.network.clone(),
        builder: match args.builder {
            BuilderChoice::Auto => None,
            BuilderChoice::Classic => Some(Builder::Classic),
            BuilderChoice::Buildkit => Some(Builder::BuildKit),
        },
    }
}

/// Prints the plan, or writes it to a folder.
fn hand_over(plan: &ImagePlan, args: &BuildArgs, rules: &RuleSet) -> Result<Exit, CommandError> {
    plan.remarks.iter().for_each(|remark| output::tell(remark));
    let Some(folder) = &args.output else {
        let text = match args.format {
            Format::Json => image_page::document(None, plan, None, rules)?,
            Format::Human => image_page::files(plan),
        };
        output::print(text.as_bytes())?;
        return Ok(Exit::Success);
    };
    for (path, text) in &plan.files {
        let failed = |source| CommandError::Plan { path: path.clone(), source };
        write(&safe_path::within(folder, path).map_err(failed)?, text)?;
    }
    output::tell(&format!("wrote {} files to {}; build that folder", plan.files.len(), folder.display()));
    Ok(Exit::Success)
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let failed = |source| CommandError::Plan { path: path.display().to_string(), source };
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    std::fs::write(path, text).map_err(failed)
}

/// Builds it and shows steps and output as they arrive; returns its name.
async fn made(
    session: &Session<'_>,
    plan: &ImagePlan,
    wish: &BuildWish,
    options: &Options,
) -> Result<String, CommandError> {
    let progress = BuildProgress::new(options.progress);
    let hear = |event: &BuildEvent| match event {
        BuildEvent::Step(step) if progress.is_shown() => progress.step(step),
        BuildEvent::Step(step) => session.reporter.remark(&short(step)),
        BuildEvent::Output(text) => progress.output(text),
    };
    Ok(build(session, plan, wish, hear).await?)
}

/// Shortens a step to one line.
fn short(step: &str) -> String {
    let mut line: String = step.lines().next().unwrap_or_default().chars().take(STEP).collect();
    if line.len() < step.len() {
        line.push_str("...");
    }
    line
}

fn text(
    format: Format,
    tag: &str,
    plan: &ImagePlan,
    outcome: Option<&TrialOutcome>,
    rules: &RuleSet,
    Options { context, .. }: &Options,
) -> Result<String, CommandError> {
    let trial = outcome.map(|outcome| treatment::trial(outcome, context)).unwrap_or_default();
    Ok(match format {
        Format::Json => image_page::document(Some(tag), plan, outcome, rules)?,
        Format::Human => image_page::human(tag, plan, outcome.map(|outcome| outcome.works), context) + &trial,
    })
}
