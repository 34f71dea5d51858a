//! Tab-separated values as PostgreSQL's `COPY ... (FORMAT text, HEADER)` writes them.
//!
//! NULL is `\N`; empty text is an empty field. Tabs, line ends and backslashes in text are escaped
//! (`\t`, `\n`, `\r`, `\\`), so that a row is always one line.

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::Spelling;
use super::{Encoder, Sink, Written};
use crate::error::Result;

pub(super) struct TsvEncoder {
    sink: Sink,
    spelling: Spelling,
    rows: u64,
}

impl TsvEncoder {
    pub(super) fn new(schema: &Schema, mut sink: Sink) -> Result<Self> {
        let mut line = String::new();
        for (position, field) in schema.fields().iter().enumerate() {
            if position > 0 {
                line.push('\t');
            }
            push_field(&mut line, field.name());
        }
        line.push('\n');
        sink.write_all(line.as_bytes())?;
        Ok(TsvEncoder { sink, spelling: Spelling::new(), rows: 0 })
    }
}

impl Encoder for TsvEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut cells = self.spelling.cells(batch)?;
        let (mut text, mut lines) = (String::new(), String::new());
        for row in 0..cells.rows() {
            for column in 0..cells.columns() {
                if column > 0 {
                    lines.push('\t');
                }
                if cells.read(row, column, &mut text)? {
                    push_field(&mut lines, &text);
                } else {
                    lines.push_str("\\N");
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

fn push_field(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\u{8}' => line.push_str("\\b"),
            '\u{b}' => line.push_str("\\v"),
            '\u{c}' => line.push_str("\\f"),
            other => line.push(other),
        }
    }
}
