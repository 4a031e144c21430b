//! A page of metrics over HTTP on an address of this machine. Must not know what is counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::counts::Counts;
use crate::command::CommandError;

/// Readers that are served at the same time.
const READERS: usize = 8;
/// Longest that a reader may take to ask.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens; gives the address, whose port was chosen by the system where 0 was asked for.
///
/// # Errors
/// [`CommandError::Metrics`] when the address cannot be had.
pub async fn serve(address: SocketAddr, counts: Counts) -> Result<SocketAddr, CommandError> {
    let failed = |source| CommandError::Metrics { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    tokio::spawn(accept(listener, counts));
    Ok(bound)
}

async fn accept(listener: TcpListener, counts: Counts) {
    let places = Arc::new(Semaphore::new(READERS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptors left: a moment later there may be some.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let counts = counts.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| std::future::ready(answer(&request, &counts)));
            let mut server = hyper::server::conn::http1::Builder::new();
            let server = server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
            // A reader that goes away is no matter of ours.
            let _ = tokio::time::timeout(PATIENCE, server.serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, counts: &Counts) -> Result<Response<Full<Bytes>>, hyper::http::Error> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => (StatusCode::OK, counts.page()),
        (&Method::GET | &Method::HEAD, _) => (StatusCode::NOT_FOUND, "metrics are at /metrics\n".to_owned()),
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    };
    Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8").body(Full::from(text))
}
