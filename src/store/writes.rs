//! Small objects that are read and written whole, with the condition under which a write counts, and what is deleted.
//!
//! Owns conditional writes: on S3 by `If-None-Match` and `If-Match`, on disk by a lock file and a rename. It must not
//! know what the objects say.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::{Backend, Store};
use crate::error::{Error, Result};

/// What tells one content of an object from another: an ETag, or a hash of a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub(super) String);

/// An object that was read whole.
#[derive(Clone, Debug)]
pub struct SmallObject {
    /// Its bytes.
    pub bytes: Bytes,
    /// What a write that must not overwrite anything newer says.
    pub version: Version,
    /// When it was last written, by the clock of whoever keeps it.
    pub modified: DateTime<Utc>,
}

/// When a write counts.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'a> {
    /// Whatever stands there.
    Always,
    /// Only where nothing stands yet.
    Absent,
    /// Only where still stands what was read.
    Unchanged(&'a Version),
}

/// What became of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It stands, as this version.
    Yes(Version),
    /// The condition did not hold. A request that was tried again may have met its own first try: whoever needs to
    /// know reads what stands there.
    No,
}

impl Store {
    /// The object `key` as it is now, or `None` where there is none.
    ///
    /// # Errors
    /// It has more than `most` bytes, or can't be read.
    pub async fn get_small(&self, key: &str, most: u64) -> Result<Option<SmallObject>> {
        match &self.backend {
            Backend::Disk(disk) => disk.get_small(key, most).await,
            Backend::S3(prefix) => prefix.get_small(key, most).await,
        }
    }

    /// Writes the object `key` where `condition` holds, whole or not at all. On disk missing folders are made.
    ///
    /// # Errors
    /// It can't be written, or the service knows no conditions.
    pub async fn put_small(&self, key: &str, bytes: impl Into<Bytes>, condition: Condition<'_>) -> Result<Written> {
        let bytes = bytes.into();
        match &self.backend {
            Backend::Disk(disk) => disk.put_small(key, bytes, condition).await,
            Backend::S3(prefix) => prefix.put_small(key, bytes, condition).await,
        }
    }

    /// Deletes objects of S3, in no order; one that is gone already is no error.
    pub async fn delete(&self, keys: Vec<String>) -> Result<()> {
        match &self.backend {
            Backend::Disk(_) => Err(Error::bug("a folder on disk is deleted by its path")),
            Backend::S3(prefix) => prefix.delete(keys).await,
        }
    }

    /// Runs blocking work on a location on disk while no conditional write there is under way, of this process or
    /// another one. The location is made where it is missing. The work must not call this store's own writes.
    ///
    /// # Errors
    /// Those of the work, or the lock can't be had.
    pub async fn exclusively<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        match &self.backend {
            Backend::Disk(disk) => disk.exclusively(work).await,
            Backend::S3(_) => Err(Error::bug("nothing can be locked on S3")),
        }
    }
}
