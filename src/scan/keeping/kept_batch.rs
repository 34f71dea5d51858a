//! A batch that is kept and the memory that it counts for, and what all tables of an engine keep together.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arrow::array::RecordBatch;
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};

use super::footprint::footprint;
use super::kept::Kept;

/// The name under which kept rows count against the memory limit.
pub const CONSUMER: &str = "rows kept for later statements";

/// The name under which rows count that are on their way into the cache.
pub const RECORDER: &str = "rows kept for later runs";

/// Of the memory limit, what may be kept: the statement that runs needs the rest.
const MOST: usize = 2;

/// What the tables of one engine keep, or of engines that share their memory, counted together.
#[derive(Clone, Default)]
pub struct KeptTables {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    tables: Mutex<Vec<Weak<Kept>>>,
    bytes: AtomicUsize,
    given_up: AtomicU64,
}

impl KeptTables {
    /// Gives up what every table keeps, because a statement needs the memory; whether there was something.
    pub fn give_up(&self) -> bool {
        let tables: Vec<Arc<Kept>> = self.lock().iter().filter_map(Weak::upgrade).collect();
        // Each of them, also after one that had something.
        tables.iter().filter(|table| table.give_up()).count() > 0
    }

    /// How often a table's rows were given up.
    pub fn given_up(&self) -> u64 {
        self.shared.given_up.load(Ordering::Relaxed)
    }

    pub(super) fn count_given_up(&self) {
        self.shared.given_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add(&self, table: &Arc<Kept>) {
        let mut tables = self.lock();
        // Those of engines that are gone: one memory may serve many of them, one after another.
        tables.retain(|table| table.strong_count() > 0);
        tables.push(Arc::downgrade(table));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Kept>>> {
        self.shared.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeptTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptTables").field("bytes", &self.shared.bytes).finish_non_exhaustive()
    }
}

/// Where kept batches count.
#[derive(Debug)]
pub struct Allowance {
    tables: KeptTables,
    reservation: MemoryReservation,
    most: usize,
}

impl Allowance {
    /// Memory of `pool`, which knows it by `reservation`.
    pub fn new(tables: &KeptTables, pool: &Arc<dyn MemoryPool>, reservation: MemoryReservation) -> Self {
        let most = match pool.memory_limit() {
            MemoryLimit::Finite(limit) => limit / MOST,
            MemoryLimit::Infinite | MemoryLimit::Unknown => usize::MAX,
        };
        Allowance { tables: tables.clone(), reservation, most }
    }

    /// The batch with its memory counted; without, where there is none left.
    pub fn keep(&self, batch: RecordBatch) -> Result<KeptBatch, KeptBatch> {
        let counted = self.nothing();
        match self.add(&counted, footprint(&batch)) {
            true => Ok(KeptBatch::of(batch, counted)),
            false => Err(KeptBatch { batch, counted: None }),
        }
    }

    /// No bytes yet, of something that is to be kept.
    pub fn nothing(&self) -> Counted {
        Counted { shared: Arc::clone(&self.tables.shared), reservation: self.reservation.new_empty() }
    }

    /// Counts so many more; whether there were as many left.
    pub fn add(&self, counted: &Counted, bytes: usize) -> bool {
        let before = counted.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= self.most && counted.reservation.try_grow(bytes).is_ok();
        if !fits {
            counted.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        fits
    }
}

/// Bytes that count until it is dropped.
#[derive(Debug)]
pub struct Counted {
    shared: Arc<Shared>,
    reservation: MemoryReservation,
}

impl Counted {
    /// So many of them, or all, to count by themselves.
    fn part(&self, bytes: usize) -> Counted {
        let reservation = self.reservation.split(bytes.min(self.reservation.size()));
        Counted { shared: Arc::clone(&self.shared), reservation }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.shared.bytes.fetch_sub(self.reservation.size(), Ordering::Relaxed);
    }
}

/// A batch of all that is kept of some rows.
pub struct KeptBatch {
    /// The rows.
    pub batch: RecordBatch,
    counted: Option<Counted>,
}

impl KeptBatch {
    /// A batch whose memory is counted.
    pub fn of(batch: RecordBatch, counted: Counted) -> KeptBatch {
        KeptBatch { batch, counted: Some(counted) }
    }

    /// The same rows with these columns only, which count here from now on and no longer there; `None` where it has none
    /// such.
    pub fn with_columns(&self, places: &[usize]) -> Option<KeptBatch> {
        let batch = self.batch.project(places).ok()?;
        let counted = self.counted.as_ref().map(|counted| counted.part(footprint(&batch)));
        Some(KeptBatch { batch, counted })
    }
}
