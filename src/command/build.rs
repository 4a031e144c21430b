//! `build`: an image that boots systemd, from any base, built over the engine's API and proven by a boot.

use std::collections::BTreeMap;
use std::path::Path;

use super::case::{Office, Subject, root_causes};
use super::trial::{self, COMMAND, Demands};
use super::{CommandError, connect, progress};
use crate::cli::{BuildArgs, BuilderChoice, Format};
use crate::docker::{BuildEvent, BuildOrder, Builder};
use crate::exit::Exit;
use crate::options::Options;
use crate::place;
use crate::prescribe::{ImagePlan, ImageWish, image, tag_after, trial as planned_trial};
use crate::render::{image as image_page, output, treatment};
use crate::rule;
use crate::scan::Matcher;
use crate::treat::{TrialOutcome, Workshop};

/// Most columns of a step that is told as a remark.
const STEP: usize = 80;

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the base cannot be looked at, no image can be made of it, or a step of the build
/// fails.
pub fn run(args: &BuildArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    connect::block_on(async {
        let office = Office::open(options, &rules, &matcher).await?;
        let base = base(&office, &args.subject).await?;
        let case =
            progress::shown(&format!("examining {base}"), options.progress, office.probe(&base)).await?;
        let wish = ImageWish { base: base.clone(), extent: args.target, enable: args.enable.clone() };
        let plan = image(&case.snapshot.facts, &wish)?;
        if args.print || args.output.is_some() {
            return hand_over(&office, &plan, args);
        }
        let order = order(&office, &plan, &wish, args).await?;
        announce(&office, &order, &plan, &base);
        made(&office, &order).await?;
        let outcome = if args.no_proof { None } else { Some(proof(&office, &order.tag, &plan).await?) };
        show(&office, &order.tag, &plan, outcome.as_ref(), args.format)?;
        Ok(if outcome.is_none_or(|outcome| outcome.works) { Exit::Success } else { Exit::Findings })
    })
}

/// The image to start from: the one named, or that of the container named.
async fn base(office: &Office<'_>, word: &str) -> Result<String, CommandError> {
    let name = match office.subject(word).await? {
        Subject::Image(image) => return Ok(image),
        Subject::Container(name) => name,
    };
    let document = office.engine.get(&format!("/containers/{}/json", crate::docker::encoded(&name))).await?;
    let text = |pointer: &str| {
        document.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let (reference, id) = (text("/Config/Image"), text("/Image"));
    // A name that has moved on to another image since is not the container's.
    let same = office
        .image(&reference)
        .await
        .is_ok_and(|image| image.get("Id").and_then(serde_json::Value::as_str) == Some(id.as_str()));
    let base = if same { reference } else { id };
    if office.options.remarks {
        output::tell(&format!("{name} is a container; using its image {base}"));
    }
    Ok(base)
}

/// Prints the plan, or writes it into a folder.
fn hand_over(office: &Office<'_>, plan: &ImagePlan, args: &BuildArgs) -> Result<Exit, CommandError> {
    for remark in &plan.remarks {
        output::tell(remark);
    }
    match &args.output {
        None if args.format == Format::Json => {
            output::print(image_page::document(None, plan, None, office.rules)?.as_bytes())?
        }
        None => output::print(image_page::files(plan).as_bytes())?,
        Some(folder) => {
            for (path, text) in &plan.files {
                let failed = |source| CommandError::Plan { path: path.clone(), source };
                write(&place::within(folder, path).map_err(failed)?, text)?;
            }
            output::tell(&format!(
                "wrote {} files to {}; build that folder",
                plan.files.len(),
                folder.display()
            ));
        }
    }
    Ok(Exit::Success)
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let failed = |source| CommandError::Plan { path: path.display().to_string(), source };
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    std::fs::write(path, text).map_err(failed)
}

async fn order(
    office: &Office<'_>,
    plan: &ImagePlan,
    wish: &ImageWish,
    args: &BuildArgs,
) -> Result<BuildOrder, CommandError> {
    let labels = [
        ("org.opencontainers.image.base.name", wish.base.as_str()),
        ("io.sysdock.version", env!("CARGO_PKG_VERSION")),
        ("io.sysdock.target", wish.extent.name()),
    ];
    Ok(BuildOrder {
        files: plan.files.clone(),
        tag: args.tag.clone().unwrap_or_else(|| tag_after(&wish.base)),
        labels: labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        network: if plan.installs { args.network.clone() } else { "none".to_owned() },
        builder: match args.builder {
            BuilderChoice::Auto => office.engine.builder().await?,
            BuilderChoice::Classic => Builder::Classic,
            BuilderChoice::Buildkit => Builder::BuildKit,
        },
    })
}

fn announce(office: &Office<'_>, order: &BuildOrder, plan: &ImagePlan, base: &str) {
    if !office.options.remarks {
        return;
    }
    let installs = if plan.installs { ", installing systemd" } else { "" };
    output::tell(&format!(
        "building the image {} from {base}{installs}; network of the build: {}",
        order.tag, order.network
    ));
    for remark in &plan.remarks {
        output::tell(remark);
    }
}

/// Builds it, with its steps and its output as they come.
async fn made(office: &Office<'_>, order: &BuildOrder) -> Result<(), CommandError> {
    let live = progress::Live::new(office.options.progress);
    let told = |event: &BuildEvent| match event {
        BuildEvent::Step(step) if live.is_shown() => live.step(step),
        BuildEvent::Step(step) if office.options.remarks => output::tell(&short(step)),
        BuildEvent::Step(_) => {}
        BuildEvent::Output(text) => live.output(text),
    };
    office.interrupt.unless(Box::pin(async { Ok(office.engine.build(order, told).await?) })).await
}

/// A step in one line that can be taken in at a glance.
fn short(step: &str) -> String {
    let mut line: String = step.lines().next().unwrap_or_default().chars().take(STEP).collect();
    if line.len() < step.len() {
        line.push_str("...");
    }
    line
}

/// Boots the finished image once, in a trial.
async fn proof(office: &Office<'_>, tag: &str, plan: &ImagePlan) -> Result<TrialOutcome, CommandError> {
    let case = office.probe(tag).await?;
    let wanted = trial::named(office, &case).await;
    let Some(planned) = planned_trial(&case.report, &case.snapshot, &office.reach, &wanted) else {
        let mut outcome = TrialOutcome::unstarted(&wanted.name);
        outcome.removed = true;
        outcome.problem = Some(format!("no command makes it boot on this engine; see `sysdock prove {tag}`"));
        return Ok(outcome);
    };
    trial::announce(office, "test-booting it", &wanted);
    let workshop = Workshop::new(COMMAND)?;
    let demands = Demands { gone: root_causes(&case.report), units: &plan.units };
    let work = trial::attempt(office, &workshop, &wanted, &planned.steps, &demands);
    Ok(progress::shown(&format!("booting {tag}"), office.options.progress, work).await)
}

fn show(
    office: &Office<'_>,
    tag: &str,
    plan: &ImagePlan,
    outcome: Option<&TrialOutcome>,
    format: Format,
) -> Result<(), CommandError> {
    let context = &office.options.context;
    let text = match format {
        Format::Json => image_page::document(Some(tag), plan, outcome, office.rules)?,
        Format::Human => {
            let tried = outcome.map(|outcome| treatment::trial(outcome, context)).unwrap_or_default();
            image_page::human(tag, plan, outcome.map(|outcome| outcome.works), context) + &tried
        }
    };
    Ok(output::print(text.as_bytes())?)
}
