//! What a scheduler tells over HTTP: whether it is well, what comes next, and numbers for Prometheus.
//!
//! Owns the listener and what is refused: anything but GET and HEAD, long heads, slow clients, crowds. `answers` and
//! `metrics` say what is told. It must not change anything, and knows no secret: addresses of webhooks and credentials
//! are not in what it is given.

mod answers;
mod metrics;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{debug, info, warn};

use super::scheduler::{Order, Overview};
use crate::error::{Error, Result};

/// Connections at once; the next ones wait in the system's queue.
const CONNECTIONS: usize = 32;
/// How long a client may take over a request, its answer included.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;
/// How long the scheduler may take to answer: it turns in milliseconds.
const TURN_LIMIT: Duration = Duration::from_secs(3);
/// After a failure to accept, such as a lack of file descriptors, it is not tried again at once.
const REST: Duration = Duration::from_millis(200);

/// Asks the scheduler what is going on; nothing comes back where it does not turn.
pub type Ask = Arc<dyn Fn() -> BoxFuture<'static, Option<Overview>> + Send + Sync>;

/// A listener that is bound, and not served yet.
#[derive(Debug)]
pub struct Status {
    listener: TcpListener,
    address: SocketAddr,
}

impl Status {
    /// Listens at `address`; port 0 is any that is free.
    ///
    /// # Errors
    /// The address can't be had.
    pub async fn listen(address: SocketAddr) -> Result<Status> {
        let failed = |error: std::io::Error| {
            Error::usage(format!("the status can not be served at `{address}`"))
                .because(error)
                .hint("choose another port, or 0 for any that is free")
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Status { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is dropped.
    pub async fn serve(self, ask: Ask) {
        info!(address = %self.address, "the status is served");
        if !self.address.ip().is_loopback() {
            warn!(address = %self.address, "the status can be read from other hosts; it asks for no password");
        }
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // It is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    warn!(%error, "a connection for the status could not be accepted");
                    tokio::time::sleep(REST).await;
                    continue;
                }
            };
            let ask = Arc::clone(&ask);
            tokio::spawn(async move {
                if tokio::time::timeout(TIME_LIMIT, serve_one(stream, ask)).await.is_err() {
                    debug!("a client of the status was too slow");
                }
                drop(place);
            });
        }
    }
}

/// Asks the scheduler that obeys these orders.
pub fn asking<R: Send + Sync + 'static>(orders: mpsc::Sender<Order<R>>) -> Ask {
    Arc::new(move || {
        let orders = orders.clone();
        Box::pin(async move {
            let asked = async {
                let (reply, answer) = oneshot::channel();
                orders.send(Order::Report(reply)).await.ok()?;
                answer.await.ok()
            };
            tokio::time::timeout(TURN_LIMIT, asked).await.ok().flatten()
        })
    })
}

/// One request a connection: who asks every fifteen seconds gains nothing by keeping one.
async fn serve_one(stream: TcpStream, ask: Ask) {
    let service = service_fn(|request| {
        let ask = Arc::clone(&ask);
        async move { Ok::<_, Infallible>(answer(&request, &ask).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        debug!(%error, "a client of the status went away");
    }
}

/// What is told, and as what.
struct Told {
    status: StatusCode,
    content_type: &'static str,
    body: String,
}

async fn answer(request: &Request<Incoming>, ask: &Ask) -> Response<Full<Bytes>> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = respond(plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n"));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let tell: fn(&Overview) -> Result<Told> = match request.uri().path() {
        "/" => return respond(plain(StatusCode::OK, "/health\n/reports\n/metrics\n")),
        "/health" => answers::health,
        "/reports" | "/status" => answers::reports,
        "/metrics" => metrics::metrics,
        _ => return respond(plain(StatusCode::NOT_FOUND, "there are /health, /reports and /metrics\n")),
    };
    let told = match ask().await {
        Some(overview) => tell(&overview),
        None => Ok(plain(StatusCode::SERVICE_UNAVAILABLE, "the scheduler does not turn\n")),
    };
    respond(told.unwrap_or_else(|error| {
        warn!(%error, "the status could not be told");
        plain(StatusCode::INTERNAL_SERVER_ERROR, "the status could not be told\n")
    }))
}

fn plain(status: StatusCode, text: &str) -> Told {
    Told { status, content_type: "text/plain; charset=utf-8", body: text.to_owned() }
}

/// The body of an answer to HEAD is left out by hyper.
fn respond(told: Told) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(told.body)));
    *response.status_mut() = told.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(told.content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
