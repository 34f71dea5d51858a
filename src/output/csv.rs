//! Comma-separated values after RFC 4180, with a header and `\n` line ends.
//!
//! NULL is an empty field; empty text is `""`. A row that is one NULL in an answer of one column is
//! therefore an empty line. Arrow's own CSV writer is not used: it writes the two alike, and refuses
//! nested values, which are JSON text here.

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::Spelling;
use super::{Encoder, Sink, Written};
use crate::error::Result;

pub(super) struct CsvEncoder {
    sink: Sink,
    spelling: Spelling,
    rows: u64,
}

impl CsvEncoder {
    pub(super) fn new(schema: &Schema, mut sink: Sink) -> Result<Self> {
        let mut line = String::new();
        for (position, field) in schema.fields().iter().enumerate() {
            if position > 0 {
                line.push(',');
            }
            push_field(&mut line, field.name());
        }
        line.push('\n');
        sink.write_all(line.as_bytes())?;
        Ok(CsvEncoder { sink, spelling: Spelling::new(), rows: 0 })
    }
}

impl Encoder for CsvEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut cells = self.spelling.cells(batch)?;
        let (mut text, mut lines) = (String::new(), String::new());
        for row in 0..cells.rows() {
            for column in 0..cells.columns() {
                if column > 0 {
                    lines.push(',');
                }
                if cells.read(row, column, &mut text)? {
                    push_field(&mut lines, &text);
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

/// Quotes text that a reader would otherwise cut, trim or take for NULL.
fn push_field(line: &mut String, text: &str) {
    let needs_quotes =
        text.is_empty() || text.starts_with(' ') || text.ends_with(' ') || text.contains([',', '"', '\n', '\r']);
    if !needs_quotes {
        line.push_str(text);
        return;
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}
