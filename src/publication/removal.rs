//! Removing runs: those beyond `keep`, tries that a later one made pointless, and what dead processes left on S3.
//!
//! Owns what must stay: the latest complete run, and whatever another may be writing. A reader never takes a run that is
//! half removed for whole: its `run.json` goes first, on disk by its folder's name.

use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::TryStreamExt;

use super::history;
use super::latest;
use super::name::RunName;
use super::staging::REMOVED_FOLDER;
use super::writing::{self, BEGUN_FILE, RUN_FILE};
use super::{Outcome, Publications, RunRecord};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::{Condition, Store, StoreKind};

/// A run on S3 that was begun so long ago is dead, whatever clocks say: no schedule has runs that take so long.
const CERTAINLY_DEAD: TimeDelta = TimeDelta::hours(48);
/// What the record says of a run that was closed by another host.
const VANISHED: &str = "the process that ran it vanished";
/// Bytes of the object that says that a run was begun.
const LARGEST_MARK: u64 = 1 << 10;

/// After the run `name` was recorded: removes failed tries of its time before it, the oldest runs beyond `keep`, and on S3
/// folders without a record that were begun long ago.
pub async fn remove_old(store: &Store, keep: usize, name: RunName, now: DateTime<Utc>) -> Result<()> {
    let names = history::names(store).await?;
    let may_be_dead = |name: &RunName| store.kind() == StoreKind::S3 && is_old(name.scheduled_for, now);
    // Mostly there is nothing to remove, and no record but those of this time is read.
    let is_all_read = names.len() > keep || names.iter().any(may_be_dead);
    let read = names.into_iter().filter(|other| is_all_read || other.scheduled_for == name.scheduled_for);
    let folders = history::records(store, read).await?;
    let (mut runs, mut unfinished) = (Vec::new(), Vec::new());
    for (name, record) in folders {
        match record {
            Some(record) => runs.push((name, record)),
            None => unfinished.push(name),
        }
    }
    for (other, _) in runs.extract_if(.., |run| is_superseded(run, name, now)) {
        remove(store, other).await?;
    }
    // A fence stays as long as one may be asleep before it, and is no run that `keep` counts.
    runs.retain(|(_, record)| !record.as_ref().is_ok_and(|record| is_fence(record, now)));
    let complete = |(_, record): &&Run| record.as_ref().is_ok_and(|record| record.outcome == Outcome::Complete);
    let newest = runs.iter().rev().find(complete).map(|(name, _)| *name);
    let named = latest::named(store).await?;
    let beyond = runs.len().saturating_sub(keep);
    for (old, _) in runs.into_iter().take(beyond) {
        if Some(old) != newest && Some(old) != named && old != name {
            remove(store, old).await?;
        }
    }
    for name in unfinished.into_iter().filter(may_be_dead) {
        let mark = store.get_small(&format!("{name}/{BEGUN_FILE}"), LARGEST_MARK).await?;
        if mark.is_none_or(|mark| is_old(mark.modified, now)) {
            remove_objects(store, name).await?;
        }
    }
    Ok(())
}

fn is_superseded((other, record): &Run, by: RunName, now: DateTime<Utc>) -> bool {
    other.scheduled_for == by.scheduled_for
        && other.number < by.number
        && record.as_ref().is_ok_and(|record| record.outcome == Outcome::Failed && !is_fence(record, now))
}

impl Publications {
    /// Gives a folder on S3 that has no record one that says so, so that none can be created there. Where another was
    /// quicker, its record is returned.
    pub(super) async fn close_unfinished(
        &self,
        name: RunName,
        now: DateTime<Utc>,
    ) -> Result<Option<Result<RunRecord>>> {
        let document = serde_json::to_vec_pretty(&self.vanished(name, now))
            .map_err(|error| Error::bug(format!("`{RUN_FILE}` can not be written as JSON")).because(error))?;
        let key = format!("{name}/{RUN_FILE}");
        match writing::put(&self.store, &key, document.into(), Condition::Absent).await? {
            Some(_) => Ok(None),
            None => history::record(&self.store, name).await,
        }
    }

    fn vanished(&self, name: RunName, now: DateTime<Utc>) -> RunRecord {
        RunRecord {
            outcome: Outcome::Failed,
            error: Some(VANISHED.to_owned()),
            tries: 0,
            ..RunRecord::begun(&self.report, &self.title, name.to_string(), name.scheduled_for, now)
        }
    }
}

/// Whether the record keeps a process from publishing that may still be alive.
fn is_fence(record: &RunRecord, now: DateTime<Utc>) -> bool {
    record.tries == 0 && record.error.as_deref() == Some(VANISHED) && !is_old(record.finished, now)
}

fn is_old(instant: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(instant) > CERTAINLY_DEAD
}

async fn remove(store: &Store, name: RunName) -> Result<()> {
    match store.location() {
        Location::Folder(root) => remove_folder(store, root, name).await,
        Location::S3 { .. } => {
            store.delete(vec![format!("{name}/{RUN_FILE}")]).await?;
            remove_objects(store, name).await
        }
    }
}

async fn remove_folder(store: &Store, root: &Path, name: RunName) -> Result<()> {
    let (place, hidden) =
        (root.join(name.to_string()), root.join(format!("{REMOVED_FOLDER}{name}-{}", writing::token()?)));
    let failed = {
        let place = place.clone();
        move |error| Error::statement(format!("`{}` can not be removed", place.display())).because(error)
    };
    let away = hidden.clone();
    store
        .exclusively(move || match fs::rename(&place, &away) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            renamed => renamed.map_err(failed),
        })
        .await?;
    // Where it is gone already, another one has removed what it took for left behind.
    let _left = tokio::fs::remove_dir_all(&hidden).await;
    Ok(())
}

/// A run with its record, or why that can't be read.
type Run = (RunName, Result<RunRecord>);

/// Removes every object of a run that has no record, the mark that holds its name last.
async fn remove_objects(store: &Store, name: RunName) -> Result<()> {
    remove_uploaded(store, name).await?;
    store.delete(vec![format!("{name}/{BEGUN_FILE}")]).await
}

/// Removes the files of a run, but neither the mark that holds its name nor a record.
pub async fn remove_uploaded(store: &Store, name: RunName) -> Result<()> {
    let folder = format!("{name}/");
    let stay = [BEGUN_FILE, RUN_FILE].map(|file| format!("{folder}{file}"));
    let mut pages = store.list_below(&folder);
    while let Some(page) = pages.try_next().await? {
        let keys: Vec<_> = page.into_iter().map(|object| object.key).filter(|key| !stay.contains(key)).collect();
        if !keys.is_empty() {
            store.delete(keys).await?;
        }
    }
    Ok(())
}
