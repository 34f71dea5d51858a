//! Making a run visible, whole.
//!
//! Owns the order in which things appear: the run's files, its record, latest; and that what a process wrote whose claim
//! was taken over does not appear at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::claim::{Claim, taken_over_unread};
use super::latest::{PAGE_FILE, Page};
use super::name::RunName;
use super::removal;
use super::staging::{Staging, StagingPlace};
use super::writing::{self, RUN_FILE};
use super::{Outcome, Publications, RunRecord};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::Condition;

/// Files that are uploaded at once. Parts of a large one are in memory, a few at a time.
const UPLOADED_AT_ONCE: usize = 4;

/// How long it is waited before latest is moved again.
const LATEST_WAITS: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(2)];

/// A run that stands at its destination.
#[derive(Debug, Default)]
pub struct Published {
    /// Why latest was not moved, or old runs not removed. The next run does both.
    pub left_undone: Vec<Error>,
}

/// A file to upload.
struct Upload {
    path: std::path::PathBuf,
    /// Within the run's folder, with `/` between names.
    name: String,
}

impl Publications {
    /// Makes a run visible with `record` as its `run.json`. A complete one becomes the latest unless a later one is;
    /// then the oldest runs beyond `keep` go, and tries of its time that failed.
    ///
    /// # Errors
    /// A file of the record is not there as it says, nothing can be written at the destination, or `claim` was taken
    /// over: then nothing of the run is to be seen.
    pub async fn publish(&self, staging: Staging, record: &RunRecord, claim: Option<&Claim>) -> Result<Published> {
        let name = staging.name();
        if record.run != name.to_string() {
            return Err(Error::bug(format!("the run `{name}` has the record of `{}`", record.run)));
        }
        let document = serde_json::to_vec_pretty(record)
            .map_err(|error| Error::bug(format!("`{RUN_FILE}` can not be written as JSON")).because(error))?;
        check_files(&staging, record)?;
        let has_page = tokio::fs::try_exists(staging.path().join(PAGE_FILE)).await.unwrap_or(false);
        let page = if has_page { Page::Written } else { Page::None };
        match &staging.place {
            StagingPlace::Disk { .. } => self.appear_on_disk(staging, document, claim.cloned()).await?,
            StagingPlace::S3 { .. } => self.appear_on_s3(staging, document, claim).await?,
        }
        // From here on it stands, and to publish its time again would not help.
        let mut left_undone = Vec::new();
        if record.outcome == Outcome::Complete {
            left_undone.extend(self.move_latest_patiently(name, record, page).await.err());
        }
        left_undone.extend(removal::remove_old(&self.store, self.keep, name, record.finished).await.err());
        Ok(Published { left_undone })
    }

    /// Latest, where the destination may be out of reach for a moment.
    async fn move_latest_patiently(&self, name: RunName, record: &RunRecord, page: Page) -> Result<()> {
        for wait in LATEST_WAITS {
            if self.move_latest(name, record, page).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(wait).await;
        }
        self.move_latest(name, record, page).await
    }

    /// Latest, for a run whose process died before it moved latest.
    pub(super) async fn move_latest_to_found(&self, name: RunName, record: &RunRecord) -> Result<()> {
        let page = format!("{name}/{PAGE_FILE}");
        let mut levels = self.store.list_level(&format!("{name}/"));
        let mut has_page = false;
        while let Some(level) = levels.try_next().await? {
            has_page |= level.objects.iter().any(|object| object.key == page);
        }
        self.move_latest(name, record, if has_page { Page::Written } else { Page::None }).await
    }

    async fn appear_on_disk(&self, staging: Staging, document: Vec<u8>, claim: Option<Claim>) -> Result<()> {
        let Location::Folder(root) = self.store.location().clone() else {
            return Err(Error::bug("a folder on disk has no path"));
        };
        let store = self.store.clone();
        let work = move || {
            // Under the lock under which claims are taken over: it can't happen between the look and the rename.
            let claim_file = fs::read(root.join(super::claim::CLAIM_FILE)).unwrap_or_default();
            if claim.is_some_and(|claim| !claim.is_named_by(&claim_file)) {
                return Err(taken_over_unread(&store));
            }
            let place = root.join(staging.run());
            let failed = |error| Error::statement(format!("`{}` can not be written", place.display())).because(error);
            fs::write(staging.path().join(RUN_FILE), &document).map_err(failed)?;
            sync(staging.path()).map_err(failed)?;
            fs::rename(staging.path(), &place).and_then(|()| File::open(&root)?.sync_all()).map_err(failed)
        };
        self.store.exclusively(work).await
    }

    async fn appear_on_s3(&self, staging: Staging, document: Vec<u8>, claim: Option<&Claim>) -> Result<()> {
        if let Err(error) = self.upload(&staging, claim).await {
            self.discard(staging).await;
            return Err(error);
        }
        let name = staging.name();
        let key = format!("{name}/{RUN_FILE}");
        // From here on nothing is taken back: a request that seems to have failed may be done yet.
        if writing::put(&self.store, &key, document.into(), Condition::Absent).await?.is_none() {
            let place = self.store.location().join(&key);
            return Err(Error::statement(format!("`{place}` was written by another, who took the run for dead")));
        }
        Ok(())
    }

    async fn upload(&self, staging: &Staging, claim: Option<&Claim>) -> Result<()> {
        self.verify(claim).await?;
        let mut uploads = Vec::new();
        let failed = |error| Error::statement("the files of a run can not be listed").because(error);
        collect(staging.path(), "", &mut uploads).map_err(failed)?;
        let name = staging.name();
        let sent = uploads
            .into_iter()
            .map(|upload| async move { self.store.put_file(&format!("{name}/{}", upload.name), &upload.path).await });
        // Collected first: the compiler does not see through a stream of closures that borrow.
        let sent: Vec<_> = sent.collect();
        stream::iter(sent).buffer_unordered(UPLOADED_AT_ONCE).try_collect::<Vec<()>>().await?;
        self.verify(claim).await
    }
}

/// Every file that the record lists is there and has its size.
fn check_files(staging: &Staging, record: &RunRecord) -> Result<()> {
    for file in record.questions.iter().flat_map(|question| &question.files) {
        let size = fs::metadata(staging.path().join(&file.name)).map(|meta| meta.len());
        if size.as_ref().ok() != Some(&file.bytes) {
            let found = size.map_or_else(|error| error.to_string(), |size| format!("it has {size} bytes"));
            let told = format!("`{}` of the run `{}` should have {} bytes: {found}", file.name, record.run, file.bytes);
            return Err(Error::bug(told));
        }
    }
    Ok(())
}

fn collect(folder: &Path, below: &str, uploads: &mut Vec<Upload>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::Error::other("a name that is no text"))?;
        let name = format!("{below}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), uploads)?;
        } else {
            uploads.push(Upload { path: entry.path(), name });
        }
    }
    Ok(())
}

/// What a folder holds is on the disk itself before its name is, whatever becomes of the machine.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}
