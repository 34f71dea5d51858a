//! What one scan wants of the cache, and what it keeps there.
//!
//! Owns which columns are decoded beyond those of the scan: those that were asked for before, so that every object has
//! all of them together, and a later question for any of them finds each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::BooleanArray;

use super::coverage::Coverage;
use super::found::{Told, is_asked_for};
use super::ledger::Ledger;
use super::pruning::RowPruning;
use super::rows::CachedRows;
use crate::cache::{CachedColumn, Cover, Description, Flags, Piece, Space};
use crate::column::Column;
use crate::config::{OnBadValue, REST_COLUMN};
use crate::json::LateKey;
use crate::scan::objects::MetadataColumn;
use crate::scan::provider::Projection;
use crate::scan::rows::{Judge, ScanTally};

/// Segments of fewer rows are put together with others once there are many.
const SMALL_ROWS: u64 = 64 << 10;
/// So many.
const MANY_SMALL: usize = 16;

/// Whether the rows of objects that are fetched are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// They are, and the scan reads every object: what it does not come across is there no more.
    All,
    /// They are.
    Some,
    /// They are not: the scan stops before its end.
    Nothing,
}

/// The dealings of one scan with the cache.
pub struct Caching {
    space: Space,
    keeping: Keeping,
    /// What leaves segments out.
    pruning: Option<Arc<RowPruning>>,
    /// Whether a value that does not fit fails the statement that reads its column.
    on_bad_value: OnBadValue,
    /// The names of the scan's own columns.
    names: Vec<String>,
    /// What is decoded, the scan's own columns first.
    decoded: Vec<Column>,
    /// What new segments hold, in the order of `decoded`, then what is not of the record's keys.
    columns: Vec<CachedColumn>,
    /// What the scan needs of segments that there are.
    wanted: Vec<CachedColumn>,
    /// The names of all of the table's columns, sorted.
    known: Vec<String>,
    /// Objects without an entity tag that were written later than this, in seconds since 1970, may change unnoticed.
    settled: i64,
    generation: i64,
    ledger: Mutex<Ledger>,
}

/// Seconds for which a file that was written may be written again within the same tick of its clock.
const SETTLING: i64 = 2;

impl Caching {
    /// For a scan of that projection in so many partitions.
    pub fn new(
        space: Space,
        projection: &Projection,
        keeping: Keeping,
        on_bad_value: OnBadValue,
        partitions: usize,
    ) -> Self {
        let asked = match keeping {
            Keeping::Nothing => Vec::new(),
            // Without them new objects are kept with the scan's own columns only.
            Keeping::All | Keeping::Some => space.columns().unwrap_or_default(),
        };
        let (mut decoded, own) = (projection.columns.clone(), projection.columns.len());
        decoded.extend(
            projection.unread.iter().filter(|column| asked.contains(&CachedColumn::Record((*column).clone()))).cloned(),
        );
        let record = |column: &Column| CachedColumn::Record(column.clone());
        let (mut columns, mut wanted) = (decoded.iter().map(record).collect::<Vec<_>>(), Vec::new());
        wanted.extend(columns.iter().take(own).cloned());
        for (metadata, column) in [
            (MetadataColumn::Repeat, CachedColumn::Fingerprint),
            (MetadataColumn::Line, CachedColumn::Line),
            (MetadataColumn::Offset, CachedColumn::Position),
        ] {
            if projection.has(metadata) {
                wanted.push(column.clone());
            }
            if projection.has(metadata) || asked.contains(&column) {
                columns.push(column);
            }
        }
        let mut known: Vec<String> =
            projection.columns.iter().chain(&projection.unread).map(|column| column.name.clone()).collect();
        known.sort_unstable();
        Caching {
            settled: space.now().saturating_sub(SETTLING),
            generation: space.generation(),
            keeping,
            pruning: None,
            on_bad_value,
            names: projection.columns.iter().map(|column| column.name.clone()).collect(),
            decoded,
            columns,
            wanted,
            known,
            ledger: Mutex::new(Ledger::new(partitions, projection.has(MetadataColumn::Repeat))),
            space,
        }
    }

    /// The same, which leaves out what `pruning` rules out.
    #[must_use]
    pub fn pruned(self, pruning: Option<Arc<RowPruning>>) -> Self {
        Caching { pruning, ..self }
    }

    /// Marks the segments of which no row can be in the answer; how many. Blocks.
    pub fn rule_out(&self, all: &mut [CachedRows]) -> usize {
        let Some(pruning) = &self.pruning else { return 0 };
        let mut ruled_out = 0;
        for rows in all.iter_mut().filter(|rows| !rows.is_joined) {
            rows.is_ruled_out = pruning.rules_out(rows);
            ruled_out += usize::from(rows.is_ruled_out);
        }
        if ruled_out > 0 {
            self.ledger().unkept();
        }
        ruled_out
    }

    /// What holds the segments.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether rows of objects that are fetched are kept.
    pub fn keeps(&self) -> bool {
        self.keeping != Keeping::Nothing
    }

    /// What is decoded, the scan's own columns first.
    pub fn decoded(&self) -> &[Column] {
        &self.decoded
    }

    /// Whether columns are decoded that the scan does not read.
    pub fn decodes_more(&self) -> bool {
        self.decoded.len() > self.names.len()
    }

    /// What new segments hold.
    pub fn columns(&self) -> &[CachedColumn] {
        &self.columns
    }

    /// What is needed of old ones.
    pub fn wanted(&self) -> &[CachedColumn] {
        &self.wanted
    }

    /// Whether new segments hold that.
    pub fn holds(&self, column: &CachedColumn) -> bool {
        self.columns.contains(column)
    }

    /// The names of all of the table's columns.
    pub fn known(&self) -> &[String] {
        &self.known
    }

    /// Tells the segments of this scan from those of others.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Where what is found in cached pieces is told.
    pub fn told<'a>(&'a self, judge: &'a Judge, tally: &'a ScanTally) -> Told<'a> {
        Told { judge, tally, names: &self.names, known: &self.known }
    }

    /// Whether the scan tells of a key outside the columns that was decoded.
    pub fn tells(&self, key: &LateKey) -> bool {
        is_asked_for(key, &self.names)
    }

    /// Whether an object was written long enough ago to be known again by its size and time.
    pub fn is_settled(&self, piece: &Piece) -> bool {
        piece.etag.is_some() || piece.modified / 1_000_000_000 <= self.settled
    }

    /// What the cache holds for this scan; nothing where it can't be used. Blocks.
    pub fn coverage(&self) -> Option<Coverage> {
        let segments = self.space.segments(|description| self.serves(description)).ok()?;
        self.ledger().know(segments.all.clone(), segments.scan());
        // What is outside of the columns depends on what they were.
        let holds_rest = self.decoded.iter().any(|column| column.name == REST_COLUMN);
        let is_fit = |description: &Description| {
            (!holds_rest || description.known == self.known)
                && description.rows < SMALL_ROWS
                && self.columns.iter().all(|column| description.position(column).is_some())
        };
        let fit = segments.segments.iter().filter(|segment| is_fit(&segment.description));
        // Others are never put together, so that they must not have these few written anew at each scan.
        let fit = fit.filter(|segment| segment.pieces.iter().all(Piece::is_whole)).count();
        let joins = fit >= MANY_SMALL && self.keeping == Keeping::All;
        let is_joined = |description: &Description| joins && is_fit(description);
        Some(Coverage::new(segments, self, &is_joined))
    }

    /// Whether a piece in which that was found serves the scan.
    pub fn accepts(&self, nulled: &[(String, u64)]) -> bool {
        self.on_bad_value == OnBadValue::Null || !nulled.iter().any(|(name, _)| self.names.contains(name))
    }

    fn serves(&self, description: &Description) -> bool {
        let knows = |name: &String| self.known.binary_search(name).is_ok();
        // A key that was a column then and is none now was not counted as one outside the columns.
        let is_known = description.known.iter().all(knows);
        let reads_rest = self.names.iter().any(|name| name == REST_COLUMN);
        is_known
            && (!reads_rest || description.known == self.known)
            && self.wanted.iter().all(|column| description.position(column).is_some())
    }

    /// The flags of exactly these rows, if an earlier scan left them. Blocks.
    pub fn flags(&self, cover: &Cover) -> Option<Flags> {
        if !self.wanted.contains(&CachedColumn::Fingerprint) {
            return None;
        }
        let flags = self.space.flags(cover).ok().flatten()?;
        self.ledger().flags_are_known();
        Some(flags)
    }

    /// Drops a segment that is damaged. Blocks.
    pub fn forget(&self, segment: i64) {
        self.ledger().unkept();
        self.space.note_damaged(segment);
    }

    /// Notes that rows of a segment were read: which pieces of it, and which rows are repeats, where that was found.
    pub fn note_read(&self, segment: i64, pieces: impl Iterator<Item = u32>) {
        self.ledger().read(segment, pieces);
    }

    /// Notes which rows of a segment are repeats.
    pub fn note_flags(&self, segment: i64, rows: impl Iterator<Item = u64>, flags: &BooleanArray) {
        self.ledger().flag(segment, rows, flags);
    }

    /// Notes that a segment's rows went into others, all of them.
    pub fn note_joined(&self, segment: i64) {
        self.ledger().joined(segment);
    }

    /// Notes a new segment.
    pub fn note_written(&self, segment: i64, pieces: usize, flags: Vec<u32>) {
        self.ledger().written(segment, pieces, flags);
    }

    /// Notes that something was not kept.
    pub fn note_unkept(&self) {
        self.ledger().unkept();
    }

    /// Says that one partition is at its end. At the last one it is settled what the whole scan left. Blocks.
    pub fn end_partition(&self) {
        let Some(ended) = self.ledger().end_partition() else { return };
        // What fails here is left to be done by the next scan.
        if let Some((cover, flags)) = &ended.flags {
            let _ = self.space.keep_flags(cover, flags);
        }
        if self.keeping == Keeping::All {
            let _ = self.space.drop_segments(&ended.superseded, ended.scan);
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Caching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caching").field("columns", &self.columns).finish_non_exhaustive()
    }
}
