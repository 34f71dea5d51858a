//! When a fault strikes: by number, by rate and seed, by operation and key.
//!
//! It owns what must be remembered for that: how many requests each fault could have befallen, how often each request
//! came, and which objects are gone or replaced. It must not touch an answer.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::Request;
use hyper::header::RANGE;

use super::counts::RequestKind;
use super::faults::{Fault, FaultKind, Faults, FaultyWhen};

/// The faults of a server, and what has happened.
pub(super) struct Weather {
    faults: Vec<Fault>,
    past: Mutex<Past>,
}

/// What one request meets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Met {
    /// How long it waits first.
    pub delay: Duration,
    /// What goes wrong.
    pub fault: Option<FaultKind>,
    /// A number that is the same each time for the same request, try and fault.
    pub dice: u64,
}

#[derive(Default)]
struct Past {
    /// For each fault the requests that it could have befallen, and those that it did.
    counts: Vec<(u64, u64)>,
    /// How often each request came.
    tries: HashMap<u64, u64>,
    /// Objects, by path, that are not what they were.
    changed: HashMap<String, FaultKind>,
}

impl Weather {
    pub(super) fn new(faults: &Faults) -> Weather {
        let counts = vec![(0, 0); faults.0.len()];
        Weather { faults: faults.0.clone(), past: Mutex::new(Past { counts, ..Past::default() }) }
    }

    /// How often each fault has struck, in their order.
    pub(super) fn strikes(&self) -> Vec<u64> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner).counts.iter().map(|(_, struck)| *struck).collect()
    }

    /// What a request meets.
    pub(super) fn meet<B>(&self, kind: RequestKind, request: &Request<B>) -> Met {
        if self.faults.is_empty() {
            return Met::default();
        }
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let identity = hash(&(request.method().as_str(), target, request.headers().get(RANGE).map(|it| it.as_bytes())));
        let readable = decoded(target);
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let past = &mut *past;
        let tries = past.tries.entry(identity).or_default();
        *tries += 1;
        let mut met = Met { dice: hash(&(identity, *tries)), ..Met::default() };
        let path = request.uri().path();
        if kind == RequestKind::Get {
            met.fault = past.changed.get(path).copied();
        }
        for (index, (fault, (number, struck))) in self.faults.iter().zip(&mut past.counts).enumerate() {
            let befalls = fault.operation.map_or_else(|| fault.kind.befalls(kind), |operation| operation.is(kind));
            if !befalls || fault.key.as_ref().is_some_and(|key| !readable.contains(key.as_str())) {
                continue;
            }
            *number += 1;
            let strikes = match fault.when {
                FaultyWhen::Always => true,
                FaultyWhen::Number(wanted) => *number == wanted,
                FaultyWhen::From(first) => *number >= first,
                FaultyWhen::Rate { share, seed } => fraction(hash(&(seed, index, identity, *tries))) < share,
            };
            let is_delay = matches!(fault.kind, FaultKind::Delay(_));
            if !strikes || fault.times.is_some_and(|times| *struck >= times) || (met.fault.is_some() && !is_delay) {
                continue;
            }
            *struck += 1;
            match fault.kind {
                FaultKind::Delay(delay) => met.delay += delay,
                kind => met.fault = Some(kind),
            }
            if matches!(fault.kind, FaultKind::Gone | FaultKind::Replaced | FaultKind::Swapped) {
                past.changed.insert(path.to_owned(), fault.kind);
            }
        }
        met
    }
}

/// Without percent signs, as keys are stored.
fn decoded(target: &str) -> String {
    let mut bytes = Vec::with_capacity(target.len());
    let mut rest = target.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The same on every machine: this hasher has fixed keys.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// From 0 up to, and without, 1; a rate needs no more than 53 bits.
fn fraction(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}
