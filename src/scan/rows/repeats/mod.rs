//! Which records of a scan are exact repeats of an earlier one.
//!
//! Owns the set of fingerprints seen. Two records are exact repeats where their texts are the same
//! byte for byte; a fingerprint of 128 bits stands for the text, so that the set costs a few tens of
//! bytes a record whatever the record's size, and a question needs only its own columns. A number
//! that each record has says where its fingerprint stands, and beside it half of that is enough.

mod forecast;
mod hashed;
mod paged;
mod sharding;
mod space;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryPool;

use crate::column::{Column, ColumnType};
use crate::scan::fetch::Volume;

use forecast::Forecast;
use hashed::Hashed;
use paged::Paged;
use space::Space;

/// The fingerprints that one scan has seen, shared by its partitions.
pub struct Repeats {
    /// The position of the column whose numbers place fingerprints, if there is one.
    number: Option<usize>,
    paged: Paged,
    hashed: Hashed,
    space: Space,
    forecast: Forecast,
}

impl Repeats {
    /// An empty set whose memory counts against `pool`, for a scan of that volume that yields these columns. The first
    /// whole number is nearly always what tells records apart; it costs little where it does not.
    pub fn new(pool: &Arc<dyn MemoryPool>, volume: Arc<Volume>, columns: &[Column]) -> Self {
        Repeats {
            number: columns.iter().position(|column| column.kind == ColumnType::BigInt),
            paged: Paged::new(),
            hashed: Hashed::new(),
            space: Space::new(pool),
            forecast: Forecast::new(volume),
        }
    }

    /// So many bytes of records are about to be observed.
    pub fn add_bytes(&self, bytes: u64) {
        self.forecast.add_bytes(bytes);
    }

    /// For each fingerprint whether it was seen before, by this partition or another; `columns` are its rows' values,
    /// and begin with those of the scan.
    pub fn observe(&self, fingerprints: &[u128], columns: &[ArrayRef]) -> Result<BooleanArray> {
        let Repeats { number, paged, hashed, space, forecast } = self;
        let mut flags = vec![false; fingerprints.len()];
        match number {
            None => hashed.observe(fingerprints, space, forecast, |row| flags[row] = true)?,
            Some(number) => {
                let numbers = columns[*number].as_primitive::<Int64Type>();
                let left = paged.observe(fingerprints, numbers, space, forecast, |row| flags[row] = true);
                let others: Vec<u128> = left.iter().map(|row| fingerprints[*row as usize]).collect();
                hashed.observe(&others, space, forecast, |place| flags[left[place] as usize] = true)?;
            }
        }
        Ok(BooleanArray::new(BooleanBuffer::from(flags), None))
    }
}
