//! The physical plan node of a scan: its properties, its partitions and its metrics.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties, SendableRecordBatchStream,
};
use futures::{StreamExt, stream};

use super::decode::Decoding;
use super::feed::Feed;
use super::judge::Judge;
use super::metadata::MetadataColumn;
use super::metrics::ScanMetrics;
use super::provider::Projection;
use super::pruning::Pruning;
use super::repeats::Repeats;
use super::selection::Selection;
use super::snapshot::Snapshot;
use super::table::LandedTable;
use super::tally::ScanTally;
use super::wanted::{Positions, Rows, Wanted};

/// A limit beyond this is likely to need most of what is fetched ahead.
const FEW_ROWS: usize = 10_000;

/// What is read.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The table.
    pub table: Arc<LandedTable>,
    /// Its objects.
    pub snapshot: Arc<Snapshot>,
    /// Its columns.
    pub projection: Arc<Projection>,
    /// What leaves objects out.
    pub pruning: Option<Arc<Pruning>>,
    /// The most rows that all partitions together yield.
    pub limit: Option<usize>,
}

/// Reads a landed table; its partitions share one feed of packs, so that none runs dry early.
#[derive(Debug)]
pub struct ScanExec {
    scan: Scan,
    properties: Arc<PlanProperties>,
    metrics: ScanMetrics,
    shared: Mutex<Option<Shared>>,
}

/// What the partitions of one execution share.
#[derive(Clone)]
struct Shared {
    feed: Arc<Feed>,
    repeats: Option<Arc<Repeats>>,
    /// The rows that may still be yielded.
    left: Option<Arc<AtomicUsize>>,
    tally: Arc<ScanTally>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl ScanExec {
    /// A scan in `partitions` partitions.
    pub fn new(scan: Scan, partitions: usize) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&scan.projection.schema)),
            Partitioning::UnknownPartitioning(partitions.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        ScanExec { scan, properties: Arc::new(properties), metrics: ScanMetrics::new(), shared: Mutex::new(None) }
    }

    /// The feed of this execution, made when its first partition starts.
    fn share(&self, context: &TaskContext) -> Shared {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared
            .get_or_insert_with(|| {
                let Scan { table, snapshot, projection, pruning, limit } = &self.scan;
                let counts = self.metrics.selecting.clone();
                let selection = Arc::new(Selection::new(Arc::clone(snapshot), pruning.clone(), counts));
                let decoders = self.properties.partitioning.partition_count();
                let repeats = projection.has(MetadataColumn::Repeat);
                Shared {
                    feed: Arc::new(table.feed(selection, self.wanted(), decoders, self.metrics.fetching.clone())),
                    repeats: repeats.then(|| Arc::new(Repeats::new(context.memory_pool()))),
                    left: limit.map(|limit| Arc::new(AtomicUsize::new(limit))),
                    tally: Arc::new(ScanTally::new(Arc::clone(table.tally()), decoders)),
                }
            })
            .clone()
    }

    fn wanted(&self) -> Wanted {
        let Scan { projection, limit, .. } = &self.scan;
        Wanted {
            rows: if limit.is_some_and(|limit| limit <= FEW_ROWS) { Rows::Few } else { Rows::All },
            positions: if projection.has(MetadataColumn::Offset) { Positions::Counted } else { Positions::Uncounted },
        }
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scan { table, projection, pruning, limit, .. } = &self.scan;
        let columns: Vec<&str> = projection.schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "ScanExec: table={}, columns=[{}]", table.name(), columns.join(", "))?;
        if let Some(pruning) = pruning {
            write!(f, ", pruning={}", pruning.shown())?;
        }
        if let Some(limit) = limit {
            write!(f, ", limit={limit}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(ScanExec::new(self.scan.clone(), self.properties.partitioning.partition_count())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let shared = self.share(&context);
        let decoding = Decoding {
            table: Arc::clone(&self.scan.table),
            projection: Arc::clone(&self.scan.projection),
            feed: Arc::clone(&shared.feed),
            repeats: shared.repeats,
            counters: Arc::clone(self.scan.table.counters()),
            judge: Judge::new(Arc::clone(&self.scan.table), Arc::clone(&shared.tally)),
            tally: shared.tally,
            batch_size: context.session_config().batch_size(),
            wanted: self.wanted(),
            metrics: self.metrics.decoding(partition),
        };
        let position = decoding.begin();
        let batches = stream::try_unfold((decoding, position), |(decoding, mut position)| async move {
            let batch = decoding.next(&mut position).await?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, (decoding, position))))
        });
        let Shared { feed, left, .. } = shared;
        let batches = batches.scan((), move |(), batch| {
            std::future::ready(match (&left, batch) {
                (Some(left), Ok(batch)) => within_limit(left, &feed, &batch).map(Ok),
                (_, batch) => Some(batch),
            })
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.scan.projection.schema), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.read())
    }
}

/// The rows of `batch` that are within what is left of the limit; none of them ends the partition. Who
/// takes the last ones stops the feed.
fn within_limit(left: &AtomicUsize, feed: &Feed, batch: &RecordBatch) -> Option<RecordBatch> {
    let take = |left: usize| Some(left.saturating_sub(batch.num_rows()));
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or_default();
    let rows = batch.num_rows().min(before);
    if rows == before {
        feed.stop();
    }
    (rows > 0).then(|| batch.slice(0, rows))
}
