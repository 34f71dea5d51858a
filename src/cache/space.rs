//! What the cache holds of one table, decoded in one way: its segments.
//!
//! Owns how a segment comes to be and goes, so that neither a crash nor another process ever shows half of one.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Transaction, params};
use xxhash_rust::xxh3::xxh3_64;

use super::column::CachedColumn;
use super::index::Index;
use super::piece::{self, Piece};
use super::segment::Description;
use super::{Cache, packed, room};
use crate::error::{Error, Result};

/// Tells the scans of this process apart in what they note.
static SCANS: AtomicI64 = AtomicI64::new(0);

/// The segments of one table. Cheap to clone.
#[derive(Clone)]
pub struct Space {
    cache: Cache,
    index: Arc<Index>,
    id: i64,
}

/// A segment that is whole.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its number, which no other ever has.
    pub id: i64,
    /// Segments of one scan have one; pieces of an object belong together only within it.
    pub generation: i64,
    /// What it holds.
    pub description: Arc<Description>,
    /// Whose rows they are, in the order of its rows.
    pub pieces: Vec<Piece>,
    /// Its file.
    pub file: PathBuf,
}

/// Segments that stay where they are for as long as this lives.
pub struct Segments {
    space: Space,
    scan: i64,
    /// The numbers of all of the space's segments, those that are not wanted included.
    pub all: Vec<i64>,
    /// Those that are wanted, the newest first.
    pub segments: Vec<Segment>,
}

/// What became of a segment that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It has this number.
    Kept(i64),
    /// There was no room for it.
    NoRoom,
}

impl Cache {
    /// The space of a table that `identity` tells from all others; `table` and `location` are for people.
    pub fn space(&self, identity: &str, table: &str, location: &str) -> Result<Space> {
        let (index, now) = (self.index()?, self.now());
        let id = index.write(|transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO spaces (identity, table_name, location, columns, hits, last_used)
                 VALUES (?1, ?2, ?3, '[]', 0, ?4)",
                params![identity, table, location, now],
            )?;
            transaction.query_row("SELECT id FROM spaces WHERE identity = ?1", [identity], |row| row.get(0))
        })?;
        Ok(Space { cache: self.clone(), index, id })
    }
}

impl Space {
    /// The columns that were asked for up to now.
    pub fn columns(&self) -> Result<Vec<CachedColumn>> {
        self.index
            .read(|connection| {
                connection.query_row("SELECT columns FROM spaces WHERE id = ?1", [self.id], |row| row.get(0))
            })
            .map(|columns: String| serde_json::from_str(&columns).unwrap_or_default())
    }

    /// The segments that are `wanted`. None of them goes before the answer is dropped.
    pub fn segments(&self, wanted: impl Fn(&Description) -> bool) -> Result<Segments> {
        let (scan, now) = (SCANS.fetch_add(1, Ordering::Relaxed), self.now());
        let mut segments = Segments { space: self.clone(), scan, all: Vec::new(), segments: Vec::new() };
        type Row = (i64, i64, Description, Vec<u8>);
        let (all, found, mut damaged): (Vec<i64>, Vec<Row>, Vec<i64>) = self.index.write(|transaction| {
            let mut rows = transaction.prepare(
                "SELECT id, generation, description, pieces FROM segments
                 WHERE space = ?1 AND writer IS NULL ORDER BY id DESC",
            )?;
            let mut rows = rows.query([self.id])?;
            let (mut all, mut found, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(row) = rows.next()? {
                all.push(row.get(0)?);
                let Ok(description) = packed::unpack::<Description>(row.get_ref(2)?.as_bytes()?) else {
                    damaged.push(row.get(0)?);
                    continue;
                };
                if wanted(&description) {
                    found.push((row.get(0)?, row.get(1)?, description, row.get(3)?));
                }
            }
            let mut note =
                transaction.prepare("INSERT OR IGNORE INTO readers (segment, process, scan) VALUES (?1, ?2, ?3)")?;
            let mut touch = transaction.prepare("UPDATE segments SET last_used = ?2 WHERE id = ?1")?;
            for (id, ..) in &found {
                note.execute(params![id, self.index.process(), scan])?;
                touch.execute(params![id, now])?;
            }
            transaction.execute("UPDATE spaces SET last_used = ?2 WHERE id = ?1", params![self.id, now])?;
            Ok((all, found, damaged))
        })?;
        segments.all = all;
        for (id, generation, description, pieces) in found {
            match piece::decode(&pieces) {
                Ok(pieces) => {
                    let (description, file) = (Arc::new(description), self.index.segment_file(id));
                    segments.segments.push(Segment { id, generation, description, pieces, file });
                }
                Err(_) => damaged.push(id),
            }
        }
        damaged.into_iter().for_each(|id| self.note_damaged(id));
        Ok(segments)
    }

    /// Keeps a segment: the bytes of its file, what they are, and whose rows they are.
    ///
    /// # Errors
    /// The disk takes no more, or the index does not. Nothing of the segment is left then.
    pub fn keep(
        &self,
        file: &[u8],
        description: &Description,
        generation: i64,
        pieces: Vec<Piece>,
    ) -> Result<Committed> {
        let (described, pieces) = (packed::pack(description)?, piece::encode(pieces)?);
        let total = (file.len() as u64).saturating_add(described.len() as u64).saturating_add(pieces.len() as u64);
        let (now, most, process) = (self.now(), self.max_bytes(), self.index.process());
        let id = self.index.write(|transaction| {
            if !room::make_room(&self.index, transaction, total, most)? {
                return Ok(None);
            }
            transaction.execute(
                "INSERT INTO segments (space, generation, writer, total, description, pieces, last_used)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![self.id, generation, process, total, described, pieces, now],
            )?;
            Ok(Some(transaction.last_insert_rowid()))
        })?;
        let Some(id) = id else { return Ok(Committed::NoRoom) };
        if let Err(error) = self.write_file(id, file) {
            // The error that is told is the disk's.
            let _ = self.forget(id);
            return Err(error);
        }
        let columns: Vec<&CachedColumn> = description.columns.iter().map(|(column, _)| column).collect();
        self.index.write(|transaction| {
            transaction.execute("UPDATE segments SET writer = NULL WHERE id = ?1", [id])?;
            self.note_columns(transaction, &columns)
        })?;
        Ok(Committed::Kept(id))
    }

    /// Drops a segment that was found damaged, and has it told.
    pub fn note_damaged(&self, segment: i64) {
        self.cache.count_damaged();
        if let Err(error) = self.forget(segment) {
            self.turn_off(error);
        }
    }

    /// Drops a segment.
    fn forget(&self, segment: i64) -> Result<()> {
        self.index.write(|transaction| room::drop_segment(&self.index, transaction, segment))
    }

    /// Drops segments that no other scan is reading.
    pub fn drop_segments(&self, segments: &[i64], scan: i64) -> Result<()> {
        if segments.is_empty() {
            return Ok(());
        }
        self.index.write(|transaction| {
            for segment in segments {
                if !room::is_read(&self.index, transaction, *segment, Some(scan))? {
                    room::drop_segment(&self.index, transaction, *segment)?;
                }
            }
            Ok(())
        })
    }

    /// A number that no other scan has, in whatever process.
    pub fn generation(&self) -> i64 {
        let scan = SCANS.fetch_add(1, Ordering::Relaxed);
        xxh3_64(format!("{} {scan} {}", self.index.process(), self.now()).as_bytes()).cast_signed()
    }

    /// Seconds since 1970, UTC, as [`Cache::now`] tells.
    pub fn now(&self) -> i64 {
        self.cache.now()
    }

    /// Counts objects that did not have to be fetched.
    pub fn count_hits(&self, objects: u64) -> Result<()> {
        let count = "UPDATE spaces SET hits = hits + ?2 WHERE id = ?1";
        self.index.write(|transaction| transaction.execute(count, params![self.id, objects])).map(|_| ())
    }

    /// Turns the cache off because of that error.
    pub fn turn_off(&self, error: Error) {
        self.cache.turn_off(error);
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn max_bytes(&self) -> u64 {
        self.cache.max_bytes()
    }

    fn write_file(&self, segment: i64, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let path = self.index.segment_file(segment);
        let failed = |error| Error::statement(format!("`{}` can't be written", path.display())).because(error);
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        file.write_all(bytes).map_err(|error| {
            let _ = fs::remove_file(&path);
            failed(error)
        })
    }

    /// A column replaces one of the same name that had another type.
    fn note_columns(&self, transaction: &Transaction<'_>, new: &[&CachedColumn]) -> rusqlite::Result<()> {
        let known: String =
            transaction.query_row("SELECT columns FROM spaces WHERE id = ?1", [self.id], |row| row.get(0))?;
        let mut known: Vec<CachedColumn> = serde_json::from_str(&known).unwrap_or_default();
        known.retain(|known| !new.iter().any(|new| is_same_name(known, new)));
        known.extend(new.iter().map(|new| (*new).clone()));
        let text = serde_json::to_string(&known).unwrap_or_else(|_| "[]".to_owned());
        transaction.execute("UPDATE spaces SET columns = ?2 WHERE id = ?1", params![self.id, text]).map(|_| ())
    }
}

impl Segments {
    /// The number under which it is noted that they are read.
    pub fn scan(&self) -> i64 {
        self.scan
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        let (index, scan) = (&self.space.index, self.scan);
        let free = "DELETE FROM readers WHERE process = ?1 AND scan = ?2";
        // Where this fails, they are freed when the process ends.
        let _ = index.write(|transaction| transaction.execute(free, params![index.process(), scan]));
    }
}

fn is_same_name(one: &CachedColumn, other: &CachedColumn) -> bool {
    match (one, other) {
        (CachedColumn::Record(one), CachedColumn::Record(other)) => one.name == other.name,
        (one, other) => one == other,
    }
}
