//! One execution of a scan: where its partitions get their rows from.
//!
//! Owns the choice that they share and the way of one partition through it. It must not decide what is kept: `kept`
//! does.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryPool;

use super::cached::{Caching, Keeping, RowPruning};
use super::exec::Scan;
use super::fetch::{Feed, Positions, Rows, Wanted};
use super::keeping::{Announcement, Filling, Handed, Opened, Opening, Reader, Reads, Taken, Waiting};
use super::metrics::{GivingMetrics, ScanMetrics};
use super::objects::{MetadataColumn, Selection};
use super::provider::Projection;
use super::refining::Narrowing;
use super::rows::{Decoding, Judge, Position, Repeats, ScanTally, Spoiled};
use crate::cache::CachedColumn;
use crate::config::OnBadValue;
use crate::error::Error;

/// A limit beyond this is likely to need most of what is fetched ahead.
const FEW_ROWS: usize = 10_000;

/// What the partitions of one execution share.
pub struct Reading {
    pub scan: Scan,
    /// How what the scan gives is made of what it decodes by itself.
    pub narrowing: Narrowing,
    pub reads: Reads,
    /// It goes with its statement, whatever is left of the scan then.
    pub announced: Weak<Announcement>,
    pub batch_size: usize,
    pub partitions: usize,
    pub pool: Arc<dyn MemoryPool>,
    pub metrics: ScanMetrics,
    /// The rows that may still be yielded.
    pub left: Option<AtomicUsize>,
    pub source: Mutex<Source>,
}

/// Where the rows come from.
pub enum Source {
    Undecided,
    Objects(Objects),
    First(First),
    /// As soon as that filling is over, what it kept is read, or what is left of it.
    Filled(First, Waiting),
    /// As soon as that filling is over, it is asked again.
    Later(Arc<Filling>, Waiting),
    Kept(Arc<Reader>),
}

/// The objects themselves.
#[derive(Clone)]
pub struct Objects {
    feed: Arc<Feed>,
    repeats: Option<Arc<Repeats>>,
    tally: Arc<ScanTally>,
    wanted: Wanted,
    caching: Option<Arc<Caching>>,
    /// Where columns are decoded for the cache that the scan does not read: a value that does not fit one of them
    /// must not fail it.
    spoiled: Option<Arc<Spoiled>>,
}

/// The objects, whose rows are kept.
#[derive(Clone)]
pub struct First {
    filling: Arc<Filling>,
    /// Ends the decoding when nobody reads any more.
    #[expect(dead_code, reason = "it is held, not read")]
    tasks: Arc<Vec<SpawnedTask<()>>>,
}

/// Where a partition is.
pub struct Lane {
    partition: usize,
    metrics: Option<GivingMetrics>,
    state: State,
}

enum State {
    Undecided,
    Decoding(Box<(Decoding, Position)>),
    First(First),
    /// A decoder that the tasks of the filling left.
    Handed(First, Handed),
    Kept(Arc<Reader>),
}

impl Lane {
    /// Before its first batch.
    pub fn new(partition: usize) -> Lane {
        Lane { partition, metrics: None, state: State::Undecided }
    }
}

impl Reading {
    /// Decides where the rows come from, and has the work begin.
    pub fn start(&self) -> Result<()> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*source, Source::Undecided) {
            let announced = self.announced.upgrade();
            *source = self.open(self.scan.table.kept().open(&self.opening(announced.as_deref()))?);
        }
        Ok(())
    }

    /// The next batch of a partition, as far as the limit goes. Who takes the last rows stops the feed.
    pub async fn next_within_limit(&self, lane: &mut Lane) -> Result<Option<RecordBatch>> {
        let batch = self.next(lane).await?;
        let (Some(left), Some(batch)) = (&self.left, &batch) else { return Ok(batch) };
        let take = |left: usize| Some(left.saturating_sub(batch.num_rows()));
        let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or_default();
        let rows = batch.num_rows().min(before);
        if rows == before {
            self.stop();
        }
        Ok((rows > 0).then(|| batch.slice(0, rows)))
    }

    fn stop(&self) {
        if let Source::Objects(objects) = &*self.source.lock().unwrap_or_else(PoisonError::into_inner) {
            objects.feed.stop();
        }
    }

    /// The next batch of a partition, of those that have rows.
    async fn next(&self, lane: &mut Lane) -> Result<Option<RecordBatch>> {
        let metrics = lane.metrics.get_or_insert_with(|| self.metrics.giving(lane.partition)).clone();
        loop {
            let batch = match &mut lane.state {
                State::Undecided => {
                    lane.state = self.settle(lane.partition).await?;
                    continue;
                }
                State::Decoding(decoding) => {
                    let (decoding, position) = decoding.as_mut();
                    let batch = decoding.next(position).await?;
                    if decoding.is_spoiled() {
                        return self.reread(lane.partition).await;
                    }
                    let Some(batch) = batch else { return Ok(None) };
                    metrics.give(&batch, |rows| self.narrowing.narrow(rows))?
                }
                State::Kept(reader) => {
                    let Some((unread, narrowing)) = reader.next().await else { return Ok(None) };
                    metrics.leave_out(unread.left_out());
                    metrics.give(unread.rows(), |rows| narrowing.narrow(rows))?
                }
                State::First(first) => {
                    let first = first.clone();
                    let taken = first.filling.wait(|filling| match filling.take() {
                        Taken::NotYet => None,
                        taken => Some(taken),
                    });
                    match taken.await {
                        Taken::Rows(batch) => metrics.give(&batch.batch, |rows| first.filling.given(rows))?,
                        Taken::Decoder(handed) => {
                            lane.state = State::Handed(first, handed);
                            continue;
                        }
                        Taken::Reread => return self.reread(lane.partition).await,
                        Taken::Failed(error) => return Err(error),
                        Taken::End | Taken::NotYet => return Ok(None),
                    }
                }
                State::Handed(first, handed) => {
                    let (decoding, position) = handed.as_mut();
                    let batch = decoding.next(position).await?;
                    if first.filling.spoils_first() {
                        return self.reread(lane.partition).await;
                    }
                    let Some(batch) = batch else {
                        lane.state = State::First(first.clone());
                        continue;
                    };
                    metrics.give(&batch, |rows| first.filling.given_of_decoded(rows))?
                }
            };
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
            // Others have their turn, too, where nothing of much is wanted.
            tokio::task::yield_now().await;
        }
    }

    /// What a partition does; waits where another scan fills.
    async fn settle(&self, partition: usize) -> Result<State> {
        let announced = self.announced.upgrade();
        let opening = self.opening(announced.as_deref());
        loop {
            // No lock is held while it waits, and each partition waits for itself: one that nobody polls must not
            // keep the others.
            let filling = {
                let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
                let next = match &*source {
                    Source::Later(filling, waiting) if filling.is_over() => {
                        Some(self.open(self.scan.table.kept().open_again(&opening, waiting)?))
                    }
                    Source::Filled(first, waiting) if first.filling.is_over() => {
                        let reader = self.scan.table.kept().read_filled(&opening, waiting)?;
                        if reader.is_some() {
                            // A scan that waits for the filling holds it still.
                            first.filling.forget_unread();
                        }
                        Some(reader.map_or_else(|| Source::First(first.clone()), Source::Kept))
                    }
                    _ => None,
                };
                if let Some(next) = next {
                    *source = next;
                }
                match &*source {
                    Source::Undecided => {
                        *source = self.open(self.scan.table.kept().open(&opening)?);
                        continue;
                    }
                    Source::Objects(objects) => {
                        let decoding = self.decoding(&self.scan.refinement.decoded, objects, partition);
                        let position = decoding.begin();
                        return Ok(State::Decoding(Box::new((decoding, position))));
                    }
                    Source::First(first) => return Ok(State::First(first.clone())),
                    Source::Kept(reader) => return Ok(State::Kept(Arc::clone(reader))),
                    Source::Later(filling, _) => Arc::clone(filling),
                    Source::Filled(first, _) => Arc::clone(&first.filling),
                }
            };
            filling.wait(|filling| filling.is_over().then_some(())).await;
        }
    }

    fn opening<'a>(&'a self, announced: Option<&'a Announcement>) -> Opening<'a> {
        Opening {
            snapshot: &self.scan.snapshot,
            refinement: &self.scan.refinement,
            reads: self.reads,
            delivery: self.scan.delivery,
            announced,
            pool: &self.pool,
            partitions: self.partitions,
        }
    }

    fn open(&self, opened: Opened) -> Source {
        match opened {
            Opened::Alone => {
                let pruning = self.scan.row_pruning.clone();
                Source::Objects(self.objects(&self.scan.refinement.decoded, pruning))
            }
            Opened::Later(filling, waiting) => Source::Later(filling, waiting),
            Opened::Kept(reader) => Source::Kept(reader),
            Opened::First(filling, waiting) => {
                let decoded = &filling.refinement().decoded;
                let objects = self.objects(decoded, None);
                let fails = self.scan.table.on_bad_value() == OnBadValue::Fail;
                let tasks = (0..self.partitions).map(|partition| {
                    let mut decoding = self.decoding(decoded, &objects, partition);
                    decoding.spoiled = fails.then(|| Arc::clone(filling.spoiled()));
                    SpawnedTask::spawn(Arc::clone(&filling).fill(decoding))
                });
                let tasks = Arc::new(tasks.collect());
                let first = First { filling, tasks };
                match waiting {
                    Some(waiting) => Source::Filled(first, waiting),
                    None => Source::First(first),
                }
            }
        }
    }

    /// What becomes of rows that it decodes. A scan with a limit may end before an object does.
    fn keeping(&self) -> Keeping {
        match self.reads {
            Reads::All => Keeping::All,
            Reads::Selected if self.scan.limit.is_none() => Keeping::Some,
            Reads::Selected | Reads::Some => Keeping::Nothing,
        }
    }

    fn objects(&self, projection: &Projection, pruning: Option<Arc<RowPruning>>) -> Objects {
        let caching = self.scan.table.caching(&self.scan.snapshot, projection, self.keeping(), self.partitions);
        self.objects_with(projection, caching.map(|caching| Arc::new(caching.pruned(pruning))))
    }

    fn objects_with(&self, projection: &Projection, caching: Option<Arc<Caching>>) -> Objects {
        let Scan { table, snapshot, pruning, limit, .. } = &self.scan;
        let counts = self.metrics.selecting.clone();
        let selection = Arc::new(Selection::new(Arc::clone(snapshot), pruning.clone(), counts));
        let keeps_positions = caching.as_ref().is_some_and(|caching| caching.holds(&CachedColumn::Position));
        let counts_records = projection.has(MetadataColumn::Offset) || keeps_positions;
        let wanted = Wanted {
            rows: if limit.is_some_and(|limit| limit <= FEW_ROWS) { Rows::Few } else { Rows::All },
            positions: if counts_records { Positions::Counted } else { Positions::Uncounted },
        };
        let decodes_more = caching.as_ref().is_some_and(|caching| caching.decodes_more());
        let spoils = decodes_more && table.on_bad_value() == OnBadValue::Fail;
        let has_repeats = projection.has(MetadataColumn::Repeat);
        let fetching = self.metrics.fetching.clone();
        let feed = table.feed(selection, wanted, self.partitions, fetching, caching.clone());
        Objects {
            spoiled: spoils.then(|| Arc::new(Spoiled::new(&projection.columns))),
            repeats: has_repeats
                .then(|| Arc::new(Repeats::new(&self.pool, Arc::clone(feed.volume()), &projection.columns))),
            feed: Arc::new(feed),
            tally: Arc::new(ScanTally::new(Arc::clone(table.tally()), self.partitions)),
            wanted,
            caching,
        }
    }

    fn decoding(&self, projection: &Arc<Projection>, objects: &Objects, partition: usize) -> Decoding {
        let table = &self.scan.table;
        Decoding {
            table: Arc::clone(table),
            projection: Arc::clone(projection),
            feed: Arc::clone(&objects.feed),
            repeats: objects.repeats.clone(),
            spoiled: objects.spoiled.clone(),
            caching: objects.caching.clone(),
            pool: Arc::clone(&self.pool),
            counters: Arc::clone(table.counters()),
            judge: Judge::new(Arc::clone(table), Arc::clone(&objects.tally)),
            tally: Arc::clone(&objects.tally),
            batch_size: self.batch_size,
            wanted: objects.wanted,
            metrics: self.metrics.decoding(partition),
        }
    }

    /// Reads the objects for the scan's own columns only, up to the value that does not fit one of them: a decoder
    /// that serves several statements can't tell whose error it is.
    async fn reread(&self, partition: usize) -> Result<Option<RecordBatch>> {
        let Projection { columns, unread, .. } = self.scan.refinement.decoded.as_ref();
        let columns = Arc::new(Projection::of(columns.clone(), Vec::new(), unread.clone()));
        let objects = self.objects_with(&columns, None);
        let decoding = self.decoding(&columns, &objects, partition);
        let mut position = decoding.begin();
        while decoding.next(&mut position).await?.is_some() {}
        let error = Error::bug("a value did not fit its column, and did when it was read again");
        Err(DataFusionError::External(Box::new(error)))
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}
