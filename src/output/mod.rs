//! Answers as bytes: one encoder for each output format, all fed batch by batch.
//!
//! Owns the formats, their names and file extensions, and how each shows NULL. It must not know where
//! the bytes go (a sink is given), run statements, or name DataFusion.

mod cells;
mod checklist;
mod csv;
mod failure;
mod format;
mod formulas;
mod frame;
mod ipc;
mod json;
mod lines;
mod markdown;
mod paint;
mod parquet;
mod plan;
mod report;
mod screen;
mod shown;
mod table;
mod tsv;
mod upright;
mod vertical;
mod widths;
mod wrapping;

#[cfg(test)]
mod tests;

use std::io;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::error::Result;
use lines::LineEncoder;

pub use cells::is_number;
pub use checklist::{ChecklistItem, Mark, checklist_lines};
pub use format::{Format, MaxRows, TableOptions};
pub use formulas::Formulas;
pub use report::{ReportColumn, report, texts};
pub use screen::{ScreenOptions, Upright, screen};

/// Where an encoder writes to. Small writes may be frequent: give a buffered sink.
pub type Sink = Box<dyn io::Write + Send>;

/// What an encoder wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows of the answer, those that a table did not show included.
    pub rows: u64,
}

/// One answer in the making.
pub trait Encoder: Send {
    /// Adds the rows of one batch, whose schema is the one that the encoder was made with. A sink
    /// whose reader went away is an error of `Kind::ClosedPipe`.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Writes what is left and flushes the sink; call it once, last. Without it the output is not
    /// whole.
    fn finish(&mut self) -> Result<Written>;
}

/// An encoder of `format` for an answer of `schema` into `sink`. `options` matter to tables, upright
/// records, csv and tsv only.
///
/// # Errors
/// The sink fails, or the format cannot hold the schema: JSON has no place for two columns of one
/// name.
pub fn encoder(format: Format, schema: SchemaRef, sink: Sink, options: &TableOptions) -> Result<Box<dyn Encoder>> {
    Ok(match format {
        Format::Table if plan::is_plan(&schema) => Box::new(plan::PlanEncoder::new(sink)),
        Format::Vertical if plan::is_plan(&schema) => Box::new(plan::PlanEncoder::new(sink)),
        Format::Vertical => Box::new(vertical::VerticalEncoder::new(&schema, sink, options)),
        Format::Table => Box::new(table::TableEncoder::new(schema, sink, options)),
        Format::Csv => Box::new(LineEncoder::new(csv::Csv { formulas: options.formulas }, &schema, sink)?),
        Format::Tsv => Box::new(LineEncoder::new(tsv::Tsv { formulas: options.formulas }, &schema, sink)?),
        Format::Json => json::array(&schema, sink)?,
        Format::Ndjson => json::lines(&schema, sink)?,
        Format::Markdown => Box::new(LineEncoder::new(markdown::Markdown, &schema, sink)?),
        Format::Arrow => Box::new(ipc::IpcEncoder::new(&schema, sink)?),
        Format::Parquet => Box::new(parquet::ParquetEncoder::new(schema, sink)?),
    })
}

/// The last line of a drawn answer, of which so many rows were shown.
fn closing(shown: u64, rows: u64) -> String {
    let unit = if rows == 1 { "row" } else { "rows" };
    if shown < rows { format!("first {shown} of {rows} {unit}") } else { format!("{rows} {unit}") }
}
