//! The first scan of a table that later ones read again: its objects are decoded once, for all of them.
//!
//! Owns the tasks that decode, the queue from which that first scan reads where it does not wait for all, and their ends:
//! whole, failed, cancelled, or without memory to keep more. The tasks wait for nobody but the feed, whatever is read from
//! the queue: so a scan of the same plan may wait for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use tokio::sync::Notify;

use super::footprint::compact;
use super::kept::{Kept, Opening};
use super::kept_batch::{Allowance, CONSUMER, KeptBatch, KeptTables};
use crate::scan::objects::Snapshot;
use crate::scan::refining::{Narrowing, Refinement};
use crate::scan::rows::{Decoding, Position, Spoiled};

/// One such scan.
pub struct Filling {
    kept: Arc<Kept>,
    snapshot: Arc<Snapshot>,
    /// What is kept.
    refinement: Arc<Refinement>,
    /// How it is made of what is decoded.
    refining: Narrowing,
    /// How what the scan that fills gives is made of it.
    first: Narrowing,
    spoiled: Arc<Spoiled>,
    allowance: Arc<Allowance>,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    unread: VecDeque<Arc<KeptBatch>>,
    kept: Vec<Arc<KeptBatch>>,
    /// Rows that were decoded, whether or not they are wanted.
    rows: usize,
    /// Decoders that are not at their ends.
    unfinished: usize,
    /// Decoders in the middle of their work, for the first scan to go on with.
    handed: Vec<Handed>,
    course: Course,
}

/// A decoder and where it is.
pub type Handed = Box<(Decoding, Position)>;

/// How it goes.
enum Course {
    Keeping,
    /// There is no memory to keep more: the first scan goes on by itself.
    GivenUp,
    /// A value does not fit the first scan's own column.
    Spoiled,
    Failed(DataFusionError),
    /// Over, and nothing more to tell.
    Over,
}

/// What the first scan gets next.
pub enum Taken {
    Rows(Arc<KeptBatch>),
    /// A decoder to go on with.
    Decoder(Handed),
    /// The objects have to be read as the first scan alone would, to find the value that does not fit.
    Reread,
    Failed(DataFusionError),
    End,
    NotYet,
}

impl Filling {
    /// A filling that keeps `union` for the scan that begins; `None` where that wants something else.
    ///
    /// # Errors
    /// Those of making one kind of rows of another.
    pub fn new(
        kept: &Arc<Kept>,
        tables: &KeptTables,
        opening: &Opening<'_>,
        union: Refinement,
    ) -> Result<Option<Filling>> {
        let Some(first) = Narrowing::between(&union, opening.refinement)? else { return Ok(None) };
        let reservation = MemoryConsumer::new(CONSUMER).register(opening.pool);
        let state = State {
            unread: VecDeque::new(),
            kept: Vec::new(),
            rows: 0,
            unfinished: opening.partitions,
            handed: Vec::new(),
            course: Course::Keeping,
        };
        Ok(Some(Filling {
            kept: Arc::clone(kept),
            snapshot: Arc::clone(opening.snapshot),
            spoiled: Arc::new(Spoiled::new(&union.decoded.columns)),
            refining: Narrowing::of(&union)?,
            refinement: Arc::new(union),
            first,
            allowance: Arc::new(Allowance::new(tables, opening.pool, reservation)),
            state: Mutex::new(state),
            changed: Notify::new(),
        }))
    }

    /// What is read.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// What is kept.
    pub fn refinement(&self) -> &Arc<Refinement> {
        &self.refinement
    }

    /// Where what is kept of them counts.
    pub fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// Where values are noted that did not fit.
    pub fn spoiled(&self) -> &Arc<Spoiled> {
        &self.spoiled
    }

    /// The columns that have such values.
    pub fn spoiled_columns(&self) -> Vec<String> {
        self.spoiled.columns()
    }

    /// Whether the first scan reads such a column.
    pub fn spoils_first(&self) -> bool {
        self.spoiled.columns().iter().any(|column| self.first.decodes(column))
    }

    /// What the first scan gives of a batch that is kept.
    pub fn given(&self, kept: &RecordBatch) -> Result<RecordBatch> {
        self.first.narrow(kept)
    }

    /// What it gives of one that was decoded.
    pub fn given_of_decoded(&self, decoded: &RecordBatch) -> Result<RecordBatch> {
        self.given(&self.refining.narrow(decoded)?)
    }

    /// Whether what another scan gives can be made of what is kept.
    pub fn serves(&self, other: &Refinement) -> Result<bool> {
        Ok(Narrowing::between(&self.refinement, other)?.is_some())
    }

    /// Whether there is nothing to wait for.
    pub fn is_over(&self) -> bool {
        !matches!(self.lock().course, Course::Keeping)
    }

    /// Waits until `look` finds something, looking again at each change.
    pub async fn wait<T>(&self, mut look: impl FnMut(&Filling) -> Option<T>) -> T {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before the look, so that no change between the two is missed.
            changed.as_mut().enable();
            if let Some(found) = look(self) {
                return found;
            }
            changed.await;
        }
    }

    /// What the first scan gets next.
    pub fn take(&self) -> Taken {
        let mut state = self.lock();
        if matches!(state.course, Course::Spoiled) {
            state.course = Course::Over;
            state.unread.clear();
            return Taken::Reread;
        }
        if let Some(batch) = state.unread.pop_front() {
            return Taken::Rows(batch);
        }
        if matches!(state.course, Course::Failed(_))
            && let Course::Failed(error) = std::mem::replace(&mut state.course, Course::Over)
        {
            return Taken::Failed(error);
        }
        match state.handed.pop() {
            Some(handed) => Taken::Decoder(handed),
            None if state.unfinished == 0 || matches!(state.course, Course::Over) => Taken::End,
            None => Taken::NotYet,
        }
    }

    /// Lets go what the first scan reads elsewhere.
    pub fn forget_unread(&self) {
        self.lock().unread.clear();
    }

    /// Keeps no more; what was decoded is freed as the first scan reads it.
    pub fn give_up(&self) {
        let mut state = self.lock();
        if matches!(state.course, Course::Keeping) {
            state.course = Course::GivenUp;
            state.kept = Vec::new();
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Decodes to the end of the feed, or until nothing more can be kept.
    pub fn fill(self: Arc<Self>, decoding: Decoding) -> impl Future<Output = ()> + Send + 'static {
        // Not within the task: one that is cancelled before it begins must be noticed, too.
        let running = Running { filling: Arc::clone(&self), has_ended: false };
        self.decode(decoding, running)
    }

    async fn decode(self: Arc<Self>, decoding: Decoding, mut running: Running) {
        let mut position = decoding.begin();
        loop {
            let kept = match decoding.next(&mut position).await {
                Ok(Some(batch)) => {
                    let timer = decoding.metrics.time_building.timer();
                    let kept = self.refining.narrow(&batch).and_then(|kept| Ok(compact(kept)?));
                    timer.done();
                    kept.map(|kept| {
                        let rows = batch.num_rows();
                        decoding.metrics.rows_left_out.add(rows.saturating_sub(kept.num_rows()));
                        self.keep(kept, rows)
                    })
                }
                Ok(None) => break,
                Err(error) => Err(error),
            };
            match kept {
                Ok(Next::Decode) => {}
                Ok(Next::HandOver) => {
                    self.lock().handed.push(Box::new((decoding, position)));
                    running.has_ended = true;
                    return;
                }
                Ok(Next::Stop) => return,
                Err(error) => return self.end(Course::Failed(error)),
            }
            // The statement that reads has its turn, too, where decoding never waits.
            tokio::task::yield_now().await;
        }
        // The set of repeats, which decoders share, goes before the last of them is counted.
        drop((decoding, position));
        running.has_ended = true;
    }

    /// Keeps what is wanted of so many decoded rows.
    fn keep(&self, batch: RecordBatch, rows: usize) -> Next {
        if self.spoils_first() {
            self.end(Course::Spoiled);
            return Next::Stop;
        }
        let is_empty = batch.num_rows() == 0;
        let batch = self.allowance.keep(batch);
        let mut state = self.lock();
        let (batch, is_counted) = match batch {
            Ok(batch) => (Arc::new(batch), true),
            Err(batch) => (Arc::new(batch), false),
        };
        let (next, is_news) = match (&state.course, is_counted) {
            (Course::Keeping, true) => {
                if !is_empty {
                    state.kept.push(Arc::clone(&batch));
                }
                state.rows = state.rows.saturating_add(rows);
                (Next::Decode, false)
            }
            (Course::Keeping, false) => {
                state.course = Course::GivenUp;
                state.kept = Vec::new();
                (Next::HandOver, true)
            }
            (Course::GivenUp, _) => (Next::HandOver, false),
            (Course::Spoiled | Course::Failed(_) | Course::Over, _) => return Next::Stop,
        };
        if !is_empty {
            state.unread.push_back(batch);
        }
        drop(state);
        if is_news {
            self.kept.give_up();
        }
        self.changed.notify_waiters();
        next
    }

    /// Ends it in that way, unless it has ended.
    fn end(&self, course: Course) {
        let mut state = self.lock();
        if matches!(state.course, Course::Keeping | Course::GivenUp) {
            state.course = course;
            state.kept = Vec::new();
        }
        drop(state);
        self.kept.abandon(self);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a decoder does after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Decode,
    /// It hands itself to the first scan.
    HandOver,
    Stop,
}

/// A decoder at work; dropped however it ends.
struct Running {
    filling: Arc<Filling>,
    /// Whether it came to its end or was handed over, rather than being cancelled.
    has_ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        let filling = &self.filling;
        if !self.has_ended {
            return filling.end(Course::Failed(DataFusionError::Execution("a scan was cancelled".to_owned())));
        }
        let mut state = filling.lock();
        state.unfinished = state.unfinished.saturating_sub(1);
        let is_whole = state.unfinished == 0 && matches!(state.course, Course::Keeping);
        let kept = is_whole.then(|| (state.rows, std::mem::take(&mut state.kept)));
        drop(state);
        if let Some((rows, batches)) = kept {
            filling.kept.complete(filling, rows, batches);
            // Only now: who finds it over looks for the rows.
            return filling.end(Course::Over);
        }
        filling.changed.notify_waiters();
    }
}
