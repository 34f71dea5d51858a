//! What the formats of one line a row share: cells between separators, batch by batch.
//!
//! Owns the walk over a batch's cells. How a cell is spelt is each format's.

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::Spelling;
use super::{Encoder, Sink, Written};
use crate::error::Result;

/// How a format writes one line.
pub(super) trait LineStyle: Send {
    /// What a line begins with.
    const START: &'static str;
    /// What stands between two cells.
    const SEPARATOR: &'static str;
    /// The lines before the first row, each with its end.
    fn header(&self, schema: &Schema) -> String;
    /// Adds a cell.
    fn push_cell(&self, line: &mut String, text: &str);
    /// Adds a NULL.
    fn push_null(&self, line: &mut String);
}

/// Writes rows as lines in one style.
pub(super) struct LineEncoder<S> {
    style: S,
    sink: Sink,
    spelling: Spelling,
    rows: u64,
}

impl<S: LineStyle> LineEncoder<S> {
    /// An encoder that has written the header.
    pub(super) fn new(style: S, schema: &Schema, mut sink: Sink) -> Result<Self> {
        sink.write_all(style.header(schema).as_bytes())?;
        Ok(LineEncoder { style, sink, spelling: Spelling::new(), rows: 0 })
    }
}

impl<S: LineStyle> Encoder for LineEncoder<S> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut cells = self.spelling.cells(batch)?;
        let (mut text, mut lines) = (String::new(), String::new());
        for row in 0..cells.rows() {
            lines.push_str(S::START);
            for column in 0..cells.columns() {
                if column > 0 {
                    lines.push_str(S::SEPARATOR);
                }
                if cells.read(row, column, &mut text)? {
                    self.style.push_cell(&mut lines, &text);
                } else {
                    self.style.push_null(&mut lines);
                }
            }
            lines.push('\n');
        }
        self.sink.write_all(lines.as_bytes())?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        self.sink.flush()?;
        Ok(Written { rows: self.rows })
    }
}

/// A header that is a row of the columns' names.
pub(super) fn names<S: LineStyle>(style: &S, schema: &Schema) -> String {
    let mut line = String::from(S::START);
    for (position, field) in schema.fields().iter().enumerate() {
        if position > 0 {
            line.push_str(S::SEPARATOR);
        }
        style.push_cell(&mut line, field.name());
    }
    line.push('\n');
    line
}
