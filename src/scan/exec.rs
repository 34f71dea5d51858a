//! The physical plan node of a scan: its properties, its partitions and its metrics.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, replace_children_if_necessary};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties, SendableRecordBatchStream,
    StatisticsArgs,
};
use futures::stream;

use super::cached::RowPruning;
use super::keeping::{Announcement, Delivery, Reads};
use super::metrics::ScanMetrics;
use super::objects::{Pruning, Snapshot};
use super::reading::{Lane, Reading, Source};
use super::refining::{Expression, Narrowing, Refinement};
use super::statistics::statistics;
use super::table::LandedTable;

/// What is read.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The table.
    pub table: Arc<LandedTable>,
    /// Its objects.
    pub snapshot: Arc<Snapshot>,
    /// What it gives of them.
    pub refinement: Arc<Refinement>,
    /// What leaves objects out.
    pub pruning: Option<Arc<Pruning>>,
    /// What leaves rows of the cache out; a filter does so again, of the scan or above it.
    pub row_pruning: Option<Arc<RowPruning>>,
    /// The most rows that all partitions together yield.
    pub limit: Option<usize>,
    /// How it hands on its rows.
    pub delivery: Delivery,
}

/// Reads a landed table; its partitions share one feed of packs, so that none runs dry early.
#[derive(Debug)]
pub struct ScanExec {
    scan: Scan,
    properties: Arc<PlanProperties>,
    metrics: ScanMetrics,
    reading: Mutex<Option<Arc<Reading>>>,
    /// Partitions of the execution at hand that were started.
    started: AtomicUsize,
    /// Set where the scan was planned ahead of its statement.
    announced: OnceLock<Arc<Announcement>>,
}

impl ScanExec {
    /// A scan in `partitions` partitions.
    pub fn new(scan: Scan, partitions: usize) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&scan.refinement.schema)),
            Partitioning::UnknownPartitioning(partitions.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        ScanExec {
            scan,
            properties: Arc::new(properties),
            metrics: ScanMetrics::new(),
            reading: Mutex::new(None),
            started: AtomicUsize::new(0),
            announced: OnceLock::new(),
        }
    }

    /// How much of the table it reads.
    fn reads(&self) -> Reads {
        match (&self.scan.pruning, self.scan.limit) {
            (Some(_), _) => Reads::Selected,
            (None, Some(_)) => Reads::Some,
            (None, None) => Reads::All,
        }
    }

    /// What the partitions of one execution share, made when the first of them starts.
    fn reading(&self, context: &TaskContext) -> Result<Arc<Reading>> {
        let mut shared = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = match shared.as_ref() {
            Some(reading) => Arc::clone(reading),
            None => Arc::clone(shared.insert(Arc::new(self.begin(context)?))),
        };
        // Only its partitions hold it from then on, so that it ends where all of them are dropped.
        if self.started.fetch_add(1, Ordering::Relaxed) + 1 >= reading.partitions {
            self.started.store(0, Ordering::Relaxed);
            *shared = None;
        }
        Ok(reading)
    }

    fn begin(&self, context: &TaskContext) -> Result<Reading> {
        Ok(Reading {
            narrowing: Narrowing::of(&self.scan.refinement)?,
            scan: self.scan.clone(),
            reads: self.reads(),
            announced: self.announced.get().map(Arc::downgrade).unwrap_or_default(),
            batch_size: context.session_config().batch_size(),
            partitions: self.properties.partitioning.partition_count(),
            pool: Arc::clone(context.memory_pool()),
            metrics: self.metrics.clone(),
            left: self.scan.limit.map(AtomicUsize::new),
            source: Mutex::new(Source::Undecided),
        })
    }
}

/// What a scan reads, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanDescription {
    /// The table's name without its schema.
    pub table: String,
    /// The columns that are read.
    pub columns: Vec<String>,
    /// The condition that its rows meet.
    pub filter: Option<String>,
    /// What it computes of the columns.
    pub computed: Vec<String>,
    /// The predicate by which whole objects are left out.
    pub object_predicate: Option<String>,
    /// The predicate by which segments of the cache are left out.
    pub row_predicate: Option<String>,
    /// The most rows that it gives.
    pub limit: Option<usize>,
}

/// What the node reads, if it is a scan of a landed table.
pub fn described(plan: &Arc<dyn ExecutionPlan>) -> Option<ScanDescription> {
    let Scan { table, refinement, pruning, row_pruning, limit, .. } = &plan.downcast_ref::<ScanExec>()?.scan;
    Some(ScanDescription {
        table: table.name().to_owned(),
        columns: refinement.decoded.schema.fields().iter().map(|field| field.name().clone()).collect(),
        filter: refinement.shown_conditions(),
        computed: refinement.computed().collect(),
        object_predicate: pruning.as_ref().map(|pruning| pruning.shown().to_owned()),
        row_predicate: row_pruning.as_ref().map(|pruning| pruning.shown().to_owned()),
        limit: *limit,
    })
}

/// The scan that `plan` is, made to give of its rows those that meet these conditions and of each of them these
/// outputs, over its columns; `None` where it is no scan, or gives some rows only, whichever they are.
///
/// # Errors
/// Those of putting one expression into another.
pub fn refined(
    plan: &Arc<dyn ExecutionPlan>,
    conditions: &[Expression],
    outputs: &[Expression],
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    changed(plan, &|exec| {
        if exec.scan.limit.is_some() {
            return Ok(None);
        }
        let refinement = Arc::new(exec.scan.refinement.refined(conditions, outputs)?);
        Ok(Some(Scan { refinement, ..exec.scan.clone() }))
    })
}

/// The conditions that the scan that `plan` is gives rows by, over columns that are known by their names; none where it is
/// no scan.
pub fn conditions(plan: &Arc<dyn ExecutionPlan>) -> &[Expression] {
    let plan = plan.downcast_ref::<CooperativeExec>().map_or(plan, CooperativeExec::input);
    plan.downcast_ref::<ScanExec>().map_or(&[], |exec| &exec.scan.refinement.conditions)
}

/// The scan that `plan` is, made to hand on all of its rows at once where they are kept; `None` where it is no scan, or
/// gives some rows only.
///
/// # Errors
/// Those of DataFusion's steps.
pub fn collected(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    changed(plan, &|exec| {
        let at_once = || Scan { delivery: Delivery::AtOnce, ..exec.scan.clone() };
        Ok((exec.reads() == Reads::All).then(at_once))
    })
}

/// The scan that `plan` is, with what `change` makes of it; `None` where it is no scan, or that is nothing.
fn changed(
    plan: &Arc<dyn ExecutionPlan>,
    change: &dyn Fn(&ScanExec) -> Result<Option<Scan>>,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(cooperative) = plan.downcast_ref::<CooperativeExec>() {
        let input = changed(cooperative.input(), change)?;
        return input.map(|input| replace_children_if_necessary(Arc::clone(plan), vec![input])).transpose();
    }
    let Some(exec) = plan.downcast_ref::<ScanExec>() else { return Ok(None) };
    let partitions = exec.properties.partitioning.partition_count();
    Ok(change(exec)?.map(|scan| Arc::new(ScanExec::new(scan, partitions)) as Arc<dyn ExecutionPlan>))
}

/// Whether every scan of a plan that may read what is kept is one that is announced: one with a limit is not, nor is that
/// of a step which begins anew.
pub fn announces_all(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let is_announced = |exec: &ScanExec| exec.reads() != Reads::Some;
    !plan.is::<RecursiveQueryExec>()
        && plan.downcast_ref::<ScanExec>().is_none_or(is_announced)
        && plan.children().into_iter().all(announces_all)
}

/// Announces the scans of a plan that was made ahead, so that what the first of them reads is kept for the others.
pub fn announce(plan: &Arc<dyn ExecutionPlan>) -> Vec<Arc<Announcement>> {
    let mut announced = Vec::new();
    if let Some(exec) = plan.downcast_ref::<ScanExec>()
        && exec.reads() == Reads::All
    {
        let Scan { table, refinement, delivery, .. } = &exec.scan;
        let announce = || Arc::new(table.kept().announce(refinement, *delivery));
        announced.push(Arc::clone(exec.announced.get_or_init(announce)));
    }
    announced.extend(plan.children().into_iter().flat_map(announce));
    announced
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scan { table, refinement, pruning, row_pruning, limit, delivery, .. } = &self.scan;
        let columns = refinement.decoded.schema.fields().iter().map(|field| field.name().as_str());
        write!(f, "ScanExec: table={}, columns=[{}]", table.name(), columns.collect::<Vec<_>>().join(", "))?;
        if let Some(condition) = refinement.shown_conditions() {
            write!(f, ", filter={condition}")?;
        }
        let computed: Vec<String> = refinement.computed().collect();
        if !computed.is_empty() {
            write!(f, ", computed=[{}]", computed.join(", "))?;
        }
        if let Some(pruning) = pruning {
            write!(f, ", pruning={}", pruning.shown())?;
        }
        if let Some(pruning) = row_pruning {
            write!(f, ", row_pruning={}", pruning.shown())?;
        }
        if let Some(limit) = limit {
            write!(f, ", limit={limit}")?;
        }
        if *delivery == Delivery::AtOnce {
            write!(f, ", delivery=at once")?;
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
        // Those of the refinement know columns by their names, which nobody else here does.
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(ScanExec::new(self.scan.clone(), self.properties.partitioning.partition_count())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let reading = self.reading(&context)?;
        reading.start()?;
        let batches = stream::try_unfold((reading, Lane::new(partition)), |(reading, mut lane)| async move {
            let batch = reading.next_within_limit(&mut lane).await?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, (reading, lane))))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.scan.refinement.schema), batches)))
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
        let Scan { table, snapshot, refinement, pruning, limit, .. } = &self.scan;
        if pruning.is_some() {
            return Ok(Arc::new(Statistics::new_unknown(&self.schema())));
        }
        Ok(Arc::new(statistics(refinement, snapshot, table.kept().counted(snapshot), *limit)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.read())
    }
}
