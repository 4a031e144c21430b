//! A page of metrics over HTTP on a local address. Must not know what is counted.
//!
//! No connection waits for another: if there are too many, the oldest is closed.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Most connections at the same time.
const READERS: usize = 64;
/// Longest time for a client to send its request, and then to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest head of a request, in bytes.
const HEAD: usize = 16 * 1024;
/// Most headers in a request.
const HEADERS: usize = 64;

/// Serves a page, generated for each request, at `/metrics`; returns the address, with the port that the
/// system chose for port 0.
///
/// # Errors
/// [`io::Error`] if the address cannot be bound.
pub async fn serve(
    address: SocketAddr,
    page: impl Fn() -> String + Clone + Send + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    tokio::spawn(accept(listener, page));
    Ok(bound)
}

async fn accept(listener: TcpListener, page: impl Fn() -> String + Clone + Send + 'static) {
    let mut readers: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No file descriptors are left: there may be some a moment later.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        readers.retain(|reader| !reader.is_finished());
        if readers.len() >= READERS
            && let Some(oldest) = readers.pop_front()
        {
            oldest.abort();
        }
        readers.push_back(tokio::spawn(attend(stream, page.clone())).abort_handle());
    }
}

/// Reads one request and answers it.
async fn attend(stream: TcpStream, page: impl Fn() -> String) {
    let service = service_fn(move |request| std::future::ready(answer(&request, &page)));
    let mut server = hyper::server::conn::http1::Builder::new();
    let server = server
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .keep_alive(false);
    // A client that goes away is not an error here.
    let _ = tokio::time::timeout(2 * PATIENCE, server.serve_connection(TokioIo::new(stream), service)).await;
}

fn answer(
    request: &Request<Incoming>,
    page: impl Fn() -> String,
) -> Result<Response<Full<Bytes>>, hyper::http::Error> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => (StatusCode::OK, page()),
        (&Method::GET | &Method::HEAD, _) => (StatusCode::NOT_FOUND, "metrics at /metrics\n".to_owned()),
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .body(Full::from(text))
}
