//! The bucket: an index of its keys in memory, and behind it bytes in memory or the files of a folder.
//!
//! It owns every change of keys, so that a condition is judged and its write done under one lock. It must not know
//! requests or their headers.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use bytes::Bytes;
use s3s::{S3Error, S3Result, s3_error};

use super::bodies;
use super::conditions::{WriteCondition, whole_seconds};
use super::folder::Folder;

/// A bucket; clones are the same bucket, so that a test keeps one and gives one to the server.
#[derive(Clone)]
pub struct Bucket {
    shared: Arc<Shared>,
}

/// The keys in the order of S3, which is that of their UTF-8 bytes and hence that of `str`.
pub(super) type Index = BTreeMap<Box<str>, Entry>;

/// An object, without its key.
#[derive(Clone)]
pub(super) struct Entry {
    /// Bytes of the body.
    pub(super) size: u64,
    /// Whole seconds.
    pub(super) modified: SystemTime,
    /// Without quotes.
    pub(super) etag: Arc<str>,
    pub(super) attributes: Arc<Attributes>,
    pub(super) stored: Stored,
}

/// Where the body is.
#[derive(Clone)]
pub(super) enum Stored {
    Memory(Bytes),
    /// A file, and its modification time in full, which tells whether it was changed behind the server's back.
    File {
        path: Arc<std::path::Path>,
        changed: SystemTime,
    },
}

/// What a client said about an object when it wrote it. A folder has no place for it, so there it lasts as long as
/// the server runs and the file stays as it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) metadata: Option<std::collections::HashMap<String, String>>,
}

/// A body with its ETag, ready to be written.
pub(super) struct NewObject {
    pub(super) body: Bytes,
    /// Without quotes.
    pub(super) etag: Arc<str>,
    pub(super) attributes: Attributes,
}

struct Shared {
    index: RwLock<Index>,
    backing: Backing,
}

enum Backing {
    Memory,
    Folder(Folder),
}

impl Bucket {
    /// An empty bucket whose objects live in memory.
    pub fn memory() -> Self {
        Self { shared: Arc::new(Shared { index: RwLock::new(Index::new()), backing: Backing::Memory }) }
    }

    /// A bucket over the files below a folder: `a/b.json` is the key of the file `b.json` in the folder `a`.
    ///
    /// Bodies stay on disk. ETags are the MD5 of a file up to 64 KiB, computed here; above that they are made from size
    /// and modification time and look like those of a multipart upload (`<32 hex digits>-1`), which nobody takes for an
    /// MD5.
    ///
    /// # Errors
    ///
    /// The folder cannot be read, or a name in it is not UTF-8.
    pub fn folder(path: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = Folder::new(path.into());
        let index = folder.index(&Index::new())?;
        Ok(Self { shared: Arc::new(Shared { index: RwLock::new(index), backing: Backing::Folder(folder) }) })
    }

    /// Puts an object into a bucket in memory, or a file into the folder; what the key held is replaced.
    ///
    /// # Panics
    ///
    /// The folder takes no file of this name. This is for tests, which have no use for the error.
    pub fn insert(&self, key: &str, body: impl Into<Bytes>) {
        self.insert_modified(key, body, now());
    }

    /// As [`Bucket::insert`], with a time for `Last-Modified` (whole seconds count; a folder takes the current time).
    ///
    /// # Panics
    ///
    /// As [`Bucket::insert`].
    pub fn insert_modified(&self, key: &str, body: impl Into<Bytes>, modified: SystemTime) {
        let body = body.into();
        let new = NewObject { etag: bodies::md5_hex(&body).into(), body, attributes: Attributes::default() };
        let written = self.write(key, new, modified, &WriteCondition::Always);
        assert!(written.is_ok(), "the bucket takes no object under `{key}`");
    }

    /// Removes an object and says whether there was one.
    pub fn remove(&self, key: &str) -> bool {
        let existed = self.find(key).is_some();
        self.delete(key, None).is_ok() && existed
    }

    /// All keys in the order of S3.
    pub fn keys(&self) -> Vec<String> {
        self.read().keys().map(|key| key.to_string()).collect()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether the bucket holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at the folder again and returns the number of keys; ETags of files that did not change are kept.
    ///
    /// # Errors
    ///
    /// As [`Bucket::folder`].
    pub fn refresh(&self) -> io::Result<usize> {
        if let Backing::Folder(folder) = &self.shared.backing {
            let old = self.read().clone();
            *self.edit() = folder.index(&old)?;
        }
        Ok(self.len())
    }

    /// The index for as long as the guard lives, which must not be across an await.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Index> {
        // A panic in another test thread leaves an index that is still whole, for each change is one insert or remove.
        self.shared.index.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// An object. Of a folder this looks at the file (one `stat`), and so sees what was changed behind the server.
    pub(super) fn find(&self, key: &str) -> Option<Entry> {
        let known = self.read().get(key).cloned();
        let Backing::Folder(folder) = &self.shared.backing else { return known };
        let current = folder.look(key, known.as_ref());
        match (&known, &current) {
            (Some(known), Some(current)) if Arc::ptr_eq(&known.etag, &current.etag) => {}
            (None, None) => {}
            (_, Some(current)) => {
                self.edit().insert(key.into(), current.clone());
            }
            (Some(_), None) => {
                self.edit().remove(key);
            }
        }
        current
    }

    /// Writes an object where the condition holds, without blocking the runtime on a disk.
    pub(super) async fn put(&self, key: String, new: NewObject, condition: WriteCondition) -> S3Result<Entry> {
        let modified = now();
        match &self.shared.backing {
            Backing::Memory => self.write(&key, new, modified, &condition),
            Backing::Folder(_) => {
                let bucket = self.clone();
                tokio::task::spawn_blocking(move || bucket.write(&key, new, modified, &condition))
                    .await
                    .map_err(S3Error::internal_error)?
            }
        }
    }

    /// Removes an object where the condition holds; a key that holds nothing is no error, as in S3.
    pub(super) fn delete(&self, key: &str, condition: Option<&WriteCondition>) -> S3Result<()> {
        let current = self.find(key);
        let mut index = self.edit();
        if let Some(condition) = condition {
            condition.check(index.get(key))?;
        }
        if let (Backing::Folder(folder), Some(_)) = (&self.shared.backing, &current) {
            folder.delete(key).map_err(S3Error::internal_error)?;
        }
        index.remove(key);
        Ok(())
    }

    fn write(&self, key: &str, new: NewObject, modified: SystemTime, condition: &WriteCondition) -> S3Result<Entry> {
        // A bucket that refuses anyway must not write the file first, but the judgement that counts is under the lock.
        condition.check(self.find(key).as_ref())?;
        let entry = match &self.shared.backing {
            Backing::Memory => {
                let NewObject { body, etag, attributes } = new;
                let size = body.len() as u64;
                let modified = whole_seconds(modified);
                let entry =
                    Entry { size, modified, etag, attributes: Arc::new(attributes), stored: Stored::Memory(body) };
                let mut index = self.edit();
                condition.check(index.get(key))?;
                index.insert(key.into(), entry.clone());
                entry
            }
            Backing::Folder(folder) => {
                let temporary = folder.write_temporary(key, &new.body).map_err(|error| not_a_file_name(key, &error))?;
                let mut index = self.edit();
                condition.check(index.get(key))?;
                let entry = temporary.publish(new).map_err(|error| not_a_file_name(key, &error))?;
                index.insert(key.into(), entry.clone());
                entry
            }
        };
        Ok(entry)
    }

    fn edit(&self) -> RwLockWriteGuard<'_, Index> {
        self.shared.index.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// S3 takes any key, a file system does not: `a//b`, `..`, a name that is a folder already.
fn not_a_file_name(key: &str, error: &io::Error) -> S3Error {
    s3_error!(InvalidArgument, "the folder behind this bucket takes no file for the key `{}`: {}", key, error)
}

/// The time that objects are stamped with.
#[expect(clippy::disallowed_methods, reason = "a store stamps what it is given with its own clock")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}
