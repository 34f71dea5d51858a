//! The files of a folder as objects: walking, looking at one, writing and deleting. It must not touch the index.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use super::bodies;
use super::bucket::{Attributes, Entry, Index, NewObject, Stored};
use super::conditions::whole_seconds;

/// Files up to this size have their MD5 as ETag: 60,000 small files take a second or two, one large file might take as
/// long alone.
const MD5_LIMIT: u64 = 64 * 1024;

/// The start of the names of files that are being written. The walk passes them over.
const TEMPORARY_PREFIX: &str = ".s3-landing-";

/// A folder whose files are objects.
pub(super) struct Folder {
    root: PathBuf,
    temporaries: AtomicU64,
}

/// A body on disk that has no key yet; dropped without [`Temporary::publish`], it is removed.
pub(super) struct Temporary {
    path: PathBuf,
    target: Arc<Path>,
}

/// A file that the walk has found.
struct Found {
    key: Box<str>,
    path: Arc<Path>,
    metadata: Metadata,
}

/// An object under its key.
type Keyed = (Box<str>, Entry);

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, temporaries: AtomicU64::new(0) }
    }

    /// All files as objects. Links to files are followed; links to folders are not, so that a loop cannot hang the walk.
    pub(super) fn index(&self, old: &Index) -> io::Result<Index> {
        let mut found = Vec::new();
        walk(&self.root, &mut String::new(), &mut found)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = found.len().div_ceil(threads).max(1);
        let entries: io::Result<Vec<Vec<Keyed>>> = std::thread::scope(|scope| {
            let workers: Vec<_> = found.chunks(share).map(|files| scope.spawn(|| read_all(files, old))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(io::Error::other("panic")))).collect()
        });
        Ok(entries?.into_iter().flatten().collect())
    }

    /// The file of a key as it is now, or nothing; `known` is returned where it still holds.
    pub(super) fn look(&self, key: &str, known: Option<&Entry>) -> Option<Entry> {
        let path = match known.map(|known| &known.stored) {
            Some(Stored::File { path, .. }) => Arc::clone(path),
            _ => self.path_of(key)?.into(),
        };
        let metadata = fs::metadata(&path).ok().filter(Metadata::is_file)?;
        entry_of(&path, &metadata, known).ok()
    }

    pub(super) fn delete(&self, key: &str) -> io::Result<()> {
        match self.path_of(key) {
            Some(path) => fs::remove_file(path),
            None => Ok(()),
        }
    }

    /// Writes a body beside the objects; the key's folders are created.
    pub(super) fn write_temporary(&self, key: &str, body: &[u8]) -> io::Result<Temporary> {
        let target = self.path_of(key).ok_or_else(|| io::Error::other("it is no path below the folder"))?;
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let number = self.temporaries.fetch_add(1, Relaxed);
        let path = self.root.join(format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id()));
        let temporary = Temporary { path, target: target.into() };
        fs::write(&temporary.path, body)?;
        Ok(temporary)
    }

    /// The file of a key; keys that would leave the folder, or share a file with another key, have none.
    fn path_of(&self, key: &str) -> Option<PathBuf> {
        let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\']);
        (key.split('/').all(plain) && !key.starts_with(TEMPORARY_PREFIX)).then(|| self.root.join(key))
    }
}

impl Temporary {
    /// Gives the body its key, replacing what was there in one step.
    pub(super) fn publish(self, new: NewObject) -> io::Result<Entry> {
        fs::rename(&self.path, &self.target)?;
        let changed = fs::metadata(&self.target)?.modified()?;
        Ok(Entry {
            size: new.body.len() as u64,
            modified: whole_seconds(changed),
            etag: new.etag,
            attributes: Arc::new(new.attributes),
            stored: Stored::File { path: Arc::clone(&self.target), changed },
        })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After `publish` there is nothing under this name, and that is no error worth a word.
        let _ = fs::remove_file(&self.path);
    }
}

fn walk(folder: &Path, prefix: &mut String, found: &mut Vec<Found>) -> io::Result<()> {
    for child in fs::read_dir(folder)? {
        let child = child?;
        let path = child.path();
        let name = child.file_name();
        let name = name.to_str().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("the name of `{}` is not UTF-8", path.display()))
        })?;
        if name.starts_with(TEMPORARY_PREFIX) {
            continue;
        }
        let kind = child.file_type()?;
        let parent = prefix.len();
        prefix.push_str(name);
        if kind.is_dir() {
            prefix.push('/');
            walk(&path, prefix, found)?;
        } else if let Some(metadata) = fs::metadata(&path).ok().filter(Metadata::is_file) {
            found.push(Found { key: prefix.as_str().into(), path: path.into(), metadata });
        }
        prefix.truncate(parent);
    }
    Ok(())
}

fn read_all(files: &[Found], old: &Index) -> io::Result<Vec<Keyed>> {
    let entry = |file: &Found| Ok((file.key.clone(), entry_of(&file.path, &file.metadata, old.get(&file.key))?));
    files.iter().map(entry).collect()
}

/// The object of a file; the known one where size and time are as they were.
fn entry_of(path: &Arc<Path>, metadata: &Metadata, known: Option<&Entry>) -> io::Result<Entry> {
    let (size, changed) = (metadata.len(), metadata.modified()?);
    if let Some(known) = known
        && let Stored::File { changed: known_change, .. } = known.stored
        && (known.size, known_change) == (size, changed)
    {
        return Ok(known.clone());
    }
    let etag = if size <= MD5_LIMIT { bodies::md5_hex(&fs::read(path)?) } else { etag_of_large(path, size, changed) };
    Ok(Entry {
        size,
        modified: whole_seconds(changed),
        etag: etag.into(),
        attributes: Arc::new(Attributes::default()),
        stored: Stored::File { path: Arc::clone(path), changed },
    })
}

/// An ETag that changes whenever the file does, without reading it: of the form that says nothing of the bytes.
fn etag_of_large(path: &Path, size: u64, changed: SystemTime) -> String {
    let since = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-2", bodies::md5_hex(format!("{}\n{size}\n{}", path.display(), since.as_nanos()).as_bytes()))
}
