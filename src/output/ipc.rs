//! The Arrow IPC stream.
//!
//! NULL and empty text differ as in memory: a validity bit. Types are kept exactly.

use arrow::datatypes::Schema;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;

use super::{Encoder, Sink, Written, failure};
use crate::error::Result;

pub(super) struct IpcEncoder {
    writer: StreamWriter<Sink>,
    rows: u64,
}

impl IpcEncoder {
    pub(super) fn new(schema: &Schema, sink: Sink) -> Result<Self> {
        Ok(IpcEncoder { writer: StreamWriter::try_new(sink, schema).map_err(failure::arrow)?, rows: 0 })
    }
}

impl Encoder for IpcEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(failure::arrow)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        self.writer.finish().map_err(failure::arrow)?;
        self.writer.flush().map_err(failure::arrow)?;
        Ok(Written { rows: self.rows })
    }
}
