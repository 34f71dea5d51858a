//! A Markdown table, streamed: no padding, so that no row waits for a longer one.
//!
//! NULL is the word `NULL`; empty text is an empty cell. (The text `NULL` looks the same: Markdown has
//! no way to tell.) Pipes, backslashes and `<` are escaped; line breaks become `<br>`.

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::{Spelling, is_number};
use super::{Encoder, Sink, Written};
use crate::error::Result;
use crate::printable;

pub(super) struct MarkdownEncoder {
    sink: Sink,
    spelling: Spelling,
    rows: u64,
}

impl MarkdownEncoder {
    pub(super) fn new(schema: &Schema, mut sink: Sink) -> Result<Self> {
        let (mut names, mut rule) = (String::from("|"), String::from("|"));
        for field in schema.fields() {
            push_cell(&mut names, field.name());
            rule.push_str(if is_number(field.data_type()) { " ---: |" } else { " --- |" });
        }
        sink.write_all(format!("{names}\n{rule}\n").as_bytes())?;
        Ok(MarkdownEncoder { sink, spelling: Spelling::new(), rows: 0 })
    }
}

impl Encoder for MarkdownEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut cells = self.spelling.cells(batch)?;
        let (mut text, mut lines) = (String::new(), String::new());
        for row in 0..cells.rows() {
            lines.push('|');
            for column in 0..cells.columns() {
                if cells.read(row, column, &mut text)? {
                    push_cell(&mut lines, &text);
                } else {
                    lines.push_str(" NULL |");
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

fn push_cell(line: &mut String, text: &str) {
    line.push(' ');
    // Markdown is also read on terminals, so that hostile characters are escaped as in a table.
    let text = text.replace("\r\n", "\n");
    for character in printable::lines(&text).chars() {
        match character {
            '|' => line.push_str("\\|"),
            '\\' => line.push_str("\\\\"),
            '<' => line.push_str("&lt;"),
            '\n' => line.push_str("<br>"),
            '\t' => line.push(' '),
            other => line.push(other),
        }
    }
    line.push_str(" |");
}
