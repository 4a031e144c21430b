//! Runs read-only commands inside a running container.

use bollard::models::ExecConfig;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::AsyncReadExt;

use super::engine::{read_document, refusal};
use super::frames::Frames;
use super::{Engine, EngineError, LogChunk, StreamName, api_path, is_name};

/// Maximum number of bytes read from a command's output; the rest is ignored.
const OUTPUT_LIMIT: usize = 256 * 1024;

/// The output and exit status of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output, lossily decoded.
    pub stdout: String,
    /// Standard error, lossily decoded.
    pub stderr: String,
    /// Exit status, if the engine reports it.
    pub exit_code: Option<i64>,
}

impl Engine {
    /// Runs `argv` as root in the container and collects its output.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; a command that exits with a failure is not an error.
    pub async fn exec(&self, container: &str, argv: &[&str]) -> Result<ExecOutput, EngineError> {
        let action = format!("exec {}", crate::quote::shown(argv));
        self.within(&action, self.run(container, argv, &action)).await
    }

    async fn run(&self, container: &str, argv: &[&str], action: &str) -> Result<ExecOutput, EngineError> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            user: Some("0".to_owned()),
            env: Some(vec![
                "SYSTEMD_COLORS=0".to_owned(),
                "SYSTEMD_PAGER=".to_owned(),
                "LC_ALL=C".to_owned(),
            ]),
            cmd: Some(argv.iter().map(|word| (*word).to_owned()).collect()),
            ..ExecConfig::default()
        };
        let garbage = |reason: String| EngineError::Garbage { action: action.to_owned(), reason };
        let config = serde_json::to_string(&config).map_err(|error| garbage(error.to_string()))?;
        let made =
            self.request(Method::POST, &api_path::container(container, "exec"), action, config).await?;
        let made = read_document(made, action).await?;
        let id = made
            .get("Id")
            .and_then(Value::as_str)
            .filter(|id| is_name(id))
            .ok_or_else(|| garbage("the Id is missing".to_owned()))?;
        let mut wire = self.start(id, action).await?;
        let (mut output, mut frames) = (ExecOutput::default(), Frames::default());
        while let Some(mut bytes) = wire.next(action).await? {
            while let Some(chunk) = frames.next(&mut bytes) {
                take(&mut output, &chunk);
            }
            if output.stdout.len() + output.stderr.len() >= OUTPUT_LIMIT {
                break;
            }
        }
        let state = self.get(&format!("/exec/{id}/json")).await.ok();
        output.exit_code = state.and_then(|state| state.get("ExitCode")?.as_i64());
        Ok(output)
    }

    /// Starts a command; its output arrives over the returned connection.
    async fn start(&self, id: &str, action: &str) -> Result<Wire, EngineError> {
        let broken = |reason: String| EngineError::Broken { action: action.to_owned(), reason };
        let request = Request::post(format!("/exec/{id}/start"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "tcp")
            .body(Full::new(Bytes::from_static(b"{\"Detach\":false,\"Tty\":false}")))
            .map_err(|error| broken(error.to_string()))?;
        let response = self.transport.send(action, request).await?;
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => {
                let upgraded =
                    hyper::upgrade::on(response).await.map_err(|error| broken(error.to_string()))?;
                Ok(Wire::Switched(TokioIo::new(upgraded)))
            }
            status if status.is_success() => Ok(Wire::Plain(response)),
            _ => Err(refusal(response, action).await),
        }
    }
}

/// The connection of a started command.
enum Wire {
    /// The engine switched protocols.
    Switched(TokioIo<Upgraded>),
    /// The engine responded with a body.
    Plain(Response<Incoming>),
}

impl Wire {
    /// Returns the next bytes; `None` at the end.
    async fn next(&mut self, action: &str) -> Result<Option<Bytes>, EngineError> {
        let broken = |reason: String| EngineError::Broken { action: action.to_owned(), reason };
        match self {
            Self::Switched(stream) => {
                let mut bytes = bytes::BytesMut::with_capacity(8 * 1024);
                let length = stream.read_buf(&mut bytes).await.map_err(|error| broken(error.to_string()))?;
                Ok((length > 0).then(|| bytes.freeze()))
            }
            Self::Plain(response) => match response.body_mut().frame().await {
                None => Ok(None),
                Some(frame) => Ok(Some(
                    frame.map_err(|error| broken(error.to_string()))?.into_data().unwrap_or_default(),
                )),
            },
        }
    }
}

fn take(output: &mut ExecOutput, chunk: &LogChunk) {
    let text = String::from_utf8_lossy(&chunk.bytes);
    match chunk.stream {
        StreamName::Stderr => output.stderr.push_str(&text),
        StreamName::Stdout | StreamName::Console => output.stdout.push_str(&text),
    }
}
