//! What a server is told at its start. It must not read the environment.

use std::fmt;
use std::time::Duration;

use super::checksums::Checksums;
use super::faults::Faults;

/// Whether requests without a signature are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// 403 `AccessDenied`, as for a private bucket.
    #[default]
    Refused,
    /// Served, as for a public bucket. Requests that carry a signature are still checked.
    Allowed,
}

/// Which of its two answers S3 gives where a request is signed for another region than the bucket's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrongRegion {
    /// 301 `PermanentRedirect`, as the endpoint of the signature's region answers about a bucket elsewhere.
    #[default]
    Redirected,
    /// 400 `AuthorizationHeaderMalformed`, as the endpoint of the bucket's region answers about the signature.
    Malformed,
}

/// What is refused, however it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Listings: 403 `AccessDenied`.
    List,
    /// Objects: 403 `AccessDenied`.
    Read,
    /// Uploads: 403 `AccessDenied`.
    Write,
    /// Deletions: 403 `AccessDenied`.
    Delete,
    /// Everything: 400 `ExpiredToken`.
    ExpiredToken,
    /// Everything: 403 `RequestTimeTooSkewed`.
    WrongClock,
}

/// Options of [`S3Server::start`](super::S3Server::start); the default is a private bucket `landing` without latency.
#[derive(Clone)]
pub struct ServerOptions {
    /// The name of the only bucket.
    pub bucket_name: String,
    /// The region that requests must be signed for.
    pub region: String,
    pub access_key: String,
    pub secret_key: String,
    pub anonymous: Anonymous,
    pub wrong_region: WrongRegion,
    /// What is refused, however it is signed.
    pub denied: Vec<Denied>,
    /// Seconds that the `Date` of answers is ahead of this machine's clock.
    pub clock_ahead: Option<i64>,
    /// How long each request sleeps before it is answered, whatever it asks for.
    pub latency: Duration,
    /// GETs and LISTs beyond so many requests in flight are answered with 503 `SlowDown`; none are by default.
    pub slow_down_above: Option<u64>,
    /// What goes wrong.
    pub faults: Faults,
    /// Keys and common prefixes of one page of a listing, at most; 1,000 on AWS.
    pub page: usize,
    /// Which checksums are told to whoever asks for them.
    pub checksums: Checksums,
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            bucket_name: "landing".to_owned(),
            region: "eu-west-1".to_owned(),
            access_key: "AKIALANDINGEXAMPLE00".to_owned(),
            secret_key: "landing/example/secret/key/0000000000000".to_owned(),
            anonymous: Anonymous::Refused,
            wrong_region: WrongRegion::Redirected,
            denied: Vec::new(),
            clock_ahead: None,
            latency: Duration::ZERO,
            slow_down_above: None,
            faults: Faults::default(),
            page: 1000,
            checksums: Checksums::Untold,
            port: 0,
        }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secret, which a failing test would otherwise print.
        formatter
            .debug_struct("ServerOptions")
            .field("bucket_name", &self.bucket_name)
            .field("region", &self.region)
            .field("access_key", &self.access_key)
            .field("anonymous", &self.anonymous)
            .field("wrong_region", &self.wrong_region)
            .field("latency", &self.latency)
            .field("slow_down_above", &self.slow_down_above)
            .field("faults", &self.faults)
            .field("page", &self.page)
            .field("checksums", &self.checksums)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
