//! Reading the records of a report's runs.
//!
//! Owns what a folder without a record means (it is no run) and what a damaged record means (it is told of).

use futures::stream::{self, StreamExt, TryStreamExt};

use super::RunRecord;
use super::name::RunName;
use super::writing::{LARGEST_DOCUMENT, RUN_FILE};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::Store;

/// Records that are read at once.
const READ_AT_ONCE: usize = 16;

/// The runs of a report.
#[derive(Debug, Default)]
pub struct History {
    /// The newest first. The name of each is that of its folder.
    pub runs: Vec<RunRecord>,
    /// Those whose records can't be read, the newest first.
    pub damaged: Vec<DamagedRun>,
}

/// A run whose record can't be read.
#[derive(Debug)]
pub struct DamagedRun {
    /// Its folder.
    pub run: RunName,
    /// Why, with the record's place.
    pub error: Error,
}

/// A folder and its record, if it has one that can be read.
pub type Folder = (RunName, Option<Result<RunRecord>>);

/// Every run below a report's folder.
pub async fn read(store: &Store) -> Result<History> {
    let mut history = History::default();
    for (name, record) in folders(store, |_| true).await?.into_iter().rev() {
        match record {
            Some(Ok(record)) => history.runs.push(record),
            Some(Err(error)) => history.damaged.push(DamagedRun { run: name, error }),
            None => {}
        }
    }
    Ok(history)
}

/// The folders of runs that are `wanted`, the oldest first, with their records.
pub async fn folders(store: &Store, wanted: impl Fn(&RunName) -> bool) -> Result<Vec<Folder>> {
    let names = names(store).await?;
    records(store, names.into_iter().filter(wanted)).await
}

/// These folders with their records. What is removed meanwhile has none.
pub async fn records(store: &Store, names: impl Iterator<Item = RunName>) -> Result<Vec<Folder>> {
    let read = names.map(|name| async move { Ok::<_, Error>((name, record(store, name).await?)) });
    // Collected first: the compiler does not see through a stream of closures that borrow.
    stream::iter(read.collect::<Vec<_>>()).buffered(READ_AT_ONCE).try_collect().await
}

/// The names of the runs' folders, whole or not, the oldest first.
pub async fn names(store: &Store) -> Result<Vec<RunName>> {
    if let Location::Folder(path) = store.location()
        && !tokio::fs::try_exists(path).await.unwrap_or(true)
    {
        return Ok(Vec::new());
    }
    let mut names: Vec<_> = store.children().await?.folders.iter().filter_map(|name| RunName::parse(name)).collect();
    names.sort_unstable();
    Ok(names)
}

/// The record of one run, if it has one; the inner error is that of a record that can't be read.
pub async fn record(store: &Store, name: RunName) -> Result<Option<Result<RunRecord>>> {
    let key = format!("{name}/{RUN_FILE}");
    let Some(document) = store.get_small(&key, LARGEST_DOCUMENT).await? else { return Ok(None) };
    let parsed = serde_json::from_slice::<RunRecord>(&document.bytes);
    let parsed = parsed.map(|record| RunRecord { run: name.to_string(), ..record }).map_err(|error| {
        let place = store.location().join(&key);
        Error::statement(format!("`{place}` is no record of a run")).because(error).hint("remove its folder")
    });
    Ok(Some(parsed))
}
