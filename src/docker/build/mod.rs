//! Builds an image over the Engine API: sends a tar of files, reports events in progress, and returns the
//! image's ID.

mod buildkit;
mod event;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyExt, Empty, Full};
use hyper::{Request, header};
use serde_json::Value;
use tokio::time::timeout;

use super::api_path::encoded;
use super::engine::{open, refusal};
use super::{Engine, EngineError, api_path};
use crate::json_limit;

pub use event::BuildEvent;

/// Longest time without output; unpacking a package may print nothing for a while.
const SILENCE: Duration = Duration::from_mins(10);
/// Maximum length of a line of the answer: a line of a step's output, or a BuildKit record.
const LINE: usize = 4 * 1024 * 1024;
/// Maximum number of JSON values in a line.
const VALUES: usize = 10_000;
/// Number of lines of a failed build's output that are kept for the error.
const KEPT: usize = 12;

/// One of the engine's builders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// Docker's classic builder, or Podman's own, which is called in the same way.
    Classic,
    /// BuildKit.
    BuildKit,
}

/// The input of a build.
#[derive(Debug, Clone)]
pub struct BuildOrder {
    /// Path → text; `Dockerfile` is among them.
    pub files: BTreeMap<String, String>,
    /// Name of the image.
    pub tag: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Network of its `RUN` steps: `none` or one of the engine's networks.
    pub network: String,
    /// The builder to use.
    pub builder: Builder,
}

impl Engine {
    /// Returns the builder that the engine recommends: its ping answers 2 for BuildKit (Docker 23.0 and
    /// later).
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn builder(&self) -> Result<Builder, EngineError> {
        let action = "GET /_ping";
        let answer = self.within(action, open(&self.transport, action, "/_ping")).await?;
        let version = answer.headers().get("builder-version").and_then(|value| value.to_str().ok());
        Ok(if version == Some("2") { Builder::BuildKit } else { Builder::Classic })
    }

    /// Builds an image and reports its progress.
    ///
    /// # Errors
    /// Returns [`EngineError::Refused`] with the end of its output if a step fails; otherwise any error of
    /// the connection.
    pub async fn build(
        &self,
        order: &BuildOrder,
        mut tell: impl FnMut(&BuildEvent),
    ) -> Result<(), EngineError> {
        let action = format!("build {}", order.tag);
        let broken = |reason: String| EngineError::Broken { action: action.clone(), reason };
        let context = archive(&order.files).map_err(|error| broken(error.to_string()))?;
        let request = Request::post(address(order))
            .header(header::CONTENT_TYPE, "application/x-tar")
            .body(Full::new(Bytes::from(context)))
            .map_err(|error| broken(error.to_string()))?;
        let response = waited(&action, self.transport.send(&action, request)).await??;
        if !response.status().is_success() {
            return Err(refusal(response, &action).await);
        }
        let mut body = response.into_body().into_data_stream();
        let mut answer = Answer::default();
        while let Some(piece) = waited(&action, body.next()).await? {
            for event in answer.take(&piece.map_err(|error| broken(error.to_string()))?) {
                tell(&event);
            }
        }
        answer.end(&action)
    }

    /// Removes an image's name, and the image if that was its last name and no container uses it; its
    /// untagged parents only if `parents` is set.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn untag(&self, name: &str, parents: bool) -> Result<(), EngineError> {
        let action = format!("remove the image {name}");
        let request = Request::delete(api_path::removed_image(name, parents))
            .body(Empty::<Bytes>::new())
            .map_err(|error| EngineError::Broken { action: action.clone(), reason: error.to_string() })?;
        let response = self.within(&action, self.transport.send(&action, request)).await?;
        if response.status().is_success() { Ok(()) } else { Err(refusal(response, &action).await) }
    }
}

async fn waited<T>(action: &str, work: impl Future<Output = T>) -> Result<T, EngineError> {
    timeout(SILENCE, work)
        .await
        .map_err(|_| EngineError::Deadline { action: action.to_owned(), deadline: SILENCE })
}

fn address(order: &BuildOrder) -> String {
    let version = if order.builder == Builder::BuildKit { 2 } else { 1 };
    let labels = serde_json::to_string(&order.labels).unwrap_or_default();
    format!(
        "/build?version={version}&rm=1&forcerm=1&t={}&networkmode={}&labels={}",
        encoded(&order.tag),
        encoded(&order.network),
        encoded(&labels)
    )
}

/// Packs the files into a tar; all times are 0, so that equal files give equal layers.
fn archive(files: &BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes())?;
    }
    archive.into_inner()
}

/// The engine's answer as it arrives: JSON documents, one per line.
#[derive(Default)]
struct Answer {
    open: Vec<u8>,
    last: Vec<String>,
    failure: Option<String>,
}

impl Answer {
    /// Adds a chunk and returns the events of its complete lines.
    fn take(&mut self, piece: &[u8]) -> Vec<BuildEvent> {
        self.open.extend_from_slice(piece);
        let mut events = Vec::new();
        while let Some(end) = memchr::memchr(b'\n', &self.open) {
            let line: Vec<u8> = self.open.drain(..=end).collect();
            events.extend(self.line(&line));
        }
        if self.open.len() > LINE {
            self.open.clear();
        }
        events
    }

    fn line(&mut self, line: &[u8]) -> Vec<BuildEvent> {
        let Ok(document) = json_limit::read::<Value>(line, VALUES) else { return Vec::new() };
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
        if let Some(error) = text("/error").or(text("/errorDetail/message")) {
            self.failure = Some(error.trim().to_owned());
        }
        let events = match (text("/stream"), text("/id"), text("/aux")) {
            (Some(words), ..) if words.starts_with("Step ") || words.starts_with("STEP ") => {
                vec![BuildEvent::Step(words.trim().to_owned())]
            }
            (Some(words), ..) => vec![BuildEvent::Output(words.to_owned())],
            (None, Some("moby.buildkit.trace"), Some(record)) => buildkit::events(record),
            _ => Vec::new(),
        };
        for event in &events {
            self.keep(event);
        }
        events
    }

    /// Keeps the last lines of output, for the error message of a failed build.
    fn keep(&mut self, event: &BuildEvent) {
        if let BuildEvent::Output(text) = event {
            self.last.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
            let over = self.last.len().saturating_sub(KEPT);
            self.last.drain(..over);
        }
    }

    fn end(mut self, action: &str) -> Result<(), EngineError> {
        let rest = std::mem::take(&mut self.open);
        self.line(&rest);
        match self.failure {
            None => Ok(()),
            Some(failure) => {
                let message = [vec![failure], self.last].concat().join("\n");
                Err(EngineError::Build { action: action.to_owned(), message })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_read_across_its_pieces() {
        let mut answer = Answer::default();
        assert!(answer.take(br#"{"stream":"Step 1/2 : FROM x"#).is_empty());
        let events = answer
            .take(b"\\n\"}\n{\"stream\":\"some words\\n\"}\n{\"errorDetail\":{\"message\":\"it failed\"}}");
        assert_eq!(
            events,
            [BuildEvent::Step("Step 1/2 : FROM x".to_owned()), BuildEvent::Output("some words\n".to_owned())]
        );
        let error = answer.end("build y").unwrap_err().to_string();
        assert!(error.contains("it failed\nsome words"), "{error}");
    }

    #[test]
    fn the_call_names_everything() {
        let order = BuildOrder {
            files: BTreeMap::from([("Dockerfile".to_owned(), "FROM x\n".to_owned())]),
            tag: "a/b:c".to_owned(),
            labels: BTreeMap::from([("k".to_owned(), "v&w".to_owned())]),
            network: "none".to_owned(),
            builder: Builder::BuildKit,
        };
        let call = address(&order);
        assert_eq!(
            call,
            "/build?version=2&rm=1&forcerm=1&t=a/b%3Ac&networkmode=none&labels=%7B%22k%22%3A%22v%26w%22%7D"
        );
        let bytes = archive(&order.files).unwrap();
        let mut read = tar::Archive::new(bytes.as_slice());
        assert_eq!(
            read.entries()
                .unwrap()
                .map(|entry| entry.unwrap().path().unwrap().display().to_string())
                .collect::<Vec<_>>(),
            ["Dockerfile"]
        );
    }
}
