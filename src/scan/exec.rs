//! The physical plan node of a scan: its properties, its partitions and its metrics.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties, SendableRecordBatchStream,
};
use futures::{StreamExt, stream};

use super::decode::Decoding;
use super::feed::Feed;
use super::judge::Judge;
use super::metadata::MetadataColumn;
use super::provider::Projection;
use super::repeats::Repeats;
use super::snapshot::Snapshot;
use super::table::LandedTable;
use super::tally::ScanTally;

/// Reads a landed table; its partitions share one feed of packs, so that none runs dry early.
#[derive(Debug)]
pub struct ScanExec {
    table: Arc<LandedTable>,
    snapshot: Arc<Snapshot>,
    projection: Arc<Projection>,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    shared: Mutex<Option<Shared>>,
}

/// What the partitions of one execution share.
#[derive(Clone)]
struct Shared {
    feed: Arc<Feed>,
    repeats: Option<Arc<Repeats>>,
    tally: Arc<ScanTally>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl ScanExec {
    /// A scan in `partitions` partitions; each stops after `limit` rows.
    pub fn new(
        table: Arc<LandedTable>,
        snapshot: Arc<Snapshot>,
        projection: Arc<Projection>,
        limit: Option<usize>,
        partitions: usize,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&projection.schema)),
            Partitioning::UnknownPartitioning(partitions.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        ScanExec {
            table,
            snapshot,
            projection,
            limit,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
            shared: Mutex::new(None),
        }
    }

    /// The feed of this execution, made when its first partition starts.
    fn share(&self, context: &TaskContext) -> Shared {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared
            .get_or_insert_with(|| Shared {
                feed: Arc::new(self.table.feed(Arc::clone(&self.snapshot))),
                repeats: self
                    .projection
                    .metadata
                    .contains(&MetadataColumn::Repeat)
                    .then(|| Arc::new(Repeats::new(context.memory_pool()))),
                tally: Arc::new(ScanTally::new(
                    Arc::clone(self.table.tally()),
                    self.properties.partitioning.partition_count(),
                )),
            })
            .clone()
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<&str> = self.projection.schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "ScanExec: table={}, columns=[{}]", self.table.name(), columns.join(", "))?;
        if let Some(limit) = self.limit {
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
        Ok(Arc::new(ScanExec::new(
            Arc::clone(&self.table),
            Arc::clone(&self.snapshot),
            Arc::clone(&self.projection),
            self.limit,
            self.properties.partitioning.partition_count(),
        )))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let shared = self.share(&context);
        let decoding = Decoding {
            table: Arc::clone(&self.table),
            projection: Arc::clone(&self.projection),
            feed: shared.feed,
            repeats: shared.repeats,
            counters: Arc::clone(self.table.counters()),
            judge: Judge::new(Arc::clone(&self.table), Arc::clone(&shared.tally)),
            tally: shared.tally,
            batch_size: context.session_config().batch_size(),
            time_waiting: MetricBuilder::new(&self.metrics).subset_time("time_waiting", partition),
            time_decoding: MetricBuilder::new(&self.metrics).subset_time("time_decoding", partition),
            records: MetricBuilder::new(&self.metrics).output_rows(partition),
        };
        let position = decoding.begin();
        let batches = stream::try_unfold((decoding, position), |(decoding, mut position)| async move {
            let batch = decoding.next(&mut position).await?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, (decoding, position))))
        });
        let mut left = self.limit;
        let batches = batches.scan((), move |(), batch| {
            let batch = match (&mut left, batch) {
                (Some(0), _) => None,
                (Some(left), Ok(batch)) => {
                    let rows = batch.num_rows().min(*left);
                    *left -= rows;
                    Some(Ok(batch.slice(0, rows)))
                }
                (_, batch) => Some(batch),
            };
            std::future::ready(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.projection.schema), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
