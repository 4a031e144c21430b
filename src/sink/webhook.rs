//! Posts reports to an address, one after the other, with retries and a bounded queue. Must not hold up the
//! watch.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::tls::{self, Encrypted, TlsError};
use super::webhook_address::{Server, WebhookAddress};
use crate::render::output;

/// Most reports in the queue.
const QUEUE: usize = 1000;
/// Attempts to post one report.
const ATTEMPTS: u32 = 8;
/// Waits between attempts: the first and the longest, even if the server asks for more.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_mins(1));
/// Longest time for one attempt.
const PATIENCE: Duration = Duration::from_secs(10);

/// Results of the posts.
#[derive(Debug, Default, Clone)]
pub struct PostCounts {
    /// Posts by result: `posted`, `failed`, `dropped`; and `retried`, attempts that were not the last.
    pub results: BTreeMap<&'static str, u64>,
    /// Posts that wait or are in progress.
    pub waiting: u64,
}

/// The counts, shared by the webhook and the code that shows them.
#[derive(Debug, Default, Clone)]
pub struct Posts(Arc<Mutex<PostCounts>>);

impl Posts {
    /// Returns a copy of the counts.
    #[must_use]
    pub fn counts(&self) -> PostCounts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, PostCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, result: &'static str) {
        *self.lock().results.entry(result).or_default() += 1;
    }

    fn settle(&self) {
        let mut counts = self.lock();
        counts.waiting = counts.waiting.saturating_sub(1);
    }
}

/// The queue and the task that empties it.
pub struct Webhook {
    queue: mpsc::Sender<String>,
    worker: JoinHandle<()>,
    posts: Posts,
}

/// Why a post was not accepted.
enum Refusal {
    /// It never will be.
    Final(String),
    /// It may be accepted later, after the time that the server gave.
    Later(String, Option<Duration>),
}

/// Where posts go, and by which transport.
struct Destination {
    address: WebhookAddress,
    way: Way,
}

/// A transport to the server.
enum Way {
    Clear(String),
    Encrypted(Box<Encrypted>),
    Socket(PathBuf),
}

impl Way {
    fn to(server: Server) -> Result<Self, TlsError> {
        Ok(match server {
            Server::Tcp(authority) => Self::Clear(authority),
            Server::Tls(authority, name) => Self::Encrypted(Box::new(Encrypted::new(authority, name)?)),
            Server::Unix(path) => Self::Socket(path),
        })
    }
}

impl Webhook {
    /// Starts posting what is put into the queue; `remarks` says whether problems go to stderr.
    ///
    /// # Errors
    /// [`TlsError`] if the address is encrypted and no certificate could be verified.
    pub fn start(address: WebhookAddress, remarks: bool) -> Result<Self, TlsError> {
        let way = Way::to(address.server.clone())?;
        let posts = Posts::default();
        let (queue, waiting) = mpsc::channel(QUEUE);
        let worker = tokio::spawn(work(Destination { address, way }, waiting, posts.clone(), remarks));
        Ok(Self { queue, worker, posts })
    }

    /// Returns a handle to the counts.
    #[must_use]
    pub fn posts(&self) -> Posts {
        self.posts.clone()
    }

    /// Puts a report into the queue; if the queue is full, drops it and counts that.
    pub fn post(&self, line: String) {
        match self.queue.try_send(line) {
            Ok(()) => self.posts.lock().waiting += 1,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => self.posts.count("dropped"),
        }
    }

    /// Posts what waits, for at most `limit`; returns how many were left.
    pub async fn finish(self, limit: Duration) -> u64 {
        let Self { queue, mut worker, posts } = self;
        drop(queue);
        if timeout(limit, &mut worker).await.is_err() {
            worker.abort();
        }
        posts.lock().waiting
    }
}

async fn work(to: Destination, mut waiting: mpsc::Receiver<String>, posts: Posts, remarks: bool) {
    let mut troubled = false;
    let address = &to.address;
    while let Some(report) = waiting.recv().await {
        let posted = deliver(&to, Bytes::from(report), &posts).await;
        posts.settle();
        posts.count(if posted.is_ok() { "posted" } else { "failed" });
        let failed = posted.is_err();
        match posted {
            Err(reason) if !troubled && remarks => {
                output::tell(&format!(
                    "{address} rejects reports: {reason}\n  next: check the receiver's log"
                ));
            }
            Ok(()) if troubled && remarks => output::tell(&format!("{address} accepts reports again")),
            _ => {}
        }
        troubled = failed;
    }
}

async fn deliver(to: &Destination, body: Bytes, posts: &Posts) -> Result<(), String> {
    let mut wait = WAITS.0;
    let mut attempt = 1;
    loop {
        let refused = timeout(PATIENCE, post(to, body.clone()))
            .await
            .unwrap_or_else(|_| Err(Refusal::Later("it does not answer".into(), None)));
        match refused {
            Ok(()) => return Ok(()),
            Err(Refusal::Final(reason)) => return Err(reason),
            Err(Refusal::Later(reason, _)) if attempt >= ATTEMPTS => return Err(reason),
            Err(Refusal::Later(_, named)) => {
                posts.count("retried");
                sleep(named.unwrap_or(wait).min(WAITS.1)).await;
                wait = (wait * 2).min(WAITS.1);
                attempt += 1;
            }
        }
    }
}

async fn post(to: &Destination, body: Bytes) -> Result<(), Refusal> {
    let Destination { address, way } = to;
    match way {
        Way::Clear(authority) => {
            send(address, body, TcpStream::connect(authority).await.map_err(later)?).await
        }
        Way::Encrypted(encrypted) => send(address, body, encrypted.connect().await.map_err(unreached)?).await,
        Way::Socket(path) => send(address, body, UnixStream::connect(path).await.map_err(later)?).await,
    }
}

/// Returns the refusal for a failed connection. A certificate that cannot be verified now will not be in a
/// minute either.
fn unreached(error: io::Error) -> Refusal {
    if tls::is_distrusted(&error) { Refusal::Final(error.to_string()) } else { later(error) }
}

fn later(error: impl std::fmt::Display) -> Refusal {
    Refusal::Later(error.to_string(), None)
}

async fn send(
    address: &WebhookAddress,
    body: Bytes,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<(), Refusal> {
    let mut request = Request::post(&address.path)
        .header(header::HOST, &address.host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("sysdock/", env!("CARGO_PKG_VERSION")));
    if let Some(user) = &address.user {
        request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(user)));
    }
    // The error must not contain the path.
    let request = request
        .body(Full::new(body))
        .map_err(|_| Refusal::Final("its address cannot be used in a request".to_owned()))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(later)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    connection.abort();
    judge(&answer.map_err(later)?)
}

/// Returns how long `Retry-After` asks to wait: seconds, or until a date (RFC 9110, section 10.2.3).
fn wait(said: &str, now: Timestamp) -> Option<Duration> {
    let until = || jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(said).ok();
    let seconds = said
        .parse()
        .ok()
        .or_else(|| Some(u64::try_from(until()?.as_second() - now.as_second()).unwrap_or_default()))?;
    Some(Duration::from_secs(seconds))
}

fn judge<B>(answer: &hyper::Response<B>) -> Result<(), Refusal> {
    let status = answer.status();
    let reason = format!("HTTP {}", status.as_u16());
    let named = answer
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| wait(value.to_str().ok()?.trim(), Timestamp::now()));
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(Refusal::Later(reason, named)),
        _ if status.is_server_error() => Err(Refusal::Later(reason, named)),
        _ => Err(Refusal::Final(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_asks_for_seconds_or_names_a_date() {
        let now: Timestamp = "2015-10-21T07:27:00Z".parse().unwrap();
        assert_eq!(wait("120", now), Some(Duration::from_mins(2)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Duration::from_mins(1)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait("soon", now), None);
    }
}
