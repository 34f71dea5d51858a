//! Counting every HTTP request that leaves, where it leaves.
//!
//! Owns the counters and the HTTP layer below the S3 client that fills them. That layer also keeps
//! odd keys alive through the client (`keys`), ends retries of an endpoint that never answered, lets no
//! more requests out at once than the host takes (`throttle`), and remembers the region that a bucket
//! says it is in. It must not change what is sent.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, HeaderMap};

use super::integrity::Told;
use super::keys;
use super::meter::Tries;
use super::server_clock::ClockDifference;
use super::throttle::Throttle;
use super::transport;

/// How many requests of each kind were sent, each try of a retried one included, and what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Pages of listings.
    pub list: u64,
    /// Objects or parts of them.
    pub get: u64,
    /// Questions about a bucket or an object.
    pub head: u64,
    /// Uploads, their parts, starts and ends included.
    pub put: u64,
    /// Of all these, the ones that failed in a way that is tried again.
    pub failed: u64,
    /// Of the ones that read or list, those that were no first try.
    pub retries: u64,
    /// Of the failed ones, those that the service refused for want of capacity: 503 or 429.
    pub slow_downs: u64,
    /// Bytes of objects that were read, from S3 and from disk.
    pub bytes: u64,
}

impl RequestCounts {
    /// What was counted since `before` was read.
    #[must_use]
    pub fn since(&self, before: &RequestCounts) -> RequestCounts {
        RequestCounts {
            list: self.list.saturating_sub(before.list),
            get: self.get.saturating_sub(before.get),
            head: self.head.saturating_sub(before.head),
            put: self.put.saturating_sub(before.put),
            failed: self.failed.saturating_sub(before.failed),
            retries: self.retries.saturating_sub(before.retries),
            slow_downs: self.slow_downs.saturating_sub(before.slow_downs),
            bytes: self.bytes.saturating_sub(before.bytes),
        }
    }
}

/// The counters behind `RequestCounts`.
#[derive(Debug, Default)]
pub struct Counters {
    list: AtomicU64,
    get: AtomicU64,
    head: AtomicU64,
    put: AtomicU64,
    failed: AtomicU64,
    retries: AtomicU64,
    slow_downs: AtomicU64,
    bytes: AtomicU64,
}

/// What is known of one bucket's service from its answers.
#[derive(Debug, Default)]
pub struct Answers {
    answered: AtomicBool,
    refused: AtomicU64,
    bucket_region: Mutex<Option<String>>,
    clock: Mutex<Option<ClockDifference>>,
}

/// Makes the counting HTTP client of one bucket.
#[derive(Debug)]
pub struct CountingConnector {
    /// Where requests are counted.
    pub counters: Arc<Counters>,
    /// Where answers are remembered.
    pub answers: Arc<Answers>,
    /// What each request needs leave from.
    pub throttle: Arc<Throttle>,
    /// The client that all share, once there is one.
    pub client: OnceLock<HttpClient>,
}

#[derive(Debug)]
struct CountingService {
    client: HttpClient,
    throttle: Arc<Throttle>,
    counters: Arc<Counters>,
    answers: Arc<Answers>,
}

/// The header in which S3 names a bucket's region, on success and on refusal alike.
const BUCKET_REGION_HEADER: &str = "x-amz-bucket-region";

/// What is said of a page of a listing that is not the last one, and does not say where the next one begins.
const LOST_PLACE: &str = "the listing has more names, and the service does not say where they begin (`ListObjectsV2`)";

/// An endpoint that never answered is given up after so many connections that were refused or stayed silent; one that did
/// answer is retried as long as the configuration says.
const REFUSALS_BEFORE_GIVING_UP: u64 = 3;

impl RequestCounts {
    /// Requests of every kind.
    pub fn total(&self) -> u64 {
        self.list + self.get + self.head + self.put
    }
}

impl Counters {
    /// The counts so far.
    pub fn snapshot(&self) -> RequestCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RequestCounts {
            list: load(&self.list),
            get: load(&self.get),
            head: load(&self.head),
            put: load(&self.put),
            failed: load(&self.failed),
            retries: load(&self.retries),
            slow_downs: load(&self.slow_downs),
            bytes: load(&self.bytes),
        }
    }

    /// Counts bytes of objects.
    pub fn add_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn count(&self, request: &HttpRequest) -> RequestKind {
        let kind = RequestKind::of(request);
        let counter = match kind {
            RequestKind::List => &self.list,
            RequestKind::Get => &self.get,
            RequestKind::Head => &self.head,
            RequestKind::Put => &self.put,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if request.extensions().get::<Tries>().is_some_and(Tries::count) {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
        kind
    }
}

impl Answers {
    /// The region that the bucket last said it is in.
    pub fn bucket_region(&self) -> Option<String> {
        self.bucket_region.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far this machine's clock was from the service's, at its first answer or its last refusal.
    pub fn clock(&self) -> Option<ClockDifference> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, response: &HttpResponse) {
        let is_first = !self.answered.swap(true, Ordering::Relaxed);
        // Not at each of thousands of answers a second: it is of use where a request was refused.
        if (is_first || !response.status().is_success())
            && let Some(difference) = ClockDifference::of(response)
        {
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(difference);
        }
        if let Some(region) = response.headers().get(BUCKET_REGION_HEADER).and_then(|region| region.to_str().ok()) {
            let mut known = self.bucket_region.lock().unwrap_or_else(PoisonError::into_inner);
            if known.as_deref() != Some(region) {
                *known = Some(region.to_owned());
            }
        }
    }

    /// The error as it should reach the retry loop above.
    fn judge(&self, error: HttpError) -> HttpError {
        let is_silence = matches!(error.kind(), HttpErrorKind::Connect | HttpErrorKind::Timeout);
        if self.answered.load(Ordering::Relaxed) {
            // What followed an earlier answer, and came only after the connection was taken for this request.
            return match transport::is_garbled(&error) {
                true => HttpError::new(HttpErrorKind::Interrupted, io::Error::other(transport::GARBLED)),
                false => error,
            };
        }
        if !is_silence {
            return error;
        }
        match self.refused.fetch_add(1, Ordering::Relaxed) {
            refused if refused.saturating_add(1) < REFUSALS_BEFORE_GIVING_UP => error,
            _ => HttpError::new(HttpErrorKind::Unknown, error),
        }
    }
}

impl HttpConnector for CountingConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = match self.client.get() {
            Some(client) => client.clone(),
            None => {
                // The S3 client signs headers of its options and sends them. What sends requests knows options, too,
                // and would add them to those that have none, unsigned, which S3 refuses.
                let made =
                    ReqwestConnector::default().connect(&options.clone().with_default_headers(HeaderMap::new()))?;
                self.client.get_or_init(|| made).clone()
            }
        };
        Ok(HttpClient::new(CountingService {
            client,
            throttle: Arc::clone(&self.throttle),
            counters: Arc::clone(&self.counters),
            answers: Arc::clone(&self.answers),
        }))
    }
}

#[async_trait]
impl HttpService for CountingService {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let leave = self.throttle.leave().await;
        let kind = self.counters.count(&request);
        let told = request.extensions().get::<Told>().cloned();
        let response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => {
                self.counters.failed.fetch_add(1, Ordering::Relaxed);
                return Err(self.answers.judge(error));
            }
        };
        self.answers.remember(&response);
        if let Some(told) = told {
            told.remember(&response);
        }
        let status = response.status();
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            self.counters.failed.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(status.as_u16(), 429 | 503) {
            self.counters.slow_downs.fetch_add(1, Ordering::Relaxed);
            leave.refused();
        } else {
            leave.answered();
        }
        if kind != RequestKind::List || !status.is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // A page is worth nothing before its end, so that it fails as a whole and is asked for again as a whole.
        let body = body.bytes().await.map_err(|error| {
            self.counters.failed.fetch_add(1, Ordering::Relaxed);
            match error.kind() {
                HttpErrorKind::Timeout => error,
                _ => HttpError::new(HttpErrorKind::Interrupted, error),
            }
        })?;
        if keys::is_lost(&body) {
            return Err(HttpError::new(HttpErrorKind::Unknown, io::Error::other(LOST_PLACE)));
        }
        Ok(HttpResponse::from_parts(parts, keys::protect_listing(body).into()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RequestKind {
    List,
    Get,
    Head,
    Put,
}

impl RequestKind {
    fn of(request: &HttpRequest) -> RequestKind {
        match request.method().as_str() {
            "HEAD" => RequestKind::Head,
            "GET" if request.uri().query().is_some_and(|query| query.contains("list-type=2")) => RequestKind::List,
            "GET" => RequestKind::Get,
            _ => RequestKind::Put,
        }
    }
}
