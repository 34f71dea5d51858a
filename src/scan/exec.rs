//! The physical plan node of a scan: its properties, its partitions and its metrics.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties, SendableRecordBatchStream,
    StatisticsArgs,
};
use futures::{StreamExt, stream};

use super::kept::{Announcement, Reads};
use super::provider::Projection;
use super::reading::{Lane, Reading, Source};
use super::snapshot::Snapshot;
use super::statistics::statistics;
use super::table::LandedTable;

/// Reads a landed table; its partitions share one feed of packs, so that none runs dry early.
#[derive(Debug)]
pub struct ScanExec {
    table: Arc<LandedTable>,
    snapshot: Arc<Snapshot>,
    projection: Arc<Projection>,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    reading: Mutex<Option<Arc<Reading>>>,
    /// Partitions of the execution at hand that were started.
    started: AtomicUsize,
    /// Set where the scan was planned ahead of its statement.
    announced: OnceLock<Arc<Announcement>>,
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
            reading: Mutex::new(None),
            started: AtomicUsize::new(0),
            announced: OnceLock::new(),
        }
    }

    /// Whether it reads every row of the table, so that what it read serves others.
    fn is_whole_table(&self) -> bool {
        self.limit.is_none()
    }

    /// What the partitions of one execution share, made when the first of them starts.
    fn reading(&self, context: &TaskContext) -> Arc<Reading> {
        let mut shared = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = shared.get_or_insert_with(|| {
            if let Some(announced) = self.announced.get() {
                announced.begin();
            }
            Arc::new(Reading {
                table: Arc::clone(&self.table),
                snapshot: Arc::clone(&self.snapshot),
                projection: Arc::clone(&self.projection),
                reads: if self.is_whole_table() { Reads::All } else { Reads::Some },
                batch_size: context.session_config().batch_size(),
                partitions: self.properties.partitioning.partition_count(),
                pool: Arc::clone(context.memory_pool()),
                metrics: self.metrics.clone(),
                source: Mutex::new(Source::Undecided),
            })
        });
        let reading = Arc::clone(reading);
        // Only its partitions hold it from then on, so that it ends where all of them are dropped.
        if self.started.fetch_add(1, Ordering::Relaxed) + 1 >= reading.partitions {
            self.started.store(0, Ordering::Relaxed);
            *shared = None;
        }
        reading
    }
}

/// Announces the scans of a plan that was made ahead, so that what the first of them reads is kept for the others.
pub fn announce(plan: &Arc<dyn ExecutionPlan>) -> Vec<Arc<Announcement>> {
    let mut announced = Vec::new();
    if let Some(scan) = plan.downcast_ref::<ScanExec>()
        && scan.is_whole_table()
    {
        announced
            .push(Arc::clone(scan.announced.get_or_init(|| Arc::new(scan.table.kept().announce(&scan.projection)))));
    }
    announced.extend(plan.children().into_iter().flat_map(announce));
    announced
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
        let reading = self.reading(&context);
        reading.start();
        let batches = stream::try_unfold((reading, Lane::new(partition)), |(reading, mut lane)| async move {
            let batch = reading.next(&mut lane).await?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, (reading, lane))))
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

    fn statistics_from_inputs(
        &self,
        _inputs: &[Arc<Statistics>],
        arguments: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        if arguments.partition().is_some() {
            // Partitions share one queue: nobody knows what each of them gets.
            return Ok(Arc::new(Statistics::new_unknown(&self.schema())));
        }
        let counted = self.table.kept().counted(&self.snapshot);
        Ok(Arc::new(statistics(&self.projection, &self.snapshot, counted, self.limit)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
