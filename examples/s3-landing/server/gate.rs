//! The one place that each request passes: it counts, sleeps the latency, lets `s3s` answer, and completes the answer.
//!
//! What goes wrong on purpose is decided in [`Gate::pass`], too; `faults` says what there is.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, SERVER};
use hyper::{Method, Request, Response, StatusCode};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};

use super::access::{KeyPair, SignedForThisRegion};
use super::bucket::Bucket;
use super::connection::Wishes;
use super::counts::{Counters, Counts, RequestKind};
use super::fault_answers;
use super::faults::Faults;
use super::operations::Operations;
use super::options::ServerOptions;
use super::weather::Weather;
use super::wrong_region;

/// The way from a connection to the bucket and back.
pub(super) struct Gate {
    bucket: Bucket,
    options: Arc<ServerOptions>,
    address: SocketAddr,
    service: S3Service,
    counters: Counters,
    weather: RwLock<Arc<Weather>>,
    request_ids: AtomicU64,
}

/// What S3 answers where it is asked more than it can do.
fn slow_down() -> Response<Body> {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    let mut answer = Response::new(Body::from(body.to_owned()));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    answer
}

impl Gate {
    pub(super) fn new(bucket: Bucket, options: ServerOptions, address: SocketAddr) -> Self {
        let options = Arc::new(options);
        let mut builder = S3ServiceBuilder::new(Operations::new(bucket.clone(), Arc::clone(&options)));
        builder.set_auth(KeyPair::new(Arc::clone(&options)));
        builder.set_access(SignedForThisRegion::new(Arc::clone(&options)));
        Self {
            bucket,
            weather: RwLock::new(Arc::new(Weather::new(&options.faults))),
            options,
            address,
            service: builder.build(),
            counters: Counters::default(),
            request_ids: AtomicU64::new(1),
        }
    }

    pub(super) fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    pub(super) fn options(&self) -> &ServerOptions {
        &self.options
    }

    pub(super) fn counts(&self) -> Counts {
        self.counters.read()
    }

    pub(super) fn reset_counts(&self) {
        self.counters.reset();
    }

    /// How often each of the options' faults has struck.
    pub(super) fn strikes(&self) -> Vec<u64> {
        self.weather().strikes()
    }

    /// From now on these faults strike, as if none had before.
    pub(super) fn set_faults(&self, faults: &Faults) {
        *self.weather.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Weather::new(faults));
    }

    fn weather(&self) -> Arc<Weather> {
        Arc::clone(&self.weather.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers one request; an error closes the connection without an answer. `wishes` are for the connection.
    pub(super) async fn pass(
        &self,
        request: Request<Incoming>,
        wishes: &Arc<Wishes>,
    ) -> Result<Response<Body>, HttpError> {
        let method = request.method().clone();
        let kind = RequestKind::of(&method, request.uri());
        let met = self.weather().meet(kind, &request);
        let in_flight = self.counters.begin(kind, request.body().size_hint().lower());
        if !self.options.latency.is_zero() {
            tokio::time::sleep(self.options.latency).await;
        }
        if !met.delay.is_zero() {
            tokio::time::sleep(met.delay).await;
        }
        let is_read = matches!(kind, RequestKind::Get | RequestKind::List);
        let answer = if is_read && self.options.slow_down_above.is_some_and(|most| in_flight.number() > most) {
            slow_down()
        } else if let Some(refusal) = fault_answers::refuse(met, &request).await {
            refusal
        } else {
            self.service.call(request.map(Body::from)).await?
        };
        let answer = fault_answers::spoil(met, self.complete(answer), wishes).await?;
        let bytes_sent = if method == Method::HEAD { 0 } else { answer.body().size_hint().lower() };
        in_flight.answered(answer.status(), bytes_sent);
        Ok(answer)
    }

    /// Adds what S3 sends with every answer, and what `s3s` has no place for.
    fn complete(&self, answer: Response<Body>) -> Response<Body> {
        let mut answer = wrong_region::describe(answer, &self.options, self.address);
        if answer.status() == StatusCode::NOT_MODIFIED {
            // `s3s` writes each error as a document, but this status has no body.
            *answer.body_mut() = Body::empty();
            answer.headers_mut().remove(CONTENT_TYPE);
            answer.headers_mut().remove(CONTENT_LENGTH);
        }
        let request_id = format!("{:016X}", self.request_ids.fetch_add(1, Relaxed));
        if let Ok(request_id) = HeaderValue::try_from(request_id) {
            answer.headers_mut().insert("x-amz-request-id", request_id);
        }
        answer.headers_mut().insert(SERVER, HeaderValue::from_static("AmazonS3"));
        super::refusals::set_date(&mut answer, &self.options);
        answer
    }
}
