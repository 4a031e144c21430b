//! Follows a boot: reads the log as it is written, and looks at the container again whenever something may
//! have changed.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::collect_options::CollectOptions;
use super::snapshot_builder::{InspectedContainer, SnapshotBuilder, StaticPart};
use super::{logs, systemd_manager};
use crate::docker::{Engine, EngineError, LogQuery, LogStream};
use crate::scan::{Excerpter, Matcher};
use crate::snapshot::vocabulary::{BootOutcome, ContainerStatus};
use crate::snapshot::{Gap, Snapshot, key};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Follows a container until `settled` accepts the snapshot, or `limit` has passed.
///
/// # Errors
/// [`EngineError`] if the container cannot be inspected at the start; later failures become gaps of the last
/// snapshot.
pub async fn follow(
    engine: &Engine,
    name: &str,
    options: &CollectOptions,
    matcher: &Matcher<'_>,
    limit: Duration,
    settled: impl Fn(&Snapshot) -> bool,
) -> Result<Snapshot, EngineError> {
    let (began, end) = (Instant::now(), Instant::now() + limit);
    let mut inspected = InspectedContainer::meet(engine, name).await?;
    let static_part = Box::pin(StaticPart::collect(engine, &inspected)).await;
    let mut reader = Reader::open(engine, &inspected, &options.log, Excerpter::following(matcher)).await;
    let once = CollectOptions { patience: Duration::ZERO, ..options.clone() };
    loop {
        reader.read_until(Instant::now() + PAUSE).await;
        let mut gone = None;
        match InspectedContainer::meet(engine, &inspected.id).await {
            Ok(seen) => inspected = seen,
            Err(error) => gone = Some(error),
        }
        let mut builder = SnapshotBuilder::new(engine, &inspected, static_part.clone());
        builder.here(engine, &inspected);
        builder.asked(Box::pin(systemd_manager::ask(engine, &inspected, &once)).await);
        builder.read(reader.excerpter.excerpt(), reader.gap.is_none());
        builder.gaps.extend(reader.gap.clone());
        if let Some(error) = &gone {
            builder.facts.set(key::CONTAINER_STATUS, ContainerStatus::Removed, "container inspect");
            builder.gaps.push(Gap {
                fact: "container".to_owned(),
                reason: format!("it can no longer be inspected: {}", error.brief()),
            });
        }
        let snapshot = builder.finish(&inspected);
        // A manager that has just started may not have its socket yet.
        let early = snapshot.facts.get(key::BOOT_OUTCOME) == Some(BootOutcome::Unreachable)
            && began.elapsed() < options.patience;
        if gone.is_some() || (!early && settled(&snapshot)) || Instant::now() >= end {
            return Ok(snapshot);
        }
    }
}

/// A log that is read piece by piece, and opened again when a restart of the container ended it.
struct Reader<'r> {
    stream: Option<LogStream>,
    excerpter: Excerpter<'r>,
    gap: Option<Gap>,
}

impl<'r> Reader<'r> {
    async fn open(
        engine: &Engine,
        inspected: &InspectedContainer,
        query: &LogQuery,
        excerpter: Excerpter<'r>,
    ) -> Self {
        let query = LogQuery { follow: true, ..query.clone() };
        match engine.logs(&inspected.id, inspected.config().flag("/Config/Tty"), &query).await {
            Ok(stream) => Self { stream: Some(stream), excerpter, gap: None },
            Err(error) => {
                let gap = Gap {
                    fact: "log".to_owned(),
                    reason: format!("the log cannot be followed: {}", error.brief()),
                };
                Self { stream: None, excerpter, gap: Some(gap) }
            }
        }
    }

    /// Reads what arrives until that time; a stream that ends or breaks is not read again.
    async fn read_until(&mut self, time: Instant) {
        while let Some(stream) = &mut self.stream {
            let left = time.saturating_duration_since(Instant::now());
            match timeout(left, logs::next(stream, left)).await {
                Ok(Ok(Some(chunk))) => self.excerpter.push(logs::source(chunk.stream), &chunk.bytes),
                Ok(Err(EngineError::Deadline { .. })) | Err(_) => return,
                Ok(Ok(None) | Err(_)) => self.stream = None,
            }
        }
        sleep_until(time).await;
    }
}
