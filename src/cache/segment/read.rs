//! Reading a segment: the bytes of some columns, checked, and the batches in them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use bytes::{Buf, Bytes, buf};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::{ChunkReader, Length};

use super::{Description, Stretch};
use crate::error::{Error, Result};

/// What ends a Parquet file: the length of its description and the mark.
const TAIL_BYTES: usize = 8;

/// Some columns of a segment as their bytes in the file.
#[derive(Clone, Debug)]
pub struct SegmentBytes {
    parts: Arc<[(u64, Bytes)]>,
    length: u64,
    rows: u64,
    /// Where each wanted column stands among the columns that are read, which come in the file's order.
    order: Vec<usize>,
    /// The columns that are read, in the file's order.
    roots: Vec<usize>,
}

/// The batches of a segment, in the order of its rows.
pub enum SegmentBatches {
    /// Rows of its columns.
    Read {
        /// What reads them.
        reader: Box<ParquetRecordBatchReader>,
        /// Their order.
        order: Vec<usize>,
    },
    /// Rows without columns: how many are left, and how many come at once.
    Counted {
        /// Rows left.
        rows: usize,
        /// Rows at once.
        batch_size: usize,
    },
}

impl SegmentBytes {
    /// Reads what the wanted columns need, by their positions in the description, and checks it. Blocks.
    ///
    /// # Errors
    /// The file is not there, or not as it was written.
    pub fn read(file: &Path, description: &Description, wanted: &[usize]) -> Result<SegmentBytes> {
        let mut roots = wanted.to_vec();
        roots.sort_unstable();
        roots.dedup();
        let order = wanted.iter().filter_map(|wanted| roots.binary_search(wanted).ok()).collect();
        let parts = match wanted.is_empty() {
            true => Vec::new(),
            false => SegmentBytes::read_parts(file, description, &roots)?,
        };
        Ok(SegmentBytes { parts: parts.into(), length: description.file_bytes(), rows: description.rows, order, roots })
    }

    /// Reads the file's own description alone.
    pub(super) fn read_footer(file: &Path, description: &Description) -> Result<SegmentBytes> {
        let parts = SegmentBytes::read_parts(file, description, &[])?.into();
        let (order, roots) = (Vec::new(), Vec::new());
        Ok(SegmentBytes { parts, length: description.file_bytes(), rows: description.rows, order, roots })
    }

    /// The file's description as the reader takes it; none where there is no file.
    pub(super) fn metadata(&self) -> Result<Option<ArrowReaderMetadata>> {
        let Some((_, footer)) = self.parts.last() else { return Ok(None) };
        let description = footer.get(..footer.len().saturating_sub(TAIL_BYTES)).unwrap_or_default();
        let metadata = ParquetMetaDataReader::decode_metadata(description).map_err(not_read)?;
        ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new()).map_err(not_read).map(Some)
    }

    fn read_parts(file: &Path, description: &Description, roots: &[usize]) -> Result<Vec<(u64, Bytes)>> {
        let damaged = || Error::statement(format!("the cache's file `{}` is damaged", file.display()));
        let mut parts = Vec::new();
        if description.rows > 0 && !description.columns.is_empty() {
            let mut opened = File::open(file).map_err(|error| damaged().because(error))?;
            // Before anything is allocated by what the index says.
            let length = opened.metadata().map_err(|error| damaged().because(error))?.len();
            if length != description.file_bytes() {
                return Err(damaged());
            }
            let columns = roots.iter().filter_map(|root| description.columns.get(*root)).map(|(_, stretch)| *stretch);
            for stretch in columns.chain([description.footer]) {
                let bytes = read_stretch(&mut opened, stretch).map_err(|error| damaged().because(error))?;
                if !stretch.holds(&bytes) {
                    return Err(damaged());
                }
                parts.push((stretch.offset, bytes));
            }
        }
        Ok(parts)
    }

    /// The rows of these ranges, which ascend and do not overlap, in batches of at most `batch_size`: the wanted
    /// columns, in the order in which they were asked for.
    pub fn batches(&self, rows: &[Range<u64>], batch_size: usize) -> Result<SegmentBatches> {
        let count = |range: &Range<u64>| usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let Some(metadata) = self.metadata()? else {
            return Ok(SegmentBatches::Counted { rows: rows.iter().map(count).sum(), batch_size });
        };
        let mask = ProjectionMask::roots(metadata.parquet_schema(), self.roots.iter().copied());
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.clone(), metadata)
            .with_projection(mask)
            .with_batch_size(batch_size);
        if !matches!(rows, [whole] if *whole == (0..self.rows)) {
            let ranges = rows.iter().map(|range| {
                let start = usize::try_from(range.start).unwrap_or(usize::MAX);
                start..start.saturating_add(count(range))
            });
            let all = usize::try_from(self.rows).unwrap_or(usize::MAX);
            builder = builder.with_row_selection(RowSelection::from_consecutive_ranges(ranges, all));
        }
        let reader = Box::new(builder.build().map_err(not_read)?);
        Ok(SegmentBatches::Read { reader, order: self.order.clone() })
    }
}

impl Iterator for SegmentBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        let failed = |error| Error::statement("rows could not be read from the cache").because(error);
        match self {
            SegmentBatches::Read { reader, order } => {
                let batch = reader.next()?;
                Some(batch.and_then(|batch| batch.project(order)).map_err(failed))
            }
            SegmentBatches::Counted { rows: 0, .. } => None,
            SegmentBatches::Counted { rows, batch_size } => {
                let count = (*rows).min(*batch_size);
                *rows -= count;
                let options = RecordBatchOptions::new().with_row_count(Some(count));
                let schema: SchemaRef = Arc::new(Schema::empty());
                Some(RecordBatch::try_new_with_options(schema, Vec::new(), &options).map_err(failed))
            }
        }
    }
}

impl Length for SegmentBytes {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SegmentBytes {
    type T = buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.from(start).map(Buf::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let from = self.from(start)?;
        if from.len() < length {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} were not read")));
        }
        Ok(from.slice(..length))
    }
}

impl SegmentBytes {
    /// What was read from that offset on.
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        for (offset, bytes) in self.parts.iter() {
            let within = start.checked_sub(*offset).and_then(|within| usize::try_from(within).ok());
            if let Some(within) = within.filter(|within| *within < bytes.len()) {
                return Ok(bytes.slice(within..));
            }
        }
        Err(ParquetError::EOF(format!("nothing was read at {start}")))
    }
}

fn read_stretch(file: &mut File, stretch: Stretch) -> std::io::Result<Bytes> {
    let length = usize::try_from(stretch.length).unwrap_or(usize::MAX);
    file.seek(SeekFrom::Start(stretch.offset))?;
    let mut bytes = Vec::with_capacity(length);
    // Straight into the spare bytes, which need not be zeroed first.
    file.take(stretch.length).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

fn not_read(error: ParquetError) -> Error {
    Error::statement("rows could not be read from the cache").because(error)
}
