//! Which records of a scan are exact repeats of an earlier one.
//!
//! Owns the set of fingerprints seen. Two records are exact repeats where their texts are the same
//! byte for byte; a fingerprint of 128 bits stands for the text, so that the set costs a few tens of
//! bytes a record whatever the record's size, and a question needs only its own columns.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use crate::scan::fetch::Volume;

/// Enough shards that the decoding threads seldom meet at one lock, and few enough that a batch has work
/// for each.
const SHARDS: usize = 64;
/// The slots of a shard that has any.
const FIRST_SLOTS: usize = 64;
/// The slots from which on it is asked how many there will be: by then enough was read to tell. And how much larger a
/// shard becomes at once at most, whatever was foretold.
const FORESEEING_SHARD: usize = 1 << 12;
const MOST_STEP: usize = 16;
/// The slots from which on a shard grows by an eighth, no longer by a half.
const LARGE_SHARD: usize = 1 << 14;

/// The fingerprints that one scan has seen, shared by its partitions.
pub struct Repeats {
    shards: Vec<Mutex<Shard>>,
    reservation: Mutex<MemoryReservation>,
    /// How much there is to read, how much of it was read, and the fingerprints in that.
    volume: Arc<Volume>,
    bytes: AtomicU64,
    rows: AtomicU64,
}

/// An open table of fingerprints with linear probing. A fingerprint is a good hash already, and nothing is
/// ever taken out, so there is nothing beside the fingerprints themselves: 16 bytes a slot, of which up to
/// three quarters are used. A general table costs another byte a slot, doubles, and can't look at the
/// slots of many fingerprints before it needs the first.
#[derive(Default)]
struct Shard {
    /// Zero is an empty slot.
    slots: Vec<u128>,
    used: usize,
}

impl Repeats {
    /// An empty set whose memory counts against `pool`, for a scan of that volume.
    pub fn new(pool: &Arc<dyn MemoryPool>, volume: Arc<Volume>) -> Self {
        Repeats {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            reservation: Mutex::new(MemoryConsumer::new("exact repeats").register(pool)),
            volume,
            bytes: AtomicU64::new(0),
            rows: AtomicU64::new(0),
        }
    }

    /// So many bytes of records are about to be observed.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Memory for a shard that has `slots` and needs `needed`: for as many as it will need in the end, where that can be
    /// told and there is room.
    fn reserve(&self, slots: usize, needed: usize) -> Result<usize> {
        let reservation = self.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        let foreseen =
            if needed < FORESEEING_SHARD { needed } else { self.foreseen().clamp(needed, needed * MOST_STEP) };
        // Room for all shards or none: the first ones must not take what the last ones need.
        let (all, more) = ((foreseen - slots) * SHARDS * size_of::<u128>(), (foreseen - slots) * size_of::<u128>());
        if foreseen > needed && reservation.try_grow(all).is_ok() {
            reservation.shrink(all - more);
            return Ok(foreseen);
        }
        reservation.try_grow((needed - slots) * size_of::<u128>())?;
        Ok(needed)
    }

    /// The slots of a shard once everything is read, if the rest is like what was read up to now; zero where it can't
    /// be told. Growing step by step would move each fingerprint several times, and end in a table a third too large.
    fn foreseen(&self) -> usize {
        let (rows, read) = (self.rows.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        let Some(volume) = self.volume.known().filter(|volume| read > 0 && *volume > read) else { return 0 };
        let rows = u128::from(rows) * u128::from(volume) / u128::from(read);
        // A slot in four stays free, and shards are not quite alike.
        usize::try_from(rows * 4 / 3 * 21 / 20 / SHARDS as u128).unwrap_or(0)
    }

    /// For each fingerprint whether it was seen before, by this partition or another.
    pub fn observe(&self, fingerprints: &[u128]) -> Result<BooleanArray> {
        self.rows.fetch_add(fingerprints.len() as u64, Ordering::Relaxed);
        let mut flags = vec![false; fingerprints.len()];
        let (rows, ends) = by_shard(fingerprints);
        // Each batch begins elsewhere, so that two threads do not go from lock to lock together.
        let first = fingerprints.first().map_or(0, |fingerprint| *fingerprint as usize);
        for number in (0..SHARDS).map(|number| number.wrapping_add(first) % SHARDS) {
            let start = if number == 0 { 0 } else { ends[number - 1] };
            let rows = &rows[start..ends[number]];
            if rows.is_empty() {
                continue;
            }
            let mut shard = self.shards[number].lock().unwrap_or_else(PoisonError::into_inner);
            let slots = shard.slots_for(rows.len());
            if slots > shard.slots.len() {
                let slots = self.reserve(shard.slots.len(), slots)?;
                shard.grow(slots);
            }
            // These looks do not wait for one another, so the memory is asked for many slots at once; the
            // insertions after them find their slots in the cache.
            let looks = rows.iter().fold(0, |looks, row| looks ^ shard.slots[shard.slot(fingerprints[*row as usize])]);
            black_box(looks);
            for row in rows {
                flags[*row as usize] = !shard.insert(fingerprints[*row as usize]);
            }
        }
        Ok(BooleanArray::new(BooleanBuffer::from(flags), None))
    }
}

/// The rows in the order of the shards that they belong to, and where each shard's rows end.
fn by_shard(fingerprints: &[u128]) -> (Vec<u32>, [usize; SHARDS]) {
    let shard = |fingerprint: u128| (fingerprint >> 122) as usize;
    let mut ends = [0; SHARDS];
    for fingerprint in fingerprints {
        ends[shard(*fingerprint)] += 1;
    }
    let mut starts = [0; SHARDS];
    let mut sum = 0;
    for (start, end) in starts.iter_mut().zip(&mut ends) {
        *start = sum;
        sum += *end;
        *end = sum;
    }
    let mut rows = vec![0; fingerprints.len()];
    for (row, fingerprint) in (0..).zip(fingerprints) {
        let place = &mut starts[shard(*fingerprint)];
        rows[*place] = row;
        *place += 1;
    }
    (rows, ends)
}

impl Shard {
    /// How many slots there must be to take in so many more.
    fn slots_for(&self, more: usize) -> usize {
        let mut slots = self.slots.len();
        while (self.used + more) * 4 > slots * 3 {
            // Shards grow at about the same time, so half of a large one would be half of them all.
            let step = if slots < LARGE_SHARD { slots / 2 } else { slots / 8 };
            slots = (slots + step).max(FIRST_SLOTS);
        }
        slots
    }

    /// Grows where it stands, as a second table would be as many new pages of memory.
    fn grow(&mut self, slots: usize) {
        let old = self.slots.len();
        self.slots.reserve_exact(slots.saturating_sub(old));
        self.slots.resize(slots, 0);
        // All of them to the end, in their order, which is about that of their new slots.
        let mut packed = slots;
        for slot in (0..old).rev() {
            let fingerprint = std::mem::take(&mut self.slots[slot]);
            if fingerprint != 0 {
                packed -= 1;
                self.slots[packed] = fingerprint;
            }
        }
        // Then each to its slot, which is seldom among those that have not moved yet.
        let mut waiting = Vec::new();
        for place in packed..slots {
            let fingerprint = std::mem::take(&mut self.slots[place]);
            let mut slot = self.slot(fingerprint);
            while slot < place && self.slots[slot] != 0 {
                slot += 1;
            }
            if slot <= place {
                self.slots[slot] = fingerprint;
            } else {
                waiting.push(fingerprint);
            }
        }
        self.used -= waiting.len();
        for fingerprint in waiting {
            self.insert(fingerprint);
        }
    }

    /// The first slot where the fingerprint may stand. Its lower half decides, as the upper one chose the
    /// shard.
    fn slot(&self, fingerprint: u128) -> usize {
        let lower = u128::from(fingerprint as u64);
        ((lower * self.slots.len() as u128) >> 64) as usize
    }

    /// Takes the fingerprint in; whether it is new. There must be an empty slot.
    fn insert(&mut self, fingerprint: u128) -> bool {
        // Zero marks an empty slot; that one in 2^128 counts as another.
        let fingerprint = fingerprint.max(1);
        let mut slot = self.slot(fingerprint);
        loop {
            match self.slots[slot] {
                0 => {
                    self.slots[slot] = fingerprint;
                    self.used += 1;
                    return true;
                }
                seen if seen == fingerprint => return false,
                _ => slot = if slot + 1 == self.slots.len() { 0 } else { slot + 1 },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::{GreedyMemoryPool, UnboundedMemoryPool};

    use super::*;

    #[test]
    fn flags_what_came_before() {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let repeats = Repeats::new(&pool, Arc::default());
        let first = repeats.observe(&[1, 2, 1, 1 << 100]).unwrap();
        assert_eq!(first.iter().flatten().collect::<Vec<_>>(), [false, false, true, false]);
        let second = repeats.observe(&[2, 3, 1 << 100]).unwrap();
        assert_eq!(second.iter().flatten().collect::<Vec<_>>(), [true, false, true]);
        assert!(pool.reserved() > 0);
    }

    #[test]
    fn agrees_with_a_set_however_it_grows() {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let repeats = Repeats::new(&pool, Arc::default());
        let mut seen = std::collections::HashSet::new();
        let mut state = 7_u128;
        for batch in 0..40 {
            let fingerprints: Vec<u128> = (0..3_000)
                .map(|_| {
                    state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
                    // Every third comes again, and some lie at the very end of their table.
                    match state % 3 {
                        0 => (state >> 100) << 90 | u128::from(u64::MAX),
                        1 => state % 500,
                        _ => state,
                    }
                })
                .collect();
            let flags = repeats.observe(&fingerprints).unwrap();
            let expected: Vec<bool> =
                fingerprints.iter().map(|fingerprint| !seen.insert((*fingerprint).max(1))).collect();
            assert_eq!(flags.iter().flatten().collect::<Vec<_>>(), expected, "batch {batch}");
        }
        let slots: usize = repeats.shards.iter().map(|shard| shard.lock().unwrap().slots.len()).sum();
        assert_eq!(pool.reserved(), slots * 16);
    }

    #[test]
    fn makes_room_for_what_is_foreseen_and_no_more() {
        let (rows, batch) = (300_000_u128, 8_000);
        let fingerprints: Vec<u128> =
            (0..rows).map(|n| (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).collect();
        let slots = |limit: usize, volume: &Arc<Volume>| {
            let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(limit));
            let repeats = Repeats::new(&pool, Arc::clone(volume));
            for part in fingerprints.chunks(batch) {
                repeats.add_bytes(part.len() as u64 * 100);
                let flags = repeats.observe(part).unwrap();
                assert_eq!(flags.true_count(), 0);
            }
            pool.reserved() / 16
        };
        let settled = |bytes: u64| {
            let volume = Arc::new(Volume::default());
            volume.add(bytes);
            volume.settle();
            volume
        };
        let fitting = slots(usize::MAX, &settled(rows as u64 * 100));
        let needed = rows as usize * 4 / 3;
        assert!(fitting > needed && fitting < needed * 11 / 10, "{fitting} slots for {rows}");
        // A forecast that is far off, or that memory has no room for, does no harm.
        assert!(slots(usize::MAX, &settled(1 << 40)) <= MOST_STEP * 2 * FORESEEING_SHARD * SHARDS);
        let short = slots(needed * 16 * 2, &settled(1 << 40));
        assert!(short >= needed, "{short}");
    }

    #[test]
    fn stops_at_the_memory_limit() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(10_000));
        let repeats = Repeats::new(&pool, Arc::default());
        let many: Vec<u128> = (0..100_000).map(|n| n << 90 | n).collect();
        assert!(repeats.observe(&many).is_err());
        drop(repeats);
        assert_eq!(pool.reserved(), 0);
    }
}
