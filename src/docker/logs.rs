//! Reads a container's log as a stream of byte chunks.
//!
//! The multiplexed log of a container without a TTY is split, the raw log of one with a TTY is passed on
//! unchanged; neither is buffered.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, TryFutureExt, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::chunk::{LogChunk, StreamName};
use super::engine::open;
use super::frames::Frames;
use super::{Engine, EngineError, api_path};

/// Which part of the log to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Whether to continue as the container writes.
    pub follow: bool,
    /// Read only lines since this time, in seconds since the epoch.
    pub since: Option<i64>,
    /// Read only this many lines from the end.
    pub tail: Option<u64>,
}

/// The stream of a log.
pub type LogStream = Pin<Box<dyn Stream<Item = Result<LogChunk, EngineError>> + Send>>;

impl Engine {
    /// Opens the log of a container.
    ///
    /// # Errors
    /// Returns [`EngineError::Refused`] for a logging driver that cannot be read, or any other
    /// [`EngineError`].
    pub async fn logs(&self, container: &str, tty: bool, query: &LogQuery) -> Result<LogStream, EngineError> {
        let path = address(container, query);
        if tty {
            let response = self.within(READ, open(&self.transport, READ, &path)).await?;
            return Ok(Box::pin(chunks(response.into_body(), None)));
        }
        // Podman answers a request to follow only when the container writes something, so this does not wait
        // for the answer.
        let transport = self.transport.clone();
        let opened = async move {
            Ok(chunks(open(&transport, READ, &path).await?.into_body(), Some(Frames::default())))
        };
        Ok(Box::pin(opened.try_flatten_stream()))
    }
}

const READ: &str = "read the log";

fn address(container: &str, query: &LogQuery) -> String {
    let mut path = api_path::container(container, "logs?stdout=1&stderr=1");
    if query.follow {
        path.push_str("&follow=1");
    }
    if let Some(since) = query.since {
        path.push_str(&format!("&since={since}"));
    }
    let tail = query.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
    path + &format!("&tail={tail}")
}

/// Splits an answer into chunks of the size in which they arrive.
struct Reader {
    body: Incoming,
    /// Bytes that arrived and are not passed on yet.
    bytes: Bytes,
    /// Splits the frames; `None` for a terminal's log.
    frames: Option<Frames>,
}

impl Reader {
    async fn next(&mut self) -> Option<Result<LogChunk, EngineError>> {
        loop {
            let chunk = match &mut self.frames {
                Some(frames) => frames.next(&mut self.bytes),
                None if self.bytes.is_empty() => None,
                None => {
                    Some(LogChunk { stream: StreamName::Console, bytes: std::mem::take(&mut self.bytes) })
                }
            };
            if let Some(chunk) = chunk {
                return Some(Ok(chunk));
            }
            match self.body.frame().await? {
                Ok(frame) => self.bytes = frame.into_data().unwrap_or_default(),
                Err(error) => {
                    return Some(Err(EngineError::Broken {
                        action: READ.to_owned(),
                        reason: error.to_string(),
                    }));
                }
            }
        }
    }
}

fn chunks(
    body: Incoming,
    frames: Option<Frames>,
) -> impl Stream<Item = Result<LogChunk, EngineError>> + Send {
    let reader = Reader { body, bytes: Bytes::new(), frames };
    stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) })
}
