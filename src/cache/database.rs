//! The database of the index: its tables, opening it beside other processes, and beginning anew where it is damaged.
//!
//! Owns its files. They are taken away only while nobody has them open: SQLite finds its log by its name, and would take
//! that of a new database for the one of the old.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, ffi};

use crate::error::{Error, Result};

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

/// How long to wait until nobody uses a damaged database any more; then this run does without.
const PATIENCE_WITH_DAMAGE: Duration = Duration::from_millis(500);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// Says that the database was found damaged by a process that could not take it away.
const DAMAGED: &str = "index.damaged";

/// The database as it was opened.
pub struct Opened {
    /// It itself.
    pub connection: Connection,
    /// Locked; to be held for as long as the database is open.
    pub using: File,
    /// Whether it was begun anew in the place of one that was damaged.
    pub is_replaced: bool,
}

/// Opens the database in `folder`, or makes it there. A damaged one is begun anew, unless another process has it open.
pub fn open(folder: &Path) -> Result<Opened> {
    let cannot_lock = |error| {
        let message = format!("the file `index.lock` in `{}` can't be made or locked", folder.display());
        Error::statement(message).because(error)
    };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("index.lock"));
    let using = file.map_err(cannot_lock)?;
    let (began, mut is_replaced) = (Instant::now(), false);
    loop {
        // This waits for who begins anew, and for nobody else.
        using.lock_shared().map_err(cannot_lock)?;
        match connect(folder) {
            Ok(connection) => return Ok(Opened { connection, using, is_replaced }),
            Err(error) if is_damage(&error) => {
                using.unlock().map_err(cannot_lock)?;
                match using.try_lock() {
                    // Another process may have begun anew meanwhile.
                    Ok(()) if connect(folder).is_err_and(|error| is_damage(&error)) => {
                        remove(folder);
                        is_replaced = true;
                    }
                    Ok(()) => {}
                    Err(_) if began.elapsed() < PATIENCE_WITH_DAMAGE => pause(),
                    Err(_) => {
                        let error = Error::statement(format!("the index in `{}` is damaged", folder.display()));
                        return Err(error.hint("it is begun anew as soon as no other process uses it"));
                    }
                }
            }
            // SQLite does not wait where two processes make a database at the same time.
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => pause(),
            Err(error) => return Err(failed(folder, error)),
        }
    }
}

/// Has the database begun anew by the next process that opens it while nobody else uses it.
pub fn note_damage(folder: &Path) {
    // Where this fails, the next process finds the damage by itself.
    let _ = File::create(folder.join(DAMAGED));
}

/// Whether the error says that the database is not as it was written.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The error as it is told.
pub fn failed(folder: &Path, error: rusqlite::Error) -> Error {
    Error::statement(format!("the index in `{}` can't be used", folder.display())).because(error)
}

fn connect(folder: &Path) -> rusqlite::Result<Connection> {
    if folder.join(DAMAGED).exists() {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None));
    }
    let connection = Connection::open(folder.join("index.sqlite"))?;
    connection.busy_timeout(PATIENCE)?;
    // Who reads does not wait for who writes. What a crash of the machine may undo is work, never consistency.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(TABLES)?;
    // What damages a page of it shows at the first use that needs the page.
    connection.query_row("SELECT count(*) FROM segments", [], |_| Ok(()))?;
    Ok(connection)
}

/// Nobody else must use it.
fn remove(folder: &Path) {
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm", "index.sqlite-journal", DAMAGED] {
        let _ = fs::remove_file(folder.join(name));
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[expect(clippy::disallowed_methods, reason = "opening the cache blocks, as waiting within SQLite does")]
fn pause() {
    std::thread::sleep(PAUSE);
}
