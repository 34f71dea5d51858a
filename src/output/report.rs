//! Answers that pinq itself makes, such as a list of tables: columns of text and numbers as a batch.
//!
//! Owns the types of such columns. It must not know what they tell.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};

use super::cells::Spelling;
use crate::error::{Error, Result};

/// A column of such an answer.
pub enum ReportColumn {
    /// Texts; none is NULL.
    Text(&'static str, Vec<Option<String>>),
    /// Counts; none is NULL.
    Number(&'static str, Vec<Option<u64>>),
}

/// The columns as one batch.
///
/// # Errors
/// They have not equally many rows.
pub fn report(columns: Vec<ReportColumn>) -> Result<RecordBatch> {
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

/// The rows of a batch as the texts that tables show, unescaped; none where a value is NULL.
///
/// # Errors
/// A value can't be shown as text.
pub fn texts(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>> {
    let spelling = Spelling::new();
    let mut cells = spelling.cells(batch)?;
    let mut text = String::new();
    let mut rows = Vec::with_capacity(cells.rows());
    for row in 0..cells.rows() {
        let mut line = Vec::with_capacity(cells.columns());
        for column in 0..cells.columns() {
            line.push(cells.read(row, column, &mut text)?.then(|| text.clone()));
        }
        rows.push(line);
    }
    Ok(rows)
}
