//! Fingerprints that stand where a number of their record puts them.
//!
//! Owns pages of neighbouring numbers. A landing's records have a number of their own nearly always (`index`, `ind`), and
//! come about in its order: what was looked at last is what is looked at next, where a table of fingerprints asks for
//! other memory with each of them. What does not fit a page is left to the caller. It must not guess: a fingerprint is
//! found where its record's number says or not at all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow::array::{Array, Int64Array};

use super::forecast::Forecast;
use super::sharding::{SHARDS, by_shard};
use super::space::Space;

/// The numbers of a page, 4 KiB of fingerprints.
const PAGE_BITS: u32 = 9;
const PAGE_ROWS: usize = 1 << PAGE_BITS;
const PAGE_BYTES: usize = PAGE_ROWS * size_of::<u64>();
/// How many pages are made before it is asked whether they fill, for each shard one and another.
const FREE_PAGES: usize = 2 * SHARDS;
/// How many places a row may have while there is more to read: numbers that are further apart are not consecutive.
const MOST_PARTITIONS: usize = 16;

/// Pages by their numbers' upper bits.
pub struct Paged {
    shards: Vec<Mutex<HashMap<i64, Page>>>,
    /// How many rows were observed, and how many pages made.
    rows: AtomicUsize,
    pages: AtomicUsize,
    /// Whether no more pages are made. Once it is, it stays so: a block of numbers without a page never gets one, or
    /// what was left to the caller before would be missed.
    is_closed: AtomicBool,
}

/// Half of a fingerprint for each number; zero where there is none yet. A record is compared with one other here, that of
/// its own number: that 64 bits are the same by chance needs some 10^19 such pairs.
type Page = Box<[u64]>;

impl Paged {
    pub fn new() -> Self {
        Paged {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            rows: AtomicUsize::new(0),
            pages: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Takes the fingerprints in that have a place, and calls `seen` with the position of each that was there before.
    /// Returns the positions of the others: their numbers are NULL, far from one another, or those of other records.
    pub fn observe(
        &self,
        fingerprints: &[u128],
        numbers: &Int64Array,
        space: &Space,
        forecast: &Forecast,
        mut seen: impl FnMut(usize),
    ) -> Vec<u32> {
        let observed = self.rows.fetch_add(fingerprints.len(), Ordering::Relaxed) + fingerprints.len();
        // Numbers of one Kafka partition have gaps, which those of the others fill.
        let foreseen = forecast.rows_of(observed).map_or(0, |rows| (rows / 2 * 3).min(observed * MOST_PARTITIONS));
        let most = foreseen.max(observed * 2) / PAGE_ROWS + FREE_PAGES;
        let block = |row: u32| numbers.is_valid(row as usize).then(|| numbers.value(row as usize) >> PAGE_BITS);
        let shard = |row: usize| ((numbers.values()[row] >> PAGE_BITS) & (SHARDS as i64 - 1)) as usize;
        let mut left = Vec::new();
        let (rows, ends) = by_shard(fingerprints.len(), shard);
        let mut start = 0;
        for (end, shard) in ends.into_iter().zip(&self.shards) {
            let rows = &rows[std::mem::replace(&mut start, end)..end];
            if rows.is_empty() {
                continue;
            }
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for rows in rows.chunk_by(|one, next| block(*one) == block(*next)) {
                let Some(page) = block(rows[0]).and_then(|block| self.page(&mut shard, block, most, space)) else {
                    left.extend_from_slice(rows);
                    continue;
                };
                for row in rows {
                    let place = numbers.value(*row as usize) as usize % PAGE_ROWS;
                    match (page[place], half(fingerprints[*row as usize])) {
                        (0, fingerprint) => page[place] = fingerprint,
                        (there, fingerprint) if there == fingerprint => seen(*row as usize),
                        _ => left.push(*row),
                    }
                }
            }
        }
        left
    }

    /// The page of a block, which is made where there may be so many.
    fn page<'a>(
        &self,
        pages: &'a mut HashMap<i64, Page>,
        block: i64,
        most: usize,
        space: &Space,
    ) -> Option<&'a mut Page> {
        match pages.entry(block) {
            Entry::Occupied(page) => Some(page.into_mut()),
            Entry::Vacant(_) if self.is_closed.load(Ordering::Relaxed) => None,
            Entry::Vacant(place) => {
                let may_be = self.pages.fetch_add(1, Ordering::Relaxed) < most && space.take(PAGE_BYTES).is_ok();
                self.is_closed.fetch_or(!may_be, Ordering::Relaxed);
                may_be.then(|| place.insert(vec![0; PAGE_ROWS].into_boxed_slice()))
            }
        }
    }
}

/// Both halves of a fingerprint in one. Zero marks an empty place; that one in 2^64 counts as another.
fn half(fingerprint: u128) -> u64 {
    ((fingerprint >> 64) as u64 ^ fingerprint as u64).max(1)
}
