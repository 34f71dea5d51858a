//! Which rows of two answers are equal, changed, new or gone.
//!
//! Owns the comparison by hashes of texts. It must not word anything.

use std::collections::{HashMap, HashSet};

use arrow::record_batch::RecordBatch;
use xxhash_rust::xxh3::Xxh3;

use super::columns::Columns;
use crate::error::{Error, Result};
use crate::output::texts;

/// What is left of two answers without their equal rows. Rows are numbered through all batches.
pub(super) struct Compared {
    /// Positions, among the columns now, of those that tell rows apart.
    pub(super) key: Vec<usize>,
    /// Rows now, in order, each with the row that it was if it is not new.
    pub(super) now: Vec<(usize, Option<usize>)>,
    /// Rows before that are no more, in order.
    pub(super) gone: Vec<usize>,
}

/// A hash a row, of the columns so far.
#[derive(Clone)]
struct Hashes(Vec<u128>);

impl Compared {
    pub(super) fn new(
        now: &[RecordBatch],
        before: &[RecordBatch],
        columns: &Columns,
        key: Option<&[usize]>,
    ) -> Result<Compared> {
        let (mut ours, mut theirs) = (Hashes::of(now), Hashes::of(before));
        let mut rest = columns.common.clone();
        if let Some(key) = key {
            // In the order of the key; `incomparable` has seen to it that both answers have them.
            rest.sort_by_key(|(column, _)| key.iter().position(|other| other == column).unwrap_or(usize::MAX));
        }
        let mut rest = rest.into_iter();
        let mut used = Vec::new();
        while match key {
            Some(key) => used.len() < key.len(),
            None => !(ours.are_unique() && theirs.are_unique()),
        } {
            let Some((our, their)) = rest.next() else { break };
            ours.add(now, our)?;
            theirs.add(before, their)?;
            used.push(our);
        }
        let keys = (ours.clone(), theirs.clone());
        for (our, their) in rest {
            ours.add(now, our)?;
            theirs.add(before, their)?;
        }
        Ok(compare((&keys.0, &ours), (&keys.1, &theirs), used))
    }
}

/// Each side as the hashes of keys and of whole rows.
fn compare(now: (&Hashes, &Hashes), before: (&Hashes, &Hashes), key: Vec<usize>) -> Compared {
    let mut equal: HashMap<u128, u32> = HashMap::new();
    for whole in &before.1.0 {
        *equal.entry(*whole).or_default() += 1;
    }
    let take = |whole: &u128, left: &mut HashMap<u128, u32>| match left.get_mut(whole) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let ours: Vec<usize> = rows_where(now.1, |whole| !take(whole, &mut equal));
    // What is left of the counts are the rows before that no row now is equal to.
    let theirs: Vec<usize> = rows_where(before.1, |whole| take(whole, &mut equal));

    // A row changed where it is the only one of its key on both sides; elsewhere nothing says which was which.
    let mut by_key: HashMap<u128, Vec<usize>> = HashMap::new();
    for row in &theirs {
        by_key.entry(hash(before.0, *row)).or_default().push(*row);
    }
    let mut ours_by_key: HashMap<u128, u32> = HashMap::new();
    for row in &ours {
        *ours_by_key.entry(hash(now.0, *row)).or_default() += 1;
    }
    let was = |row: &usize| match by_key.get(&hash(now.0, *row)).map(Vec::as_slice) {
        Some([was]) if ours_by_key.get(&hash(now.0, *row)) == Some(&1) => Some(*was),
        _ => None,
    };
    let now: Vec<_> = ours.iter().map(|row| (*row, was(row))).collect();
    let changed: HashSet<usize> = now.iter().filter_map(|(_, was)| *was).collect();
    let gone = theirs.into_iter().filter(|row| !changed.contains(row)).collect();
    Compared { key, now, gone }
}

fn rows_where(hashes: &Hashes, mut wanted: impl FnMut(&u128) -> bool) -> Vec<usize> {
    hashes.0.iter().enumerate().filter(|(_, hash)| wanted(hash)).map(|(row, _)| row).collect()
}

fn hash(hashes: &Hashes, row: usize) -> u128 {
    hashes.0.get(row).copied().unwrap_or_default()
}

impl Hashes {
    fn of(batches: &[RecordBatch]) -> Hashes {
        Hashes(vec![0; batches.iter().map(RecordBatch::num_rows).sum()])
    }

    /// Takes one more column into the hash of each row.
    fn add(&mut self, batches: &[RecordBatch], column: usize) -> Result<()> {
        let mut rows = self.0.iter_mut();
        for batch in batches {
            let column = batch
                .project(&[column])
                .map_err(|error| Error::bug("an answer's batch has fewer columns than its schema").because(error))?;
            for (value, row) in texts(&column)?.iter().flatten().zip(rows.by_ref()) {
                let mut hasher = Xxh3::new();
                hasher.update(&row.to_le_bytes());
                // NULL is told from the empty text, and from the text `NULL`.
                hasher.update(if value.is_some() { b"=" } else { b"-" });
                hasher.update(value.as_deref().unwrap_or_default().as_bytes());
                *row = hasher.digest128();
            }
        }
        Ok(())
    }

    fn are_unique(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.0.len());
        self.0.iter().all(|hash| seen.insert(*hash))
    }
}
