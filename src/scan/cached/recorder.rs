//! One partition's rows of objects that were fetched, on their way into segments.
//!
//! Owns when a segment is full. What can't be kept is let go: the scan goes on.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use super::caching::Caching;
use super::found::Found;
use crate::cache::{CachedColumn, Committed, Piece, SEGMENT_ROWS, SegmentBuilder, fingerprint_array};
use crate::error::{Error, Result};
use crate::json::Decoded;
use crate::scan::keeping::RECORDER;
use crate::store::Object;

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
    /// Bytes of what was found in the pieces, which are as bounded as the rows.
    found_bytes: usize,
    open: Option<Open>,
}

/// The segment that is being filled.
struct Open {
    builder: SegmentBuilder,
    pieces: Vec<Piece>,
    /// The rows that are repeats.
    flags: Vec<u32>,
}

impl Recorder {
    /// Of a partition whose memory counts against `pool`.
    pub fn new(caching: &Arc<Caching>, pool: &Arc<dyn MemoryPool>) -> Recorder {
        let reservation = MemoryConsumer::new(RECORDER).register(pool);
        let (ahead, open) = (Vec::new(), Some(Open::new(caching)));
        Recorder { caching: Arc::clone(caching), reservation, ahead, found_bytes: 0, open }
    }

    /// Notes whose the rows are that come next: up to the offset `to`, or to the object's end.
    pub fn note(&mut self, object: &Object, from: u64, to: Option<u64>, rows: u64, found: &Found) {
        if self.open.is_none() {
            return;
        }
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
        self.found_bytes = self.found_bytes.saturating_add(found_bytes(&piece));
        push(&mut self.ahead, piece);
    }

    /// Adds rows, whose objects were noted.
    pub fn add(&mut self, decoded: &Decoded, flags: Option<&BooleanArray>) {
        if self.open.is_none() || decoded.rows == 0 {
            return;
        }
        match self.columns(decoded) {
            Ok(columns) => {
                let ahead = std::mem::take(&mut self.ahead);
                self.take_in(ahead);
                self.append(&columns, decoded.rows, flags);
            }
            Err(error) => self.fail(error),
        }
    }

    fn columns(&self, decoded: &Decoded) -> Result<Vec<ArrayRef>> {
        let mut columns = decoded.columns.clone();
        for column in self.caching.columns() {
            match column {
                CachedColumn::Record(_) => {}
                CachedColumn::Fingerprint => columns.push(fingerprint_array(&decoded.fingerprints)?),
                CachedColumn::Line => columns.push(Arc::new(UInt64Array::from(decoded.lines.clone()))),
                CachedColumn::Position => columns.push(Arc::new(UInt64Array::from(decoded.positions.clone()))),
            }
        }
        Ok(columns)
    }

    /// Adds rows in the order of the segment's columns; whose they are was taken in before.
    pub fn append(&mut self, columns: &[ArrayRef], rows: usize, flags: Option<&BooleanArray>) {
        let Some(open) = &mut self.open else { return };
        let first = open.builder.rows();
        if let Err(error) = open.builder.write(columns, rows) {
            return self.fail(error);
        }
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
        self.found_bytes = pieces.iter().map(found_bytes).fold(self.found_bytes, usize::saturating_add);
        self.take_in(pieces);
    }

    fn take_in(&mut self, pieces: Vec<Piece>) {
        if let Some(open) = &mut self.open {
            pieces.into_iter().for_each(|piece| push(&mut open.pieces, piece));
        }
    }

    /// Whether the segment is full.
    pub fn is_full(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.builder.rows() >= SEGMENT_ROWS
                || open.builder.memory() >= SEGMENT_BYTES
                || self.found_bytes >= SEGMENT_BYTES
                || open.pieces.len().saturating_add(self.ahead.len()) >= SEGMENT_PIECES
        })
    }

    /// Keeps what there is in a segment, and begins another.
    pub async fn flush(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        // Pieces without rows may wait for no more.
        self.ahead.drain(..).for_each(|piece| push(&mut open.pieces, piece));
        self.reservation.free();
        self.found_bytes = 0;
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
        (self.open, self.ahead) = (None, Vec::new());
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

fn found_bytes(piece: &Piece) -> usize {
    piece.found.as_ref().map_or(0, String::len)
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

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::UnboundedMemoryPool;

    use super::super::caching::Keeping;
    use super::*;
    use crate::cache::{Cache, CacheSettings};
    use crate::config::OnBadValue;
    use crate::scan::provider::Projection;

    #[test]
    fn what_was_found_fills_a_segment_too_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = CacheSettings { folder: folder.path().join("c"), max_bytes: 1 << 30, began: 1_700_000_000 };
        let space = Cache::new(settings).space("i", "t", "l").unwrap();
        let projection = Projection::of(Vec::new(), Vec::new(), Vec::new());
        let caching = Arc::new(Caching::new(space, &projection, Keeping::All, OnBadValue::Null, 1));
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let mut recorder = Recorder::new(&caching, &pool);
        let object = Object { key: "a".into(), size: 9, modified: Default::default(), etag: None };
        let mut found = Found::default();
        found.nulled = vec![("n".repeat(SEGMENT_BYTES / 64), 1)];
        for _ in 0..64 {
            assert!(!recorder.is_full());
            recorder.note(&object, 0, None, 0, &found);
        }
        assert!(recorder.is_full());
        recorder.give_up();
        recorder.note(&object, 0, None, 0, &found);
        assert!(recorder.ahead.is_empty(), "nothing of it is kept any more");
    }
}
