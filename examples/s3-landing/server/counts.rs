//! Counts what clients asked for, by kind of request. It must not look into bodies.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hyper::{Method, Uri};

/// A reading of the counts; each is a number of requests unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pages of keys, of either version of the operation.
    pub lists: u64,
    /// Reads of an object, whole or in part.
    pub gets: u64,
    /// `HeadObject` and `HeadBucket`.
    pub heads: u64,
    /// Whole objects, copies and parts of multipart uploads.
    pub puts: u64,
    /// `DeleteObject` and `DeleteObjects` (one, however many keys it names).
    pub deletes: u64,
    /// The rest: location of the bucket, begin, end and listing of multipart uploads.
    pub others: u64,
    /// Requests, of those above, that were answered with a status of 400 or more.
    pub errors: u64,
    /// Bytes of request bodies as announced, framing of signed chunks included.
    pub bytes_received: u64,
    /// Bytes of response bodies.
    pub bytes_sent: u64,
    /// Requests between the arrival of their head and the start of their answer, now.
    pub in_flight: u64,
    /// The most that `in_flight` has been.
    pub peak_in_flight: u64,
}

/// What a request asks for, as far as its line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    List,
    Get,
    Head,
    Put,
    Delete,
    Other,
}

/// The live counts behind [`Counts`].
#[derive(Default)]
pub(super) struct Counters {
    lists: AtomicU64,
    gets: AtomicU64,
    heads: AtomicU64,
    puts: AtomicU64,
    deletes: AtomicU64,
    others: AtomicU64,
    errors: AtomicU64,
    bytes_received: AtomicU64,
    bytes_sent: AtomicU64,
    in_flight: AtomicU64,
    peak_in_flight: AtomicU64,
}

/// One request in flight: it counts until it is dropped, also where the client hangs up.
pub(super) struct InFlight<'a>(&'a Counters, u64);

impl Counts {
    /// All requests.
    pub fn requests(&self) -> u64 {
        self.lists + self.gets + self.heads + self.puts + self.deletes + self.others
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "requests={} LIST={} GET={} HEAD={} PUT={} DELETE={} other={} errors={} received={}B sent={}B peak_in_flight={}",
            self.requests(),
            self.lists,
            self.gets,
            self.heads,
            self.puts,
            self.deletes,
            self.others,
            self.errors,
            self.bytes_received,
            self.bytes_sent,
            self.peak_in_flight
        )
    }
}

impl RequestKind {
    /// Tells the kind from method, path (`/bucket` or `/bucket/key`) and query.
    pub(super) fn of(method: &Method, uri: &Uri) -> Self {
        let path = uri.path().trim_start_matches('/');
        let names_object = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
        let names_bucket = !path.is_empty();
        let asks = |name: &str| {
            uri.query().is_some_and(|query| {
                query.split('&').any(|pair| pair.split_once('=').map_or(pair, |(before, _)| before) == name)
            })
        };
        match *method {
            Method::HEAD => Self::Head,
            Method::GET if names_object && !asks("uploadId") => Self::Get,
            Method::GET if names_bucket && !names_object && !asks("location") && !asks("uploads") => Self::List,
            Method::PUT if names_object => Self::Put,
            Method::DELETE if names_object && !asks("uploadId") => Self::Delete,
            Method::POST if !names_object && asks("delete") => Self::Delete,
            _ => Self::Other,
        }
    }
}

impl Counters {
    /// Counts a request that has arrived.
    pub(super) fn begin(&self, kind: RequestKind, bytes_received: u64) -> InFlight<'_> {
        let counter = match kind {
            RequestKind::List => &self.lists,
            RequestKind::Get => &self.gets,
            RequestKind::Head => &self.heads,
            RequestKind::Put => &self.puts,
            RequestKind::Delete => &self.deletes,
            RequestKind::Other => &self.others,
        };
        counter.fetch_add(1, Relaxed);
        self.bytes_received.fetch_add(bytes_received, Relaxed);
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.peak_in_flight.fetch_max(now, Relaxed);
        InFlight(self, now)
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            lists: self.lists.load(Relaxed),
            gets: self.gets.load(Relaxed),
            heads: self.heads.load(Relaxed),
            puts: self.puts.load(Relaxed),
            deletes: self.deletes.load(Relaxed),
            others: self.others.load(Relaxed),
            errors: self.errors.load(Relaxed),
            bytes_received: self.bytes_received.load(Relaxed),
            bytes_sent: self.bytes_sent.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            peak_in_flight: self.peak_in_flight.load(Relaxed),
        }
    }

    /// Sets all to zero but `in_flight`, which its requests will take back themselves.
    pub(super) fn reset(&self) {
        let Self { lists, gets, heads, puts, deletes, others, errors, bytes_received, bytes_sent, .. } = self;
        for counter in [lists, gets, heads, puts, deletes, others, errors, bytes_received, bytes_sent] {
            counter.store(0, Relaxed);
        }
        self.peak_in_flight.store(self.in_flight.load(Relaxed), Relaxed);
    }
}

impl InFlight<'_> {
    /// How many were in flight when it arrived, itself included.
    pub(super) fn number(&self) -> u64 {
        self.1
    }

    /// Counts the answer.
    pub(super) fn answered(&self, status: hyper::StatusCode, bytes_sent: u64) {
        self.0.bytes_sent.fetch_add(bytes_sent, Relaxed);
        if status.is_client_error() || status.is_server_error() {
            self.0.errors.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}
