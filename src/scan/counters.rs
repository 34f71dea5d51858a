//! What the scans of a run did, counted as it happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that every scan of an engine adds to; progress and the summary read them.
#[derive(Debug, Default)]
pub struct Counters {
    objects: AtomicU64,
    bytes: AtomicU64,
    records: AtomicU64,
    nulled_values: AtomicU64,
    cached_objects: AtomicU64,
    cached_records: AtomicU64,
    selected: AtomicU64,
    listings: AtomicU64,
}

/// A scan whose objects are still being listed; dropping it ends that.
#[derive(Debug)]
pub(crate) struct ListingUnderWay {
    counters: Arc<Counters>,
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
    /// Objects whose rows came from the cache, in addition to those that were read.
    pub cached_objects: u64,
    /// These rows, in addition to the records that were decoded.
    pub cached_records: u64,
    /// Values that did not fit their column and became NULL because the table says so.
    pub nulled_values: u64,
    /// Objects that scans found to read up to now, in the cache or not; those that were ruled out are none of them.
    pub selected: u64,
    /// Scans that may find further ones. What one wants of few rows only counts as long as it runs.
    pub listings: u64,
}

impl Totals {
    /// What was counted since `before` was read.
    #[must_use]
    pub fn since(&self, before: &Totals) -> Totals {
        Totals {
            objects: self.objects.saturating_sub(before.objects),
            bytes: self.bytes.saturating_sub(before.bytes),
            records: self.records.saturating_sub(before.records),
            cached_objects: self.cached_objects.saturating_sub(before.cached_objects),
            cached_records: self.cached_records.saturating_sub(before.cached_records),
            nulled_values: self.nulled_values.saturating_sub(before.nulled_values),
            selected: self.selected.saturating_sub(before.selected),
            // How it stands, no sum.
            listings: self.listings,
        }
    }

    /// Objects that were dealt with: read, or found in the cache.
    pub fn done(&self) -> u64 {
        self.objects.saturating_add(self.cached_objects)
    }

    /// Objects that there are to deal with, once all scans under way know theirs.
    pub fn expected(&self) -> Option<u64> {
        (self.listings == 0 && self.selected > 0 && self.selected >= self.done()).then_some(self.selected)
    }
}

impl Counters {
    pub(crate) fn add_object(&self, bytes: u64) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_records(&self, records: u64, nulled_values: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
        self.nulled_values.fetch_add(nulled_values, Ordering::Relaxed);
    }

    pub(crate) fn add_cached(&self, objects: u64, records: u64) {
        self.cached_objects.fetch_add(objects, Ordering::Relaxed);
        self.cached_records.fetch_add(records, Ordering::Relaxed);
    }

    pub(crate) fn add_selected(&self, objects: u64) {
        self.selected.fetch_add(objects, Ordering::Relaxed);
    }

    /// Says that a scan is about to find objects, until what is given back is dropped.
    pub(crate) fn begin_listing(self: &Arc<Self>) -> ListingUnderWay {
        self.listings.fetch_add(1, Ordering::Relaxed);
        ListingUnderWay { counters: Arc::clone(self) }
    }

    /// What was counted up to now.
    pub fn totals(&self) -> Totals {
        Totals {
            objects: self.objects.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            cached_objects: self.cached_objects.load(Ordering::Relaxed),
            cached_records: self.cached_records.load(Ordering::Relaxed),
            nulled_values: self.nulled_values.load(Ordering::Relaxed),
            selected: self.selected.load(Ordering::Relaxed),
            listings: self.listings.load(Ordering::Relaxed),
        }
    }
}

impl Drop for ListingUnderWay {
    fn drop(&mut self) {
        self.counters.listings.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_known_once_no_listing_is_under_way() {
        let counters = Arc::new(Counters::default());
        let before = counters.totals();
        assert_eq!(before.expected(), None);
        let (first, second) = (counters.begin_listing(), counters.begin_listing());
        counters.add_selected(3);
        counters.add_object(10);
        counters.add_cached(1, 5);
        drop(first);
        assert_eq!(counters.totals().expected(), None);
        drop(second);
        let totals = counters.totals();
        assert_eq!((totals.done(), totals.expected()), (2, Some(3)));
        assert_eq!(totals.since(&before), totals);
        assert_eq!(totals.since(&totals).expected(), None);
    }
}
