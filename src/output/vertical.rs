//! Records upright as a format of its own, for terminals and for files.
//!
//! NULL is the word `NULL`; empty text is nothing. As in a table, rows beyond the limit are counted and not shown.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::cells::Spelling;
use super::paint::Paint;
use super::upright::Upright;
use super::{Encoder, MaxRows, Sink, TableOptions, Written, closing, shown};
use crate::error::Result;

pub(super) struct VerticalEncoder {
    upright: Upright,
    columns: usize,
    max_rows: MaxRows,
    sink: Sink,
    spelling: Spelling,
    drawn: u64,
    rows: u64,
}

impl VerticalEncoder {
    pub(super) fn new(schema: &SchemaRef, sink: Sink, options: &TableOptions) -> Self {
        VerticalEncoder {
            upright: Upright::new(schema, options.width, Paint::Off),
            columns: schema.fields().len(),
            max_rows: options.max_rows,
            sink,
            spelling: Spelling::new(),
            drawn: 0,
            rows: 0,
        }
    }
}

impl Encoder for VerticalEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        let shows = |drawn: u64| match self.max_rows {
            MaxRows::First(limit) => drawn < limit as u64,
            MaxRows::All => true,
        };
        let mut cells = self.spelling.cells(batch)?;
        let (mut row, mut drawing) = (Vec::new(), String::new());
        for number in (0..cells.rows()).take_while(|_| self.columns > 0) {
            if !shows(self.drawn) {
                break;
            }
            shown::read(&mut cells, number, &mut row)?;
            self.drawn += 1;
            drawing.clear();
            self.upright.draw(&mut drawing, self.drawn, &row);
            self.sink.write_all(drawing.as_bytes())?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        let drawn = if self.columns == 0 { self.rows } else { self.drawn };
        writeln!(self.sink, "{}", closing(drawn, self.rows))?;
        self.sink.flush()?;
        Ok(Written { rows: self.rows })
    }
}
