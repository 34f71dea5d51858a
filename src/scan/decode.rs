//! The decoding side of a scan: packs -> records -> full batches, on the threads that run the query.

use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use datafusion::common::DataFusionError;
use datafusion::physical_plan::metrics::{Count, Time};

use super::counters::Counters;
use super::feed::Feed;
use super::metadata::{MetadataColumn, Origin, constant_column};
use super::pack::{Pack, Piece, Start};
use super::provider::Projection;
use super::repeats::Repeats;
use super::spoiled::Spoiled;
use super::table::LandedTable;
use crate::error::{Error, Result};
use crate::json::{BadRecord, DecodeOptions, Decoder, Fault, Framing, OnBadValue, Pushed, Records};
use crate::landing::Compression;
use crate::store::Object;

/// What an object may grow to when it is decompressed; beyond it is a bomb, not a landing.
const MAX_DECOMPRESSED_BYTES: u64 = 4 << 30;

/// One partition of a scan.
pub struct Decoding {
    pub table: Arc<LandedTable>,
    pub projection: Arc<Projection>,
    pub feed: Arc<Feed>,
    pub repeats: Option<Arc<Repeats>>,
    /// Where values are noted that do not fit, rather than failing by them.
    pub spoiled: Option<Arc<Spoiled>>,
    pub counters: Arc<Counters>,
    pub batch_size: usize,
    pub time_waiting: Time,
    pub time_decoding: Time,
    pub records: Count,
}

/// What a partition is in the middle of.
pub struct Position {
    decoder: Decoder,
    origins: Vec<Origin>,
    tombstones: u64,
    pack: Option<Pack>,
    piece: Option<Open>,
}

/// A piece whose records are being read.
struct Open {
    object: Arc<Object>,
    bytes: Bytes,
    /// How far its records were read.
    records: Records<'static>,
}

impl Decoding {
    /// A position before the first pack.
    pub fn begin(&self) -> Position {
        let metadata = &self.projection.metadata;
        let options = DecodeOptions {
            on_bad_value: if self.spoiled.is_some() { OnBadValue::Null } else { self.table.on_bad_value() },
            fingerprints: metadata.contains(&MetadataColumn::Repeat),
            lines: metadata.contains(&MetadataColumn::Line),
        };
        Position {
            decoder: Decoder::new(self.projection.columns.clone(), options),
            origins: Vec::new(),
            tombstones: 0,
            pack: None,
            piece: None,
        }
    }

    /// The next full batch, or what is left at the end, or `None` after it.
    pub async fn next(&self, position: &mut Position) -> Result<Option<RecordBatch>, DataFusionError> {
        loop {
            let timer = self.time_decoding.timer();
            self.decode(position).map_err(|error| DataFusionError::External(Box::new(error)))?;
            let batch = (position.decoder.rows() >= self.batch_size).then(|| self.finish(position)).transpose()?;
            timer.done();
            if batch.is_some() {
                return Ok(batch);
            }
            let timer = self.time_waiting.timer();
            let pack = self.feed.next().await;
            timer.done();
            match pack {
                Some(Ok(mut pack)) => {
                    pack.pieces.reverse();
                    position.pack = Some(pack);
                }
                Some(Err(error)) => {
                    let error = error.within(format!("table `{}`", self.table.name()));
                    return Err(DataFusionError::External(Box::new(error)));
                }
                None if position.decoder.rows() > 0 => return self.finish(position).map(Some),
                None => {
                    self.counters.add_records(0, std::mem::take(&mut position.tombstones), 0);
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
                position.piece = Some(self.open(piece)?);
            }
            let Some(piece) = &mut position.piece else { continue };
            let before = position.decoder.rows();
            let wanted = self.batch_size - before;
            let done = self.read(piece, &mut position.decoder, wanted, &mut position.tombstones)?;
            let rows = position.decoder.rows() - before;
            if rows > 0 {
                position.origins.push(Origin { object: Arc::clone(&piece.object), rows });
            }
            if done {
                position.piece = None;
            }
        }
    }

    /// Pushes up to `wanted` records of a piece; whether it was the last of them.
    fn read(&self, piece: &mut Open, decoder: &mut Decoder, wanted: usize, tombstones: &mut u64) -> Result<bool> {
        let mut records = piece.records.clone().resume(&piece.bytes);
        let mut rows = 0;
        while rows < wanted {
            let Some(record) = records.next() else { return Ok(true) };
            let pushed = record.and_then(|record| decoder.push(&record));
            match pushed.map_err(|bad| self.bad_record(&piece.object, &bad))? {
                Pushed::Row => rows += 1,
                Pushed::Tombstone => *tombstones += 1,
            }
        }
        piece.records = records.pause();
        Ok(false)
    }

    fn open(&self, piece: Piece) -> Result<Open> {
        let Piece { object, bytes, start } = piece;
        match start {
            Start::Part { framing, line, byte } => {
                let records = Records::new(&bytes, framing, line, byte).pause();
                Ok(Open { object, bytes, records })
            }
            Start::Object => {
                let bytes = decompress(&object, bytes)
                    .map_err(|error| error.within(format!("table `{}`", self.table.name())))?;
                let records = Records::new(&bytes, Framing::detect(&bytes), 1, 0).pause();
                Ok(Open { object, bytes, records })
            }
        }
    }

    fn bad_record(&self, object: &Object, bad: &BadRecord) -> Error {
        bad_record(self.table.name(), object, bad).within(format!("table `{}`", self.table.name()))
    }

    fn finish(&self, position: &mut Position) -> Result<RecordBatch, DataFusionError> {
        let decoded = position.decoder.finish()?;
        let origins = std::mem::take(&mut position.origins);
        let nulled = match &self.spoiled {
            Some(spoiled) => {
                spoiled.note(&decoded.bad_values);
                0
            }
            None => decoded.bad_values.iter().sum(),
        };
        self.records.add(decoded.rows);
        self.counters.add_records(decoded.rows as u64, std::mem::take(&mut position.tombstones), nulled);
        let mut metadata = Vec::with_capacity(self.projection.metadata.len());
        for column in &self.projection.metadata {
            metadata.push(match (column, &self.repeats) {
                (MetadataColumn::Repeat, Some(repeats)) => {
                    Arc::new(repeats.observe(&decoded.fingerprints)?) as ArrayRef
                }
                _ => constant_column(*column, &origins).unwrap_or_else(|| {
                    Arc::new(decoded.lines.iter().map(|line| i64::try_from(*line).ok()).collect::<Int64Array>())
                }),
            });
        }
        let columns = self.projection.arrange(&decoded.columns, &metadata);
        let options = RecordBatchOptions::new().with_row_count(Some(decoded.rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.projection.schema), columns, &options)?)
    }
}

/// The error for a record that could not be read, with the place in its object.
pub fn bad_record(table: &str, object: &Object, bad: &BadRecord) -> Error {
    let error = Error::statement(format!(
        "object `{}`, line {}, column {} (byte {}): {}\n{}",
        object.key,
        bad.line,
        bad.column,
        bad.byte,
        bad.reason,
        bad.snippet()
    ));
    match &bad.fault {
        Fault::Text => error,
        Fault::Value(column) => error
            .hint(format!("declare the column as text: `{column} = \"varchar\"` under `[tables.{table}.columns]`"))
            .hint(format!("or read such values as NULL, counted: `on_bad_value = \"null\"` under `[tables.{table}]`")),
    }
}

/// The bytes of an object themselves, or what they are the gzip or zstd form of.
pub fn decompress(object: &Object, bytes: Bytes) -> Result<Bytes> {
    match Compression::of_magic(&bytes) {
        Compression::None => Ok(bytes),
        Compression::Gzip => read_plain(flate2::read::MultiGzDecoder::new(bytes.as_ref())),
        Compression::Zstd => zstd::Decoder::new(bytes.as_ref()).and_then(read_plain),
    }
    .map_err(|error| Error::statement(format!("object `{}` could not be decompressed", object.key)).because(error))
}

fn read_plain(compressed: impl Read) -> std::io::Result<Bytes> {
    let mut plain = Vec::new();
    if compressed.take(MAX_DECOMPRESSED_BYTES + 1).read_to_end(&mut plain)? as u64 > MAX_DECOMPRESSED_BYTES {
        return Err(std::io::Error::other(format!("it grows beyond {MAX_DECOMPRESSED_BYTES} bytes")));
    }
    Ok(plain.into())
}
