//! The decoding side of a scan: packs -> records -> full batches, on the threads that run the query.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::MemoryPool;

use super::judge::Judge;
use super::repeats::Repeats;
use super::spoiled::Spoiled;
use super::tally::ScanTally;
use crate::cache::CachedColumn;
use crate::column::Column;
use crate::config;
use crate::config::REST_COLUMN;
use crate::error::{Error, Result};
use crate::json::{DecodeOptions, Decoder, Fault, Filled, Framing, OnBadValue, Records};
use crate::landing::Compression;
use crate::scan::cached::{Caching, Found, Recorder, SegmentReading};
use crate::scan::counters::Counters;
use crate::scan::fetch::{Feed, InflatedParts, Load, Pack, Piece, Start, Wanted};
use crate::scan::metrics::DecodeMetrics;
use crate::scan::objects::{MetadataColumn, Origin, OriginColumn, object_column, offset_column};
use crate::scan::provider::Projection;
use crate::scan::table::LandedTable;
use crate::store::Object;

/// One partition of a scan.
pub struct Decoding {
    pub table: Arc<LandedTable>,
    pub projection: Arc<Projection>,
    pub feed: Arc<Feed>,
    pub repeats: Option<Arc<Repeats>>,
    /// Where values are noted that do not fit, rather than failing by them.
    pub spoiled: Option<Arc<Spoiled>>,
    /// Where rows are kept for later runs.
    pub caching: Option<Arc<Caching>>,
    pub pool: Arc<dyn MemoryPool>,
    pub counters: Arc<Counters>,
    pub tally: Arc<ScanTally>,
    pub judge: Judge,
    pub batch_size: usize,
    /// Where few rows are wanted, they are handed on as soon as they are there.
    pub wanted: Wanted,
    pub metrics: DecodeMetrics,
}

/// What a partition is in the middle of.
pub struct Position {
    decoder: Decoder,
    origins: Vec<Origin>,
    pack: Option<Pack>,
    piece: Option<Open>,
    /// Rows of the cache that are being read.
    pub(super) cached: Option<SegmentReading>,
    pub(super) recorder: Option<Recorder>,
}

/// A piece whose records are being read.
struct Open {
    object: Arc<Object>,
    bytes: Bytes,
    /// How far its records were read.
    records: Records<'static>,
    /// What follows it in a compressed object.
    more: Option<InflatedParts>,
    /// The offset in the object of what was not read yet, as far as was noted.
    noted: u64,
    /// The offset at which the piece ends, where the object goes on in another.
    end: Option<u64>,
}

impl Open {
    fn new(piece: Piece, more: Option<InflatedParts>) -> Open {
        let records = begin(&piece, None);
        let noted = piece.start.byte();
        let end = match (&more, &piece.start) {
            (None, Start::Part { .. }) => Some(noted.saturating_add(piece.bytes.len() as u64)),
            _ => None,
        };
        Open { object: piece.object, bytes: piece.bytes, records, more, noted, end }
    }

    /// Goes on with the next part of the same object, before which so many records were passed over.
    fn begin(&mut self, part: Piece, passed: u64) {
        self.records = begin(&part, Some(self.records.position().saturating_add(passed)));
        self.bytes = part.bytes;
    }
}

/// The place of a piece's first record, whose position is known where the part before it was read here.
fn begin(piece: &Piece, position: Option<u64>) -> Records<'static> {
    let (framing, line, byte, record) = match piece.start {
        Start::Part { framing, line, byte, record } => (framing, line, byte, record),
        Start::Object | Start::End { .. } | Start::Passed { .. } | Start::Damaged { .. } => {
            (Framing::detect(&piece.bytes), 1, 0, 0)
        }
    };
    Records::new(&piece.bytes, framing, line, byte, position.unwrap_or(record)).pause()
}

impl Decoding {
    /// A position before the first pack.
    pub fn begin(&self) -> Position {
        let holds = |column| self.caching.as_ref().is_some_and(|caching| caching.holds(&column));
        let columns = self.columns();
        let is_unread = |column: &&Column| !columns.contains(column);
        let unread: Vec<String> =
            self.projection.unread.iter().filter(is_unread).map(|column| column.name.clone()).collect();
        let options = DecodeOptions {
            on_bad_value: match (&self.spoiled, self.table.on_bad_value()) {
                (None, config::OnBadValue::Fail) => OnBadValue::Fail,
                (Some(_), _) | (_, config::OnBadValue::Null) => OnBadValue::Null,
            },
            fingerprints: self.projection.has(MetadataColumn::Repeat) || holds(CachedColumn::Fingerprint),
            lines: self.projection.has(MetadataColumn::Line) || holds(CachedColumn::Line),
            positions: self.projection.has(MetadataColumn::Offset) || holds(CachedColumn::Position),
            rest: columns.iter().position(|column| column.name == REST_COLUMN),
            max_record_bytes: usize::try_from(self.table.max_record_bytes()).unwrap_or(usize::MAX),
        };
        Position {
            decoder: Decoder::new(columns.to_vec(), &unread, options),
            origins: Vec::new(),
            pack: None,
            piece: None,
            cached: None,
            recorder: self.caching.as_ref().filter(|it| it.keeps()).map(|it| Recorder::new(it, &self.pool)),
        }
    }

    /// What is decoded: the scan's own columns, and after them those that the cache is to have, too.
    fn columns(&self) -> &[Column] {
        self.caching.as_ref().map_or(&self.projection.columns, |caching| caching.decoded())
    }

    /// Whether a value was met that does not fit one of the scan's own columns.
    pub fn is_spoiled(&self) -> bool {
        self.spoiled.as_ref().is_some_and(|spoiled| spoiled.has_any())
    }

    /// The next full batch, or what is left at the end, or `None` after it.
    pub async fn next(&self, position: &mut Position) -> Result<Option<RecordBatch>, DataFusionError> {
        loop {
            if let Some(batch) = self.next_cached(position)? {
                return Ok(Some(batch));
            }
            if let Some(recorder) = position.recorder.as_mut().filter(|recorder| recorder.is_full()) {
                if position.decoder.rows() > 0 {
                    // Their objects were noted for this segment, so they have to go into it.
                    return self.finish(position).map(Some);
                }
                recorder.flush().await;
            }
            let timer = self.metrics.time_decoding.timer();
            self.decode(position).map_err(external)?;
            timer.done();
            let rows = position.decoder.rows();
            if rows >= self.batch_size || (rows > 0 && self.wanted.is_few()) {
                return self.finish(position).map(Some);
            }
            let timer = self.metrics.time_waiting.timer();
            let pack = self.feed.next().await;
            timer.done();
            match pack {
                Some(Ok(Load::Pack(mut pack))) => {
                    pack.pieces.reverse();
                    position.pack = Some(pack);
                }
                Some(Ok(Load::Cached { rows, bytes })) => {
                    // Rows that were noted have to be added before others are that are joined.
                    let decoded = if position.decoder.rows() > 0 { Some(self.finish(position)?) } else { None };
                    position.cached = Some(self.open_cached(*rows, &bytes, position).map_err(external)?);
                    if decoded.is_some() {
                        return Ok(decoded);
                    }
                }
                Some(Err(error)) => return Err(external(self.table.within(error))),
                None => {
                    let batch = self.finish(position)?;
                    if batch.num_rows() > 0 {
                        return Ok(Some(batch));
                    }
                    self.judge.end_partition().map_err(external)?;
                    self.end_keeping(position).await;
                    return Ok(None);
                }
            }
        }
    }

    /// Decodes from the pack at hand until a batch is full or the pack is done.
    fn decode(&self, position: &mut Position) -> Result<()> {
        loop {
            if position.decoder.rows() >= self.batch_size {
                return Ok(());
            }
            if position.piece.is_none() {
                let Some(piece) = position.pack.as_mut().and_then(|pack| pack.pieces.pop()) else {
                    position.pack = None;
                    return Ok(());
                };
                let (object, from, mut found) = (Arc::clone(&piece.object), piece.start.byte(), Found::default());
                // Behind a line that was passed over the object goes on.
                let to = if let Start::Passed { end, .. } = &piece.start { Some(*end) } else { None };
                position.piece = self.open(piece, &mut found)?;
                if let (None, Some(recorder)) = (&position.piece, &mut position.recorder) {
                    recorder.note(&object, from, to, 0, &found);
                }
            }
            let Some(mut piece) = position.piece.take() else { continue };
            let decoder = &mut position.decoder;
            let (rows_before, records_before, mut found) = (decoder.rows(), decoder.records(), Found::default());
            let bad_before = if position.recorder.is_some() { decoder.bad_values().to_vec() } else { Vec::new() };
            let done = self.read(&mut piece, decoder, &mut found)?;
            let mut late = decoder.late_keys();
            let rows = decoder.rows() - rows_before;
            if rows > 0 {
                position.origins.push(Origin { object: Arc::clone(&piece.object), rows });
            }
            let goes_on = done && self.go_on(&mut piece, &mut found)?;
            if let Some(recorder) = &mut position.recorder {
                found.tombstones = decoder.records().saturating_sub(records_before).saturating_sub(rows as u64);
                found.late.clone_from(&late);
                let nulled = self.columns().iter().zip(decoder.bad_values().iter().zip(&bad_before));
                let nulled = nulled.filter(|(_, (now, before))| now > before);
                found.nulled = nulled.map(|(column, (now, before))| (column.name.clone(), now - before)).collect();
                let to = if done && !goes_on { piece.end } else { Some(piece.records.byte()) };
                recorder.note(&piece.object, piece.noted, to, rows as u64, &found);
                piece.noted = to.unwrap_or_default();
            }
            late.retain(|key| self.caching.as_ref().is_none_or(|caching| caching.tells(key)));
            self.tally.add_late_keys(&piece.object.key, late);
            if !done || goes_on {
                position.piece = Some(piece);
            }
        }
    }

    /// Reads records of a piece until a batch is full; whether it was the last of them.
    fn read(&self, piece: &mut Open, decoder: &mut Decoder, found: &mut Found) -> Result<bool> {
        let mut records = piece.records.clone().resume(&piece.bytes);
        let mut told = decoder.records();
        let filled = loop {
            match decoder.fill(&mut records, self.batch_size) {
                Ok(filled) => break filled,
                Err(bad) => {
                    self.metrics.bad_records.add(usize::from(bad.fault == Fault::Text));
                    // An error says how many of how many, so that these are told first.
                    self.tally.add_records(decoder.records() - told);
                    told = decoder.records();
                    self.judge.bad_record(&piece.object, &bad)?;
                    if self.caching.as_ref().is_some_and(|caching| caching.keeps()) {
                        found.add_bad(bad);
                    }
                }
            }
        };
        self.judge.good_records(decoder.records() - told)?;
        piece.records = records.pause();
        Ok(filled == Filled::End)
    }

    /// Goes on with the next part of a compressed object, if there is one.
    fn go_on(&self, piece: &mut Open, found: &mut Found) -> Result<bool> {
        let Some(parts) = &mut piece.more else { return Ok(false) };
        let next = self.next_part(parts, found)?;
        let goes_on = next.is_some();
        if let Some((part, passed)) = next {
            piece.begin(part, passed);
        }
        Ok(goes_on)
    }

    /// Begins a piece; nothing where it is but the end of an object that can't be read any further.
    fn open(&self, piece: Piece, found: &mut Found) -> Result<Option<Open>> {
        let Some(piece) = self.readable(piece, found)? else { return Ok(None) };
        let compression = Compression::of_magic(&piece.bytes);
        if matches!(piece.start, Start::Part { .. }) || compression == Compression::None {
            return Ok(Some(Open::new(piece, None)));
        }
        let limit = self.table.object_limit().clone();
        let buffers = self.feed.buffers().clone();
        let parts = InflatedParts::new(piece.object, compression, piece.bytes, limit, buffers);
        let mut parts = parts.map_err(|error| self.table.within(error))?;
        Ok(self.next_part(&mut parts, found)?.map(|(first, passed)| {
            let mut open = Open::new(first, Some(parts));
            open.records = open.records.after(passed);
            open
        }))
    }

    /// The next part of a compressed object, and how many records were passed over before it; nothing beyond the last
    /// that can be read.
    fn next_part(&self, parts: &mut InflatedParts, found: &mut Found) -> Result<Option<(Piece, u64)>> {
        let mut passed = 0;
        while let Some(part) = parts.next().map_err(|error| self.table.within(error))? {
            if let Some(part) = self.readable(part, found)? {
                return Ok(Some((part, passed)));
            }
            passed += 1;
        }
        Ok(None)
    }

    fn finish(&self, position: &mut Position) -> Result<RecordBatch, DataFusionError> {
        let _timer = self.metrics.time_building.timer();
        let decoded = position.decoder.finish()?;
        let origins = std::mem::take(&mut position.origins);
        let nulled = match &self.spoiled {
            Some(spoiled) => {
                spoiled.note(&decoded.bad_values);
                0
            }
            None => {
                let names = self.projection.columns.iter().map(|column| column.name.as_str());
                self.tally.add_nulled(names.zip(decoded.bad_values.iter().copied()));
                decoded.bad_values.iter().take(self.projection.columns.len()).sum()
            }
        };
        self.tally.add_tombstones(decoded.tombstones);
        self.tally.publish();
        let records = decoded.rows as u64 + decoded.tombstones;
        self.metrics.records.add(usize::try_from(records).unwrap_or(usize::MAX));
        self.metrics.bad_values.add(usize::try_from(nulled).unwrap_or(usize::MAX));
        self.counters.add_records(decoded.rows as u64, nulled);
        let flags = match &self.repeats {
            Some(repeats) => Some(repeats.observe(&decoded.fingerprints, &decoded.columns)?),
            None => None,
        };
        let places = Places { lines: &decoded.lines, positions: &decoded.positions, flags };
        if let Some(recorder) = &mut position.recorder {
            recorder.add(&decoded, places.flags.as_ref());
        }
        self.assemble(&decoded.columns, decoded.rows, &origins, places)
    }

    /// The rows as the scan yields them: their columns, which begin with the scan's own, and where they came from.
    pub(super) fn assemble(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        origins: &[Origin],
        places: Places<'_>,
    ) -> Result<RecordBatch, DataFusionError> {
        let Places { lines, positions, flags } = places;
        let origin: Vec<ArrayRef> = self
            .projection
            .origin
            .iter()
            .map(|column| match (column, &flags) {
                (OriginColumn::Metadata(MetadataColumn::Repeat), Some(flags)) => Arc::new(flags.clone()) as ArrayRef,
                (OriginColumn::Metadata(MetadataColumn::Offset), _) => offset_column(origins, positions),
                _ => object_column(column, origins).unwrap_or_else(|| {
                    Arc::new(lines.iter().map(|line| i64::try_from(*line).ok()).collect::<Int64Array>())
                }),
            })
            .collect();
        let columns = self.projection.arrange(columns, &origin);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.projection.schema), columns, &options)?)
    }
}

/// What differs from row to row of where rows came from; a list is empty where nobody asked for it.
pub(super) struct Places<'a> {
    pub lines: &'a [u64],
    pub positions: &'a [u64],
    pub flags: Option<BooleanArray>,
}

pub(super) fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
