//! The session in which statements are planned and run: settings, memory, spill, functions.

use std::sync::Arc;

use datafusion::execution::SessionState;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig as PlannerConfig, SessionContext};

use super::memory::{Memory, SpillFolder};
use super::rules;
use super::sparing::bounded_median;
use crate::catalog::{CATALOG, Catalog, DEFAULT_SCHEMA};
use crate::config::SessionConfig;
use crate::error::{Error, Result};
use crate::functions;

/// A side of a join up to this size becomes one hash table for all threads. To split both sides by the hash of their
/// keys, so that each thread has a table of its own, means to copy every row of both. Sizes are guesses, and the table
/// of all is the larger allocation: of the memory limit it may seem to need but a small part.
const COLLECTED_BYTES: usize = 256 << 20;
const COLLECTED_SHARE: usize = 64;
const COLLECTED_ROW_BYTES: usize = 64;

/// Rows of a batch: twice DataFusion's own where the memory limit has room for it, which takes a few hundredths off the
/// shipped questions.
const BATCH_ROWS: usize = 8 << 10;
const LARGE_BATCH_ROWS: usize = 16 << 10;
const LARGE_BATCH_LIMIT: usize = 1 << 30;

/// Of the memory limit, what a sort sets aside for merging: the engine's own 10 MiB for each of many sorts would leave
/// nothing of a small limit.
const SORT_SHARE: usize = 32;
const SORT_BYTES: usize = 10 << 20;

/// Of the memory limit, what each file may need that a merge reads at once. Without a bound the first merge takes all
/// that there is, and the next sort can't begin.
const MERGED_FILE_BYTES: usize = 16 << 20;
const FEWEST_MERGED_FILES: usize = 4;

/// A session over `catalog` with the threads of `config`, within `memory`; what does not fit goes to `spill`, and files
/// and buckets are reached through `stores` alone.
pub fn context(
    config: &SessionConfig,
    catalog: &Catalog,
    memory: &Memory,
    spill: &SpillFolder,
    stores: Arc<dyn ObjectStoreRegistry>,
) -> Result<SessionContext> {
    let failed =
        |error: datafusion::common::DataFusionError| Error::usage("the session could not be set up").because(error);
    let limit = usize::try_from(config.memory_limit).unwrap_or(usize::MAX);
    let collected = COLLECTED_BYTES.min(limit / COLLECTED_SHARE);
    let disk = DiskManagerBuilder::default()
        .with_temp_file_factory(Arc::new(spill.clone()))
        .with_max_spill_merge_fan_in((limit / MERGED_FILE_BYTES).max(FEWEST_MERGED_FILES));
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::clone(&memory.pool))
        .with_disk_manager_builder(disk)
        .with_object_store_registry(stores)
        .build_arc()
        .map_err(failed)?;
    let batch_rows = if limit < LARGE_BATCH_LIMIT { BATCH_ROWS } else { LARGE_BATCH_ROWS };
    let planner = PlannerConfig::new()
        .with_target_partitions(config.threads)
        .with_batch_size(batch_rows)
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, DEFAULT_SCHEMA)
        .set_usize("datafusion.optimizer.hash_join_single_partition_threshold", collected)
        .set_usize("datafusion.optimizer.hash_join_single_partition_threshold_rows", collected / COLLECTED_ROW_BYTES)
        .set_usize("datafusion.execution.sort_spill_reservation_bytes", SORT_BYTES.min(limit / SORT_SHARE))
        // Each batch that a repartition spills becomes a file of its own. With two files open at once its reader waits
        // for more in the older while what it was promised stands in the newer, and where every channel is full by
        // then, nobody ever moves again (DataFusion's issue 24883, mended after 55.2).
        .set_usize("datafusion.execution.max_spill_file_size_bytes", 1)
        .set_bool("datafusion.sql_parser.collect_spans", true)
        // The rows of a batch that a filter keeps few of are gathered into full batches again.
        .set_bool("datafusion.execution.coalesce_batches", true);
    let state = SessionStateBuilder::new().with_config(planner).with_runtime_env(runtime).with_default_features();
    let state = rules::all().into_iter().fold(state, SessionStateBuilder::with_physical_optimizer_rule);
    let context = SessionContext::new_with_state(state.build());
    for function in functions::ALL.iter() {
        context.register_udf(function.as_ref().clone());
    }
    context.register_udaf(bounded_median(limit));
    context.register_catalog(CATALOG, catalog.provider());
    Ok(context)
}

/// The names of every function, sorted.
pub fn functions(state: &SessionState) -> Vec<String> {
    let scalar = state.scalar_functions().keys();
    let aggregate = state.aggregate_functions().keys();
    let mut names: Vec<String> = scalar.chain(aggregate).chain(state.window_functions().keys()).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// The names of every setting, sorted.
pub fn settings(state: &SessionState) -> Vec<String> {
    let mut names: Vec<String> = state.config_options().entries().into_iter().map(|setting| setting.key).collect();
    names.sort();
    names
}
