//! Writing a segment: arrays of rows into the bytes of a file, in memory.
//!
//! Owns the settings of the writer. It must not touch the disk: how large the file is has to be known before there is
//! room for it.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringViewArray};
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::{Description, Stretch};
use crate::cache::column::CachedColumn;
use crate::error::{Error, Result};

/// Texts that are longer than this on average, in bytes, are compressed. What is shorter costs more time to compress,
/// and at every reading, than it saves.
const LONG_TEXT_BYTES: usize = 32;

/// The rows of one segment as they come.
pub struct SegmentBuilder {
    columns: Vec<CachedColumn>,
    schema: SchemaRef,
    /// None before the first rows, by which its settings go, and where there are no columns: then only rows are
    /// counted.
    writer: Option<ArrowWriter<Vec<u8>>>,
    rows: usize,
}

impl SegmentBuilder {
    /// An empty segment of these columns.
    pub fn new(columns: Vec<CachedColumn>) -> SegmentBuilder {
        let fields = columns.iter().enumerate().map(|(number, column)| column.field(number));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<Field>>()));
        SegmentBuilder { columns, schema, writer: None, rows: 0 }
    }

    /// Adds rows: an array for each column.
    pub fn write(&mut self, columns: &[ArrayRef], rows: usize) -> Result<()> {
        self.rows = self.rows.saturating_add(rows);
        if self.columns.is_empty() || rows == 0 {
            return Ok(());
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let properties = Some(properties(&self.columns, columns));
                let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&self.schema), properties);
                self.writer.insert(writer.map_err(not_written)?)
            }
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns.to_vec(), &options)
            .map_err(|error| Error::bug("rows do not fit their segment").because(error))?;
        writer.write(&batch).map_err(not_written)
    }

    /// The rows up to now.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of memory that it holds.
    pub fn memory(&self) -> usize {
        self.writer.as_ref().map_or(0, ArrowWriter::memory_size)
    }

    /// The file and its description. `known` are the names of all of the table's columns.
    pub fn finish(self, known: Vec<String>) -> Result<(Vec<u8>, Description)> {
        let rows = self.rows as u64;
        let Some(mut writer) = self.writer else {
            // Without rows or without columns there is nothing to put into a file.
            let nothing = Stretch { offset: 0, length: 0, hash: 0 };
            let columns = self.columns.into_iter().map(|column| (column, nothing)).collect();
            return Ok((Vec::new(), Description { columns, known, rows, footer: nothing }));
        };
        let metadata = writer.finish().map_err(not_written)?;
        let file = std::mem::take(writer.inner_mut());
        let broken = || Error::bug("a segment's description does not fit its file");
        let stretches = stretches(&metadata, self.columns.len(), &file).ok_or_else(broken)?;
        let end = stretches.last().map_or(0, |stretch| stretch.offset.saturating_add(stretch.length));
        let footer = (file.len() as u64).checked_sub(end).and_then(|length| Stretch::of(&file, end, length));
        let columns = self.columns.into_iter().zip(stretches).collect();
        Ok((file, Description { columns, known, rows, footer: footer.ok_or_else(broken)? }))
    }
}

/// For each column the bytes from its first leaf to its last; leaves of a column stand together.
fn stretches(metadata: &ParquetMetaData, columns: usize, file: &[u8]) -> Option<Vec<Stretch>> {
    let mut ranges: Vec<Option<(u64, u64)>> = vec![None; columns];
    let group = metadata.row_groups().first()?;
    for (leaf, chunk) in group.columns().iter().enumerate() {
        let root = metadata.file_metadata().schema_descr().get_column_root_idx(leaf);
        let (start, length) = chunk.byte_range();
        let end = start.checked_add(length)?;
        let range = ranges.get_mut(root)?;
        *range = Some(range.map_or((start, end), |(first, last)| (first.min(start), last.max(end))));
    }
    let stretch = |range: Option<(u64, u64)>| range.and_then(|(start, end)| Stretch::of(file, start, end - start));
    ranges.into_iter().map(stretch).collect()
}

/// Settings for columns of which `first` are some rows. benches/segments.rs measures them.
fn properties(columns: &[CachedColumn], first: &[ArrayRef]) -> WriterProperties {
    // What is nested has leaves of names that nobody need know here.
    let mut properties = WriterProperties::builder()
        .set_compression(zstd())
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    for (number, (column, values)) in columns.iter().zip(first).enumerate() {
        let path = ColumnPath::from(number.to_string());
        if values.data_type().is_nested() {
            continue;
        }
        properties = properties.set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        if *column == CachedColumn::Fingerprint {
            properties = properties.set_column_dictionary_enabled(path, false);
        } else if let Some(texts) = values.as_string_view_opt() {
            properties = properties.set_column_encoding(path.clone(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
            if has_many_values(texts) {
                properties = properties.set_column_dictionary_enabled(path.clone(), false);
            }
            if texts.total_buffer_bytes_used() > texts.len().saturating_mul(LONG_TEXT_BYTES) {
                properties = properties.set_column_compression(path, zstd());
            }
        } else if values.data_type().is_integer() || values.data_type().is_temporal() {
            properties = properties
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk)
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        } else if values.data_type().is_floating() {
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
        }
    }
    properties.build()
}

/// Whether more than half of the values are distinct, so that a dictionary of them would be as large as they are.
fn has_many_values(texts: &StringViewArray) -> bool {
    let distinct: HashSet<&str> = texts.iter().flatten().collect();
    distinct.len() > texts.len() / 2
}

fn zstd() -> Compression {
    Compression::ZSTD(ZstdLevel::default())
}

fn not_written(error: parquet::errors::ParquetError) -> Error {
    Error::statement("rows could not be written in the cache's form").because(error)
}
