//! The container's log, streamed through the scanner; only an excerpt is kept.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::timeout;

use crate::docker::{Engine, EngineError, LogQuery, StreamName};
use crate::scan::Excerpter;
use crate::snapshot::{Facts, Gap, Source, key};

/// Deadlines of a single answer that a whole log may take: enough for a long log, not for one that trickles
/// in without end.
const WHOLE: u32 = 12;

/// Reads the log to its end.
pub async fn collect(
    engine: &Engine,
    container: &str,
    tty: bool,
    query: &LogQuery,
    excerpter: &mut Excerpter<'_>,
    gaps: &mut Vec<Gap>,
) -> bool {
    let deadline = engine.deadline * WHOLE;
    let whole = timeout(deadline, read(engine, container, tty, query, excerpter));
    match whole
        .await
        .unwrap_or_else(|_| Err(EngineError::Deadline { action: "read the log".to_owned(), deadline }))
    {
        Ok(()) => true,
        Err(error) => {
            gaps.push(Gap {
                fact: "log".to_owned(),
                reason: format!("the log cannot be read: {}", error.brief()),
            });
            false
        }
    }
}

async fn read(
    engine: &Engine,
    container: &str,
    tty: bool,
    query: &LogQuery,
    excerpter: &mut Excerpter<'_>,
) -> Result<(), EngineError> {
    let mut stream = engine.logs(container, tty, query).await?;
    while let Some(chunk) = next(&mut stream, engine.deadline).await? {
        excerpter.push(source(chunk.stream), &chunk.bytes);
    }
    Ok(())
}

/// Returns the next chunk, within the engine's deadline for a single answer.
pub(super) async fn next(
    stream: &mut crate::docker::LogStream,
    deadline: Duration,
) -> Result<Option<crate::docker::LogChunk>, EngineError> {
    match timeout(deadline, stream.next()).await {
        Ok(chunk) => chunk.transpose(),
        Err(_) => Err(EngineError::Deadline { action: "read the log".to_owned(), deadline }),
    }
}

/// Returns the source under which a stream of the engine is recorded in a snapshot.
#[must_use]
pub fn source(stream: StreamName) -> Source {
    match stream {
        StreamName::Stdout => Source::Stdout,
        StreamName::Stderr => Source::Stderr,
        StreamName::Console => Source::Console,
    }
}

/// Records the facts about what was read.
pub fn log_facts(bytes: u64, readable: bool, facts: &mut Facts) {
    if !readable {
        return;
    }
    let driver = facts.get(key::CONTAINER_LOG_DRIVER).unwrap_or_default().to_owned();
    let source = format!("container logs ({driver})");
    facts.set(key::LOG_EMPTY, bytes == 0, &source);
}
