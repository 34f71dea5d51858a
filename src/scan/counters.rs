//! What the scans of a run did, counted as it happens.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that every scan of an engine adds to; progress and the summary read them.
#[derive(Debug, Default)]
pub struct Counters {
    objects: AtomicU64,
    bytes: AtomicU64,
    records: AtomicU64,
    tombstones: AtomicU64,
    nulled_values: AtomicU64,
    cached_objects: AtomicU64,
    cached_records: AtomicU64,
}

/// A reading of the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Objects whose bytes were read; one counts again where it had to be read again.
    pub objects: u64,
    /// Bytes of those objects as they are stored, compressed where they are.
    pub bytes: u64,
    /// Records decoded into rows.
    pub records: u64,
    /// Records that were a bare `null`, which make no row.
    pub tombstones: u64,
    /// Objects whose rows came from the cache, in addition to those that were read.
    pub cached_objects: u64,
    /// These rows, in addition to the records that were decoded.
    pub cached_records: u64,
    /// Values that did not fit their column and became NULL because the table says so.
    pub nulled_values: u64,
}

impl Totals {
    /// What was counted since `before` was read.
    #[must_use]
    pub fn since(&self, before: &Totals) -> Totals {
        Totals {
            objects: self.objects.saturating_sub(before.objects),
            bytes: self.bytes.saturating_sub(before.bytes),
            records: self.records.saturating_sub(before.records),
            tombstones: self.tombstones.saturating_sub(before.tombstones),
            cached_objects: self.cached_objects.saturating_sub(before.cached_objects),
            cached_records: self.cached_records.saturating_sub(before.cached_records),
            nulled_values: self.nulled_values.saturating_sub(before.nulled_values),
        }
    }
}

impl Counters {
    pub(crate) fn add_object(&self, bytes: u64) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_records(&self, records: u64, tombstones: u64, nulled_values: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.tombstones.fetch_add(tombstones, Ordering::Relaxed);
        self.nulled_values.fetch_add(nulled_values, Ordering::Relaxed);
    }

    pub(crate) fn add_cached(&self, objects: u64, records: u64) {
        self.cached_objects.fetch_add(objects, Ordering::Relaxed);
        self.cached_records.fetch_add(records, Ordering::Relaxed);
    }

    /// What was counted up to now.
    pub fn totals(&self) -> Totals {
        Totals {
            objects: self.objects.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            tombstones: self.tombstones.load(Ordering::Relaxed),
            cached_objects: self.cached_objects.load(Ordering::Relaxed),
            cached_records: self.cached_records.load(Ordering::Relaxed),
            nulled_values: self.nulled_values.load(Ordering::Relaxed),
        }
    }
}
