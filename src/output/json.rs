//! JSON: one array of objects, or one object a line.
//!
//! NULL is `null` under its key, which is always present; empty text is `""`. Nested values are nested
//! JSON, integers keep every digit, doubles that JSON cannot hold (NaN, infinities) are `null`, and
//! timestamps are text like `2020-08-28T03:52:47`.

use std::collections::HashSet;
use std::io::Write;

use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::{JsonFormat, LineDelimited, Writer};
use arrow::record_batch::RecordBatch;

use super::{Encoder, Sink, Written, failure};
use crate::error::{Error, Result};

/// An array with one object a line, so that line tools and diffs can read it too.
#[derive(Debug, Default)]
struct ArrayOfLines;

struct JsonEncoder<F: JsonFormat> {
    writer: Writer<Sink, F>,
    rows: u64,
}

pub(super) fn array(schema: &Schema, sink: Sink) -> Result<Box<dyn Encoder>> {
    Ok(Box::new(JsonEncoder::<ArrayOfLines>::new(schema, sink)?))
}

pub(super) fn lines(schema: &Schema, sink: Sink) -> Result<Box<dyn Encoder>> {
    Ok(Box::new(JsonEncoder::<LineDelimited>::new(schema, sink)?))
}

impl JsonFormat for ArrayOfLines {
    fn start_stream<W: Write>(&self, writer: &mut W) -> Result<(), ArrowError> {
        Ok(writer.write_all(b"[")?)
    }

    fn start_row<W: Write>(&self, writer: &mut W, is_first_row: bool) -> Result<(), ArrowError> {
        Ok(writer.write_all(if is_first_row { b"\n" } else { b",\n" })?)
    }

    fn end_stream<W: Write>(&self, writer: &mut W) -> Result<(), ArrowError> {
        Ok(writer.write_all(b"]\n")?)
    }
}

impl<F: JsonFormat> JsonEncoder<F> {
    fn new(schema: &Schema, sink: Sink) -> Result<Self> {
        let mut names = HashSet::new();
        for field in schema.fields() {
            if !names.insert(field.name()) {
                return Err(Error::statement(format!(
                    "two columns of the answer are named `{}`, and a JSON object holds each key once",
                    field.name()
                ))
                .hint("give one of them another name with AS"));
            }
        }
        Ok(JsonEncoder { writer: WriterBuilder::new().with_explicit_nulls(true).build(sink), rows: 0 })
    }
}

impl<F: JsonFormat + Send> Encoder for JsonEncoder<F> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(failure::arrow)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        self.writer.finish().map_err(failure::arrow)?;
        self.writer.get_mut().flush()?;
        Ok(Written { rows: self.rows })
    }
}
