//! A statement that ran out of memory before it gave a row is planned a second time, the way that spills.
//!
//! Owns that second plan, and the stream that goes over to it. It must not count memory.
//!
//! The first plan is the fast one: joins by hash tables and medians by lists of values, neither of which can spill. To
//! foretell what these will need from guesses at numbers of rows would make fast statements slow, or fail all the
//! same; trying costs only those statements that would have failed. Nothing was told of the first try, so that nobody
//! can see two answers mixed.

mod bounded_median;
mod first_try;
mod rationed;
mod sorted_median;
mod spilling_sorts;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::{Stream, StreamExt, TryStreamExt, stream};

pub use self::bounded_median::bounded_median;
pub use self::first_try::first_try;
use self::rationed::Rationed;
use self::sorted_median::{sorted_medians, unbounded_medians};
use self::spilling_sorts::SpillingSorts;
use super::memory::SpillFolder;
use crate::scan::KeptTables;

/// The memory for one partition of every operator. More of them would leave each too little to sort with.
const PARTITION_BYTES: usize = 64 << 20;

/// Rows of a batch: what is merged holds a batch of each file.
const BATCH_ROWS: usize = 2048;

/// How often, and how long, it is waited for the first try's tasks to give their memory back.
const WAITS: usize = 200;
const WAIT: Duration = Duration::from_millis(10);

/// What is needed to run a statement again.
pub struct Again {
    pub state: SessionState,
    pub plan: LogicalPlan,
    pub kept: KeptTables,
    /// How many statements were run again.
    pub count: Arc<AtomicU64>,
}

/// Whether a plan can be run twice: it does nothing but read. What measures a query tells of it when it is over.
pub fn only_reads(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Analyze(analyze) => only_reads(&analyze.input),
        LogicalPlan::Statement(_)
        | LogicalPlan::Ddl(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::Explain(_) => false,
        _ => true,
    }
}

/// The rows of `first`, or of a second try; a failure to spill ends either.
pub fn spared(
    first: SendableRecordBatchStream,
    again: Option<Again>,
    spill: &SpillFolder,
) -> SendableRecordBatchStream {
    let schema = first.schema();
    let rows = match again {
        Some(again) => stream::once(begin(first, again)).try_flatten().boxed(),
        None => first.boxed(),
    };
    Box::pin(RecordBatchStreamAdapter::new(schema, until_failure(rows, spill)))
}

/// The stream from its first row on, or a second one where memory did not last so long.
async fn begin(
    mut first: SendableRecordBatchStream,
    again: Again,
) -> Result<impl Stream<Item = Result<RecordBatch>> + Send> {
    let begun = loop {
        match first.next().await {
            Some(Ok(batch)) if batch.num_rows() == 0 => {}
            Some(Err(error)) if is_short(&error) => break Err(error),
            begun => break Ok(begun),
        }
    };
    match begun {
        Ok(begun) => Ok(stream::iter(begun).chain(first).boxed()),
        Err(error) => {
            drop(first);
            Ok(again.start(error).await?.boxed())
        }
    }
}

/// Whether a statement failed for want of memory.
pub fn is_short(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}

/// The rows up to the first write to the spill folder that fails, which is told in their place.
fn until_failure(
    rows: impl Stream<Item = Result<RecordBatch>> + Send + Unpin + 'static,
    spill: &SpillFolder,
) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
    let failure = Box::pin(spill.failure());
    stream::unfold(Some((rows, failure)), |state| async move {
        let (mut rows, mut failure) = state?;
        tokio::select! {
            // Asked first, because what the operator says of it is but half of the story.
            biased;
            error = &mut failure => Some((Err(DataFusionError::External(Box::new(error))), None)),
            row = rows.next() => row.map(|row| (row, Some((rows, failure)))),
        }
    })
}

impl Again {
    async fn start(self, refusal: DataFusionError) -> Result<SendableRecordBatchStream> {
        let (physical, task) = self.planned(refusal).await?;
        execute_stream(physical, task)
    }

    /// The plan of the second try, and what it is to be run with; `refusal` where there is none.
    pub async fn planned(self, refusal: DataFusionError) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)> {
        self.kept.give_up();
        self.memory_back().await;
        let (state, memory) = sparing(&self.state);
        let sorted = async { state.create_physical_plan(&sorted_medians(self.plan.clone())?.data).await };
        let physical = match sorted.await {
            Ok(physical) => physical,
            // Such as a median in a subquery that is made a join: joins that spill may be enough.
            Err(_) => match unbounded(&state, self.plan).await {
                Ok(physical) => physical,
                Err(_) => return Err(refusal),
            },
        };
        memory.divide(&physical);
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok((physical, Arc::new(TaskContext::from(&state))))
    }

    /// Waits until the tasks of the first try have noticed that nobody wants their rows any more.
    async fn memory_back(&self) {
        let pool = &self.state.runtime_env().memory_pool;
        let mut before = usize::MAX;
        for _ in 0..WAITS {
            tokio::time::sleep(WAIT).await;
            let now = pool.reserved();
            if now >= before || now == 0 {
                break;
            }
            before = now;
        }
    }
}

/// The plan in which medians may take what memory there is.
async fn unbounded(state: &SessionState, plan: LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
    state.create_physical_plan(&unbounded_medians(plan)?.data).await
}

/// The session with settings by which everything spills that can, and its memory.
fn sparing(state: &SessionState) -> (SessionState, Arc<Rationed>) {
    let environment = state.runtime_env();
    let memory = Arc::new(Rationed::new(Arc::clone(&environment.memory_pool)));
    let partitions = match environment.memory_pool.memory_limit() {
        MemoryLimit::Finite(limit) => limit / PARTITION_BYTES,
        MemoryLimit::Infinite | MemoryLimit::Unknown => usize::MAX,
    };
    // A merge join is planned for two partitions at least.
    let partitions = partitions.clamp(2, state.config().target_partitions().max(2));
    let config = state
        .config()
        .clone()
        .with_target_partitions(partitions)
        .with_batch_size(BATCH_ROWS.min(state.config().batch_size()))
        // A statement may have set it, and the empty catalog that it asks for would take the place of ours.
        .set_bool("datafusion.catalog.create_default_catalog_and_schema", false)
        .set_bool("datafusion.optimizer.prefer_hash_join", false)
        // Batches that are put together before they are merged would take more than the share of a sort.
        .set_usize("datafusion.execution.sort_in_place_threshold_bytes", 0);
    let pool: Arc<dyn MemoryPool> = Arc::clone(&memory) as _;
    let environment = RuntimeEnv { memory_pool: pool, ..RuntimeEnv::clone(environment) };
    let sparing = SessionStateBuilder::new_from_existing(state.clone())
        .with_config(config)
        .with_runtime_env(Arc::new(environment))
        .with_physical_optimizer_rule(Arc::new(SpillingSorts))
        .build();
    (sparing, memory)
}
