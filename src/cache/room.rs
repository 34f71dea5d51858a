//! The bound on the cache: room for a new segment is made before it is written, by dropping those used least lately.
//!
//! Owns what counts and what goes first. A segment that somebody reads or writes stays.

use std::fs;

use rusqlite::{Transaction, params};

use super::index::Index;

/// Whether `bytes` more fit into `most`, after segments that nobody uses were dropped where they had to be.
pub fn make_room(index: &Index, transaction: &Transaction<'_>, bytes: u64, most: u64) -> rusqlite::Result<bool> {
    let mut total = total(transaction)?;
    if total.saturating_add(bytes) <= most {
        return Ok(true);
    }
    if bytes > most {
        return Ok(false);
    }
    let mut candidates =
        transaction.prepare("SELECT id, total FROM segments WHERE writer IS NULL ORDER BY last_used, id")?;
    let candidates = candidates.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u64>(1)?)))?;
    for (segment, freed) in candidates.collect::<Result<Vec<_>, _>>()? {
        if total.saturating_add(bytes) <= most {
            break;
        }
        if is_read(index, transaction, segment, None)? {
            continue;
        }
        drop_segment(index, transaction, segment)?;
        total = total.saturating_sub(freed);
    }
    Ok(total.saturating_add(bytes) <= most)
}

/// Bytes of all segments, those that are being written included, and of the index.
pub fn total(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    let segments: u64 = transaction.query_row("SELECT coalesce(sum(total), 0) FROM segments", [], |row| row.get(0))?;
    let others: u64 = transaction.query_row(
        "SELECT (SELECT coalesce(sum(length(flags)), 0) FROM repeats)
              + (SELECT coalesce(sum(length(objects)), 0) FROM listings)",
        [],
        |row| row.get(0),
    )?;
    Ok(segments.saturating_add(others))
}

/// Takes a segment away, its file included. A file that was deleted while the transaction came to nothing is a damaged
/// segment to whoever reads it next.
pub fn drop_segment(index: &Index, transaction: &Transaction<'_>, segment: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM segments WHERE id = ?1", params![segment])?;
    transaction.execute("DELETE FROM readers WHERE segment = ?1", params![segment])?;
    // Without columns it has no file.
    let _ = fs::remove_file(index.segment_file(segment));
    Ok(())
}

/// Whether a scan reads it, other than that one of this process, if one is given.
pub fn is_read(index: &Index, transaction: &Transaction<'_>, segment: i64, but: Option<i64>) -> rusqlite::Result<bool> {
    let mut readers = transaction
        .prepare("SELECT DISTINCT process FROM readers WHERE segment = ?1 AND NOT (process = ?2 AND scan IS ?3)")?;
    let readers = readers.query_map(params![segment, index.process(), but], |row| row.get::<_, String>(0))?;
    let readers = readers.collect::<Result<Vec<_>, _>>()?;
    Ok(readers.iter().any(|process| index.is_alive(process)))
}
