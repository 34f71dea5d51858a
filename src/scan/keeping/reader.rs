//! One reading of what is kept, in batches or at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;

use super::collected::{Collected, OneBatch};
use super::kept_batch::KeptBatch;
use crate::scan::refining::Narrowing;

/// Rows that are kept; the scan's partitions take batches from it as they get free.
pub struct Reader {
    unread: Mutex<VecDeque<Arc<KeptBatch>>>,
    /// How what the scan gives is made of what is kept.
    narrowing: Narrowing,
    /// All of it in one batch, and how what the scan gives is made of that.
    collected: Option<(Arc<Collected>, Narrowing)>,
    has_given_all: AtomicBool,
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
        Reader { unread, narrowing, collected, has_given_all: AtomicBool::new(false) }
    }

    /// The next rows, with all that is kept, and how what the scan gives is made of them.
    pub async fn next(&self) -> Option<(Unread, &Narrowing)> {
        if let Some((collected, narrowing)) = &self.collected
            && let Some(batch) = collected.batch().await
        {
            self.lock().clear();
            let is_first = !self.has_given_all.swap(true, Ordering::Relaxed);
            return is_first.then_some((Unread::All(batch), narrowing));
        }
        // Rows that are there are never waited for. Partitions that waited for one thing, as for the side of a join, wake
        // on one thread: other threads can take one only where that which runs gives way.
        tokio::task::yield_now().await;
        self.lock().pop_front().map(|batch| (Unread::Batch(batch), &self.narrowing))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<KeptBatch>>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
