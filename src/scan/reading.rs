//! One execution of a scan: where its partitions get their rows from.
//!
//! Owns the choice that they share and the way of one partition through it. It must not decide what is kept: `kept`
//! does.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder};

use super::decode::{Decoding, Position};
use super::feed::Feed;
use super::filling::{Filling, Handed, Taken};
use super::kept::{Opened, Opening, Reader, Reads};
use super::metadata::MetadataColumn;
use super::provider::Projection;
use super::repeats::Repeats;
use super::snapshot::Snapshot;
use super::table::LandedTable;
use crate::error::Error;
use crate::json::OnBadValue;

/// What the partitions of one execution share.
pub struct Reading {
    pub table: Arc<LandedTable>,
    pub snapshot: Arc<Snapshot>,
    pub projection: Arc<Projection>,
    pub reads: Reads,
    pub batch_size: usize,
    pub partitions: usize,
    pub pool: Arc<dyn MemoryPool>,
    pub metrics: ExecutionPlanMetricsSet,
    pub source: Mutex<Source>,
}

/// Where the rows come from.
#[derive(Clone)]
pub enum Source {
    Undecided,
    Objects(Objects),
    First(First),
    /// As soon as that filling is over, it is asked again.
    Later(Arc<Filling>),
    Kept(Arc<Reader>),
}

/// The objects themselves.
#[derive(Clone)]
pub struct Objects {
    feed: Arc<Feed>,
    repeats: Option<Arc<Repeats>>,
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
    rows: Option<Count>,
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
        Lane { partition, rows: None, state: State::Undecided }
    }
}

impl Reading {
    /// Decides where the rows come from, and has the work begin.
    pub fn start(&self) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*source, Source::Undecided) {
            *source = self.open(self.table.kept().open(&self.opening()));
        }
    }

    /// The next batch of a partition.
    pub async fn next(&self, lane: &mut Lane) -> Result<Option<RecordBatch>> {
        loop {
            match &mut lane.state {
                State::Undecided => lane.state = self.settle(lane.partition).await,
                // Its decoder counts the rows.
                State::Decoding(decoding) => {
                    let (decoding, position) = decoding.as_mut();
                    return decoding.next(position).await;
                }
                State::Kept(reader) => {
                    let Some(batch) = reader.next() else { return Ok(None) };
                    let batch = reader.narrowing.narrow(&batch.batch)?;
                    self.count(lane, &batch);
                    return Ok(Some(batch));
                }
                State::First(first) => {
                    let first = first.clone();
                    let taken = first.filling.wait(|filling| match filling.take() {
                        Taken::NotYet => None,
                        taken => Some(taken),
                    });
                    match taken.await {
                        Taken::Rows(batch) => {
                            let batch = first.filling.first().narrow(&batch.batch)?;
                            self.count(lane, &batch);
                            return Ok(Some(batch));
                        }
                        Taken::Decoder(handed) => lane.state = State::Handed(first, handed),
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
                    let batch = first.filling.first().narrow(&batch)?;
                    self.count(lane, &batch);
                    return Ok(Some(batch));
                }
            }
        }
    }

    /// What a partition does; waits where another scan fills.
    async fn settle(&self, partition: usize) -> State {
        loop {
            // No lock is held while it waits, and each partition waits for itself: one that nobody polls must not
            // keep the others.
            let filling = {
                let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
                if matches!(&*source, Source::Later(filling) if filling.is_over()) {
                    *source = self.open(self.table.kept().open_again(&self.opening()));
                }
                match &*source {
                    Source::Undecided => {
                        *source = self.open(self.table.kept().open(&self.opening()));
                        continue;
                    }
                    Source::Objects(objects) => {
                        let decoding = self.decoding(&self.projection, objects, partition);
                        let position = decoding.begin();
                        return State::Decoding(Box::new((decoding, position)));
                    }
                    Source::First(first) => return State::First(first.clone()),
                    Source::Kept(reader) => return State::Kept(Arc::clone(reader)),
                    Source::Later(filling) => Arc::clone(filling),
                }
            };
            filling.wait(|filling| filling.is_over().then_some(())).await;
        }
    }

    fn opening(&self) -> Opening<'_> {
        Opening {
            snapshot: &self.snapshot,
            projection: &self.projection,
            reads: self.reads,
            pool: &self.pool,
            partitions: self.partitions,
        }
    }

    fn open(&self, opened: Opened) -> Source {
        match opened {
            Opened::Alone => Source::Objects(self.objects(&self.projection)),
            Opened::Later(filling) => Source::Later(filling),
            Opened::Kept(reader) => Source::Kept(reader),
            Opened::First(filling) => {
                let objects = self.objects(filling.projection());
                let fails = self.table.on_bad_value() == OnBadValue::Fail;
                let tasks = (0..self.partitions).map(|partition| {
                    let mut decoding = self.decoding(filling.projection(), &objects, partition);
                    // Rows are counted where the scan yields them.
                    decoding.records = Count::new();
                    decoding.spoiled = fails.then(|| Arc::clone(filling.spoiled()));
                    SpawnedTask::spawn(Arc::clone(&filling).fill(decoding))
                });
                let tasks = Arc::new(tasks.collect());
                Source::First(First { filling, tasks })
            }
        }
    }

    fn objects(&self, projection: &Projection) -> Objects {
        let has_repeats = projection.metadata.contains(&MetadataColumn::Repeat);
        Objects {
            feed: Arc::new(self.table.feed(Arc::clone(&self.snapshot))),
            repeats: has_repeats.then(|| Arc::new(Repeats::new(&self.pool))),
        }
    }

    fn decoding(&self, projection: &Arc<Projection>, objects: &Objects, partition: usize) -> Decoding {
        Decoding {
            table: Arc::clone(&self.table),
            projection: Arc::clone(projection),
            feed: Arc::clone(&objects.feed),
            repeats: objects.repeats.clone(),
            spoiled: None,
            counters: Arc::clone(self.table.counters()),
            batch_size: self.batch_size,
            time_waiting: MetricBuilder::new(&self.metrics).subset_time("time_waiting", partition),
            time_decoding: MetricBuilder::new(&self.metrics).subset_time("time_decoding", partition),
            records: MetricBuilder::new(&self.metrics).output_rows(partition),
        }
    }

    /// Reads the objects for the scan's own columns only, up to the value that does not fit one of them: a decoder
    /// that serves several statements can't tell whose error it is.
    async fn reread(&self, partition: usize) -> Result<Option<RecordBatch>> {
        let objects = Objects { repeats: None, ..self.objects(&Projection::of(Vec::new(), Vec::new())) };
        let columns = Projection::of(self.projection.columns.clone(), Vec::new());
        let decoding = self.decoding(&Arc::new(columns), &objects, partition);
        let mut position = decoding.begin();
        while decoding.next(&mut position).await?.is_some() {}
        let error = Error::bug("a value did not fit its column, and did when it was read again");
        Err(DataFusionError::External(Box::new(error)))
    }

    fn count(&self, lane: &mut Lane, batch: &RecordBatch) {
        let counted = || MetricBuilder::new(&self.metrics).output_rows(lane.partition);
        lane.rows.get_or_insert_with(counted).add(batch.num_rows());
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}
