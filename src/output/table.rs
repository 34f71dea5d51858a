//! A drawn table for people, cut to the terminal.
//!
//! NULL is the word `NULL`; empty text is an empty cell. Hostile characters are escaped (see
//! `printable`), numbers stand on the right, cells that do not fit end in `…`. Only the rows that are
//! shown are held: the rest is counted. Where all rows are wanted, they are drawn block by block, each
//! block a table of its own, so that memory stays bounded.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::cells::{Spelling, is_number};
use super::{Encoder, MaxRows, Sink, TableOptions, Written};
use crate::error::Result;
use crate::printable;

use widths::{Fit, cut, fit};

#[path = "table_widths.rs"]
mod widths;

/// Rows that one drawn block holds where all rows are wanted.
const BLOCK_ROWS: usize = 10_000;

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
                line.push(self.options.width.map_or_else(|| shown.to_string(), |width| cut(&shown, width)));
            }
            self.kept.push(line);
        }
        Ok(())
    }

    /// Draws the rows that are kept and lets them go.
    fn draw(&mut self) -> Result<()> {
        let header: Vec<String> =
            self.schema.fields().iter().map(|field| printable::one_line(field.name()).into_owned()).collect();
        if header.is_empty() {
            self.kept.clear();
            return Ok(());
        }
        let Fit { widths } = fit(&header, &self.kept, self.options.width);
        let shorten = |line: &[String]| -> Vec<String> {
            line.iter().zip(&widths).map(|(text, width)| cut(text, *width)).collect()
        };
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(shorten(&header));
        for line in &self.kept {
            table.add_row(shorten(line));
        }
        for (column, field) in table.column_iter_mut().zip(self.schema.fields()) {
            if is_number(field.data_type()) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(self.sink, "{table}")?;
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
        let rows = self.rows;
        let unit = if rows == 1 { "row" } else { "rows" };
        if (self.drawn as u64) < rows && !self.schema.fields().is_empty() {
            writeln!(self.sink, "first {} of {rows} {unit}", self.drawn)?;
        } else {
            writeln!(self.sink, "{rows} {unit}")?;
        }
        self.sink.flush()?;
        Ok(Written { rows })
    }
}
