//! What people ask of the cache: what is in it, and to clear it.

use std::collections::{HashMap, HashSet};

use rusqlite::params;

use super::column::CachedColumn;
use super::segment::Description;
use super::{Cache, packed, piece, room};
use crate::error::Result;

/// What the cache holds of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStatus {
    /// The table's name when it was cached.
    pub table: String,
    /// Where its objects lie.
    pub location: String,
    /// Objects of which something is cached.
    pub objects: u64,
    /// Rows of these objects.
    pub records: u64,
    /// The columns that are cached, for all of the objects or for some.
    pub columns: Vec<String>,
    /// Bytes on disk.
    pub bytes: u64,
    /// How often an object was read from here rather than fetched.
    pub hits: u64,
    /// Seconds since 1970, UTC.
    pub last_used: i64,
}

impl Cache {
    /// What it holds of each table, ordered by name and location.
    pub fn status(&self) -> Result<Vec<TableStatus>> {
        type Row = (Vec<u8>, Vec<u8>, u64, i64);
        let index = self.index()?;
        let found: Vec<(TableStatus, Vec<Row>)> = index.read(|connection| {
            let mut segments = connection.prepare(
                "SELECT description, pieces, total, generation FROM segments WHERE space = ?1 AND writer IS NULL",
            )?;
            let mut spaces = connection.prepare(
                "SELECT id, table_name, location, hits, last_used FROM spaces ORDER BY table_name, location, id",
            )?;
            let mut spaces = spaces.query([])?;
            let mut found = Vec::new();
            while let Some(space) = spaces.next()? {
                let rows = segments.query_map([space.get::<_, i64>(0)?], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?;
                let status = TableStatus {
                    table: space.get(1)?,
                    location: space.get(2)?,
                    objects: 0,
                    records: 0,
                    columns: Vec::new(),
                    bytes: 0,
                    hits: space.get(3)?,
                    last_used: space.get(4)?,
                };
                found.push((status, rows.collect::<Result<Vec<_>, _>>()?));
            }
            Ok(found)
        })?;
        let mut tables = Vec::new();
        for (mut status, segments) in found.into_iter().filter(|(_, segments)| !segments.is_empty()) {
            let mut columns = HashSet::new();
            // The pieces that one scan read of an object go together; of several scans the one with the most rows counts.
            let mut read: HashMap<(String, i64), u64> = HashMap::new();
            for (description, pieces, total, generation) in segments {
                status.bytes = status.bytes.saturating_add(total);
                if let Ok(description) = packed::unpack::<Description>(&description) {
                    columns.extend(description.columns.into_iter().filter_map(|(column, _)| match column {
                        CachedColumn::Record(column) => Some(column.name),
                        CachedColumn::Fingerprint | CachedColumn::Line | CachedColumn::Position => None,
                    }));
                }
                let pieces = piece::decode(&pieces).unwrap_or_default();
                for piece in pieces.into_iter().filter(|piece| !piece.is_of_nobody()) {
                    let rows = read.entry((piece.key, generation)).or_default();
                    *rows = rows.saturating_add(piece.rows);
                }
            }
            let mut objects: HashMap<String, u64> = HashMap::new();
            for ((key, _), rows) in read {
                let known = objects.entry(key).or_default();
                *known = rows.max(*known);
            }
            status.columns = columns.into_iter().collect();
            status.columns.sort_unstable();
            status.objects = objects.len() as u64;
            status.records = objects.values().sum();
            tables.push(status);
        }
        Ok(tables)
    }

    /// The names of all tables of which something was ever cached, ordered.
    pub fn table_names(&self) -> Result<Vec<String>> {
        self.index()?.read(|connection| {
            let mut names = connection.prepare("SELECT DISTINCT table_name FROM spaces ORDER BY table_name")?;
            names.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Drops what is cached of the tables of that name, or of all; the bytes that this freed. What another process
    /// reads at the moment stays.
    pub fn clear(&self, table: Option<&str>) -> Result<u64> {
        let index = self.index()?;
        index.write(|transaction| {
            let before = room::total(transaction)?;
            let mut segments = transaction.prepare(
                "SELECT segments.id FROM segments JOIN spaces ON spaces.id = segments.space
                 WHERE writer IS NULL AND (?1 IS NULL OR table_name = ?1)",
            )?;
            let segments = segments.query_map([table], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
            for segment in segments {
                if !room::is_read(&index, transaction, segment, None)? {
                    room::drop_segment(&index, transaction, segment)?;
                }
            }
            transaction.execute(
                "DELETE FROM repeats WHERE space IN (SELECT id FROM spaces WHERE ?1 IS NULL OR table_name = ?1)",
                params![table],
            )?;
            // Who begins anew is asked for the columns of questions to come, not of those of long ago.
            transaction.execute(
                "UPDATE spaces SET columns = '[]', hits = 0 WHERE ?1 IS NULL OR table_name = ?1",
                params![table],
            )?;
            if table.is_none() {
                transaction.execute("DELETE FROM listings", [])?;
            }
            Ok(before.saturating_sub(room::total(transaction)?))
        })
    }
}
