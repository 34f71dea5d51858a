//! The bound on the cache: room for a new segment is made before it is written, by dropping those used least lately.
//!
//! Owns what counts and what goes first. A segment that somebody reads or writes stays.

use rusqlite::{Connection, Transaction, params};

use super::index::Index;
use crate::error::Result;

/// What goes as a whole.
enum Unit {
    Segment(i64),
    /// The flags of a space's rows, by the cover.
    Flags(i64, Vec<u8>),
    /// The listing of a location's folder.
    Listing(String, String),
}

/// Whether `bytes` more fit into `most`, after segments that nobody uses were dropped where they had to be.
pub fn make_room(index: &Index, transaction: &Transaction<'_>, bytes: u64, most: u64) -> rusqlite::Result<bool> {
    let mut total = total(transaction)?;
    if total.saturating_add(bytes) <= most {
        return Ok(true);
    }
    if bytes > most {
        return Ok(false);
    }
    for (unit, freed) in candidates(transaction)? {
        if total.saturating_add(bytes) <= most {
            break;
        }
        match unit {
            Unit::Segment(segment) if is_read(index, transaction, segment, None)? => continue,
            Unit::Segment(segment) => drop_segment(index, transaction, segment)?,
            Unit::Flags(space, cover) => {
                transaction.execute("DELETE FROM repeats WHERE space = ?1 AND cover = ?2", params![space, cover])?;
            }
            Unit::Listing(location, folder) => {
                let drop = "DELETE FROM listings WHERE location = ?1 AND folder = ?2";
                transaction.execute(drop, params![location, folder])?;
            }
        }
        total = total.saturating_sub(freed);
    }
    Ok(total.saturating_add(bytes) <= most)
}

/// Drops what no longer fits, where earlier runs had more room.
pub fn shrink(index: &Index, most: u64) -> Result<()> {
    if index.read(total)? > most {
        index.write(|transaction| make_room(index, transaction, 0, most))?;
    }
    Ok(())
}

/// What may go, with its bytes: what was used least lately first.
fn candidates(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<(Unit, u64)>> {
    let mut rows = transaction.prepare(
        "SELECT last_used, 0, total, id, NULL, NULL FROM segments WHERE writer IS NULL
         UNION ALL SELECT last_used, 1, length(flags), space, cover, NULL FROM repeats
         UNION ALL SELECT last_used, 2, length(objects), NULL, location, folder FROM listings
         ORDER BY 1, 2, 4",
    )?;
    let rows = rows.query_map([], |row| {
        let unit = match row.get(1)? {
            0 => Unit::Segment(row.get(3)?),
            1 => Unit::Flags(row.get(3)?, row.get(4)?),
            _ => Unit::Listing(row.get(4)?, row.get(5)?),
        };
        Ok((unit, row.get(2)?))
    })?;
    rows.collect()
}

/// Bytes of all segments, those that are being written included, and of the index.
pub fn total(connection: &Connection) -> rusqlite::Result<u64> {
    let segments: u64 = connection.query_row("SELECT coalesce(sum(total), 0) FROM segments", [], |row| row.get(0))?;
    let others: u64 = connection.query_row(
        "SELECT (SELECT coalesce(sum(length(flags)), 0) FROM repeats)
              + (SELECT coalesce(sum(length(objects)), 0) FROM listings)",
        [],
        |row| row.get(0),
    )?;
    Ok(segments.saturating_add(others))
}

/// Takes a segment away, and its file at the end of the transaction.
pub fn drop_segment(index: &Index, transaction: &Transaction<'_>, segment: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM segments WHERE id = ?1", params![segment])?;
    transaction.execute("DELETE FROM readers WHERE segment = ?1", params![segment])?;
    index.remove_file_of(segment);
    Ok(())
}

/// Whether a scan reads it, other than that one of this process, if one is given.
pub fn is_read(index: &Index, transaction: &Transaction<'_>, segment: i64, but: Option<i64>) -> rusqlite::Result<bool> {
    let mut readers = transaction
        .prepare("SELECT DISTINCT process FROM readers WHERE segment = ?1 AND NOT (process = ?2 AND scan IS ?3)")?;
    let readers = readers.query_map(params![segment, index.process(), but], |row| row.get::<_, String>(0))?;
    let readers = readers.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(readers.iter().any(|process| index.is_alive(process)))
}
