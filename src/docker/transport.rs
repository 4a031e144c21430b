//! Sends an HTTP/1.1 request to the engine over a Unix socket, TCP, or `docker system dial-stdio` via ssh.
//!
//! Every request passes through here, so that each path contains the API version.

use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, join};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::Command;

use super::{ApiVersion, Endpoint, EngineError};

/// Receives each request: its description, its result, and how long it took.
pub type Listener = fn(&str, &str, Duration);

/// Sends requests to one endpoint, each over a new connection.
#[derive(Debug, Clone)]
pub struct Transport {
    endpoint: Endpoint,
    listener: Option<Listener>,
    version: Arc<OnceLock<ApiVersion>>,
}

impl Transport {
    /// Creates a transport for an endpoint; sends nothing yet.
    pub fn new(endpoint: Endpoint, listener: Option<Listener>) -> Self {
        Self { endpoint, listener, version: Arc::default() }
    }

    /// Sets the API version for all later requests.
    pub fn speak(&self, version: ApiVersion) {
        // A second call changes nothing: the version is negotiated once per engine.
        let _ = self.version.set(version);
    }

    /// Returns the listener that receives each request.
    pub const fn listener(&self) -> Option<Listener> {
        self.listener
    }

    /// Returns the engine's address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends one request whose URI contains only path and query; `action` names it in errors.
    pub async fn send<B>(
        &self,
        action: &str,
        mut request: Request<B>,
    ) -> Result<Response<Incoming>, EngineError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let broken = |reason: String| EngineError::Broken { action: action.to_owned(), reason };
        let path = self.versioned(request.uri().path_and_query().map_or("/", |pq| pq.as_str()));
        *request.uri_mut() = path.parse().map_err(|e: hyper::http::uri::InvalidUri| broken(e.to_string()))?;
        let words = format!("{} {path}", request.method());
        request.headers_mut().insert(header::HOST, header::HeaderValue::from_static("engine"));
        let began = Instant::now();
        // Boxed, so that the futures of all calls stay small.
        let answer = Box::pin(async {
            let stream = self.connect().await?;
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|e| broken(e.to_string()))?;
            tokio::spawn(connection.with_upgrades());
            sender.send_request(request).await.map_err(|e| broken(e.to_string()))
        })
        .await;
        if let Some(listener) = self.listener {
            let outcome = answer
                .as_ref()
                .map_or_else(EngineError::brief, |answer| answer.status().as_u16().to_string());
            listener(&words, &outcome, began.elapsed());
        }
        answer
    }

    /// Replaces the version at the start of the path with the negotiated one, or inserts it.
    fn versioned(&self, path: &str) -> String {
        if path.contains("/libpod/") {
            return path.to_owned();
        }
        let bare = path
            .strip_prefix("/v")
            .and_then(|rest| rest.split_once('/'))
            .filter(|(v, _)| v.starts_with(|c: char| c.is_ascii_digit()));
        let bare = bare.map_or_else(|| path.to_owned(), |(_, rest)| format!("/{rest}"));
        match self.version.get() {
            Some(version) => format!("/v{version}{bare}"),
            None => bare,
        }
    }

    async fn connect(&self) -> Result<Box<dyn Duplex>, EngineError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::PermissionDenied => {
                EngineError::Permission { address: self.endpoint.to_string() }
            }
            _ => EngineError::Connect { address: self.endpoint.to_string(), source },
        };
        match &self.endpoint {
            Endpoint::Unix(path) => Ok(Box::new(UnixStream::connect(path).await.map_err(failed)?)),
            Endpoint::Tcp(authority) => Ok(Box::new(TcpStream::connect(authority).await.map_err(failed)?)),
            Endpoint::Ssh { destination, port } => dial_stdio(destination, *port).map_err(failed),
        }
    }
}

/// A bidirectional byte stream.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Connects to the engine of another machine as the docker CLI does: by `system dial-stdio` over ssh.
fn dial_stdio(destination: &str, port: Option<u16>) -> std::io::Result<Box<dyn Duplex>> {
    let mut ssh = Command::new("ssh");
    ssh.args(["-o", "ConnectTimeout=30", "-T"]);
    if let Some(port) = port {
        ssh.args(["-p", &port.to_string()]);
    }
    ssh.args(["--", destination, "docker", "system", "dial-stdio"]);
    let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(false).spawn()?;
    let (Some(stdout), Some(stdin)) = (child.stdout.take(), child.stdin.take()) else {
        return Err(std::io::Error::other("ssh gave no pipes"));
    };
    // ssh ends when its pipes close; waiting prevents a zombie.
    tokio::spawn(async move { child.wait().await });
    Ok(Box::new(join(stdout, stdin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_names_the_negotiated_version() {
        let transport = Transport::new(Endpoint::Tcp("x:1".into()), None);
        assert_eq!(transport.versioned("/_ping"), "/_ping");
        transport.speak(ApiVersion { major: 1, minor: 41 });
        assert_eq!(transport.versioned("/info?x=/v1"), "/v1.41/info?x=/v1");
        assert_eq!(transport.versioned("/v1.53/info"), "/v1.41/info");
        assert_eq!(transport.versioned("/volumes"), "/v1.41/volumes");
        assert_eq!(transport.versioned("/v4.0.0/libpod/info"), "/v4.0.0/libpod/info");
    }
}
