//! A drawn table for people, cut to the terminal.
//!
//! NULL is the word `NULL`; empty text is an empty cell. Hostile characters are escaped (see
//! `printable`), numbers stand on the right, cells that do not fit end in `…`. Only the rows that are
//! shown are held: the rest is counted. Where all rows are wanted, they are drawn block by block, each
//! block a table of its own, so that memory stays bounded.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::cells::Spelling;
use super::frame::{Frame, Piece};
use super::shown::names;
use super::widths::{columns, cut, fit};
use super::{Encoder, MaxRows, Sink, TableOptions, Written, closing};
use crate::error::Result;
use crate::printable;

/// Rows that one drawn block holds where all rows are wanted.
const BLOCK_ROWS: usize = 10_000;
/// Bytes of a drawing that are handed on together.
const WRITTEN_AT_ONCE: usize = 64 << 10;

pub(super) struct TableEncoder {
    schema: SchemaRef,
    sink: Sink,
    options: TableOptions,
    spelling: Spelling,
    kept: Vec<Vec<String>>,
    drawn: usize,
    rows: u64,
}

impl TableEncoder {
    pub(super) fn new(schema: SchemaRef, sink: Sink, options: &TableOptions) -> Self {
        let spelling = Spelling::new();
        TableEncoder { schema, sink, options: *options, spelling, kept: Vec::new(), drawn: 0, rows: 0 }
    }

    /// How many more rows may be kept before a block is drawn or the limit is reached.
    fn room(&self) -> usize {
        match self.options.max_rows {
            MaxRows::First(limit) => limit.saturating_sub(self.kept.len()),
            MaxRows::All => BLOCK_ROWS.saturating_sub(self.kept.len()),
        }
    }

    fn keep(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut cells = self.spelling.cells(batch)?;
        let mut text = String::new();
        for row in 0..cells.rows() {
            let mut line = Vec::with_capacity(cells.columns());
            for column in 0..cells.columns() {
                let shown = match cells.read(row, column, &mut text)? {
                    true => printable::one_line(&text),
                    false => "NULL".into(),
                };
                // Nothing wider than the terminal can ever show, so that it need not be held.
                line.push(
                    self.options.width.map_or_else(|| shown.to_string(), |width| cut(&shown, width).into_owned()),
                );
            }
            self.kept.push(line);
        }
        Ok(())
    }

    /// Draws the rows that are kept and lets them go.
    fn draw(&mut self) -> Result<()> {
        let header = names(&self.schema);
        if header.is_empty() {
            self.kept.clear();
            return Ok(());
        }
        let mut natural: Vec<usize> = header.iter().map(|name| columns(name).max(1)).collect();
        for line in &self.kept {
            for (width, text) in natural.iter_mut().zip(line) {
                *width = (*width).max(columns(text));
            }
        }
        let widths = fit(natural, self.options.width);
        let frame = Frame::new(widths.clone(), &self.schema);
        let mut drawing = String::new();
        let draw = |line: &[String], drawing: &mut String| {
            let pieces = line.iter().zip(&widths).map(|(text, width)| Piece::plain(cut(text, *width)));
            frame.line(drawing, pieces);
        };
        frame.top(&mut drawing);
        draw(&header, &mut drawing);
        frame.below_header(&mut drawing);
        for line in &self.kept {
            draw(line, &mut drawing);
            // No drawing of thousands of wide rows is held whole.
            if drawing.len() > WRITTEN_AT_ONCE {
                self.sink.write_all(drawing.as_bytes())?;
                drawing.clear();
            }
        }
        frame.bottom(&mut drawing);
        self.sink.write_all(drawing.as_bytes())?;
        if widths.len() < header.len() {
            let hidden = header.get(widths.len()..).unwrap_or_default().join(", ");
            writeln!(self.sink, "first {} of {} columns; not shown: {hidden}", widths.len(), header.len())?;
        }
        self.drawn += self.kept.len();
        self.kept.clear();
        Ok(())
    }
}

impl Encoder for TableEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        let mut from = 0;
        while from < batch.num_rows() {
            let taken = self.room().min(batch.num_rows() - from);
            if taken == 0 {
                // The limit is reached; what comes now is counted and not shown.
                return Ok(());
            }
            self.keep(&batch.slice(from, taken))?;
            from += taken;
            if self.options.max_rows == MaxRows::All && self.room() == 0 {
                self.draw()?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        if self.drawn == 0 || !self.kept.is_empty() {
            self.draw()?;
        }
        let (drawn, rows) = (self.drawn as u64, self.rows);
        let drawn = if self.schema.fields().is_empty() { rows } else { drawn };
        writeln!(self.sink, "{}", closing(drawn, rows))?;
        self.sink.flush()?;
        Ok(Written { rows })
    }
}
