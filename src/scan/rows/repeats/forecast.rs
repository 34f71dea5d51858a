//! How many rows a scan will have, judged by what it has read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::scan::fetch::Volume;

/// How much there is to read and how much of it was read.
pub struct Forecast {
    volume: Arc<Volume>,
    bytes: AtomicU64,
}

impl Forecast {
    pub fn new(volume: Arc<Volume>) -> Self {
        Forecast { volume, bytes: AtomicU64::new(0) }
    }

    /// So many bytes of records are about to be observed.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many rows there will be in the end, where there were so many in what was read, if the rest is like that.
    pub fn rows_of(&self, rows: usize) -> Option<usize> {
        let read = self.bytes.load(Ordering::Relaxed);
        let volume = self.volume.known().filter(|volume| read > 0 && *volume > read)?;
        usize::try_from(rows as u128 * u128::from(volume) / u128::from(read)).ok()
    }
}
