//! May objects be read, and some of them brought here: a small landing of its own, which every later step runs over.
//!
//! Owns which objects are fetched, and the folder that holds them until the walk ends. What is in
//! them is for the engine to say, the very one that answers questions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use tempfile::TempDir;

use super::beginning::{Beginning, WHOLE, beginning};
use super::contents::{Contents, Listed};
use super::listing::policy;
use super::step::{Name, Status, Step};
use crate::config::{
    BadRecordLimit, Config, Environment, OnBadRecord, OnBadValue, RecordPolicy, TableConfig, TableSource,
};
use crate::engine::{Engine, spread};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::{Action, Object, Store};
use crate::ui::human;

/// Objects of a table, its bytes, and the time for all.
const OBJECTS: usize = 1_000;
const LARGE_OBJECTS: usize = 48;
const BYTES: u64 = 16 << 20;
const LONGEST: Duration = Duration::from_secs(8);
/// Requests under way, and the bytes that they ask for: a slow line has to bring them before a request's time is over.
const AT_ONCE: usize = 64;
const BYTES_AT_ONCE: u64 = 4 << 20;
/// So many objects of a table are refused before the others are not asked for.
const REFUSED: usize = 3;
/// A tiny limit is told of by its own step; it must not keep the others from their work.
const LEAST_MEMORY: u64 = 256 << 20;

/// A landing on disk that holds some of the objects, and an engine over it.
pub(super) struct Sample {
    pub engine: Engine,
    pub tables: Vec<SampledTable>,
    /// Removed when it is dropped.
    _folder: TempDir,
}

/// What was fetched of a table.
pub(super) struct SampledTable {
    pub name: String,
    /// Where its objects truly lie, and where the sample of them is.
    pub location: Location,
    folder: PathBuf,
    /// Objects that were fetched, wholly or in part.
    pub objects: u64,
    /// Objects that were passed over, because their first record is longer than a sample.
    pub too_long: u64,
    /// Those of which only the beginning was fetched.
    pub cut: BTreeSet<String>,
    /// Whether these are all of them, with all of their bytes.
    pub is_whole: bool,
}

impl Sample {
    /// Whether any object was brought here.
    pub(super) fn holds_any(&self) -> bool {
        self.tables.iter().any(|table| table.objects > 0)
    }

    /// A text of the engine, with the places where the objects truly lie.
    pub(super) fn told(&self, text: &str) -> String {
        let mut told = text.to_owned();
        for table in &self.tables {
            let copy = format!("{}/", table.folder.display());
            told = told.replace(&copy, &table.location.join("").to_string());
            told = told.replace(copy.trim_end_matches('/'), &table.location.to_string());
        }
        told
    }
}

/// Fetches objects of every table; none where none could be.
pub(super) async fn step(
    contents: &Contents,
    config: &Config,
    environment: &Environment,
    location: &Location,
) -> (Step, Option<Sample>) {
    let began = Instant::now();
    let fetched = fetch(contents).await;
    match fetched {
        Err(error) => (Step::failed(Name::Read, &error).allowing(&error, policy(config, location, Action::Read)), None),
        Ok(Fetched { folder, tables, bytes, trouble }) => {
            let objects: u64 = tables.iter().map(|table| table.objects).sum();
            let listed: usize = contents.tables.iter().map(|listed| listed.objects.len()).sum();
            let took = human::duration(began.elapsed());
            let mut step = Step::ok(
                Name::Read,
                match tables.iter().all(|table| table.is_whole) {
                    true => format!(
                        "all {}, {}, were read ({took})",
                        human::counted(objects, "object", "objects"),
                        human::bytes(bytes)
                    ),
                    false => format!(
                        "{} of {}, {}, were read as a sample ({took})",
                        human::count(objects),
                        human::counted(listed as u64, "object", "objects"),
                        human::bytes(bytes)
                    ),
                },
            );
            for error in trouble.values() {
                let denied = Step::failed(Name::Read, error).allowing(error, policy(config, location, Action::Read));
                step.worsen(Status::Failed);
                step.detail(error.message());
                step.hints.extend(denied.hints);
                step.policy = step.policy.or(denied.policy);
            }
            for table in tables.iter().filter(|table| table.too_long > 0) {
                step.worsen(Status::Warning);
                step.detail(format!(
                    "`raw.{}`: {} passed over, whose first record is too long for a sample",
                    table.name,
                    human::counted(table.too_long, "object", "objects")
                ));
            }
            match open(folder, tables, config, environment) {
                Ok(sample) => (step, Some(sample)),
                // What is wrong with the views is told by their own step.
                Err(_) => (step, None),
            }
        }
    }
}

/// What was brought here.
struct Fetched {
    folder: TempDir,
    tables: Vec<SampledTable>,
    bytes: u64,
    /// The first trouble of each table that has some.
    trouble: BTreeMap<String, Error>,
}

async fn fetch(contents: &Contents) -> Result<Fetched> {
    let unwritable = |error: std::io::Error| {
        Error::statement("a folder for the sample could not be made among the temporary files").because(error)
    };
    let folder = tempfile::Builder::new().prefix("pinq-doctor-").tempdir().map_err(unwritable)?;
    let deadline = Instant::now().checked_add(LONGEST);
    let mut fetched = Fetched { folder, tables: Vec::new(), bytes: 0, trouble: BTreeMap::new() };
    let mut first = None;
    for (number, listed) in contents.tables.iter().enumerate() {
        let below = fetched.folder.path().join(number.to_string());
        tokio::fs::create_dir_all(&below).await.map_err(unwritable)?;
        let chosen = chosen(listed);
        let at_once = at_once(&chosen);
        let mut table = SampledTable {
            name: listed.place.name.clone(),
            location: listed.place.location.clone(),
            folder: below.clone(),
            objects: 0,
            too_long: 0,
            cut: BTreeSet::new(),
            is_whole: listed.is_whole && chosen.len() == listed.objects.len(),
        };
        let left = AtomicU64::new(BYTES);
        let mut refused = 0_usize;
        let tasks = chosen.into_iter().map(|object| bring(&listed.store, object, &below, &left));
        let mut coming = stream::iter(tasks).buffered(at_once);
        while let Some((object, brought)) = coming.next().await {
            match brought {
                Ok(Some(beginning)) => {
                    table.objects = table.objects.saturating_add(1);
                    fetched.bytes = fetched.bytes.saturating_add(beginning.fetched);
                    if beginning.is_cut {
                        table.cut.insert(object.key.clone());
                    }
                }
                Ok(None) => table.too_long = table.too_long.saturating_add(1),
                Err(error) => {
                    first.get_or_insert(error.again());
                    fetched.trouble.entry(table.name.clone()).or_insert(error);
                    table.is_whole = false;
                    refused = refused.saturating_add(1);
                    // One may be gone or have an odd name; where several are refused so are the others.
                    if refused >= REFUSED {
                        break;
                    }
                }
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                table.is_whole = false;
                break;
            }
        }
        table.is_whole &= table.cut.is_empty() && table.too_long == 0;
        drop(coming);
        fetched.tables.push(table);
    }
    match first {
        Some(error) if fetched.tables.iter().all(|table| table.objects == 0) => Err(error),
        _ => Ok(fetched),
    }
}

/// Objects of a table: many where they are tiny, some where they are large.
fn chosen(listed: &Listed) -> Vec<Arc<Object>> {
    let count = listed.objects.len().max(1) as u64;
    let average = listed.bytes() / count;
    let most = if average.saturating_mul(OBJECTS as u64) <= BYTES { OBJECTS } else { LARGE_OBJECTS };
    if listed.objects.len() <= most && listed.bytes() <= BYTES {
        return listed.objects.clone();
    }
    let mut left = BYTES;
    let mut chosen = spread(listed.objects.iter(), most);
    chosen.retain(|object| {
        let cost = object.size.min(WHOLE);
        let fits = cost <= left;
        left = left.saturating_sub(cost);
        fits
    });
    chosen
}

/// Requests under way: many for tiny objects, and few for large ones, which share the time that each may take.
fn at_once(chosen: &[Arc<Object>]) -> usize {
    let costs = chosen.iter().map(|object| object.size.min(WHOLE));
    let average = costs.sum::<u64>() / (chosen.len().max(1) as u64);
    let fit = BYTES_AT_ONCE / average.max(1);
    usize::try_from(fit).unwrap_or(AT_ONCE).clamp(1, AT_ONCE)
}

/// Brings an object, or the records at its beginning, into the folder, under the name that it has: what it is tells by its
/// first bytes. None where its first record is too long.
async fn bring(
    store: &Store,
    object: Arc<Object>,
    below: &Path,
    left: &AtomicU64,
) -> (Arc<Object>, Result<Option<Beginning>>) {
    let brought = async {
        let Some(beginning) = beginning(store, &object, left).await? else { return Ok(None) };
        let path = below.join(&object.key);
        let unwritten = |error: std::io::Error| {
            Error::statement(format!("`{}` could not be copied among the temporary files", object.shown()))
                .because(error)
        };
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(unwritten)?;
        }
        tokio::fs::write(&path, &beginning.bytes).await.map_err(unwritten)?;
        Ok(Some(beginning))
    };
    let brought = brought.await;
    (object, brought)
}

/// An engine over the sample, with the views of the configuration. Nothing in it fails for a bad record: each is counted.
fn open(folder: TempDir, tables: Vec<SampledTable>, config: &Config, environment: &Environment) -> Result<Sample> {
    let sampled = |table: &SampledTable| {
        let known = config.table(&table.name);
        let policy = known.map(|known| known.policy).unwrap_or_default();
        TableConfig {
            name: table.name.clone(),
            line: known.map_or(0, |known| known.line),
            source: TableSource::Location(Location::Folder(table.folder.clone())),
            columns: known.and_then(|known| known.columns.clone()),
            key: known.and_then(|known| known.key.clone()),
            policy: RecordPolicy {
                on_bad_value: OnBadValue::Null,
                on_bad_record: OnBadRecord::Skip,
                max_bad_records: BadRecordLimit::Unlimited,
                ..policy
            },
        }
    };
    let mut sample = Config {
        landing: None,
        tables: tables.iter().filter(|table| table.objects > 0).map(sampled).collect(),
        cache: None,
        ..config.clone()
    };
    sample.session.spill_folder = None;
    sample.session.memory_limit = sample.session.memory_limit.max(LEAST_MEMORY);
    let engine = Engine::open(&sample, environment)?;
    Ok(Sample { engine, tables, _folder: folder })
}
