//! Parquet, compressed with zstd.
//!
//! NULL and empty text differ by definition level. Row groups are closed by size, not by rows alone,
//! so that wide answers stay within bounded memory.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{Encoder, Sink, Written, failure};
use crate::error::Result;

/// Encoded bytes that one row group may hold in memory before it is written.
const ROW_GROUP_BYTES: usize = 64 << 20;

pub(super) struct ParquetEncoder {
    writer: ArrowWriter<Sink>,
    rows: u64,
}

impl ParquetEncoder {
    pub(super) fn new(schema: SchemaRef, sink: Sink) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("pinq version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(sink, schema, Some(properties)).map_err(failure::parquet)?;
        Ok(ParquetEncoder { writer, rows: 0 })
    }
}

impl Encoder for ParquetEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(failure::parquet)?;
        if self.writer.in_progress_size() > ROW_GROUP_BYTES {
            self.writer.flush().map_err(failure::parquet)?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        self.writer.finish().map_err(failure::parquet)?;
        self.writer.inner_mut().flush()?;
        Ok(Written { rows: self.rows })
    }
}
