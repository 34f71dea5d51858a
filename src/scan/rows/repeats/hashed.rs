//! Fingerprints that are looked up by themselves.
//!
//! Owns an open table in shards, and how large it is made. It must not know keys.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use datafusion::common::Result;

use super::forecast::Forecast;
use super::sharding::{SHARDS, by_shard};
use super::space::Space;

/// The slots of a shard that has any.
const FIRST_SLOTS: usize = 64;
/// The slots from which on it is asked how many there will be: by then enough was read to tell. And how much larger a
/// shard becomes at once at most, whatever was foretold.
const FORESEEING_SHARD: usize = 1 << 12;
const MOST_STEP: usize = 16;
/// The slots from which on a shard grows by an eighth, no longer by a half.
const LARGE_SHARD: usize = 1 << 14;

/// A set of fingerprints.
pub struct Hashed {
    shards: Vec<Mutex<Shard>>,
    /// How many were observed.
    rows: AtomicUsize,
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

impl Hashed {
    pub fn new() -> Self {
        Hashed { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), rows: AtomicUsize::new(0) }
    }

    /// Takes the fingerprints in, and calls `seen` with the position of each that was there before.
    pub fn observe(
        &self,
        fingerprints: &[u128],
        space: &Space,
        forecast: &Forecast,
        mut seen: impl FnMut(usize),
    ) -> Result<()> {
        let observed = self.rows.fetch_add(fingerprints.len(), Ordering::Relaxed) + fingerprints.len();
        let (rows, ends) = by_shard(fingerprints.len(), |row| (fingerprints[row] >> 122) as usize);
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
                // A slot in four stays free, and shards are not quite alike.
                let foreseen = || forecast.rows_of(observed).map(|rows| rows / 3 * 4 / 20 * 21 / SHARDS);
                let slots = room(space, shard.slots.len(), slots, foreseen)?;
                shard.grow(slots);
            }
            // These looks do not wait for one another, so the memory is asked for many slots at once; the
            // insertions after them find their slots in the cache.
            let looks = rows.iter().fold(0, |looks, row| looks ^ shard.slots[shard.slot(fingerprints[*row as usize])]);
            black_box(looks);
            for row in rows {
                if !shard.insert(fingerprints[*row as usize]) {
                    seen(*row as usize);
                }
            }
        }
        Ok(())
    }
}

/// Memory for a shard that has `slots` and needs `needed`: for as many as it will need in the end, where that can be
/// told and there is room. Growing step by step would move each fingerprint several times, and end in a table a third
/// too large.
fn room(space: &Space, slots: usize, needed: usize, foreseen: impl Fn() -> Option<usize>) -> Result<usize> {
    let foreseen = if needed < FORESEEING_SHARD { None } else { foreseen() };
    let foreseen = foreseen.map_or(needed, |slots| slots.clamp(needed, needed * MOST_STEP));
    let bytes = |wanted: usize| (wanted - slots) * size_of::<u128>();
    // Room for all shards or none: the first ones must not take what the last ones need.
    if foreseen > needed && space.take_if_there(bytes(foreseen), bytes(foreseen) * SHARDS) {
        return Ok(foreseen);
    }
    space.take(bytes(needed))?;
    Ok(needed)
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
