//! Answers that pinq itself makes, such as the list of tables: rows of text and numbers, written in the
//! same formats and to the same places as answers to SQL.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};

use super::destination::{Destination, Draft};
use super::options::CommonArgs;
use crate::config::Environment;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::output::{self, TableOptions};
use crate::ui::Ui;

/// A column of such an answer.
pub enum ReportColumn {
    Text(&'static str, Vec<Option<String>>),
    Number(&'static str, Vec<Option<u64>>),
}

/// Writes the columns, which have equally many rows, as the answer called `name`.
pub async fn write(
    ui: &Ui,
    common: &CommonArgs,
    environment: &Environment,
    engine: &Engine,
    name: &str,
    columns: Vec<ReportColumn>,
) -> Result<()> {
    let arrays = columns.into_iter().map(|column| match column {
        ReportColumn::Text(name, values) => {
            (name, Arc::new(values.into_iter().collect::<StringViewArray>()) as ArrayRef, true)
        }
        ReportColumn::Number(name, values) => {
            let values = values.into_iter().map(|value| value.and_then(|value| i64::try_from(value).ok()));
            (name, Arc::new(values.collect::<Int64Array>()) as ArrayRef, true)
        }
    });
    let batch = RecordBatch::try_from_iter_with_nullable(arrays)
        .map_err(|error| Error::bug("an answer has columns of different lengths").because(error))?;
    let destination = Destination::of(common, environment)?;
    let format = destination.format(common);
    let draft = match &destination {
        Destination::Stdout => Draft::Stdout,
        Destination::File(place) => Draft::at(place.clone())?,
        Destination::Folder(folder) => Draft::at(folder.join(&format!("{name}.{}", format.extension())))?,
    };
    let width = if destination == Destination::Stdout { ui.options().width } else { None };
    let options = TableOptions { width, max_rows: common.max_rows };
    let mut encoder = output::encoder(format, batch.schema(), draft.sink(ui)?, &options)?;
    encoder.write(&batch)?;
    encoder.finish()?;
    draft.commit(engine).await
}
