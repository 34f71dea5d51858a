//! The index of the cache: a SQLite database that says which segments there are and who uses them.
//!
//! Owns the database's tables, its transactions, and clearing up after processes that died. Several processes use it
//! at once. It must not know what is in a segment.

use std::fs::{self, DirBuilder, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, ffi, params};

use super::process::{self, Process};
use crate::error::{Error, Result};

/// The file that says that the index was found damaged by a process that had it open.
const DAMAGED: &str = "index.damaged";
/// How long to wait for another process that writes; each does so for milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// A space is a table's location with everything that decides how its records are decoded. A segment without a writer
/// is whole. `total` is the bytes of a segment's file and of what the index holds of it.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS spaces (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        table_name TEXT NOT NULL,
        location TEXT NOT NULL,
        columns TEXT NOT NULL,
        hits INTEGER NOT NULL,
        last_used INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS segments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        space INTEGER NOT NULL REFERENCES spaces,
        generation INTEGER NOT NULL,
        writer TEXT,
        total INTEGER NOT NULL,
        description BLOB NOT NULL,
        pieces BLOB NOT NULL,
        last_used INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS segments_of_space ON segments (space);
    CREATE TABLE IF NOT EXISTS readers (
        segment INTEGER NOT NULL,
        process TEXT NOT NULL,
        scan INTEGER NOT NULL,
        PRIMARY KEY (segment, process, scan)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS repeats (
        space INTEGER NOT NULL,
        cover BLOB NOT NULL,
        flags BLOB NOT NULL,
        last_used INTEGER NOT NULL,
        PRIMARY KEY (space, cover)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS listings (
        location TEXT NOT NULL,
        folder TEXT NOT NULL,
        listed_at INTEGER NOT NULL,
        objects BLOB NOT NULL,
        last_used INTEGER NOT NULL,
        PRIMARY KEY (location, folder)
    ) WITHOUT ROWID;
";

/// The open index.
pub struct Index {
    folder: PathBuf,
    process: Process,
    connection: Mutex<Connection>,
    is_replaced: bool,
}

impl Index {
    /// Opens the index in `folder`, or makes it there. One that is damaged is begun anew, unless another process has
    /// it open.
    pub fn open(folder: &Path) -> Result<Index> {
        for folder in [folder, &folder.join("segments"), &folder.join("processes")] {
            make_folder(folder)?;
        }
        let processes = folder.join("processes");
        let (mut opened, mut is_damaged) = (open_once(folder), false);
        if opened.as_ref().is_err_and(is_damage) {
            // Of several that found it damaged the first begins a new one, and the others use that.
            let alone = folder.join("index.lock");
            let lock = File::create(&alone).and_then(|file| file.lock().map(|()| file));
            let _lock = lock.map_err(|error| {
                Error::statement(format!("`{}` could not be made and locked", alone.display())).because(error)
            })?;
            opened = open_once(folder);
            is_damaged = opened.as_ref().is_err_and(is_damage);
            // Whoever has it open would take away parts of a new one in its place.
            if is_damaged && process::are_alive(&processes) {
                let error = Error::statement(format!("the index in `{}` is damaged", folder.display()));
                return Err(error.hint("it is begun anew as soon as no other process uses it"));
            }
            if is_damaged {
                remove_database(folder);
                opened = open_once(folder);
            }
        }
        let (connection, process, buried) = opened.map_err(|error| failed(folder, error))?;
        let is_replaced = is_damaged || buried == Buried::AllSegments;
        Ok(Index { folder: folder.to_owned(), process: process?, connection: Mutex::new(connection), is_replaced })
    }

    /// Whether it was begun anew in the place of one that was damaged, or that was gone while its segments were not.
    pub fn is_replaced(&self) -> bool {
        self.is_replaced
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
        done.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        if is_damage(&error) {
            // The next run begins anew; this one goes on without.
            let _ = fs::write(self.folder.join(DAMAGED), "");
        }
        failed(&self.folder, error)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On its way out it takes back what it noted.
impl Drop for Index {
    fn drop(&mut self) {
        let process = self.process.name().to_owned();
        // Where this fails, the next process that opens the cache does it.
        let _ = self.write(|transaction| transaction.execute("DELETE FROM readers WHERE process = ?1", [&process]));
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

fn connect(folder: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(folder.join("index.sqlite"))?;
    connection.busy_timeout(PATIENCE)?;
    // Who reads does not wait for who writes. What a crash of the machine may undo is work, never consistency.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(TABLES)?;
    Ok(connection)
}

/// Opens it and clears up. The process is registered within a transaction that writes: nobody looks for dead ones but
/// within such a one.
fn open_once(folder: &Path) -> rusqlite::Result<(Connection, Result<Process>, Buried)> {
    if folder.join(DAMAGED).exists() {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None));
    }
    let mut connection = connect(folder)?;
    // What damages a page of it shows at the first use that needs the page.
    connection.query_row("SELECT count(*) FROM segments", [], |_| Ok(()))?;
    let transaction = begin(&mut connection)?;
    let buried = bury(&transaction, folder)?;
    let process = Process::register(&folder.join("processes"));
    transaction.commit()?;
    Ok((connection, process, buried))
}

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// What was taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Buried {
    /// What dead processes left, if anything.
    Remains,
    /// Segments of which the index, which is new, knows nothing.
    AllSegments,
}

/// Takes away what dead processes were reading and had begun to write, and files that no segment has.
fn bury(transaction: &Transaction<'_>, folder: &Path) -> rusqlite::Result<Buried> {
    let processes = folder.join("processes");
    let dead = process::dead(&processes);
    let is_new = transaction.query_row("SELECT count(*) FROM spaces", [], |row| row.get::<_, i64>(0))? == 0;
    if dead.is_empty() && !is_new {
        return Ok(Buried::Remains);
    }
    let mut buried = Buried::Remains;
    let mut named = transaction
        .prepare("SELECT process FROM readers UNION SELECT writer FROM segments WHERE writer IS NOT NULL")?;
    let named = named.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    for process in named {
        if !process::is_alive(&processes, &process) {
            transaction.execute("DELETE FROM readers WHERE process = ?1", params![process])?;
            transaction.execute("DELETE FROM segments WHERE writer = ?1", params![process])?;
        }
    }
    for file in dead {
        // It is gone where another process was faster.
        let _ = fs::remove_file(file);
    }
    for entry in fs::read_dir(folder.join("segments")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_suffix(".parquet").and_then(|id| id.parse::<i64>().ok());
        let known = transaction.query_row("SELECT 1 FROM segments WHERE id = ?1", [id], |_| Ok(()));
        if matches!(known, Err(rusqlite::Error::QueryReturnedNoRows)) {
            let _ = fs::remove_file(entry.path());
            if is_new && id.is_some() {
                buried = Buried::AllSegments;
            }
        }
    }
    Ok(buried)
}

fn segment_file(folder: &Path, segment: i64) -> PathBuf {
    folder.join("segments").join(format!("{segment}.parquet"))
}

fn remove_database(folder: &Path) {
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm", DAMAGED] {
        let _ = fs::remove_file(folder.join(name));
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn failed(folder: &Path, error: rusqlite::Error) -> Error {
    Error::statement(format!("the index in `{}` can't be used", folder.display())).because(error)
}
