//! Collecting: a container of a live engine in, a redacted [`Snapshot`] out. Changes nothing.
//!
//! Every source has its own file; each call has its own deadline; what fails becomes a gap. Must not judge.

mod collect_options;
mod files;
mod follow;
mod guest;
mod host;
mod image_layers;
mod kernel_log;
mod logs;
mod manager_answers;
mod names;
pub(crate) mod pid1;
mod snapshot_builder;
mod systemd_manager;
mod wait_for_boot;

use crate::docker::{Engine, EngineError};
use crate::scan::{Excerpter, Matcher};
use crate::snapshot::vocabulary::ContainerStatus;
use crate::snapshot::{Facts, Gap, Snapshot, key};
use snapshot_builder::{SnapshotBuilder, StaticPart};

pub use collect_options::CollectOptions;
pub use follow::follow;
pub(crate) use host::is_local;
pub use host::{read_bounded, read_profile};
pub(crate) use image_layers::Layers;
pub use kernel_log::KernelLog;
pub use logs::source;
pub use names::{container_names, described_containers, described_images};
pub(crate) use snapshot_builder::InspectedContainer;
pub use wait_for_boot::LONGEST_WAIT;

/// Collects everything about one container.
///
/// # Errors
/// [`EngineError`] only if the container cannot be inspected at all; everything that fails later becomes a
/// gap.
pub async fn collect(
    engine: &Engine,
    name: &str,
    options: &CollectOptions,
    matcher: &Matcher<'_>,
) -> Result<Snapshot, EngineError> {
    match look(engine, name, options, matcher).await? {
        (snapshot, false) => Ok(snapshot),
        // A look that saw the container half alive and half dead is worth less than a second look.
        (_, true) => Ok(look(engine, name, options, matcher).await?.0),
    }
}

/// Looks once, and returns whether the container's state had changed by the end.
async fn look(
    engine: &Engine,
    name: &str,
    options: &CollectOptions,
    matcher: &Matcher<'_>,
) -> Result<(Snapshot, bool), EngineError> {
    let inspected = InspectedContainer::meet(engine, name).await?;
    let mut excerpter = Excerpter::new(matcher);
    let mut log_gaps = Vec::new();
    let tty = inspected.config().flag("/Config/Tty");
    let looking = Box::pin(StaticPart::collect(engine, &inspected));
    let reading = logs::collect(engine, &inspected.id, tty, &options.log, &mut excerpter, &mut log_gaps);
    let asking = Box::pin(systemd_manager::ask(engine, &inspected, options));
    let (static_part, readable, answers) = tokio::join!(looking, reading, asking);
    let mut builder = SnapshotBuilder::new(engine, &inspected, static_part);
    builder.gaps.extend(log_gaps);
    builder.here(engine, &inspected);
    builder.asked(answers);
    builder.read(excerpter.finish(), readable);
    let after = engine.inspect_container(&inspected.id).await;
    if after.as_ref().is_err_and(EngineError::is_unknown) {
        builder.facts.set(key::CONTAINER_STATUS, ContainerStatus::Removed, "container inspect");
        builder.gaps.push(Gap {
            fact: "container".to_owned(),
            reason: "it was removed while being examined".to_owned(),
        });
    }
    let changed = after.is_ok_and(|after| inspected.has_changed(&after));
    Ok((builder.finish(&inspected), changed))
}

/// Returns the facts of a container's configuration and of the scripts that it starts: enough to decide
/// whether it is meant to run systemd, and much less work for the engine than [`collect`].
///
/// # Errors
/// [`EngineError`] if the container cannot be inspected; what cannot be read is left out.
pub async fn glance(engine: &Engine, name: &str) -> Result<Facts, EngineError> {
    let inspected = InspectedContainer::meet(engine, name).await?;
    let program = StaticPart::files(engine, &inspected).program(&inspected.config().argv()).await;
    let mut builder = SnapshotBuilder::new(engine, &inspected, StaticPart::default());
    if let Ok(program) = program {
        program.facts(&mut builder.facts);
    }
    Ok(builder.finish(&inspected).facts)
}
