//! One partition's rows of objects that were fetched, on their way into segments.
//!
//! Owns when a segment is full. What can't be kept is let go: the scan goes on.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, FixedSizeBinaryArray, UInt64Array};
use arrow::buffer::Buffer;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use super::caching::Caching;
use super::found::Found;
use crate::cache::{CachedColumn, Committed, Piece, SEGMENT_ROWS, SegmentBuilder};
use crate::error::{Error, Result};
use crate::json;
use crate::scan::keeping::RECORDER;
use crate::store::Object;

/// Bytes of a fingerprint.
const FINGERPRINT_BYTES: i32 = 16;
/// Bytes of memory beyond which a segment is full, however few rows it has.
const SEGMENT_BYTES: usize = 32 << 20;
/// Pieces beyond which a segment is full: an object that holds no row takes memory, too.
const SEGMENT_PIECES: usize = 256 << 10;

/// What one partition keeps.
pub struct Recorder {
    caching: Arc<Caching>,
    reservation: MemoryReservation,
    /// The pieces of rows that were not added yet.
    ahead: Vec<Piece>,
    open: Option<Open>,
}

/// The segment that is being filled.
struct Open {
    builder: SegmentBuilder,
    pieces: Vec<Piece>,
    /// The rows that are repeats.
    flags: Vec<u32>,
}

/// Rows with everything that a segment holds of them.
pub struct Decoded<'a> {
    /// The columns that are decoded.
    pub columns: &'a [ArrayRef],
    /// Their number.
    pub rows: usize,
    /// Their fingerprints, lines and positions; empty where they are not kept.
    pub fingerprints: &'a [u128],
    pub lines: &'a [u64],
    pub positions: &'a [u64],
}

impl<'a> Decoded<'a> {
    /// What a decoder gives.
    pub fn of(decoded: &'a json::Decoded) -> Decoded<'a> {
        Decoded {
            columns: &decoded.columns,
            rows: decoded.rows,
            fingerprints: &decoded.fingerprints,
            lines: &decoded.lines,
            positions: &decoded.positions,
        }
    }
}

impl Recorder {
    /// Of a partition whose memory counts against `pool`.
    pub fn new(caching: &Arc<Caching>, pool: &Arc<dyn MemoryPool>) -> Recorder {
        let reservation = MemoryConsumer::new(RECORDER).register(pool);
        Recorder { caching: Arc::clone(caching), reservation, ahead: Vec::new(), open: Some(Open::new(caching)) }
    }

    /// Notes whose the rows are that come next: up to the offset `to`, or to the object's end.
    pub fn note(&mut self, object: &Object, from: u64, to: Option<u64>, rows: u64, found: &Found) {
        let mut piece = match found.encoded() {
            Ok(found) => Piece::new(object, from, to, rows, found),
            Err(_) => Piece::of_nobody(rows),
        };
        if !self.caching.is_settled(&piece) {
            piece = Piece::of_nobody(rows);
        }
        if piece.is_of_nobody() {
            self.caching.note_unkept();
        }
        push(&mut self.ahead, piece);
    }

    /// Adds rows, whose objects were noted.
    pub fn add(&mut self, decoded: &Decoded<'_>, flags: Option<&BooleanArray>) {
        if self.open.is_none() || decoded.rows == 0 {
            return;
        }
        match self.columns(decoded) {
            Ok(columns) => {
                let ahead = std::mem::take(&mut self.ahead);
                self.append(&columns, decoded.rows, flags, ahead);
            }
            Err(error) => self.fail(error),
        }
    }

    fn columns(&self, decoded: &Decoded<'_>) -> Result<Vec<ArrayRef>> {
        let mut columns = decoded.columns.to_vec();
        for column in self.caching.columns() {
            match column {
                CachedColumn::Record(_) => {}
                CachedColumn::Fingerprint => columns.push(fingerprints(decoded.fingerprints)?),
                CachedColumn::Line => columns.push(Arc::new(UInt64Array::from(decoded.lines.to_vec()))),
                CachedColumn::Position => columns.push(Arc::new(UInt64Array::from(decoded.positions.to_vec()))),
            }
        }
        Ok(columns)
    }

    /// Adds rows that stood in another segment, in the order of the columns of this one, and whose they are.
    pub fn append(&mut self, columns: &[ArrayRef], rows: usize, flags: Option<&BooleanArray>, pieces: Vec<Piece>) {
        let Some(open) = &mut self.open else { return };
        let first = open.builder.rows();
        if let Err(error) = open.builder.write(columns, rows) {
            return self.fail(error);
        }
        pieces.into_iter().for_each(|piece| push(&mut open.pieces, piece));
        if let Some(flags) = flags {
            let flagged = flags.values().set_indices().filter_map(|row| u32::try_from(first.saturating_add(row)).ok());
            open.flags.extend(flagged);
        }
        if self.reservation.try_resize(open.builder.memory()).is_err() {
            // The statement needs the memory.
            self.give_up();
        }
    }

    /// Takes in whose the rows are that are appended next.
    pub fn join(&mut self, pieces: Vec<Piece>) {
        if let Some(open) = &mut self.open {
            open.pieces.extend(pieces);
        }
    }

    /// Whether the segment is full.
    pub fn is_full(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.builder.rows() >= SEGMENT_ROWS
                || open.builder.memory() >= SEGMENT_BYTES
                || open.pieces.len() >= SEGMENT_PIECES
        })
    }

    /// Keeps what there is in a segment, and begins another.
    pub async fn flush(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        // Pieces without rows may wait for no more.
        self.ahead.drain(..).for_each(|piece| push(&mut open.pieces, piece));
        self.reservation.free();
        if open.pieces.is_empty() {
            self.open = Some(open);
            return;
        }
        let caching = Arc::clone(&self.caching);
        let kept = tokio::task::spawn_blocking(move || open.keep(&caching)).await;
        let failed = |error| Err(Error::bug("a writing task failed").because(error));
        match kept.unwrap_or_else(failed) {
            Ok(Committed::Kept(_)) => self.open = Some(Open::new(&self.caching)),
            Ok(Committed::NoRoom) => self.give_up(),
            Err(error) => self.fail(error),
        }
    }

    /// What can't be kept turns the cache off, and the statement goes on.
    fn fail(&mut self, error: Error) {
        self.caching.space().turn_off(error);
        self.give_up();
    }

    fn give_up(&mut self) {
        self.open = None;
        self.reservation.free();
        self.caching.note_unkept();
    }
}

impl Open {
    fn new(caching: &Caching) -> Open {
        let builder = SegmentBuilder::new(caching.columns().to_vec());
        Open { builder, pieces: Vec::new(), flags: Vec::new() }
    }

    fn keep(self, caching: &Caching) -> Result<Committed> {
        let (file, description) = self.builder.finish(caching.known().to_vec())?;
        let pieces = self.pieces.len();
        let kept = caching.space().keep(&file, &description, caching.generation(), self.pieces)?;
        if let Committed::Kept(segment) = kept {
            caching.note_written(segment, pieces, self.flags);
        }
        Ok(kept)
    }
}

/// Adds a piece whose rows come next. Parts of an object that follow one another are one piece.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match pieces.last_mut() {
        Some(last) if last.goes_on_with(&piece) => {
            last.to = piece.to;
            last.rows = last.rows.saturating_add(piece.rows);
        }
        _ => pieces.push(piece),
    }
}

/// Fingerprints as a segment holds them, 16 bytes each, without a copy of each by itself.
fn fingerprints(fingerprints: &[u128]) -> Result<ArrayRef> {
    let bytes = Buffer::from_vec(fingerprints.to_vec());
    let array = FixedSizeBinaryArray::try_new(FINGERPRINT_BYTES, bytes, None);
    Ok(Arc::new(array.map_err(|error| Error::bug("fingerprints do not fit their column").because(error))?))
}
