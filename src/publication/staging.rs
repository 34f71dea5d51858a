//! Where the files of a run are written before anybody sees them.
//!
//! Owns which folder a run gets, and that nobody else gets the same: on disk by a hidden folder whose lock the process
//! holds, on S3 by an object that is created there. Both tell a run that is under way from one that died.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::claim::Claim;
use super::name::RunName;
use super::writing::{self, BEGUN_FILE};
use super::{Publications, history, removal};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::{Condition, StoreKind};

/// What the hidden folder of a run that is being written begins with, on disk.
pub const BEGUN_FOLDER: &str = ".pinq-run-";
/// What the hidden folder of a run that is being removed begins with, on disk.
pub const REMOVED_FOLDER: &str = ".pinq-removed-";
/// Within the hidden folder: locked by the process that writes the run.
const LOCK: &str = "lock";
/// Within the hidden folder: what becomes the run's.
const FILES: &str = "files";
/// How often another number is tried where others begin at the same moment.
const TRIES: usize = 100;

/// A folder on disk for the files of one run. Where it is dropped without being published, it is gone.
#[derive(Debug)]
pub struct Staging {
    pub(super) name: RunName,
    pub(super) files: PathBuf,
    pub(super) place: StagingPlace,
}

/// What holds the run's name.
#[derive(Debug)]
pub(super) enum StagingPlace {
    /// A hidden folder below the report's.
    Disk {
        /// Removed when it is dropped.
        _folder: HiddenFolder,
    },
    /// A temporary folder here, and an object there.
    S3 {
        /// Removed when it is dropped.
        _folder: TempDir,
    },
}

/// A folder that goes when it is dropped, and whose lock says that its process is alive.
#[derive(Debug)]
pub(super) struct HiddenFolder {
    name: RunName,
    path: PathBuf,
    _lock: File,
}

impl Staging {
    /// Write the files of the run in here, below folders of their own where there is need. Not `run.json`.
    pub fn path(&self) -> &Path {
        &self.files
    }

    /// The name of the run, which its record and its page have to say.
    pub fn run(&self) -> String {
        self.name.to_string()
    }

    /// Where its files are going to be.
    pub(super) fn name(&self) -> RunName {
        self.name
    }
}

impl Drop for HiddenFolder {
    fn drop(&mut self) {
        // Its name is free at once, not file by file: another may take it while this one is being removed.
        let removed = self.path.with_file_name(format!("{REMOVED_FOLDER}{}-{}", self.name, std::process::id()));
        let path = if fs::rename(&self.path, &removed).is_ok() { &removed } else { &self.path };
        // What can't be removed now is by the next run.
        let _left = fs::remove_dir_all(path);
    }
}

impl Publications {
    /// A folder for the files of a run that is due, or was asked for, at that time. What dead processes left on disk is
    /// removed first.
    ///
    /// # Errors
    /// Nothing can be written there, or `claim` was taken over by another.
    pub async fn begin(&self, scheduled_for: DateTime<Utc>, claim: Option<&Claim>) -> Result<Staging> {
        let staging = match self.store.kind() {
            StoreKind::Disk => self.begin_on_disk(scheduled_for).await?,
            StoreKind::S3 => self.begin_on_s3(scheduled_for).await?,
        };
        // After the name is held, not before: who takes the claim over from here on sees that the run has begun.
        match self.verify(claim).await {
            Ok(()) => Ok(staging),
            Err(error) => {
                self.discard(staging).await;
                Err(error)
            }
        }
    }

    /// Gives up a run of which nothing is to be seen. On S3 its name stays taken for two days: were it free, another
    /// might write there what this removes.
    pub async fn discard(&self, staging: Staging) {
        if let StagingPlace::S3 { .. } = staging.place {
            // What can't be removed now is later.
            let _left = removal::remove_uploaded(&self.store, staging.name).await;
        }
    }

    async fn begin_on_disk(&self, scheduled_for: DateTime<Utc>) -> Result<Staging> {
        let Location::Folder(root) = self.store.location().clone() else {
            return Err(Error::bug("a folder on disk has no path"));
        };
        let work = move || {
            let failed = |error| Error::statement(format!("`{}` can not be written", root.display())).because(error);
            let taken = remove_dead(&root).map_err(failed)?;
            let name = next(scheduled_for, taken.into_iter());
            let path = root.join(format!("{BEGUN_FOLDER}{name}"));
            fs::create_dir(&path).map_err(failed)?;
            let lock = File::create_new(path.join(LOCK)).map_err(failed)?;
            lock.lock().map_err(failed)?;
            let hidden = HiddenFolder { name, path, _lock: lock };
            let files = hidden.path.join(FILES);
            fs::create_dir(&files).map_err(failed)?;
            Ok(Staging { name, files, place: StagingPlace::Disk { _folder: hidden } })
        };
        self.store.exclusively(work).await
    }

    async fn begin_on_s3(&self, scheduled_for: DateTime<Utc>) -> Result<Staging> {
        let token = writing::token()?;
        for _ in 0..TRIES {
            let name = next(scheduled_for, history::names(&self.store).await?.into_iter());
            let key = format!("{name}/{BEGUN_FILE}");
            if writing::put(&self.store, &key, token.clone().into(), Condition::Absent).await?.is_none() {
                continue;
            }
            let failed =
                |error| Error::statement("no temporary folder can be made for the files of a run").because(error);
            let folder = tempfile::Builder::new().prefix("pinq-run-").tempdir().map_err(failed)?;
            return Ok(Staging { name, files: folder.path().to_owned(), place: StagingPlace::S3 { _folder: folder } });
        }
        Err(Error::statement(format!("others begin runs below `{}` all the time", self.location())))
    }
}

/// The first name of that time behind those that are taken.
fn next(scheduled_for: DateTime<Utc>, taken: impl Iterator<Item = RunName>) -> RunName {
    let first = RunName::new(scheduled_for, 1);
    let last = taken.filter(|name| name.scheduled_for == first.scheduled_for).map(|name| name.number).max();
    RunName { number: last.map_or(1, |last| last.saturating_add(1)), ..first }
}

/// Removes what dead processes left below a report's folder, and says which names are taken. The caller holds the
/// folder's lock, so that nothing there is being made.
pub fn remove_dead(root: &Path) -> io::Result<Vec<RunName>> {
    let mut taken = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let Ok(text) = entry.file_name().into_string() else { continue };
        if let Some(name) = RunName::parse(&text) {
            taken.push(name);
        } else if let Some(name) = text.strip_prefix(BEGUN_FOLDER) {
            if is_alive(&entry.path().join(LOCK)) {
                taken.extend(RunName::parse(name));
            } else {
                remove_if_there(&entry.path())?;
            }
        } else if text.starts_with(REMOVED_FOLDER) {
            remove_if_there(&entry.path())?;
        } else if is_unfinished_document(&text) {
            // Documents are written under the lock alone.
            let _gone = fs::remove_file(entry.path());
        } else if text == "latest" {
            for entry in fs::read_dir(entry.path())?.flatten() {
                if entry.file_name().to_str().is_some_and(is_unfinished_document) {
                    let _gone = fs::remove_file(entry.path());
                }
            }
        }
    }
    Ok(taken)
}

fn is_unfinished_document(name: &str) -> bool {
    name.starts_with(".pinq-") && name.ends_with(".tmp")
}

/// Two may remove the same folder at once.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether the process that made the lock still holds it. One that has no lock yet died while it made the folder.
fn is_alive(lock: &Path) -> bool {
    let Ok(lock) = File::options().write(true).open(lock) else { return false };
    match lock.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        // Where locks do not work nothing could have been begun.
        Err(TryLockError::Error(_)) => true,
    }
}
