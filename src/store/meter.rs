//! What the requests of one scan cost: counted where they leave, told to whoever handed the meter in.
//!
//! Owns the marks that travel with a request through the S3 client, which retries inside itself. It must
//! not send or judge anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use object_store::Extensions;

use super::integrity::Told;

/// Requests of a store, from the moment it was given this meter; see `Store::metered`.
#[derive(Debug, Default)]
pub struct RequestMeter {
    requests: AtomicU64,
    retries: AtomicU64,
}

/// Travels with a request; every try of it finds the same one.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    sent: Arc<AtomicU64>,
    meter: Option<Arc<RequestMeter>>,
}

impl RequestMeter {
    /// Requests that were sent, each try of a retried one included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Of these, the ones that were no first try.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }
}

impl Tries {
    /// The mark of a new request, as an extension of it.
    pub fn extensions(meter: Option<&Arc<RequestMeter>>) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(Tries { sent: Arc::default(), meter: meter.cloned() });
        extensions
    }

    /// The mark of a new request for an object, whose answer tells `told` what vouches for it.
    pub fn extensions_of_read(meter: Option<&Arc<RequestMeter>>, told: &Told) -> Extensions {
        let mut extensions = Tries::extensions(meter);
        extensions.insert(told.clone());
        extensions
    }

    /// Counts one more try; whether it is a retry.
    pub fn count(&self) -> bool {
        let is_retry = self.sent.fetch_add(1, Ordering::Relaxed) > 0;
        if let Some(meter) = &self.meter {
            meter.requests.fetch_add(1, Ordering::Relaxed);
            meter.retries.fetch_add(u64::from(is_retry), Ordering::Relaxed);
        }
        is_retry
    }
}
