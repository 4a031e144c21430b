//! The container's log as a stream of byte chunks.
//!
//! A multiplexed log is split by bollard; the raw log of a TTY container is passed on as it comes, because bollard
//! holds and rescans a TTY stream that has no newline (quadratic in its length).

use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};

use super::engine::open;
use super::{Engine, EngineError};

/// Which of the container's outputs a chunk came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The terminal of a container with a TTY, where both are one.
    Console,
}

/// Some bytes of the log, cut anywhere.
#[derive(Debug, Clone)]
pub struct LogChunk {
    /// Where they were written.
    pub stream: StreamName,
    /// The bytes as written.
    pub bytes: Bytes,
}

/// Which part of the log is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Go on as the container writes.
    pub follow: bool,
    /// Only lines since this time, seconds since the epoch.
    pub since: Option<i64>,
    /// Only the last lines.
    pub tail: Option<u64>,
}

/// A log being read.
pub type LogStream = Pin<Box<dyn Stream<Item = Result<LogChunk, EngineError>> + Send>>;

impl Engine {
    /// Opens the log of a container.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a logging driver that cannot be read, or any other [`EngineError`].
    pub async fn logs(&self, container: &str, tty: bool, query: &LogQuery) -> Result<LogStream, EngineError> {
        if tty { self.console(container, query).await } else { Ok(self.multiplexed(container, query)) }
    }

    async fn console(&self, container: &str, query: &LogQuery) -> Result<LogStream, EngineError> {
        let mut path = format!("/containers/{container}/logs?stdout=1&stderr=1");
        if query.follow {
            path.push_str("&follow=1");
        }
        if let Some(since) = query.since {
            path.push_str(&format!("&since={since}"));
        }
        if let Some(tail) = query.tail {
            path.push_str(&format!("&tail={tail}"));
        }
        let response = self.within("read the log", open(&self.transport, "read the log", &path)).await?;
        let frames = stream::unfold(response.into_body(), |mut body| async move {
            loop {
                match body.frame().await? {
                    Ok(frame) => {
                        let Ok(bytes) = frame.into_data() else { continue };
                        return Some((Ok(LogChunk { stream: StreamName::Console, bytes }), body));
                    }
                    Err(error) => {
                        let error = EngineError::Broken { action: "read the log".to_owned(), reason: error.to_string() };
                        return Some((Err(error), body));
                    }
                }
            }
        });
        Ok(Box::pin(frames))
    }

    fn multiplexed(&self, container: &str, query: &LogQuery) -> LogStream {
        let mut options = LogsOptionsBuilder::default().stdout(true).stderr(true).follow(query.follow);
        if let Some(since) = query.since {
            options = options.since(i32::try_from(since).unwrap_or(i32::MAX));
        }
        let tail = query.tail.map_or_else(|| "all".to_owned(), |n| n.to_string());
        let options = options.tail(&tail).build();
        Box::pin(self.client.logs(container, Some(options)).map(|piece| match piece {
            Ok(LogOutput::StdErr { message }) => Ok(LogChunk { stream: StreamName::Stderr, bytes: message }),
            Ok(LogOutput::Console { message }) => Ok(LogChunk { stream: StreamName::Console, bytes: message }),
            Ok(LogOutput::StdOut { message } | LogOutput::StdIn { message }) => Ok(LogChunk { stream: StreamName::Stdout, bytes: message }),
            Err(bollard::errors::Error::DockerResponseServerError { status_code, message }) => {
                Err(EngineError::Refused { action: "read the log".to_owned(), status: status_code, message })
            }
            Err(other) => Err(EngineError::Broken { action: "read the log".to_owned(), reason: other.to_string() }),
        }))
    }
}
