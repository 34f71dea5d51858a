//! Answers for a terminal of a known width, streamed: the first rows show at once and settle how wide columns are.
//!
//! Owns the choice between a table and records upright, and the order in which lines are written. Later rows keep the
//! widths and wrap; only a number or an instant that no longer fits starts the table anew with wider columns, because
//! nobody can read half a number. One row is held at a time. The last line (rows, time) is the caller's.

mod layout;
#[cfg(test)]
mod tests;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::cells::Spelling;
use super::frame::{Frame, Piece};
use super::paint::{Look, Paint};
use super::plan::{self, PlanEncoder};
use super::shown::{self, Shown, names};
use super::wrapping::{MostLines, Wrapped, wrap};
use super::{Encoder, Sink, Written, upright};
use crate::error::Result;
use layout::Needs;

/// Lines that one cell of a table takes at most.
const MOST_LINES: usize = 6;
/// Lines that the name of a column takes at most.
const MOST_HEADER_LINES: usize = 3;
/// Bytes of a drawing that are handed on together.
const WRITTEN_AT_ONCE: usize = 64 << 10;

/// When records stand upright, a line for each column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Upright {
    /// Never: columns are narrowed beyond what is easy to read. Where even that is too wide, columns on the right are
    /// left out and named.
    Never,
    /// Always.
    Always,
    /// Where a table of the answer would be too wide even with wrapped cells.
    #[default]
    Auto,
}

/// How an answer is drawn on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenOptions {
    /// The terminal's width in columns.
    pub width: usize,
    /// When records stand upright.
    pub upright: Upright,
    /// Whether names are bold and NULLs dim.
    pub colour: bool,
}

/// An encoder for a terminal. Every batch is flushed to `sink` as it comes; the sink gets whole lines. Plans of EXPLAIN
/// are shown as the tree that they are.
pub fn screen(schema: SchemaRef, sink: Sink, options: &ScreenOptions) -> Box<dyn Encoder> {
    if plan::is_plan(&schema) {
        return Box::new(PlanEncoder::new(sink));
    }
    let paint = if options.colour { Paint::On } else { Paint::Off };
    let names = names(&schema);
    Box::new(ScreenEncoder {
        schema,
        sink,
        options: *options,
        paint,
        names,
        spelling: Spelling::new(),
        drawing: Drawing::Undecided,
        rows: 0,
    })
}

struct ScreenEncoder {
    schema: SchemaRef,
    sink: Sink,
    options: ScreenOptions,
    paint: Paint,
    names: Vec<String>,
    spelling: Spelling,
    drawing: Drawing,
    rows: u64,
}

/// How the answer is drawn.
enum Drawing {
    Undecided,
    /// There is no column.
    Nothing,
    Table(Table),
    Upright(upright::Upright),
}

struct Table {
    frame: Frame,
    needs: Needs,
    /// Whether the row before took several lines, so that a line keeps the next one apart from it.
    was_tall: bool,
    /// Whether a row was drawn below the header.
    has_rows: bool,
}

impl ScreenEncoder {
    /// Decides how the answer is drawn, by its first rows.
    fn settle(&self, first: Option<&RecordBatch>) -> Result<Drawing> {
        if self.names.is_empty() {
            return Ok(Drawing::Nothing);
        }
        let mut needs = Needs::of_header(&self.schema, &self.names);
        if let Some(batch) = first {
            needs.measure(&mut self.spelling.cells(batch)?)?;
        }
        let width = self.options.width;
        let widths = match self.options.upright {
            Upright::Always => None,
            Upright::Auto => needs.settle(width),
            Upright::Never => Some(needs.settle(width).unwrap_or_else(|| needs.squeeze(width))),
        };
        Ok(match widths {
            Some(widths) => {
                let frame = Frame::new(widths, &self.schema);
                Drawing::Table(Table { frame, needs, was_tall: false, has_rows: false })
            }
            None => Drawing::Upright(upright::Upright::new(&self.schema, Some(width), self.paint)),
        })
    }

    fn begin(&mut self, first: Option<&RecordBatch>) -> Result<()> {
        self.drawing = self.settle(first)?;
        if let Drawing::Table(table) = &self.drawing {
            let mut text = String::new();
            table.head(&mut text, &self.names, self.paint);
            self.sink.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

impl Table {
    fn head(&self, text: &mut String, names: &[String], paint: Paint) {
        self.frame.top(text);
        let lines = |(name, width)| (wrap(name, width, MostLines::Of(MOST_HEADER_LINES)), Look::Bold);
        side_by_side(&self.frame, text, names.iter().map(String::as_str).zip(self.frame.widths()).map(lines), paint);
        self.frame.below_header(text);
    }

    fn row(&mut self, text: &mut String, row: &[Shown], names: &[String], options: &ScreenOptions, paint: Paint) {
        if self.needs.outgrown(row, self.frame.widths())
            && let Some(widths) = self.needs.settle(options.width)
        {
            self.frame.bottom(text);
            self.frame.widen(widths);
            self.head(text, names, paint);
            (self.was_tall, self.has_rows) = (false, false);
        }
        let is_tall = row.iter().zip(self.frame.widths()).any(|(cell, width)| layout::is_wider(&cell.text, width));
        if self.has_rows && (self.was_tall || is_tall) {
            self.frame.between_rows(text);
        }
        let cells = row.iter().zip(self.frame.widths());
        let lines = cells.map(|(cell, width)| (wrap(&cell.text, width, MostLines::Of(MOST_LINES)), cell.look()));
        side_by_side(&self.frame, text, lines, paint);
        (self.was_tall, self.has_rows) = (is_tall, true);
    }
}

/// Draws cells beside each other, each over as many lines as it needs.
fn side_by_side<'a>(
    frame: &Frame,
    text: &mut String,
    cells: impl IntoIterator<Item = (Wrapped<'a>, Look)>,
    paint: Paint,
) {
    let mut cells: Vec<_> = cells.into_iter().map(|(lines, look)| (lines.peekable(), look)).collect();
    loop {
        let pieces: Vec<_> = cells
            .iter_mut()
            .map(|(lines, look)| Piece::painted(lines.next().unwrap_or_default(), paint, *look))
            .collect();
        frame.line(text, pieces);
        if cells.iter_mut().all(|(lines, _)| lines.peek().is_none()) {
            return;
        }
    }
}

impl Encoder for ScreenEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if matches!(self.drawing, Drawing::Undecided) {
            self.begin(Some(batch))?;
        }
        let mut cells = self.spelling.cells(batch)?;
        let (mut row, mut text) = (Vec::new(), String::new());
        for number in 0..cells.rows() {
            self.rows += 1;
            match &mut self.drawing {
                Drawing::Undecided | Drawing::Nothing => continue,
                Drawing::Table(table) => {
                    shown::read(&mut cells, number, &mut row)?;
                    table.row(&mut text, &row, &self.names, &self.options, self.paint);
                }
                Drawing::Upright(upright) => {
                    shown::read(&mut cells, number, &mut row)?;
                    upright.draw(&mut text, self.rows, &row);
                }
            }
            if text.len() >= WRITTEN_AT_ONCE {
                self.sink.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        self.sink.write_all(text.as_bytes())?;
        // Who waits for the next rows looks at these meanwhile.
        self.sink.flush()?;
        Ok(())
    }

    fn finish(&mut self) -> Result<Written> {
        if matches!(self.drawing, Drawing::Undecided) {
            self.begin(None)?;
        }
        if let Drawing::Table(table) = &self.drawing {
            let mut text = String::new();
            table.frame.bottom(&mut text);
            let shown = table.frame.widths().len();
            if let Some(hidden) = self.names.get(shown..).filter(|hidden| !hidden.is_empty()) {
                let line = format!("first {shown} of {} columns; not shown: {}", self.names.len(), hidden.join(", "));
                for line in wrap(&line, self.options.width, MostLines::Any) {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
            self.sink.write_all(text.as_bytes())?;
        }
        self.sink.flush()?;
        Ok(Written { rows: self.rows })
    }
}
