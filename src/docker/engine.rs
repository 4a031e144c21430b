//! A connection to an engine: negotiates the version and reads raw JSON, each call with a timeout.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::transport::{Listener, Transport};
use super::{ApiVersion, Endpoint, EngineError};
use crate::json_limit::{self, JsonRefused, ListLimit};
use crate::snapshot::EngineKind;

/// Maximum size of one document, in bytes; `docker inspect` and `docker info` are about 10 KiB with 500
/// values.
const DOCUMENT: usize = 2 * 1024 * 1024;
/// Maximum number of JSON values in one document; each takes up to about 250 bytes in memory.
const VALUES: usize = 12_000;
/// Maximum size of a list, in bytes; an entry takes about 2 KiB.
const LIST: usize = 64 * 1024 * 1024;
/// Maximum number of entries in a list, and of values in an entry.
const ENTRIES: ListLimit = ListLimit { entries: 100_000, values: VALUES };
/// Maximum number of bytes read from the body of an error response.
const REFUSAL: usize = 64 * 1024;

/// A connection to one engine, with the negotiated API version.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) transport: Transport,
    /// Timeout of a single call.
    pub deadline: Duration,
    version: Arc<OnceCell<Value>>,
    info: Arc<OnceCell<Value>>,
    /// Docker or Podman.
    pub kind: EngineKind,
    /// API version that all calls use.
    pub api: ApiVersion,
}

impl Engine {
    /// Connects and agrees on the lower of the two API versions.
    ///
    /// A ping returns it in a tenth of the time of `/version`, for which engines query their runtimes;
    /// `/version` is used only if the ping does not say enough.
    ///
    /// # Errors
    /// Returns any [`EngineError`] of connecting, or [`EngineError::TooNew`] if the engine's `MinAPIVersion`
    /// is higher than ours.
    pub async fn connect(
        endpoint: Endpoint,
        deadline: Duration,
        listener: Option<Listener>,
    ) -> Result<Self, EngineError> {
        let transport = Transport::new(endpoint, listener);
        let greeting = greet(&transport, deadline).await?;
        let mut version = OnceCell::new();
        let (api, kind) = match greeting {
            Some((api, kind)) if api <= ApiVersion::OURS => (api, kind),
            _ => {
                let told: Value = get(&transport, deadline, "/version").await?;
                let agreed = (negotiate(&told)?, kind_of(&told));
                version = OnceCell::new_with(Some(told));
                agreed
            }
        };
        transport.speak(api);
        Ok(Self { transport, deadline, version: Arc::new(version), info: Arc::default(), kind, api })
    }

    /// Connects to the same endpoint again, for example after the engine was restarted.
    ///
    /// # Errors
    /// Returns the errors of [`Self::connect`].
    pub async fn again(&self) -> Result<Self, EngineError> {
        Self::connect(self.endpoint().clone(), self.deadline, self.transport.listener()).await
    }

    /// Returns the engine's raw answer to `/version`, which is requested once.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn version(&self) -> Result<&Value, EngineError> {
        self.version.get_or_try_init(|| self.get("/version")).await
    }

    /// Returns the engine's raw answer to `/info`, which is requested once.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn info(&self) -> Result<&Value, EngineError> {
        self.info.get_or_try_init(|| self.get("/info")).await
    }

    /// Returns the engine's address.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.transport.endpoint()
    }

    /// Returns the engine's raw answer to a GET.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; HTTP 404 becomes [`EngineError::Unknown`].
    pub(super) async fn get(&self, path: &str) -> Result<Value, EngineError> {
        get(&self.transport, self.deadline, path).await
    }

    /// Returns the results of `take` for the entries of the list that a GET returns; the complete list is
    /// never built in memory.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::TooLarge`] for a list beyond the limits.
    pub(super) async fn list<R>(
        &self,
        path: &str,
        take: impl FnMut(Value) -> Option<R>,
    ) -> Result<Vec<R>, EngineError> {
        let action = format!("GET {path}");
        self.within(&action, async {
            let body = read_all(open(&self.transport, &action, path).await?, &action, LIST).await?;
            json_limit::each(&body, ENTRIES, take).map_err(|refused| refused_json(&action, &refused))
        })
        .await
    }

    /// Runs a call with this engine's timeout.
    pub(super) async fn within<T>(
        &self,
        action: &str,
        call: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        within(self.deadline, action, call).await
    }
}

async fn within<T>(
    deadline: Duration,
    action: &str,
    call: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    timeout(deadline, call)
        .await
        .unwrap_or_else(|_| Err(EngineError::Deadline { action: action.to_owned(), deadline }))
}

async fn get(transport: &Transport, deadline: Duration, path: &str) -> Result<Value, EngineError> {
    let action = format!("GET {path}");
    within(deadline, &action, async {
        let response = open(transport, &action, path).await?;
        read_document(response, &action).await
    })
    .await
}

/// Parses the response as JSON, within the limits of one document.
pub(super) async fn read_document(response: Response<Incoming>, action: &str) -> Result<Value, EngineError> {
    let body = read_all(response, action, DOCUMENT).await?;
    json_limit::read(&body, VALUES).map_err(|refused| refused_json(action, &refused))
}

fn refused_json(action: &str, refused: &JsonRefused) -> EngineError {
    let (action, reason) = (action.to_owned(), refused.to_string());
    if refused.is_limit() {
        EngineError::TooLarge { action, reason }
    } else {
        EngineError::Garbage { action, reason }
    }
}

/// Sends a GET and returns the response if its status is a success.
pub(super) async fn open(
    transport: &Transport,
    action: &str,
    path: &str,
) -> Result<Response<Incoming>, EngineError> {
    let request = Request::get(path)
        .body(Empty::<Bytes>::new())
        .map_err(|e| EngineError::Broken { action: action.to_owned(), reason: e.to_string() })?;
    let response = transport.send(action, request).await?;
    if response.status().is_success() {
        return Ok(response);
    }
    Err(refusal(response, action).await)
}

/// Reads the error message of an error response.
pub(super) async fn refusal(response: Response<Incoming>, action: &str) -> EngineError {
    let status = response.status();
    let body = read_up_to(response, action, REFUSAL).await.map(|(body, _)| body).unwrap_or_default();
    let message = json_limit::read::<Value>(&body, VALUES)
        .ok()
        .and_then(|v| v.get("message").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_else(|| String::from_utf8_lossy(&body).chars().take(200).collect());
    if status == StatusCode::NOT_FOUND {
        return EngineError::Unknown { what: message };
    }
    EngineError::Refused { action: action.to_owned(), status: status.as_u16(), message }
}

/// Reads the whole body.
///
/// # Errors
/// Returns [`EngineError::TooLarge`] for more than `most` bytes; reads no more than those.
async fn read_all(response: Response<Incoming>, action: &str, most: usize) -> Result<Vec<u8>, EngineError> {
    match read_up_to(response, action, most).await? {
        (body, false) => Ok(body),
        (_, true) => Err(EngineError::TooLarge {
            action: action.to_owned(),
            reason: format!("it has more than {} MiB", most >> 20),
        }),
    }
}

/// Reads the first bytes of a body, and returns whether there are more.
pub(super) async fn read_up_to(
    response: Response<Incoming>,
    action: &str,
    most: usize,
) -> Result<(Vec<u8>, bool), EngineError> {
    let broken = |e: hyper::Error| EngineError::Broken { action: action.to_owned(), reason: e.to_string() };
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        let piece = frame.map_err(broken)?.into_data().unwrap_or_default();
        let room = most - bytes.len();
        bytes.extend_from_slice(piece.get(..room).unwrap_or(&piece));
        if piece.len() > room {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// Pings the engine; returns its API version, and whether it is Podman, if the headers say so.
async fn greet(
    transport: &Transport,
    deadline: Duration,
) -> Result<Option<(ApiVersion, EngineKind)>, EngineError> {
    let action = "GET /_ping";
    let answer = match within(deadline, action, open(transport, action, "/_ping")).await {
        Ok(answer) => answer,
        Err(EngineError::Unknown { .. } | EngineError::Refused { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let headers = answer.headers();
    let api = headers.get("api-version").and_then(|value| ApiVersion::parse(value.to_str().ok()?));
    let kind =
        if headers.contains_key("libpod-api-version") { EngineKind::Podman } else { EngineKind::Docker };
    Ok(api.map(|api| (api, kind)))
}

fn negotiate(version: &Value) -> Result<ApiVersion, EngineError> {
    let read = |key: &str| version.get(key).and_then(Value::as_str).and_then(ApiVersion::parse);
    let garbage = || EngineError::Garbage {
        action: "GET /version".to_owned(),
        reason: "ApiVersion is missing".to_owned(),
    };
    let theirs = read("ApiVersion").ok_or_else(garbage)?;
    match read("MinAPIVersion") {
        Some(minimum) if minimum > ApiVersion::OURS => {
            Err(EngineError::TooNew { minimum: minimum.to_string(), ours: ApiVersion::OURS.to_string() })
        }
        _ => Ok(theirs.min(ApiVersion::OURS)),
    }
}

fn kind_of(version: &Value) -> EngineKind {
    let components = version.get("Components").and_then(Value::as_array).into_iter().flatten();
    let podman =
        components.filter_map(|c| c.get("Name").and_then(Value::as_str)).any(|name| name.contains("Podman"));
    if podman { EngineKind::Podman } else { EngineKind::Docker }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_lower_version_of_the_two_is_spoken() {
        assert_eq!(
            negotiate(&json!({"ApiVersion": "1.41", "MinAPIVersion": "1.12"})).unwrap().to_string(),
            "1.41"
        );
        assert_eq!(
            negotiate(&json!({"ApiVersion": "1.99", "MinAPIVersion": "1.44"})).unwrap(),
            ApiVersion::OURS
        );
    }

    #[test]
    fn an_engine_that_forbids_our_version_is_named() {
        let error = negotiate(&json!({"ApiVersion": "1.99", "MinAPIVersion": "1.90"})).unwrap_err();
        assert!(matches!(error, EngineError::TooNew { .. }), "{error}");
    }

    #[test]
    fn podman_is_told_by_its_component() {
        assert_eq!(kind_of(&json!({"Components": [{"Name": "Podman Engine"}]})), EngineKind::Podman);
        assert_eq!(kind_of(&json!({"Components": [{"Name": "Engine"}]})), EngineKind::Docker);
    }
}
