//! Where statements put what memory has no room for: files in a folder of their own.
//!
//! Owns the folder, which goes with the last file, and what is told where a disk has no room. It must not decide what
//! spills.
//!
//! DataFusion's own files keep a descriptor open each, and an error of theirs does not say which disk was full.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::spill_file::{SpillFile, SpillWriter, TempFileFactory};
use futures::{Stream, stream};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::error::Error;

/// Bytes that are written, and read, at once.
const CHUNK: usize = 64 << 10;

/// The folder of one engine, made when the first file is.
#[derive(Clone)]
pub struct SpillFolder {
    shared: Arc<Shared>,
}

struct Shared {
    /// Below which it stands; none for the system's folder for temporary files.
    parent: Option<PathBuf>,
    /// Locked while a file is made in it, so that it is not removed meanwhile.
    folder: Mutex<Folder>,
    files: AtomicU64,
    /// How many writes failed, and why the last one did.
    failed: watch::Sender<Failures>,
}

#[derive(Default)]
enum Folder {
    #[default]
    NotYet,
    Made(Arc<TempDir>),
    /// For good: a task that nobody waits for must not make another.
    Removed,
}

/// Writes that failed.
#[derive(Default)]
struct Failures {
    count: u64,
    last: Option<Error>,
}

impl SpillFolder {
    /// A folder below `parent`, or below the system's folder for temporary files.
    pub fn below(parent: Option<&Path>) -> SpillFolder {
        let shared = Shared {
            parent: parent.map(Path::to_owned),
            folder: Mutex::default(),
            files: AtomicU64::new(0),
            failed: watch::Sender::new(Failures::default()),
        };
        SpillFolder { shared: Arc::new(shared) }
    }

    /// Removes the folder with whatever is in it. Tasks that were not waited for may have files still; the process may
    /// end before they drop them.
    pub fn remove(&self) {
        let mut folder = self.shared.lock();
        if let Folder::Made(folder) = std::mem::replace(&mut *folder, Folder::Removed) {
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }

    /// Resolves when a write fails from now on. An operator that can't spill any more may leave others waiting for
    /// what it would have written, so that its own error would never come.
    pub fn failure(&self) -> impl Future<Output = Error> + Send + 'static {
        let mut failed = self.shared.failed.subscribe();
        let before = failed.borrow_and_update().count;
        let shared = Arc::clone(&self.shared);
        async move {
            // It lives as long as `shared`, so that waiting can't fail.
            let _ = failed.wait_for(|failures| failures.count > before).await;
            let last = shared.failed.borrow().last.as_ref().map(Error::again);
            last.unwrap_or_else(|| Error::statement("the spill folder could not be written"))
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Folder> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An empty file, now, so that it can be read before anything is written; and the folder that it is in.
    fn make_file(&self) -> io::Result<(PathBuf, Arc<TempDir>)> {
        let mut folder = self.lock();
        let made = match &*folder {
            Folder::Made(made) => Arc::clone(made),
            Folder::Removed => return Err(io::Error::other("the session is over")),
            Folder::NotYet => {
                let mut builder = tempfile::Builder::new();
                builder.prefix("pinq-spill-");
                let made = Arc::new(match &self.parent {
                    Some(parent) => {
                        std::fs::create_dir_all(parent)?;
                        builder.tempdir_in(parent)?
                    }
                    None => builder.tempdir()?,
                });
                *folder = Folder::Made(Arc::clone(&made));
                made
            }
        };
        let path = made.path().join(format!("{}.arrow", self.files.fetch_add(1, Ordering::Relaxed)));
        File::create_new(&path)?;
        Ok((path, made))
    }

    /// The failure in pinq's words, noted for whoever waits for one.
    fn fail(&self, doing: &str, error: &io::Error) -> Error {
        let made = match &*self.lock() {
            Folder::Made(made) => Some(made.path().to_owned()),
            Folder::NotYet | Folder::Removed => None,
        };
        let place = match made.or_else(|| self.parent.clone()) {
            Some(place) => format!("`{}`", place.display()),
            None => "the system's folder for temporary files".to_owned(),
        };
        let told =
            Error::statement(format!("a statement that needs more memory than it may use could not {doing} {place}"))
                .because(io::Error::new(error.kind(), error.to_string()))
                .hint("name a folder on a disk with room: `spill_folder` under `[session]`")
                .hint("or raise `memory_limit` under `[session]`, so that less is written");
        let again = told.again();
        self.failed.send_modify(|failures| {
            failures.count += 1;
            failures.last = Some(told);
        });
        again
    }
}

impl TempFileFactory for SpillFolder {
    fn create_temp_file(&self, _description: &str) -> Result<Arc<dyn SpillFile>> {
        let failed = |error| DataFusionError::External(Box::new(self.shared.fail("make files in", &error)));
        let (path, folder) = self.shared.make_file().map_err(failed)?;
        Ok(Arc::new(Spilled { path, _folder: folder, shared: Arc::clone(&self.shared), bytes: Arc::default() }))
    }
}

/// A file that goes when nobody reads it any more. It is opened where it is used, so that many of them can wait.
struct Spilled {
    path: PathBuf,
    _folder: Arc<TempDir>,
    shared: Arc<Shared>,
    bytes: Arc<AtomicU64>,
}

impl Drop for Spilled {
    fn drop(&mut self) {
        // What is left goes with the folder.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl SpillFile for Spilled {
    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn size(&self) -> Option<u64> {
        Some(self.bytes.load(Ordering::Relaxed))
    }

    fn read_stream(&self) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>> {
        let file = File::open(&self.path)?;
        // Without another thread, as they are written, too: each thread more has memory of its own that the allocator
        // keeps for it, and what was written a moment ago is seldom on the disk already.
        Ok(Box::pin(stream::try_unfold(file, |file| async move { Ok(read_chunk(file)?) })))
    }

    fn open_writer(&self) -> Result<Box<dyn SpillWriter>> {
        let file = File::options().append(true).open(&self.path)?;
        let bytes = Arc::clone(&self.bytes);
        Ok(Box::new(Writer { file: BufWriter::with_capacity(CHUNK, file), shared: Arc::clone(&self.shared), bytes }))
    }
}

fn read_chunk(mut file: File) -> io::Result<Option<(Bytes, File)>> {
    let mut chunk = vec![0; CHUNK];
    let read = io::Read::read(&mut file, &mut chunk)?;
    chunk.truncate(read);
    Ok((read > 0).then(|| (Bytes::from(chunk), file)))
}

struct Writer {
    file: BufWriter<File>,
    shared: Arc<Shared>,
    bytes: Arc<AtomicU64>,
}

impl Writer {
    fn told(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), self.shared.fail("write to", error))
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes).map_err(|error| self.told(&error))?;
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| self.told(&error))
    }
}

impl SpillWriter for Writer {
    fn finish(&mut self) -> Result<()> {
        Ok(self.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, TryStreamExt};

    use super::*;

    #[tokio::test]
    async fn files_are_read_while_they_grow_and_go_when_they_are_dropped() {
        let parent = tempfile::tempdir().unwrap();
        let spill = SpillFolder::below(Some(&parent.path().join("made/anew")));
        let file = spill.create_temp_file("a test").unwrap();
        let mut writer = file.open_writer().unwrap();
        let whole: Vec<u8> = (0..CHUNK * 2 + 7).map(|byte| byte as u8).collect();
        writer.write_all(&whole).unwrap();
        writer.flush().unwrap();
        let read: Vec<Bytes> = file.read_stream().unwrap().try_collect().await.unwrap();
        assert!(read.concat() == whole);
        assert_eq!(file.size(), Some(whole.len() as u64));
        writer.write_all(b"more").unwrap();
        writer.finish().unwrap();
        let path = file.path().unwrap().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole.len() as u64 + 4);
        drop(file);
        assert!(!path.exists());
        drop((writer, spill));
        assert_eq!(std::fs::read_dir(parent.path().join("made/anew")).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_was_removed_does_not_come_again() {
        let parent = tempfile::tempdir().unwrap();
        let spill = SpillFolder::below(Some(parent.path()));
        std::thread::scope(|scope| {
            let (spill, (sender, made)) = (&spill, std::sync::mpsc::channel());
            scope.spawn(move || {
                // A task that goes on for a while when nobody waits for it any more, and whose files are never dropped.
                while let Ok(file) = spill.create_temp_file("a test") {
                    let _ = sender.send(std::mem::ManuallyDrop::new(file));
                }
            });
            made.iter().nth(20).unwrap();
            spill.remove();
        });
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_failure_names_the_folder_and_the_setting() {
        let parent = tempfile::tempdir().unwrap();
        let place = parent.path().join("a file");
        std::fs::write(&place, "").unwrap();
        let spill = SpillFolder::below(Some(&place));
        let failure = spill.failure();
        assert!(spill.create_temp_file("a test").is_err());
        let told = failure.now_or_never().unwrap().render();
        assert!(told.contains("a file`") && told.contains("`spill_folder` under `[session]`"), "{told}");
        assert!(spill.failure().now_or_never().is_none(), "the next statement is not told of it");
    }
}
