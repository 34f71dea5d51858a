//! Rows of the cache in the place of decoded ones: the same batches, and the same told of them.

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use datafusion::common::DataFusionError;

use super::decode::{Decoding, Places, Position, external};
use crate::cache::{CachedColumn, Piece, SegmentBytes, fingerprints};
use crate::error::Result;
use crate::scan::cached::{CachedBatch, CachedPiece, CachedRows, Found, SegmentReading};

impl Decoding {
    /// Begins to read rows of the cache. What was found when they were decoded is told again.
    pub(super) fn open_cached(
        &self,
        rows: CachedRows,
        bytes: &SegmentBytes,
        position: &mut Position,
    ) -> Result<SegmentReading> {
        let Some(caching) = &self.caching else { return rows.begin(bytes, self.batch_size) };
        let told = caching.told(&self.judge, &self.tally);
        for piece in &rows.pieces {
            let found = piece.found.as_deref().and_then(Found::decoded).unwrap_or_default();
            self.metrics.bad_records.add(found.bad.len().saturating_add(usize::from(found.damage.is_some())));
            self.tally.add_tombstones(found.tombstones);
            let nulled = found.tell(&told, &piece.object, piece.count())?;
            self.counters.add_records(0, nulled);
            self.metrics.bad_values.add(usize::try_from(nulled).unwrap_or(usize::MAX));
        }
        self.tally.publish();
        caching.note_read(rows.segment, rows.pieces.iter().map(|piece| piece.number));
        if let (true, Some(recorder)) = (rows.is_joined, &mut position.recorder) {
            let piece = |piece: &CachedPiece| Piece::new(&piece.object, 0, None, piece.count(), piece.found.clone());
            recorder.join(rows.pieces.iter().map(piece).collect());
        }
        rows.begin(bytes, self.batch_size)
    }

    /// The next rows of the cache, as long as there are any at hand.
    pub(super) fn next_cached(&self, position: &mut Position) -> Result<Option<RecordBatch>, DataFusionError> {
        let Some(reading) = &mut position.cached else { return Ok(None) };
        let timer = self.metrics.time_building.timer();
        let batch = reading.next().map_err(external)?;
        timer.done();
        let Some(batch) = batch else {
            if reading.rows.is_joined
                && let Some(caching) = &self.caching
            {
                caching.note_joined(reading.rows.segment);
            }
            position.cached = None;
            return Ok(None);
        };
        let flags = self.flags(reading, &batch)?;
        if let (true, Some(recorder)) = (reading.rows.is_joined, &mut position.recorder) {
            recorder.append(&batch.columns, batch.rows, flags.as_ref());
        }
        let numbers = |column| match reading.column(&batch, &column) {
            Some(array) => array.as_primitive::<UInt64Type>().values().to_vec(),
            None => Vec::new(),
        };
        let (lines, positions) = (numbers(CachedColumn::Line), numbers(CachedColumn::Position));
        let places = Places { lines: &lines, positions: &positions, flags };
        self.assemble(&batch.columns, batch.rows, &batch.origins, places).map(Some)
    }

    /// Which of the rows are repeats, where the scan asks: as was found before, or by their fingerprints.
    fn flags(&self, reading: &SegmentReading, batch: &CachedBatch) -> Result<Option<BooleanArray>, DataFusionError> {
        let Some(repeats) = &self.repeats else { return Ok(None) };
        if let Some(flags) = reading.flags(batch) {
            return Ok(Some(flags));
        }
        let Some(array) = reading.column(batch, &CachedColumn::Fingerprint) else { return Ok(None) };
        let flags = repeats.observe(&fingerprints(array), &batch.columns)?;
        if let Some(caching) = &self.caching {
            caching.note_flags(reading.rows.segment, batch.numbers.iter().cloned().flatten(), &flags);
        }
        Ok(Some(flags))
    }

    /// Keeps what is left, and settles what the whole scan leaves where this is its last partition.
    pub(super) async fn end_keeping(&self, position: &mut Position) {
        let Some(recorder) = &mut position.recorder else { return };
        recorder.flush().await;
        if let Some(caching) = self.caching.clone() {
            // A scan that ends is not kept waiting by what fails here.
            let _ = tokio::task::spawn_blocking(move || caching.end_partition()).await;
        }
    }
}
