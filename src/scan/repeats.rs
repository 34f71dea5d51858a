//! Which records of a scan are exact repeats of an earlier one.
//!
//! Owns the set of fingerprints seen. Two records are exact repeats where their texts are the same
//! byte for byte; a fingerprint of 128 bits stands for the text, so that the set costs a few tens of
//! bytes a record whatever the record's size, and a question needs only its own columns.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex};

use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

/// Enough shards that the decoding threads seldom meet at one lock.
const SHARDS: usize = 64;

/// A fingerprint is a good hash already; its low half serves as it is.
#[derive(Default)]
struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, value: u128) {
        // Truncation is meant: either half of the fingerprint is as random as the other.
        self.0 = value as u64;
    }
}

type Shard = HashSet<u128, BuildHasherDefault<Unhashed>>;

/// The fingerprints that one scan has seen, shared by its partitions.
pub struct Repeats {
    shards: Vec<Mutex<Shard>>,
    reservation: Mutex<MemoryReservation>,
}

impl Repeats {
    /// An empty set whose memory counts against `pool`.
    pub fn new(pool: &Arc<dyn MemoryPool>) -> Self {
        let reservation = MemoryConsumer::new("exact repeats").register(pool);
        Repeats { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), reservation: Mutex::new(reservation) }
    }

    /// For each fingerprint whether it was seen before, by this partition or another.
    pub fn observe(&self, fingerprints: &[u128]) -> Result<BooleanArray> {
        let mut grown: usize = 0;
        let flags = BooleanBuffer::collect_bool(fingerprints.len(), |row| {
            let fingerprint = fingerprints[row];
            let shard = (fingerprint >> 96) as usize % SHARDS;
            let mut seen = self.shards[shard].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let before = seen.capacity();
            let repeat = !seen.insert(fingerprint);
            grown += seen.capacity().saturating_sub(before);
            repeat
        });
        if grown > 0 {
            // One control byte a slot, and slots are an eighth more than the capacity.
            let bytes = grown.saturating_mul(size_of::<u128>() + 1) / 7 * 8;
            self.reservation.lock().unwrap_or_else(std::sync::PoisonError::into_inner).try_grow(bytes)?;
        }
        Ok(BooleanArray::new(flags, None))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::{GreedyMemoryPool, UnboundedMemoryPool};

    use super::*;

    #[test]
    fn flags_what_came_before() {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let repeats = Repeats::new(&pool);
        let first = repeats.observe(&[1, 2, 1, 1 << 100]).unwrap();
        assert_eq!(first.iter().flatten().collect::<Vec<_>>(), [false, false, true, false]);
        let second = repeats.observe(&[2, 3, 1 << 100]).unwrap();
        assert_eq!(second.iter().flatten().collect::<Vec<_>>(), [true, false, true]);
        assert!(pool.reserved() > 0);
    }

    #[test]
    fn stops_at_the_memory_limit() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(10_000));
        let repeats = Repeats::new(&pool);
        let many: Vec<u128> = (0..100_000).map(|n| n << 90 | n).collect();
        assert!(repeats.observe(&many).is_err());
        drop(repeats);
        assert_eq!(pool.reserved(), 0);
    }
}
