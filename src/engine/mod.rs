//! The facade that every front talks to: open a configuration, run statements, read what was done.
//!
//! Owns the session (memory, spill, functions, settings) and the runtime of network and disk work.
//! It must not print, parse arguments or read the environment.

mod analysis;
mod answer;
mod cached;
mod check;
mod counting;
mod describe;
mod findings;
mod function_docs;
mod io;
mod lineage;
mod listed;
mod memory;
mod offsets;
mod places;
mod plan_words;
mod planning;
mod profile;
mod provenance;
mod reach;
mod rules;
#[cfg(test)]
mod samples;
mod series;
mod session;
mod sparing;
mod vocabulary;
mod watching;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::common::DataFusionError;
use datafusion::prelude::{DataFrame, SessionContext};
use tokio::sync::Semaphore;

pub use analysis::{Analysis, PlanNode};
pub use answer::Answer;
pub use cached::{CacheNews, CachedTable};
pub use check::{ColumnCheck, TableCheck};
pub use describe::{ColumnInfo, Sampled, TableInfo, TableSchema};
pub use findings::TableFindings;
pub use function_docs::FunctionDocs;
pub use listed::{ListedKind, ListedName, ViewText};
pub use memory::Memory;
pub use offsets::PartitionOffsets;
pub use places::{Planning, TablePlace, ViewPlace};
pub use profile::{ColumnProfile, Exactness, Measured};
pub use provenance::{CountedRecords, Counting, PartitionSnapshot, TableSnapshot};
pub use reach::{Access, Permissions};
pub use series::Series;
pub use vocabulary::{FunctionKind, KnownColumn, KnownFunction, KnownName, KnownSetting, NameKind, Vocabulary};
pub use watching::{Shown, ticking};

use self::io::IoRuntime;
use self::memory::SpillFolder;
use self::reach::Reach;
use self::sparing::spared;
use crate::cache::{Cache, CacheSettings};
use crate::catalog::{Catalog, Runs, Tables, ViewDefinition};
use crate::column::Column;
use crate::config::{Config, Environment, Relisting, ViewsOrigin};
use crate::error::{Error, Result};
use crate::landing::NamedTopic;
pub use crate::scan::{BadPlace, Findings, LateKeyCount, Place, SampleOrigin, spread};
use crate::scan::{Counters, Expected, KeptTables, LookingSpace, SchemaCache, TableContext, Totals};
use crate::shipped;
use crate::sql::{self, Parameters, SourceStatement};
use crate::store::{RequestCounts, Stores};
use crate::ui::{Sources, Work};

/// An open landing: its tables, its views and the session in which statements run.
///
/// Every statement sees the same objects until [`Engine::refresh`].
pub struct Engine {
    context: SessionContext,
    catalog: Catalog,
    counters: Arc<Counters>,
    stores: Stores,
    kept: KeptTables,
    spill: SpillFolder,
    /// How many statements were run a second time, for want of memory.
    sparing: Arc<AtomicU64>,
    cache: Option<Cache>,
    reach: Reach,
    /// Ends the I/O tasks when the engine is dropped.
    io: IoRuntime,
}

/// What an engine did up to now.
#[derive(Clone, Debug)]
pub struct EngineTotals {
    /// What its scans read.
    pub scans: Totals,
    /// What its stores asked for.
    pub requests: RequestCounts,
    /// Tables whose objects were listed.
    pub tables: u64,
    /// How often rows that later statements would read again did not fit in memory.
    pub given_up: u64,
    /// How many statements were run a second time, because the fast way had not enough memory.
    pub sparing: u64,
}

impl EngineTotals {
    /// What was done since `before` was read.
    #[must_use]
    pub fn since(&self, before: &EngineTotals) -> EngineTotals {
        EngineTotals {
            scans: self.scans.since(&before.scans),
            requests: self.requests.since(&before.requests),
            tables: self.tables.saturating_sub(before.tables),
            given_up: self.given_up.saturating_sub(before.given_up),
            sparing: self.sparing.saturating_sub(before.sparing),
        }
    }

    /// What of it is shown as progress.
    pub fn work(&self) -> Work {
        Work {
            objects: self.scans.done(),
            expected: self.scans.expected(),
            bytes: self.scans.bytes,
            records: self.scans.records.saturating_add(self.scans.cached_records),
        }
    }

    /// What of it stands under an answer.
    pub fn sources(&self) -> Sources {
        Sources {
            objects: self.scans.done(),
            cached_objects: self.scans.cached_objects,
            bytes: self.scans.bytes,
            requests: self.requests.total(),
        }
    }
}

impl Engine {
    /// An engine over what `config` names. Neither disk nor network is touched, apart from the files
    /// of the views and the question how much of the cache's disk is free.
    pub fn open(config: &Config, environment: &Environment) -> Result<Engine> {
        Engine::open_within(&Memory::of(&config.session), config, environment)
    }

    /// The same, with memory that other engines use as well.
    pub fn open_within(memory: &Memory, config: &Config, environment: &Environment) -> Result<Engine> {
        let io = IoRuntime::start()?;
        let stores = Stores::new(&config.storage, environment);
        let counters = Arc::new(Counters::default());
        let gets = gets_under_way(config.storage.requests_in_flight);
        let tables = TableContext {
            stores: stores.clone(),
            counters: Arc::clone(&counters),
            io: io.handle(),
            requests_in_flight: gets,
            requests: Arc::new(Semaphore::new(gets)),
            looking_space: LookingSpace::default(),
            memory_limit: config.session.memory_limit,
            rejects: Arc::default(),
            schema_cache: config.cache.as_ref().map(|cache| SchemaCache::below(&cache.path)),
            cache: cache(config, environment),
            relisting: config.cache.as_ref().map_or(Relisting::Always, |cache| cache.relisting),
            kept: memory.kept.clone(),
        };
        let (kept, cache) = (tables.kept.clone(), tables.cache.clone());
        let tables = Tables::new(tables, config.landing.clone(), config.tables.clone(), expected()?);
        let runs = Runs { reports: config.reports.clone(), stores: stores.clone(), io: io.handle() };
        let catalog = Catalog::new(tables, view_definitions(config)?, runs)?;
        let reach = Reach::new(environment.working_folder().to_path_buf());
        let spill = SpillFolder::below(config.session.spill_folder.as_deref());
        let context = session::context(&config.session, &catalog, memory, &spill, reach.registry())?;
        catalog.attach(context.state_weak_ref());
        let sparing = Arc::default();
        Ok(Engine { context, catalog, counters, stores, kept, spill, sparing, cache, reach, io })
    }

    /// Lets statements of [`Access::Permitted`] reach these locations beside the landing. Without it they reach none.
    pub fn permit(&self, permissions: Permissions) {
        self.reach.permit(permissions);
    }

    /// Plans and starts one statement. Reading the answer runs it; dropping the answer cancels it.
    ///
    /// `file` holds the statements that were read together with it, for the message about a
    /// parameter that `parameters` lacks.
    pub async fn run(
        &self,
        statement: &SourceStatement,
        file: &[SourceStatement],
        parameters: &Parameters,
        access: Access,
    ) -> Result<Answer> {
        let values = sql::bind(statement, file, parameters)?;
        if lists_tables(statement)? {
            // What lists the tables is asked for names without waiting; they have to be known by then.
            self.catalog.tables.all().await?;
        }
        let vouching = self.vouching();
        let started = async {
            let plan = self.logical_plan(statement, values, access).await?;
            let created = answer::created_table(&plan);
            let frame = self.frame(plan, statement, access).await?;
            let again = self.again(frame.logical_plan());
            let (schema, stream) = start(frame).await?;
            // It is full by now, and would be read by others.
            if let (Some(table), Err(error)) = (created, vouching.clone().compare().await) {
                self.context.deregister_table(table)?;
                return Err(DataFusionError::External(Box::new(error)));
            }
            Ok((schema, spared(stream, again, &self.spill)))
        };
        match started.await {
            Ok((schema, stream)) => Ok(Answer::new(schema, stream, statement.clone(), vouching, Vec::new())),
            Err(error) => Err(self.diagnosed(&error, statement).await),
        }
    }

    /// Runs SQL text of one statement that only reads.
    pub async fn query(&self, text: &str) -> Result<Answer> {
        let statements = sql::split(text, "<sql>")?;
        let [statement] = statements.as_slice() else {
            return Err(Error::usage(format!("expected one statement, found {}", statements.len())));
        };
        self.run(statement, &statements, &Parameters::new(), Access::ReadOnly).await
    }

    /// Forgets what was listed, so that the next statement sees what has landed since.
    pub fn refresh(&self) {
        self.catalog.tables.refresh();
    }

    /// Lets the next statement see what has landed since the last one; folders whose listing is young are gone on
    /// with, as in a new run. Credentials that were refused are looked for again.
    pub fn renew(&self) {
        self.stores.forget_refused_credentials();
        self.catalog.tables.renew();
    }

    /// What was done up to now, for progress and the summary.
    pub fn totals(&self) -> EngineTotals {
        EngineTotals {
            scans: self.counters.totals(),
            requests: self.stores.requests(),
            tables: self.catalog.tables.listed(),
            given_up: self.kept.given_up(),
            sparing: self.sparing.load(Ordering::Relaxed),
        }
    }

    /// Topics that are no table, because the configuration gave their name to another.
    pub fn passed_over_topics(&self) -> Vec<NamedTopic> {
        self.catalog.tables.passed_over()
    }

    /// The stores, for what writes answers to a bucket.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }
}

/// A task of the I/O runtime may outlive the engine for a moment, in which the process ends.
impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(cache) = &self.cache {
            cache.leave();
        }
        self.spill.remove();
    }
}

/// What is kept from run to run, where anything is: without a clock nobody could tell how old it is.
fn cache(config: &Config, environment: &Environment) -> Option<Cache> {
    let (cache, began) = (config.cache.as_ref()?, environment.began()?);
    let max_bytes = cache.max_bytes.unwrap_or_else(|| Cache::default_max_bytes(&cache.path));
    Some(Cache::new(CacheSettings { folder: cache.path.clone(), max_bytes, began }))
}

/// Whether the statement reads the list of the tables rather than, or beside, their rows.
fn lists_tables(statement: &SourceStatement) -> Result<bool> {
    Ok(sql::references(&statement.parsed)?.iter().any(|name| name.starts_with("information_schema.")))
}

/// GETs under way in all, where so many requests may be unanswered: some more, because one that was answered goes on
/// until its body has arrived, and the next request should stand ready for its leave by then.
fn gets_under_way(requests_in_flight: usize) -> usize {
    requests_in_flight.saturating_add(requests_in_flight.div_ceil(4))
}

async fn start(
    frame: DataFrame,
) -> Result<(arrow::datatypes::SchemaRef, datafusion::execution::SendableRecordBatchStream), DataFusionError> {
    let schema = Arc::clone(frame.schema().inner());
    let stream = frame.execute_stream().await?;
    Ok((schema, stream))
}

/// The views of the project's folder; those that are compiled in where there is no such folder.
fn view_definitions(config: &Config) -> Result<Vec<ViewDefinition>> {
    let path = &config.views.path;
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("the views in `{}` could not be read", path.display())).because(error)
    };
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && config.views.origin == ViewsOrigin::Default => {
            let shipped = |file: &shipped::ShippedFile| ViewDefinition {
                name: file.name.to_owned(),
                origin: format!("built-in {}.sql", file.name),
                text: file.text.to_owned(),
            };
            return Ok(shipped::VIEWS.iter().map(shipped).collect());
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut definitions = Vec::new();
    for entry in entries {
        let file = entry.map_err(unreadable)?.path();
        let (Some("sql"), Some(name)) =
            (file.extension().and_then(|it| it.to_str()), file.file_stem().and_then(|it| it.to_str()))
        else {
            continue;
        };
        let text = std::fs::read_to_string(&file).map_err(unreadable)?;
        definitions.push(ViewDefinition { name: name.to_owned(), origin: file.display().to_string(), text });
    }
    Ok(definitions)
}

/// What the topics of the pipeline hold, for landings that declare nothing.
fn expected() -> Result<BTreeMap<String, Expected>> {
    let mut expected = BTreeMap::new();
    for table in shipped::TABLES {
        let columns = table
            .columns
            .iter()
            .map(|(name, kind)| Ok(Column::new(*name, sql::parse_type(kind)?)))
            .collect::<Result<Vec<_>>>()?;
        expected.insert(table.name.to_owned(), Expected { key: table.key.to_owned(), columns });
    }
    Ok(expected)
}
