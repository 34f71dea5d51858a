//! The text of single values, for the formats that are made of text.
//!
//! Owns one spelling for csv, tsv, markdown and table: doubles as the shortest text that reads back
//! (`12500.0`), timestamps as `2020-08-28T03:52:47`, nested values as JSON, binary as hexadecimal. It
//! must not quote or escape: that differs by format.

use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, FieldRef};
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::fmt::Write;

use super::failure;
use crate::error::{Error, Result};

/// How values are spelled; outlives the batches whose cells it shows.
pub(super) struct Spelling {
    nested: EncoderOptions,
}

/// The cells of one batch.
pub(super) struct Cells<'a> {
    columns: Vec<Column<'a>>,
    rows: usize,
}

struct Column<'a> {
    nulls: Option<NullBuffer>,
    text: Text<'a>,
}

enum Text<'a> {
    Plain(ArrayFormatter<'a>),
    Nested(NullableEncoder<'a>, Vec<u8>),
}

impl Spelling {
    pub(super) fn new() -> Self {
        Spelling { nested: EncoderOptions::default().with_explicit_nulls(true) }
    }

    pub(super) fn cells<'a>(&'a self, batch: &'a RecordBatch) -> Result<Cells<'a>> {
        let fields = batch.schema_ref().fields().iter();
        let columns = fields.zip(batch.columns()).map(|(field, array)| self.column(field, array));
        Ok(Cells { columns: columns.collect::<Result<_>>()?, rows: batch.num_rows() })
    }

    fn column<'a>(&'a self, field: &'a FieldRef, array: &'a ArrayRef) -> Result<Column<'a>> {
        let text = if array.data_type().is_nested() {
            Text::Nested(make_encoder(field, array, &self.nested).map_err(failure::arrow)?, Vec::new())
        } else {
            let options = FormatOptions::new().with_display_error(true);
            Text::Plain(ArrayFormatter::try_new(array, &options).map_err(failure::arrow)?)
        };
        Ok(Column { nulls: array.logical_nulls(), text })
    }
}

impl Cells<'_> {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Puts the text of a value into `text`, which is emptied first; `false` if it is NULL.
    pub(super) fn read(&mut self, row: usize, column: usize, text: &mut String) -> Result<bool> {
        text.clear();
        let column =
            self.columns.get_mut(column).ok_or_else(|| Error::bug("a row has fewer columns than its header"))?;
        if column.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(false);
        }
        match &mut column.text {
            Text::Plain(formatter) => write!(text, "{}", formatter.value(row))
                .map_err(|_| Error::bug("a value could not be written as text"))?,
            Text::Nested(encoder, bytes) => {
                bytes.clear();
                encoder.encode(row, bytes);
                text.push_str(
                    std::str::from_utf8(bytes).map_err(|error| Error::bug("JSON is not UTF-8").because(error))?,
                );
            }
        }
        Ok(true)
    }
}

/// Whether a column's values line up on the right.
pub fn is_number(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, value) => is_number(value),
        other => other.is_numeric(),
    }
}
