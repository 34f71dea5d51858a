//! Cells as people are shown them: escaped, and NULL told from the text `NULL`.
//!
//! Owns the reading of rows for what is drawn. How much room they have is not its business.

use std::borrow::Cow;

use arrow::datatypes::Schema;

use super::cells::Cells;
use super::paint::Look;
use crate::error::Result;
use crate::printable;

/// One cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) text: String,
    is_null: bool,
}

impl Shown {
    /// NULL steps back where there are colours, so that the text `NULL` differs.
    pub(super) fn look(&self) -> Look {
        if self.is_null { Look::Dim } else { Look::Plain }
    }
}

/// Reads a row into `row`, which keeps its memory from one row to the next.
pub(super) fn read(cells: &mut Cells<'_>, number: usize, row: &mut Vec<Shown>) -> Result<()> {
    row.resize_with(cells.columns(), Shown::default);
    for (column, shown) in row.iter_mut().enumerate() {
        shown.is_null = !cells.read(number, column, &mut shown.text)?;
        if shown.is_null {
            shown.text.push_str("NULL");
        } else if let Cow::Owned(escaped) = printable::one_line(&shown.text) {
            shown.text = escaped;
        }
    }
    Ok(())
}

/// The names of the columns, escaped.
pub(super) fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| printable::one_line(field.name()).into_owned()).collect()
}
