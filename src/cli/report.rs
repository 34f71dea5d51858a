//! Answers that pinq itself makes, such as the list of tables: rows of text and numbers, written in the
//! same formats and to the same places as answers to SQL.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};

use super::options::CommonArgs;
use crate::config::Environment;
use crate::destination::Output;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::output::{self, Format};
use crate::ui::Ui;

/// A column of such an answer.
pub enum ReportColumn {
    Text(&'static str, Vec<Option<String>>),
    Number(&'static str, Vec<Option<u64>>),
}

/// Where such an answer goes, known before the work for it is done.
pub struct Report<'a> {
    ui: &'a Ui,
    output: Output,
}

impl<'a> Report<'a> {
    /// A report to where the arguments say.
    pub fn new(ui: &'a Ui, common: &CommonArgs, environment: &Environment) -> Result<Report<'a>> {
        Ok(Report { ui, output: common.output(ui, environment)? })
    }

    /// What it is written as.
    pub fn format(&self) -> Format {
        self.output.format
    }

    /// The width of the terminal that it goes to, if it does.
    pub fn width(&self) -> Option<usize> {
        self.output.options.width
    }

    /// Writes lines that are drawn already, as the answer called `name`.
    pub async fn write_lines(self, engine: &Engine, name: &str, lines: Vec<String>) -> Result<()> {
        let draft = self.output.draft(name)?;
        let mut sink = draft.sink(self.ui)?;
        for line in lines {
            writeln!(sink, "{line}")?;
        }
        sink.flush()?;
        drop(sink);
        draft.commit(engine.stores()).await
    }

    /// Writes the columns, which have equally many rows, as the answer called `name`.
    pub async fn write(self, engine: &Engine, name: &str, columns: Vec<ReportColumn>) -> Result<()> {
        let Report { ui, output } = self;
        let batch = batch(columns)?;
        let draft = output.draft(name)?;
        let mut encoder = output::encoder(output.format, batch.schema(), draft.sink(ui)?, &output.options)?;
        encoder.write(&batch)?;
        encoder.finish()?;
        draft.commit(engine.stores()).await
    }
}

fn batch(columns: Vec<ReportColumn>) -> Result<RecordBatch> {
    let arrays = columns.into_iter().map(|column| match column {
        ReportColumn::Text(name, values) => {
            (name, Arc::new(values.into_iter().collect::<StringViewArray>()) as ArrayRef, true)
        }
        ReportColumn::Number(name, values) => {
            let values = values.into_iter().map(|value| value.and_then(|value| i64::try_from(value).ok()));
            (name, Arc::new(values.collect::<Int64Array>()) as ArrayRef, true)
        }
    });
    RecordBatch::try_from_iter_with_nullable(arrays)
        .map_err(|error| Error::bug("an answer has columns of different lengths").because(error))
}
