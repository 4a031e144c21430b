//! Builds an image that boots systemd from a plan, and verifies it with a test boot.

use serde_json::Value;

use super::examination::Named;
use super::trial::{self, Demands};
use super::trial_outcome::TrialOutcome;
use super::{Session, TreatError, Workspace};
use crate::docker::{BuildEvent, BuildOrder, Builder};
use crate::prescribe::{ImagePlan, ImageWish, tag_after, trial as planned_trial};

/// The network of a build that downloads nothing.
const NO_NETWORK: &str = "none";

/// What image to build, and how.
#[derive(Debug, Clone)]
pub struct BuildWish {
    /// The requested image.
    pub image: ImageWish,
    /// Name of the image; derived from the base's name if `None`.
    pub tag: Option<String>,
    /// Network of a build that installs packages.
    pub network: String,
    /// The builder; chosen by the engine if `None`.
    pub builder: Option<Builder>,
}

/// Returns the image to start from: the named image, or the image of the named container.
///
/// # Errors
/// Returns a [`TreatError`] if the word names neither.
pub async fn base_image(session: &Session<'_>, word: &str) -> Result<String, TreatError> {
    let name = match session.named(word).await? {
        Named::Image(image) => return Ok(image),
        Named::Container(name) => name,
    };
    let document = session.engine.inspect_container(&name).await?;
    let text =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (reference, id) = (text("/Config/Image"), text("/Image"));
    // A reference that now points to another image is not the container's.
    let image = session.image(&reference).await;
    let is_same = image.is_ok_and(|image| image.get("Id").and_then(Value::as_str) == Some(id.as_str()));
    let base = if is_same { reference } else { id };
    session.reporter.remark(&format!("{name} is a container; using its image {base}"));
    Ok(base)
}

/// Builds the image of a plan and returns its name; `hear` receives each step and its output.
///
/// # Errors
/// Returns [`TreatError::Engine`] if a step fails, or [`TreatError::Interrupted`].
pub async fn build(
    session: &Session<'_>,
    plan: &ImagePlan,
    wish: &BuildWish,
    hear: impl FnMut(&BuildEvent),
) -> Result<String, TreatError> {
    let order = order(session, plan, wish).await?;
    let installs = if plan.installs { ", installing systemd" } else { "" };
    session.reporter.remark(&format!(
        "building the image {} from {}{installs}; network of the build: {}",
        order.tag, wish.image.base, order.network
    ));
    plan.remarks.iter().for_each(|remark| session.reporter.remark(remark));
    let work = Box::pin(async { Ok(session.engine.build(&order, hear).await?) });
    session.interrupt.unless::<_, TreatError>(work).await?;
    Ok(order.tag)
}

async fn order(session: &Session<'_>, plan: &ImagePlan, wish: &BuildWish) -> Result<BuildOrder, TreatError> {
    let labels = [
        ("org.opencontainers.image.base.name", wish.image.base.as_str()),
        ("io.sysdock.version", env!("CARGO_PKG_VERSION")),
        ("io.sysdock.target", wish.image.extent.name()),
    ];
    Ok(BuildOrder {
        files: plan.files.clone(),
        tag: wish.tag.clone().unwrap_or_else(|| tag_after(&wish.image.base)),
        labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        network: if plan.installs { wish.network.clone() } else { NO_NETWORK.to_owned() },
        builder: match wish.builder {
            Some(builder) => builder,
            None => session.engine.builder().await?,
        },
    })
}

/// Boots the finished image once, in a trial.
///
/// # Errors
/// Returns a [`TreatError`] if the image cannot be examined or the trial cannot be started.
pub async fn boot_once(
    session: &Session<'_>,
    tag: &str,
    plan: &ImagePlan,
) -> Result<TrialOutcome, TreatError> {
    let examination = session.examine_image(tag).await?;
    let mut wanted = trial::named(session, &examination).await;
    let (report, snapshot) = (&examination.report, &examination.snapshot);
    if planned_trial(report, snapshot, &session.reach, &wanted).is_none() {
        let mut outcome = TrialOutcome::unstarted(&wanted.name);
        outcome.removed = true;
        outcome.problem = Some(format!("no command makes it boot on this engine; see `sysdock prove {tag}`"));
        return Ok(outcome);
    }
    trial::announce(session, "test-booting it", &wanted);
    let workspace = Workspace::new()?;
    let demands = Demands { gone: examination.root_causes(), units: &plan.units };
    let _working = session.working(&format!("booting {tag}"));
    let tried = trial::attempt_sets(session, &workspace, &examination, &mut wanted, &demands).await;
    Ok(tried.map_or_else(|| TrialOutcome::unstarted(&wanted.name), |(outcome, _)| outcome))
}
