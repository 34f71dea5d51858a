//! The decoding side of a scan: packs -> records -> full batches, on the threads that run the query.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use datafusion::common::DataFusionError;

use super::judge::Judge;
use super::rejects::Damage;
use super::repeats::Repeats;
use super::spoiled::Spoiled;
use super::tally::ScanTally;
use crate::config;
use crate::error::Result;
use crate::json::{DecodeOptions, Decoder, Fault, Filled, Framing, OnBadValue, Records};
use crate::landing::Compression;
use crate::scan::counters::Counters;
use crate::scan::fetch::{Feed, InflatedParts, Pack, Piece, Start, Wanted};
use crate::scan::metrics::DecodeMetrics;
use crate::scan::objects::{MetadataColumn, Origin, OriginColumn, object_column, offset_column};
use crate::scan::provider::Projection;
use crate::scan::table::LandedTable;
use crate::store::Object;

/// Bytes that are kept of a line that an object's damage cut off.
const KEPT_OF_TAIL: usize = 64 << 10;

/// One partition of a scan.
pub struct Decoding {
    pub table: Arc<LandedTable>,
    pub projection: Arc<Projection>,
    pub feed: Arc<Feed>,
    pub repeats: Option<Arc<Repeats>>,
    /// Where values are noted that do not fit, rather than failing by them.
    pub spoiled: Option<Arc<Spoiled>>,
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
}

/// A piece whose records are being read.
struct Open {
    object: Arc<Object>,
    bytes: Bytes,
    /// How far its records were read.
    records: Records<'static>,
    /// What follows it in a compressed object.
    more: Option<InflatedParts>,
}

impl Open {
    fn new(piece: Piece, more: Option<InflatedParts>) -> Open {
        let records = begin(&piece, None);
        Open { object: piece.object, bytes: piece.bytes, records, more }
    }

    /// Goes on with the next part of the same object.
    fn begin(&mut self, part: Piece) {
        self.records = begin(&part, Some(self.records.position()));
        self.bytes = part.bytes;
    }
}

/// The place of a piece's first record, whose position is known where the part before it was read here.
fn begin(piece: &Piece, position: Option<u64>) -> Records<'static> {
    let (framing, line, byte, record) = match piece.start {
        Start::Part { framing, line, byte, record } => (framing, line, byte, record),
        Start::Object | Start::Damaged { .. } => (Framing::detect(&piece.bytes), 1, 0, 0),
    };
    Records::new(&piece.bytes, framing, line, byte, position.unwrap_or(record)).pause()
}

impl Decoding {
    /// A position before the first pack.
    pub fn begin(&self) -> Position {
        let options = DecodeOptions {
            on_bad_value: match (&self.spoiled, self.table.on_bad_value()) {
                (None, config::OnBadValue::Fail) => OnBadValue::Fail,
                (Some(_), _) | (_, config::OnBadValue::Null) => OnBadValue::Null,
            },
            fingerprints: self.projection.has(MetadataColumn::Repeat),
            lines: self.projection.has(MetadataColumn::Line),
            positions: self.projection.has(MetadataColumn::Offset),
            rest: self.projection.rest(),
            max_record_bytes: usize::try_from(self.table.max_record_bytes()).unwrap_or(usize::MAX),
        };
        Position {
            decoder: Decoder::new(self.projection.columns.clone(), &self.projection.unread, options),
            origins: Vec::new(),
            pack: None,
            piece: None,
        }
    }

    /// The next full batch, or what is left at the end, or `None` after it.
    pub async fn next(&self, position: &mut Position) -> Result<Option<RecordBatch>, DataFusionError> {
        loop {
            let timer = self.metrics.time_decoding.timer();
            self.decode(position).map_err(|error| DataFusionError::External(Box::new(error)))?;
            timer.done();
            let rows = position.decoder.rows();
            if rows >= self.batch_size || (rows > 0 && self.wanted.is_few()) {
                return self.finish(position).map(Some);
            }
            let timer = self.metrics.time_waiting.timer();
            let pack = self.feed.next().await;
            timer.done();
            match pack {
                Some(Ok(mut pack)) => {
                    pack.pieces.reverse();
                    position.pack = Some(pack);
                }
                Some(Err(error)) => {
                    return Err(DataFusionError::External(Box::new(self.table.within(error))));
                }
                None => {
                    let batch = self.finish(position)?;
                    if batch.num_rows() > 0 {
                        return Ok(Some(batch));
                    }
                    self.judge.end_partition().map_err(|error| DataFusionError::External(Box::new(error)))?;
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
                position.piece = self.open(piece)?;
            }
            let Some(mut piece) = position.piece.take() else { continue };
            let before = position.decoder.rows();
            let done = self.read(&mut piece, &mut position.decoder)?;
            self.tally.add_late_keys(&piece.object.key, position.decoder.late_keys());
            let rows = position.decoder.rows() - before;
            if rows > 0 {
                position.origins.push(Origin { object: Arc::clone(&piece.object), rows });
            }
            if !done || self.go_on(&mut piece)? {
                position.piece = Some(piece);
            }
        }
    }

    /// Reads records of a piece until a batch is full; whether it was the last of them.
    fn read(&self, piece: &mut Open, decoder: &mut Decoder) -> Result<bool> {
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
                }
            }
        };
        self.judge.good_records(decoder.records() - told)?;
        piece.records = records.pause();
        Ok(filled == Filled::End)
    }

    /// Goes on with the next part of a compressed object, if there is one.
    fn go_on(&self, piece: &mut Open) -> Result<bool> {
        let Some(parts) = &mut piece.more else { return Ok(false) };
        let next = self.next_part(parts)?;
        let goes_on = next.is_some();
        if let Some(part) = next {
            piece.begin(part);
        }
        Ok(goes_on)
    }

    /// Begins a piece; nothing where it is but the end of an object that can't be read any further.
    fn open(&self, piece: Piece) -> Result<Option<Open>> {
        let Some(piece) = self.readable(piece)? else { return Ok(None) };
        let compression = Compression::of_magic(&piece.bytes);
        if matches!(piece.start, Start::Part { .. }) || compression == Compression::None {
            return Ok(Some(Open::new(piece, None)));
        }
        let limit = self.table.object_limit().clone();
        let parts = InflatedParts::new(piece.object, compression, piece.bytes, limit);
        let mut parts = parts.map_err(|error| self.table.within(error))?;
        Ok(self.next_part(&mut parts)?.map(|first| Open::new(first, Some(parts))))
    }

    /// The next part of a compressed object; nothing beyond the last that can be read.
    fn next_part(&self, parts: &mut InflatedParts) -> Result<Option<Piece>> {
        let part = parts.next().map_err(|error| self.table.within(error))?;
        part.map_or(Ok(None), |part| self.readable(part))
    }

    /// The piece, unless it is but the end of an object that can't be read any further: that is judged.
    fn readable(&self, piece: Piece) -> Result<Option<Piece>> {
        let Piece { object, bytes, start: Start::Damaged { line, byte, reason } } = &piece else {
            return Ok(Some(piece));
        };
        self.metrics.bad_records.add(1);
        let text = String::from_utf8_lossy(bytes.get(..KEPT_OF_TAIL).unwrap_or(bytes)).into_owned();
        let damage = Damage { line: *line, byte: *byte, reason: reason.to_string(), text };
        self.judge.damaged(object, damage).map(|()| None)
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
                decoded.bad_values.iter().sum()
            }
        };
        self.tally.publish();
        self.metrics.rows.add(decoded.rows);
        let records = decoded.rows as u64 + decoded.tombstones;
        self.metrics.records.add(usize::try_from(records).unwrap_or(usize::MAX));
        self.metrics.bad_values.add(usize::try_from(nulled).unwrap_or(usize::MAX));
        self.counters.add_records(decoded.rows as u64, decoded.tombstones, nulled);
        let mut origin = Vec::with_capacity(self.projection.origin.len());
        for column in &self.projection.origin {
            origin.push(match (column, &self.repeats) {
                (OriginColumn::Metadata(MetadataColumn::Repeat), Some(repeats)) => {
                    Arc::new(repeats.observe(&decoded.fingerprints)?) as ArrayRef
                }
                (OriginColumn::Metadata(MetadataColumn::Offset), _) => offset_column(&origins, &decoded.positions),
                _ => object_column(column, &origins).unwrap_or_else(|| {
                    Arc::new(decoded.lines.iter().map(|line| i64::try_from(*line).ok()).collect::<Int64Array>())
                }),
            });
        }
        let columns = self.projection.arrange(&decoded.columns, &origin);
        let options = RecordBatchOptions::new().with_row_count(Some(decoded.rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.projection.schema), columns, &options)?)
    }
}
