//! Writing small files on disk under a condition, and the lock that conditions need.
//!
//! Owns the lock's file, one a location. A process that dies lets go of it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::disk::{Disk, blocking};
use super::writes::{Condition, SmallObject, Version, Written};
use crate::error::{Error, Result};

/// The file that is locked while a condition is judged and its write done.
const LOCK: &str = ".pinq-lock";

impl Disk {
    /// See `Store::get_small`.
    pub async fn get_small(&self, key: &str, most: u64) -> Result<Option<SmallObject>> {
        let path = self.root().join(key);
        blocking(move || read_small(&path, most)).await
    }

    /// See `Store::put_small`.
    pub async fn put_small(&self, key: &str, bytes: Bytes, condition: Condition<'_>) -> Result<Written> {
        let path = self.root().join(key);
        let expected = match condition {
            Condition::Always => {
                return blocking(move || write_whole(&path, &bytes).map(|()| Written::Yes(version(&bytes)))).await;
            }
            Condition::Absent => None,
            Condition::Unchanged(version) => Some(version.clone()),
        };
        let work = move || {
            let stands = match fs::read(&path) {
                Ok(bytes) => Some(version(&bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(unreadable(&path, error)),
            };
            if stands != expected {
                return Ok(Written::No);
            }
            write_whole(&path, &bytes)?;
            Ok(Written::Yes(version(&bytes)))
        };
        self.exclusively(work).await
    }

    /// See `Store::exclusively`.
    pub async fn exclusively<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let folder = self.root().to_owned();
        blocking(move || {
            fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, error))?;
            let path = folder.join(LOCK);
            let lock = File::options().create(true).truncate(false).write(true).open(&path);
            let lock = lock.map_err(|error| unwritable(&path, error))?;
            lock.lock().map_err(|error| {
                Error::statement(format!("`{}` can not be locked", path.display()))
                    .because(error)
                    .hint("use a file system with locks")
            })?;
            // It is let go of where `lock` is dropped, after the work.
            work()
        })
        .await
    }
}

fn read_small(path: &Path, most: u64) -> Result<Option<SmallObject>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(path, error)),
    };
    let meta = file.metadata().map_err(|error| unreadable(path, error))?;
    let mut bytes = Vec::new();
    let read = (&mut file).take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > most {
        return Err(Error::statement(format!("`{}` has more than the {most} bytes that it may have", path.display())));
    }
    let modified: DateTime<Utc> = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH).into();
    Ok(Some(SmallObject { version: version(&bytes), bytes: Bytes::from(bytes), modified }))
}

/// Writes beside the place and renames, so that nobody reads half of it.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error| unwritable(path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // Its mode is what the user's umask leaves, as for any file that a program writes.
    let make = |path: &Path| File::create_new(path);
    let mut beside = tempfile::Builder::new().prefix(".pinq-").suffix(".tmp").make_in(folder, make).map_err(failed)?;
    beside.write_all(bytes).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
    beside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn version(bytes: &[u8]) -> Version {
    Version(format!("{:032x}", xxhash_rust::xxh3::xxh3_128(bytes)))
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::statement(format!("`{}` can not be read", path.display())).because(error)
}

fn unwritable(path: &Path, error: io::Error) -> Error {
    Error::statement(format!("`{}` can not be written", path.display())).because(error)
}
