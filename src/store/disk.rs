//! A folder on disk: listing and reading, made for tens of thousands of small files.
//!
//! Owns the calls of the file system. All of them block, so the futures here run them on tokio's
//! threads for blocking work. A location that is one file is a folder with that file alone.

use std::borrow::Borrow;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;

use super::accounting::Counters;
use super::{Children, FULL_PAGE, Level, Object};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::printable;

/// Links that lead in circles end here, before the system gives up on them (after 32 or 40) and they
/// would look like broken ones.
const DEEPEST: usize = 24;
/// Bytes of a large file that are read at once.
pub const PIECE: u64 = 2 << 20;

/// A folder on disk.
#[derive(Clone)]
pub struct Disk {
    root: Arc<PathBuf>,
    counters: Arc<Counters>,
}

/// A large file that is read piece by piece; it stays the same file where its name is given to another.
#[derive(Debug)]
pub struct FileReader {
    path: PathBuf,
    file: File,
    counters: Arc<Counters>,
    expected: u64,
    found: u64,
}

impl FileReader {
    /// Appends the next bytes of the file to `buffer`, as many as its spare capacity and `most`; none where that is full
    /// or the file at its end.
    /// A file that is longer or shorter than it was listed is an error. Blocks.
    pub fn read_into(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<usize> {
        let room = buffer.capacity().saturating_sub(buffer.len()).min(most);
        // Straight from the file into the buffer, whose spare bytes need not be zeroed first.
        let read = (&mut self.file).take(room as u64).read_to_end(buffer);
        let read = read.map_err(|error| unreadable(&self.path, error))?;
        self.found = self.found.saturating_add(read as u64);
        self.counters.add_bytes(read);
        if self.found > self.expected || (read == 0 && room > 0) {
            check_length(&self.path, self.expected, self.found)?;
        }
        Ok(read)
    }
}

impl Disk {
    /// The folder, or file, at `root`.
    pub fn new(root: &Path, counters: &Arc<Counters>) -> Disk {
        Disk { root: Arc::new(root.to_owned()), counters: Arc::clone(counters) }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// See `Store::identity`.
    pub fn identity(&self) -> String {
        let canonical = fs::canonicalize(self.root.as_path());
        // Written so that bytes that are no text tell paths apart, too.
        format!("disk {:?}", canonical.as_deref().unwrap_or(&self.root))
    }

    /// The location of the object `key`.
    pub fn location_of(&self, key: &str) -> Location {
        Location::Folder(self.path(key))
    }

    /// What stands directly in one folder; see `Store::list_level`.
    pub fn list_level(&self, folder: String) -> BoxStream<'static, Result<Level>> {
        let disk = self.clone();
        stream::once(blocking(move || {
            let children = disk.read_folder(&folder)?;
            let folders = children.folders.into_iter().map(|name| format!("{folder}{name}/")).collect();
            Ok(Level { folders, objects: children.objects })
        }))
        .boxed()
    }

    /// Everything below one folder; see `Store::list_below`.
    pub fn list_below(&self, folder: String) -> BoxStream<'static, Result<Vec<Object>>> {
        self.clone().walk_apart(folder)
    }

    /// What stands directly below.
    pub async fn children(&self) -> Result<Children> {
        let disk = self.clone();
        blocking(move || disk.read_folder("")).await
    }

    /// The whole of a file.
    pub async fn get(&self, object: &Object) -> Result<Bytes> {
        let (disk, object) = (self.clone(), object.clone());
        blocking(move || {
            let mut content = Vec::new();
            disk.read_into(std::slice::from_ref(&object), &mut content)?;
            Ok(Bytes::from(content))
        })
        .await
    }

    /// A range of a file.
    pub async fn get_range(&self, object: &Object, range: Range<u64>) -> Result<Bytes> {
        let (disk, object) = (self.clone(), object.clone());
        blocking(move || {
            let (path, mut file) = disk.open(&object)?;
            let length = usize::try_from(range.end.saturating_sub(range.start))
                .map_err(|_| Error::bug("a range is longer than memory"))?;
            let mut content = vec![0; length];
            let read = file.seek(SeekFrom::Start(range.start)).and_then(|_| file.read_exact(&mut content));
            read.map_err(|error| unreadable(&path, error))?;
            disk.counters.add_bytes(length);
            Ok(Bytes::from(content))
        })
        .await
    }

    /// Opens a file to be read from its start to its end.
    pub fn open_file(&self, object: &Object) -> Result<FileReader> {
        let (path, file) = self.open(object)?;
        Ok(FileReader { path, file, counters: Arc::clone(&self.counters), expected: object.size, found: 0 })
    }

    /// Appends files to a buffer; see `Store::read_into`.
    pub fn read_into<O: Borrow<Object>>(&self, objects: &[O], buffer: &mut Vec<u8>) -> Result<Vec<Range<usize>>> {
        let before = buffer.len();
        let mut ranges = Vec::with_capacity(objects.len());
        for object in objects {
            match self.append(object.borrow(), buffer) {
                Ok(range) => ranges.push(range),
                Err(error) => {
                    buffer.truncate(before);
                    return Err(error);
                }
            }
        }
        self.counters.add_bytes(buffer.len().saturating_sub(before));
        Ok(ranges)
    }

    /// One open, one read, one close: the byte that is asked for beyond the listed size tells a file
    /// that grew without a further call.
    fn append(&self, object: &Object, buffer: &mut Vec<u8>) -> Result<Range<usize>> {
        let (path, mut file) = self.open(object)?;
        let start = buffer.len();
        let size = usize::try_from(object.size).ok();
        let end = size.and_then(|size| start.checked_add(size)?.checked_add(1));
        let end = end.ok_or_else(|| Error::statement(format!("`{}` is larger than memory", shown(&path))))?;
        buffer.resize(end, 0);
        let mut filled = start;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let room = rest.len();
            match file.read(rest) {
                Ok(0) => break,
                Ok(read) => {
                    filled = filled.saturating_add(read);
                    // A read of a regular file that is short has met its end.
                    if read < room && room.saturating_sub(read) == 1 {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&path, error)),
            }
        }
        buffer.truncate(filled);
        check_length(&path, object.size, filled.saturating_sub(start) as u64)?;
        Ok(start..filled)
    }

    fn open(&self, object: &Object) -> Result<(PathBuf, File)> {
        let path = self.path(&object.key);
        // Opening a pipe would wait for whoever writes into it. What is no file has no size, so that the others cost no
        // further call.
        if object.size == 0 && fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
            return Err(Error::statement(format!("`{}` is no file, but a pipe, a socket or a device", shown(&path)))
                .hint("move it out of the folder"));
        }
        match File::open(&path) {
            Ok(file) => Ok((path, file)),
            Err(error) => Err(unreadable(&path, error)),
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        let joined = self.root.join(key);
        // The key of a location that is one file is the file's own name.
        if self.root.file_name().is_some_and(|name| name == key) && !joined.exists() && self.root.is_file() {
            return self.root.to_path_buf();
        }
        joined
    }

    /// One folder; `below` is relative to the root, empty or ending in `/`.
    fn read_folder(&self, below: &str) -> Result<Children> {
        let path = self.root.join(below);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory && below.is_empty() => return self.single(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::usage(format!("the folder `{}` does not exist", shown(&path))));
            }
            Err(error) => return Err(unlistable(&path, error)),
        };
        let mut children = Children::default();
        for entry in entries {
            let entry = entry.map_err(|error| unlistable(&path, error))?;
            let name = entry.file_name().into_string().map_err(|name| {
                Error::statement(format!("`{}` is a name that is no text", shown(&path.join(name)))).hint("rename it")
            })?;
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                // It was removed after its name was read, as if that were read a moment later.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unlistable(&entry.path(), error)),
            };
            // A link that leads nowhere is listed as itself, so that it is told of and not skipped.
            let meta = if meta.is_symlink() { fs::metadata(entry.path()).unwrap_or(meta) } else { meta };
            if meta.is_dir() {
                children.folders.push(name);
            } else {
                children.objects.push(object(format!("{below}{name}"), &meta));
            }
        }
        Ok(children)
    }

    fn single(&self) -> Result<Children> {
        let name = self.root.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let meta = fs::metadata(self.root.as_path()).map_err(|error| unlistable(&self.root, error))?;
        match name {
            Some(name) => Ok(Children { folders: Vec::new(), objects: vec![object(name, &meta)] }),
            None => Err(Error::usage(format!("`{}` is not a folder", shown(&self.root)))),
        }
    }

    /// Everything below one folder, which ends in `/`, walked on a thread of its own.
    fn walk_apart(self, folder: String) -> BoxStream<'static, Result<Vec<Object>>> {
        apart(4, move |send: &dyn Fn(Vec<Object>) -> Keep| {
            let depth = folder.matches('/').count();
            let mut waiting = vec![(folder, depth)];
            let mut page = Vec::new();
            while let Some((folder, depth)) = waiting.pop() {
                if depth > DEEPEST {
                    let path = self.root.join(&folder);
                    return Err(Error::statement(format!("`{}` is deeper than {DEEPEST} folders", shown(&path)))
                        .hint("a link there may lead in a circle"));
                }
                let children = self.read_folder(&folder)?;
                let deeper = depth.saturating_add(1);
                waiting.extend(children.folders.into_iter().map(|name| (format!("{folder}{name}/"), deeper)));
                page.extend(children.objects);
                while page.len() >= FULL_PAGE {
                    let rest = page.split_off(FULL_PAGE);
                    if send(std::mem::replace(&mut page, rest)) == Keep::Stop {
                        return Ok(());
                    }
                }
            }
            if !page.is_empty() {
                send(page);
            }
            Ok(())
        })
    }
}

#[derive(PartialEq, Eq)]
enum Keep {
    Going,
    Stop,
}

/// A stream of what `work` sends from a thread for blocking work, which starts at the first poll, and
/// ends with its error if it has one.
fn apart<T: Send + 'static>(
    ahead: usize,
    work: impl FnOnce(&dyn Fn(T) -> Keep) -> Result<()> + Send + 'static,
) -> BoxStream<'static, Result<T>> {
    let start = async move {
        let (sender, receiver) = mpsc::channel(ahead);
        tokio::task::spawn_blocking(move || {
            let send = |item| if sender.blocking_send(Ok(item)).is_ok() { Keep::Going } else { Keep::Stop };
            if let Err(error) = work(&send) {
                // Nobody listens any more where this fails.
                let _ = sender.blocking_send(Err(error));
            }
        });
        stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) })
    };
    stream::once(start).flatten().boxed()
}

/// The result of blocking work, done on a thread for such work.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Error::bug("a thread that reads the disk died").because(error)))
}

fn object(key: String, meta: &fs::Metadata) -> Object {
    let modified: DateTime<Utc> = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH).into();
    Object { key, size: meta.len(), modified, etag: None }
}

fn check_length(path: &Path, expected: u64, found: u64) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let than = if found > expected { "more" } else { "fewer" };
    Err(Error::statement(format!("`{}` has {than} bytes than the {expected} that were listed", shown(path)))
        .hint("it was written while it was read: run it again"))
}

/// The path as messages show it: on one line.
fn shown(path: &Path) -> String {
    printable::one_line(&path.display().to_string()).into_owned()
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::statement(format!("`{}` can not be read", shown(path))).because(error)
}

fn unlistable(path: &Path, error: io::Error) -> Error {
    Error::statement(format!("`{}` can not be listed", shown(path))).because(error)
}
