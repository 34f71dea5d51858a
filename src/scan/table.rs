//! A landed table: its location, its columns and its snapshot, each found out when first needed.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};

use super::cached::{Caching, Keeping};
use super::context::TableContext;
use super::counters::Counters;
use super::fetch::{Feed, Limits, ObjectLimit, Wanted};
use super::keeping::Kept;
use super::metrics::FetchMetrics;
use super::objects::{KnownListings, Page, Selection, Snapshot};
use super::options::TableOptions;
use super::provider::Projection;
use super::rows::{Findings, Rejects, TableTally};
use super::schema::{LookingSpace, Sample, Sampling, SchemaCache};
use crate::cache::{Cache, Space};
use crate::column::Column;
use crate::config::{BadRecordLimit, OnBadRecord, OnBadValue, REST_COLUMN, RecordPolicy, Relisting, Rest};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::{Store, Stores};

/// What decodes as no other version does.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A table over landed JSON objects.
pub struct LandedTable {
    name: String,
    location: Location,
    declared: Option<Arc<[Column]>>,
    options: TableOptions,
    object_limit: ObjectLimit,
    requests_in_flight: usize,
    requests: Arc<Semaphore>,
    looking_space: LookingSpace,
    memory_limit: u64,
    stores: Stores,
    counters: Arc<Counters>,
    rejects: Arc<Rejects>,
    tally: Arc<TableTally>,
    schema_cache: Option<SchemaCache>,
    cache: Option<Cache>,
    relisting: Relisting,
    /// Whether somebody asked for what is there now.
    is_refreshed: AtomicBool,
    io: Handle,
    store: OnceCell<Store>,
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    inferred: OnceCell<Arc<Sample>>,
    /// What an earlier run inferred.
    remembered: OnceLock<Option<Vec<Column>>>,
    kept: Arc<Kept>,
    space: OnceLock<Option<Space>>,
    /// What an earlier statement saw.
    seen: Mutex<Option<SeenTotals>>,
}

/// How much a table holds, as far as a run has seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenTotals {
    /// Objects.
    pub objects: u64,
    /// Their bytes as stored.
    pub bytes: u64,
    /// Records, where all of them were read.
    pub records: Option<u64>,
}

/// What a table is made of, apart from what it finds out by itself.
pub struct TableColumns {
    /// The columns, in the order in which `select *` shows them.
    pub columns: Arc<[Column]>,
    /// What was seen, where the columns were inferred rather than declared.
    pub sample: Option<Arc<Sample>>,
}

/// What to expect of a table that declares no columns, where its sample shows the key.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The key that each of its records has.
    pub key: String,
    /// Columns that it has whether or not the sample shows them, with their types.
    pub columns: Vec<Column>,
}

impl LandedTable {
    /// A table of that name over the objects below `location`.
    pub fn new(context: &TableContext, name: String, location: Location, options: TableOptions) -> Self {
        LandedTable {
            object_limit: ObjectLimit::new(&name, &options.policy),
            name,
            location,
            declared: options.declared.clone().map(Into::into),
            options,
            requests_in_flight: context.requests_in_flight,
            requests: Arc::clone(&context.requests),
            looking_space: context.looking_space.clone(),
            memory_limit: context.memory_limit,
            stores: context.stores.clone(),
            counters: Arc::clone(&context.counters),
            rejects: Arc::clone(&context.rejects),
            tally: Arc::default(),
            schema_cache: context.schema_cache.clone(),
            cache: context.cache.clone(),
            relisting: context.relisting,
            is_refreshed: AtomicBool::new(false),
            io: context.io.clone(),
            store: OnceCell::new(),
            snapshot: Mutex::new(None),
            inferred: OnceCell::new(),
            remembered: OnceLock::new(),
            kept: Kept::of(&context.kept),
            space: OnceLock::new(),
            seen: Mutex::new(None),
        }
    }

    /// The name without its schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its objects lie.
    pub fn location(&self) -> &Location {
        &self.location
    }

    pub(super) fn on_bad_value(&self) -> OnBadValue {
        self.options.policy.on_bad_value
    }

    pub(super) fn on_bad_record(&self) -> OnBadRecord {
        self.options.policy.on_bad_record
    }

    pub(super) fn max_bad_records(&self) -> BadRecordLimit {
        self.options.policy.max_bad_records
    }

    pub(super) fn max_record_bytes(&self) -> u64 {
        self.options.policy.max_record_bytes
    }

    pub(super) fn rejects(&self) -> &Rejects {
        &self.rejects
    }

    pub(super) fn tally(&self) -> &Arc<TableTally> {
        &self.tally
    }

    /// What becomes of keys that are not in its columns.
    pub fn rest(&self) -> Rest {
        self.options.policy.rest
    }

    /// What its scans found wrong up to now.
    pub fn findings(&self) -> Findings {
        self.tally.findings()
    }

    pub(super) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(super) fn kept(&self) -> &Arc<Kept> {
        &self.kept
    }

    pub(super) fn object_limit(&self) -> &ObjectLimit {
        &self.object_limit
    }

    pub(super) fn feed(
        &self,
        selection: Arc<Selection>,
        wanted: Wanted,
        decoders: usize,
        metrics: FetchMetrics,
        caching: Option<Arc<Caching>>,
    ) -> Feed {
        let limits = Limits {
            wanted,
            requests: Arc::clone(&self.requests),
            in_flight: self.requests_in_flight,
            decoders,
            memory: self.memory_limit,
            object: self.object_limit.clone(),
            metrics,
            caching,
        };
        Feed::start(selection, Arc::clone(&self.counters), limits, &self.io)
    }

    /// What a scan reads from the cache and puts into it, where there is a cache. Opening it takes a moment of disk.
    pub(super) fn caching(
        &self,
        snapshot: &Snapshot,
        projection: &Projection,
        keeping: Keeping,
        partitions: usize,
    ) -> Option<Caching> {
        let space = self.space.get_or_init(|| {
            let identity = self.identity(snapshot.store());
            let location = self.location.to_string();
            // Why it can't be used is told by the cache itself.
            self.cache.as_ref()?.space(&identity, &self.name, &location).ok()
        });
        Some(Caching::new(space.clone()?, projection, keeping, self.on_bad_value(), partitions))
    }

    /// Everything but the columns that decides which rows an object gives: what an earlier version of pinq or other
    /// options made of it is never taken for what would be made of it now.
    fn identity(&self, store: &Store) -> String {
        let RecordPolicy { on_bad_value, on_bad_record, max_bad_records: _, max_record_bytes, max_object_bytes, rest } =
            self.options.policy;
        let policy = format!("{on_bad_value:?} {on_bad_record:?} {max_record_bytes} {max_object_bytes} {rest:?}");
        format!("{VERSION}\n{policy}\n{}", store.identity())
    }

    /// The run's listing of the table, started by whoever asks first.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let store = self
            .store
            .get_or_try_init(|| self.stores.open(&self.location))
            .await
            .map_err(|error| self.within(error))?;
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let is_refreshed = self.is_refreshed.swap(false, Ordering::Relaxed);
            let relisting = if is_refreshed { Relisting::Always } else { self.relisting };
            let known = self.cache.as_ref().and_then(|cache| KnownListings::of(store, cache, relisting, &self.io));
            Arc::new(Snapshot::start(self.stores.clone(), store.clone(), &self.io, known))
        };
        Ok(Arc::clone(snapshot.get_or_insert_with(start)))
    }

    /// Lists what [`LandedTable::columns`] will look at, so that several tables can be listed side by side.
    pub async fn list_ahead(&self) -> Result<()> {
        match &self.declared {
            Some(_) => self.snapshot().await.map(drop),
            None => self.columns().await.map(drop),
        }
    }

    /// The columns: declared, or inferred from a sample of the snapshot.
    pub async fn columns(&self) -> Result<TableColumns> {
        if let Some(columns) = &self.declared {
            return Ok(TableColumns { columns: Arc::clone(columns), sample: None });
        }
        let snapshot = self.snapshot().await?;
        let sample = self
            .inferred
            .get_or_try_init(|| async {
                let sampling = Sampling {
                    location: &self.location,
                    options: &self.options,
                    limit: &self.object_limit,
                    in_flight: self.requests_in_flight,
                    space: &self.looking_space,
                    cache: self.schema_cache.as_ref(),
                    io: &self.io,
                };
                let sample = sampling.take(&snapshot).await;
                if sample.is_err() {
                    snapshot.distrust().await;
                }
                sample.map(Arc::new)
            })
            .await
            .map_err(|error| self.within(error))?;
        let columns = self.settled(sample.columns.iter().map(|inferred| &inferred.column));
        Ok(TableColumns { columns, sample: Some(Arc::clone(sample)) })
    }

    /// The table's columns where a sample shows these: with those that are expected of it, if its key is among them.
    fn settled<'a>(&'a self, seen: impl Iterator<Item = &'a Column> + Clone) -> Arc<[Column]> {
        let is_rest = |column: &Column| self.rest() == Rest::Kept && column.name == REST_COLUMN;
        let seen = seen.filter(|column| !is_rest(column));
        let expected =
            self.options.expected.as_ref().filter(|expected| seen.clone().any(|column| column.name == expected.key));
        let own: &[Column] = expected.map_or(&[], |expected| &expected.columns);
        let others = seen.filter(|column| !own.iter().any(|expected| expected.name == column.name));
        own.iter().chain(others).cloned().collect()
    }

    /// The columns as far as they are known without asking anybody: declared, inferred in this run or in an earlier
    /// one, or else those that are expected of it.
    pub fn known_columns(&self) -> Option<Arc<[Column]>> {
        if let Some(columns) = &self.declared {
            return Some(Arc::clone(columns));
        }
        if let Some(sample) = self.inferred.get() {
            return Some(self.settled(sample.columns.iter().map(|inferred| &inferred.column)));
        }
        if let Some(remembered) = self.remembered.get().and_then(Option::as_ref) {
            return Some(self.settled(remembered.iter()));
        }
        self.options.expected.as_ref().map(|expected| expected.columns.as_slice().into())
    }

    /// Reads what an earlier run inferred, so that [`LandedTable::known_columns`] has it.
    pub async fn recall_columns(&self) {
        if self.declared.is_some() || self.inferred.get().is_some() || self.remembered.get().is_some() {
            return;
        }
        let Some(file) = self.schema_cache.as_ref().map(|cache| cache.file(&self.location, &self.options)) else {
            return;
        };
        if let Ok(columns) = self.io.spawn_blocking(move || file.last_columns()).await {
            // Whoever was first read the same.
            let _ = self.remembered.set(columns);
        }
    }

    /// Whether its listing was started.
    pub fn is_listed(&self) -> bool {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The objects that were listed up to now; `None` where its listing was not started.
    pub fn listed_pages(&self) -> Option<Vec<Page>> {
        let snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        snapshot.as_ref().map(|snapshot| snapshot.listed_pages())
    }

    /// What this run has seen of it; nobody is asked and nothing is waited for.
    pub fn seen(&self) -> Option<SeenTotals> {
        let now = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|it| self.seen_in(it));
        now.or(*self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn seen_in(&self, snapshot: &Arc<Snapshot>) -> Option<SeenTotals> {
        let listed = snapshot.listed()?;
        let records = self.kept.counted(snapshot).map(|rows| rows as u64);
        Some(SeenTotals { objects: listed.objects, bytes: listed.bytes, records })
    }

    /// Forgets the snapshot, so that the next statement sees what has landed since; a listing of an earlier run or
    /// statement is gone on with where it is young enough.
    pub fn renew(&self) {
        let snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(latest) = snapshot.and_then(|snapshot| self.seen_in(&snapshot)) else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // A statement that did not count the records saw as many as the one before, if it saw the same objects.
        let counted = seen.filter(|seen| (seen.objects, seen.bytes) == (latest.objects, latest.bytes));
        *seen = Some(SeenTotals { records: latest.records.or(counted.and_then(|seen| seen.records)), ..latest });
    }

    /// Forgets the snapshot, so that the next statement sees what has landed since, and what was deleted.
    pub fn refresh(&self) {
        self.is_refreshed.store(true, Ordering::Relaxed);
        self.renew();
    }

    /// The error with the table's name before it.
    pub fn within(&self, error: Error) -> Error {
        error.within(format!("table `{}`", self.name))
    }
}

impl fmt::Debug for LandedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LandedTable")
            .field("name", &self.name)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}
