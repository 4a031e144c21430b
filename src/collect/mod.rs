//! Collecting: a container of a live engine in, a redacted [`Snapshot`] out. Changes nothing.
//!
//! Every source has a file; each call has its own deadline; what fails becomes a gap. Must not judge.

mod draft;
mod files;
mod follow;
mod guest;
mod host;
mod kernel_log;
mod layers;
mod logs;
mod manager;
mod offers;
mod pid1;
mod sight;

use std::time::Duration;

use serde_json::Value;

use crate::docker::{Engine, EngineError, LogQuery, fit_name};
use crate::scan::{Excerpter, Matcher};
use crate::snapshot::vocabulary::ContainerStatus;
use crate::snapshot::{Facts, Gap, Snapshot};
use draft::{Draft, Lasting, Patient};

pub use follow::follow;
pub use host::{read_bounded, read_profile};
pub use kernel_log::KernelLog;
pub use logs::source;
pub use offers::{container_offers, image_offers};
pub use sight::{machine, sights};

/// What may be done while collecting.
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// Run read-only commands inside a running container.
    pub exec: bool,
    /// Part of the log that is read.
    pub log: LogQuery,
    /// Longest wait for a container that is still starting.
    pub patience: Duration,
}

/// Collects everything about one container.
///
/// # Errors
/// [`EngineError`] only when the container cannot be inspected at all; everything later becomes a gap.
pub async fn collect(
    engine: &Engine,
    name: &str,
    options: &CollectOptions,
    matcher: &Matcher<'_>,
) -> Result<Snapshot, EngineError> {
    match look(engine, name, options, matcher).await? {
        (snapshot, false) => Ok(snapshot),
        // What was half seen alive and half dead says less than a second look.
        (_, true) => Ok(look(engine, name, options, matcher).await?.0),
    }
}

/// One look, and whether the container's state was another one at its end.
async fn look(
    engine: &Engine,
    name: &str,
    options: &CollectOptions,
    matcher: &Matcher<'_>,
) -> Result<(Snapshot, bool), EngineError> {
    let patient = Patient::meet(engine, name).await?;
    let mut excerpter = Excerpter::new(matcher);
    let mut log_gaps = Vec::new();
    let tty = patient.config().flag("/Config/Tty");
    let looking = Box::pin(Lasting::collect(engine, &patient));
    let reading = logs::collect(engine, &patient.id, tty, &options.log, &mut excerpter, &mut log_gaps);
    let asking = Box::pin(manager::ask(engine, &patient, options));
    let (lasting, readable, answers) = tokio::join!(looking, reading, asking);
    let mut draft = Draft::new(engine, &patient, lasting);
    draft.gaps.extend(log_gaps);
    draft.here(engine, &patient);
    draft.asked(answers);
    draft.read(excerpter.finish(), readable);
    let after = engine.get(&format!("/containers/{}/json", patient.id)).await;
    if after.as_ref().is_err_and(EngineError::is_unknown) {
        draft.facts.set("container.status", ContainerStatus::Removed, "container inspect");
        draft.gaps.push(Gap {
            fact: "container".to_owned(),
            reason: "it was removed while being examined".to_owned(),
        });
    }
    let changed = after.is_ok_and(|after| patient.has_changed(&after));
    Ok((draft.finish(&patient), changed))
}

/// What the configuration of a container and the scripts that it starts tell: enough to say whether it is
/// meant to run systemd, and much less work for the engine than [`collect`].
///
/// # Errors
/// [`EngineError`] when the container cannot be inspected; what cannot be read is missing.
pub async fn glance(engine: &Engine, name: &str) -> Result<Facts, EngineError> {
    let patient = Patient::meet(engine, name).await?;
    let program = Lasting::files(engine, &patient).program(&patient.config().argv()).await;
    let mut draft = Draft::new(engine, &patient, Lasting::default());
    if let Ok(program) = program {
        program.facts(&mut draft.facts);
    }
    Ok(draft.finish(&patient).facts)
}

/// Names of all containers, running or not.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn container_names(engine: &Engine) -> Result<Vec<String>, EngineError> {
    engine.list("/containers/json?all=1", |entry| listed_name(&entry).map(str::to_owned)).await
}

/// What a container of the engine's list is called: the first of its names that is one, or its id.
fn listed_name(entry: &Value) -> Option<&str> {
    let names = entry.get("Names").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let id = entry.get("Id").and_then(Value::as_str).unwrap_or_default();
    names.chain([id]).find_map(|name| fit_name(name, ""))
}
