//! The index of the cache: a SQLite database that says which segments there are and who uses them.
//!
//! Owns its transactions, and clearing up after processes that died. Several processes use it at once. It must not
//! know what is in a segment.

use std::fs::{self, DirBuilder, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::database::{self, Opened};
use super::process::{self, Process};
use crate::error::{Error, Result};

/// The open index.
pub struct Index {
    folder: PathBuf,
    process: Process,
    connection: Mutex<Connection>,
    /// Files of segments that go once it is certain that the segments are gone.
    gone: Mutex<Vec<PathBuf>>,
    is_replaced: bool,
    /// Locked for as long as the database is open.
    _using: File,
}

impl Index {
    /// Opens the index in `folder`, or makes it there. One that is damaged is begun anew, unless another process has
    /// it open.
    pub fn open(folder: &Path) -> Result<Index> {
        for folder in [folder, &folder.join("segments"), &folder.join("processes")] {
            make_folder(folder)?;
        }
        let mut opened = database::open(folder)?;
        let mut registered = register(&mut opened.connection, folder);
        if registered.as_ref().is_err_and(database::is_damage) {
            drop(opened);
            database::note_damage(folder);
            opened = database::open(folder)?;
            registered = register(&mut opened.connection, folder);
        }
        let (process, Buried { dead, were_unknown }) = registered.map_err(|error| database::failed(folder, error))?;
        let (process, Opened { connection, using, is_replaced }) = (process?, opened);
        // Only now: were this process killed before, nobody else would know that there is something to bury.
        for file in dead {
            // It is gone where another process was faster.
            let _ = fs::remove_file(file);
        }
        let (folder, connection, gone) = (folder.to_owned(), Mutex::new(connection), Mutex::default());
        Ok(Index { folder, process, connection, gone, is_replaced: is_replaced || were_unknown, _using: using })
    }

    /// Whether it was begun anew in the place of one that was damaged, or that was gone while its segments were not.
    pub fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    /// Takes back what this process noted, and its own note: a task that still holds on to the index when the process
    /// ends has no time to.
    pub fn leave(&self) {
        let process = self.process.name().to_owned();
        // Where this fails, the next process that opens the cache does it.
        let _ = self.write(|transaction| transaction.execute("DELETE FROM readers WHERE process = ?1", [&process]));
        self.process.leave();
    }

    /// The name under which this process reads and writes.
    pub fn process(&self) -> &str {
        self.process.name()
    }

    /// The file of a segment.
    pub fn segment_file(&self, segment: i64) -> PathBuf {
        segment_file(&self.folder, segment)
    }

    /// Whether the process of that name is alive.
    pub fn is_alive(&self, process: &str) -> bool {
        process::is_alive(&self.folder.join("processes"), process)
    }

    /// Looks something up.
    pub fn read<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        look(&self.lock()).map_err(|error| self.failed(error))
    }

    /// Changes something, all of it or nothing.
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.lock();
        let done = begin(&mut connection).and_then(|transaction| {
            let done = change(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        let gone = std::mem::take(&mut *self.gone.lock().unwrap_or_else(PoisonError::into_inner));
        if done.is_ok() {
            // One that stays, because this process ends here, is nobody's: the next one that opens the cache takes
            // it away. The other way round a segment could stay without its file, which is damage.
            gone.iter().for_each(|file| drop(fs::remove_file(file)));
        }
        done.map_err(|error| self.failed(error))
    }

    /// Has the file of a segment taken away at the end of the change under way.
    pub fn remove_file_of(&self, segment: i64) {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).push(self.segment_file(segment));
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        if database::is_damage(&error) {
            // This run goes on without; the next that is alone begins anew.
            database::note_damage(&self.folder);
        }
        database::failed(&self.folder, error)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On its way out it takes back what it noted.
impl Drop for Index {
    fn drop(&mut self) {
        self.leave();
    }
}

fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    // Records, keys and names of columns are nobody else's business.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let failed = |error| Error::statement(format!("the folder `{}` can't be made", folder.display())).because(error);
    builder.create(folder).map_err(failed)
}

/// Clears up, and registers this process within the same transaction: nobody looks for dead ones but within such a one.
fn register(connection: &mut Connection, folder: &Path) -> rusqlite::Result<(Result<Process>, Buried)> {
    let transaction = begin(connection)?;
    let buried = bury(&transaction, folder)?;
    let process = Process::register(&folder.join("processes"));
    transaction.commit()?;
    Ok((process, buried))
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// What was found where dead processes had been.
struct Buried {
    /// Their files, which have to stay until what they left is taken away for good.
    dead: Vec<PathBuf>,
    /// Whether there were segments of which the index, which is new, knows nothing.
    were_unknown: bool,
}

/// Takes away what dead processes were reading and had begun to write, and files that no segment has.
fn bury(transaction: &Transaction<'_>, folder: &Path) -> rusqlite::Result<Buried> {
    let processes = folder.join("processes");
    let mut buried = Buried { dead: process::dead(&processes), were_unknown: false };
    let is_new = transaction.query_row("SELECT count(*) FROM spaces", [], |row| row.get::<_, i64>(0))? == 0;
    if buried.dead.is_empty() && !is_new {
        return Ok(buried);
    }
    let mut named = transaction
        .prepare("SELECT process FROM readers UNION SELECT writer FROM segments WHERE writer IS NOT NULL")?;
    let named = named.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for process in named {
        if !process::is_alive(&processes, &process) {
            transaction.execute("DELETE FROM readers WHERE process = ?1", params![process])?;
            transaction.execute("DELETE FROM segments WHERE writer = ?1", params![process])?;
        }
    }
    for entry in fs::read_dir(folder.join("segments")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_suffix(".parquet").and_then(|id| id.parse::<i64>().ok());
        let known = transaction.query_row("SELECT 1 FROM segments WHERE id = ?1", [id], |_| Ok(()));
        if matches!(known, Err(rusqlite::Error::QueryReturnedNoRows)) {
            let _ = fs::remove_file(entry.path());
            buried.were_unknown |= is_new && id.is_some();
        }
    }
    Ok(buried)
}

fn segment_file(folder: &Path, segment: i64) -> PathBuf {
    folder.join("segments").join(format!("{segment}.parquet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_dies_while_burying_leaves_the_dead_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::open(folder.path()).unwrap();
        index
            .write(|transaction| {
                transaction.execute_batch(
                    "INSERT INTO spaces VALUES (1, 'i', 't', 'l', '[]', 0, 0);
                     INSERT INTO segments (space, generation, writer, total, description, pieces, last_used)
                     VALUES (1, 1, 'p-dead', 5, '{}', x'', 0);",
                )
            })
            .unwrap();
        let dead = folder.path().join("processes").join("p-dead");
        fs::write(&dead, "").unwrap();
        // The transaction comes to nothing, as by a kill.
        let connection = index.connection.get_mut().unwrap();
        let buried = bury(&begin(connection).unwrap(), folder.path()).unwrap();
        assert_eq!(buried.dead.as_slice(), std::slice::from_ref(&dead));
        assert!(dead.exists());
        let next = Index::open(folder.path()).unwrap();
        assert!(!dead.exists());
        let left = next.read(|it| it.query_row("SELECT count(*) FROM segments", [], |row| row.get::<_, i64>(0)));
        assert_eq!(left.unwrap(), 0);
    }
}
