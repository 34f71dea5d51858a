//! An S3 server on loopback for tests, benchmarks and trying things by hand: one bucket, held in memory or in a folder.
//!
//! It owns the listener, the bucket's keys and bytes, and the counts of what clients asked for. The `s3s` crate speaks
//! the protocol and checks signatures; what a bucket answers (pages, conditions, ranges, multipart) is written here
//! after the behaviour of the real service.
//!
//! It must not depend on the program under test nor on the example's command line: tests include this very folder with
//! `#[path = "../../examples/s3-landing/server/mod.rs"] mod s3;`. It writes nothing to stdout or stderr.
//!
//! ```no_run
//! let bucket = Bucket::memory();
//! bucket.insert("topics/orders/part-0.json", "{}\n");
//! let server = S3Server::start(bucket.clone(), ServerOptions::default()).await?;
//! let endpoint = server.endpoint(); // `http://127.0.0.1:<port>`
//! server.shutdown().await;
//! ```
#![allow(dead_code, unused_imports, reason = "each test binary or example that includes this folder uses a part of it")]

mod access;
mod bodies;
mod bucket;
mod checksums;
mod conditions;
mod connection;
mod counts;
mod fault_answers;
mod fault_listings;
mod faults;
mod folder;
mod gate;
mod listing;
mod multipart;
mod objects;
mod operations;
mod options;
mod refusals;
mod weather;
mod wrong_region;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use self::bucket::Bucket;
pub use self::checksums::Checksums;
pub use self::counts::Counts;
pub use self::faults::{Fault, FaultKind, Faults, FaultyOperation, FaultyWhen};
pub use self::options::{Anonymous, Denied, ServerOptions, WrongRegion};

use self::connection::{Connection, Wishes};
use self::gate::Gate;

/// How long `shutdown` waits for requests that are being answered.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// A running server. Dropping it stops it too, without waiting for the requests in flight.
pub struct S3Server {
    address: SocketAddr,
    gate: Arc<Gate>,
    stop: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

impl S3Server {
    /// Binds to 127.0.0.1 and serves `bucket` on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The port is taken or sockets are not permitted.
    pub async fn start(bucket: Bucket, options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let gate = Arc::new(Gate::new(bucket, options, address));
        let (stop, stopped) = watch::channel(());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&gate), stopped));
        Ok(Self { address, gate, stop, accepting })
    }

    /// `http://127.0.0.1:<port>`, for path-style requests.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The options as given at the start.
    pub fn options(&self) -> &ServerOptions {
        self.gate.options()
    }

    /// What clients asked for since the start or the last `reset_counts`.
    pub fn counts(&self) -> Counts {
        self.gate.counts()
    }

    /// How often each fault has struck since it was set.
    pub fn strikes(&self) -> Vec<u64> {
        self.gate.strikes()
    }

    /// Sets other faults than those of the options, from the next request on.
    pub fn set_faults(&self, faults: &Faults) {
        self.gate.set_faults(faults);
    }

    /// Sets every count to zero, the peak included, so that a test counts one step only.
    pub fn reset_counts(&self) {
        self.gate.reset_counts();
    }

    /// Looks at the folder again and returns the number of keys; for a bucket in memory nothing changes.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn refresh(&self) -> io::Result<usize> {
        self.gate.bucket().refresh()
    }

    /// Stops accepting, lets the requests in flight finish (five seconds at most) and closes the connections.
    pub async fn shutdown(self) {
        let Self { gate: _, stop, accepting, address: _ } = self;
        drop(stop);
        let _ = accepting.await;
    }
}

/// Accepts until `stopped` sees its sender gone, then waits for the open connections.
async fn accept(listener: TcpListener, gate: Arc<Gate>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&gate), stopped.clone()));
                }
                // Out of file descriptors, most likely: wait for connections to end rather than spin.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            // Ended connections are taken out, so that the set stays as small as what is open.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN_LIMIT, drained).await;
}

/// Answers the requests of one connection, which the client may keep for as long as it likes.
async fn serve(stream: TcpStream, gate: Arc<Gate>, mut stopped: watch::Receiver<()>) {
    // A response is one small write: waiting for more of them would only add the delayed-ACK time.
    let _ = stream.set_nodelay(true);
    let wishes = Arc::new(Wishes::default());
    let stream = Connection::new(stream, Arc::clone(&wishes));
    let service = hyper::service::service_fn(move |request| {
        let (gate, wishes) = (Arc::clone(&gate), Arc::clone(&wishes));
        async move { gate.pass(request, &wishes).await }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A client that hangs up in the middle is the client's business, hence the results without a reader.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
