//! One reading of what is kept, in batches or at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;

use super::collected::{Collected, OneBatch};
use super::kept_batch::KeptBatch;
use crate::scan::refining::Narrowing;

/// Rows that are kept; the scan's partitions take batches from it as they get free.
pub struct Reader {
    unread: Mutex<VecDeque<Arc<KeptBatch>>>,
    /// How what the scan gives is made of what is kept.
    narrowing: Narrowing,
    /// All of it in one batch, until that is given: it counts no longer than it is kept for others.
    collected: Mutex<Option<Arc<Collected>>>,
    /// How what the scan gives is made of that.
    narrowing_of_all: Option<Narrowing>,
}

/// Rows that were not read yet.
pub enum Unread {
    Batch(Arc<KeptBatch>),
    All(Arc<OneBatch>),
}

impl Reader {
    /// A reading of `batches`, or of all of them in one where there is memory for it.
    pub fn new(
        batches: &[Arc<KeptBatch>],
        narrowing: Narrowing,
        collected: Option<(Arc<Collected>, Narrowing)>,
    ) -> Reader {
        let unread = Mutex::new(batches.iter().cloned().collect());
        let (collected, narrowing_of_all) = collected.unzip();
        Reader { unread, narrowing, collected: Mutex::new(collected), narrowing_of_all }
    }

    /// The next rows, with all that is kept, and how what the scan gives is made of them.
    pub async fn next(&self) -> Option<(Unread, &Narrowing)> {
        let collected = locked(&self.collected).clone();
        if let (Some(collected), Some(narrowing)) = (collected, &self.narrowing_of_all)
            && let Some(batch) = collected.batch().await
        {
            locked(&self.unread).clear();
            let is_first = locked(&self.collected).take().is_some();
            return is_first.then_some((Unread::All(batch), narrowing));
        }
        // Rows that are there are never waited for. Partitions that waited for one thing, as for the side of a join, wake
        // on one thread: other threads can take one only where that which runs gives way.
        tokio::task::yield_now().await;
        locked(&self.unread).pop_front().map(|batch| (Unread::Batch(batch), &self.narrowing))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unread {
    /// The rows.
    pub fn rows(&self) -> &RecordBatch {
        match self {
            Unread::Batch(batch) => &batch.batch,
            Unread::All(batch) => &batch.rows.batch,
        }
    }

    /// How many rows are kept beside them that the scan does not want.
    pub fn left_out(&self) -> usize {
        match self {
            Unread::Batch(_) => 0,
            Unread::All(batch) => batch.left_out,
        }
    }
}
