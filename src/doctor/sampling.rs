//! May objects be read, and some of them brought here: a small landing of its own, which every later step runs over.
//!
//! Owns which objects are fetched and how much of each, and the folder that holds them until the walk ends. What is in
//! them is for the engine to say, the very one that answers questions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt, stream};
use tempfile::TempDir;

use super::contents::{Contents, Listed};
use super::listing::policy;
use super::step::{Name, Status, Step};
use crate::config::{
    BadRecordLimit, Config, Environment, OnBadRecord, OnBadValue, RecordPolicy, TableConfig, TableSource,
};
use crate::engine::{Engine, spread};
use crate::error::{Error, Result};
use crate::landing::Compression;
use crate::location::Location;
use crate::store::{Action, Object, Store};
use crate::ui::human;

/// Objects of a table, its bytes, and the time for all.
const OBJECTS: usize = 1_000;
const LARGE_OBJECTS: usize = 48;
const BYTES: u64 = 16 << 20;
const LONGEST: Duration = Duration::from_secs(8);
/// An object up to this size is fetched whole, as it is.
const WHOLE: u64 = 1 << 20;
/// Requests under way.
const AT_ONCE: usize = 64;
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
    /// Whether these are all of them, with all of their bytes.
    pub is_whole: bool,
}

impl Sample {
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
        let mut table = SampledTable {
            name: listed.place.name.clone(),
            location: listed.place.location.clone(),
            folder: below.clone(),
            objects: 0,
            is_whole: listed.is_whole && chosen.len() == listed.objects.len(),
        };
        let tasks = chosen.into_iter().map(|object| bring(&listed.store, object, &below));
        let mut coming = stream::iter(tasks).buffered(AT_ONCE);
        while let Some(brought) = coming.next().await {
            match brought {
                Ok(brought) => {
                    table.objects += 1;
                    fetched.bytes = fetched.bytes.saturating_add(brought.bytes);
                    table.is_whole &= brought.is_whole;
                }
                Err(error) => {
                    // Where the first is refused so are the others.
                    first.get_or_insert(error.again());
                    fetched.trouble.entry(table.name.clone()).or_insert(error);
                    table.is_whole = false;
                    break;
                }
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                table.is_whole = false;
                break;
            }
        }
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

struct Brought {
    bytes: u64,
    is_whole: bool,
}

/// Brings an object, or the lines at its beginning, into the folder.
async fn bring(store: &Store, object: Arc<Object>, below: &Path) -> Result<Brought> {
    let (bytes, is_whole) = beginning(store, &object).await?;
    let path = below.join(&object.key);
    let unwritten = |error: std::io::Error| {
        Error::statement(format!("`{}` could not be copied among the temporary files", object.key)).because(error)
    };
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(unwritten)?;
    }
    tokio::fs::write(&path, &bytes).await.map_err(unwritten)?;
    Ok(Brought { bytes: bytes.len() as u64, is_whole })
}

/// The whole of an object, or the whole lines at the beginning of a large one, and whether it is all.
async fn beginning(store: &Store, object: &Object) -> Result<(Bytes, bool)> {
    if object.size <= WHOLE {
        return Ok((store.get(object).await?, true));
    }
    let head = store.get_range_alone(object, 0..WHOLE).await?;
    let lines = memchr::memrchr(b'\n', &head).filter(|_| Compression::of_magic(&head) == Compression::None);
    match lines {
        Some(end) => Ok((head.slice(..=end), false)),
        // What is compressed, or one record, can't be cut; and what is larger still is left to those who read all.
        None if object.size <= BYTES => Ok((store.get(object).await?, true)),
        None => Ok((Bytes::new(), false)),
    }
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
