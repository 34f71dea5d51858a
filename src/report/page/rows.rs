//! The rows of an answer as a page holds them: as texts, and not more than a browser copes with.
//!
//! Owns the bounds. How a value is spelled is `output`'s.

use std::borrow::Cow;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::super::shown::clipped;
use crate::error::Result;
use crate::output::{is_number, texts};

/// Rows of one answer that a page shows.
pub const MOST_ROWS: usize = 10_000;

/// Bytes of one answer that a page shows, with [`CELL`] for each cell: a page of many wide answers must still open.
const MOST_BYTES: usize = 4 << 20;

/// What a cell costs beside its text.
const CELL: usize = 8;

/// Characters of a value that are shown.
const MOST_CHARACTERS: usize = 1000;

/// Rows as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOfRows {
    /// Their names and whether they hold numbers, which stand to the right and sort by value.
    pub columns: Vec<(String, bool)>,
    /// Each as long as `columns`; `None` is NULL. Values of more than 1,000 characters are cut and end in `…`.
    pub rows: Vec<Vec<Option<String>>>,
    /// Rows of the whole answer; more than `rows` where that is cut.
    pub total: u64,
    bytes: usize,
}

impl TableOfRows {
    /// A table without rows yet, for answers of that schema.
    pub fn new(schema: &Schema) -> TableOfRows {
        let columns = schema.fields().iter().map(|field| (field.name().clone(), is_number(field.data_type())));
        TableOfRows { columns: columns.collect(), ..TableOfRows::default() }
    }

    /// Adds the rows of a batch as far as there is room: at most [`MOST_ROWS`], fewer where they are wide. All of
    /// them are counted.
    ///
    /// # Errors
    /// A value can't be shown as text.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        self.total += batch.num_rows() as u64;
        // A few rows at a time, so that what is beyond the bounds does not become text first.
        const STEP: usize = 256;
        let mut start = 0;
        while start < batch.num_rows() && self.has_room() {
            let length = STEP.min(batch.num_rows() - start);
            for mut row in texts(&batch.slice(start, length))? {
                if !self.has_room() {
                    return Ok(());
                }
                for text in row.iter_mut().flatten() {
                    if let Cow::Owned(shorter) = clipped(text, MOST_CHARACTERS) {
                        *text = shorter;
                    }
                }
                let texts: usize = row.iter().flatten().map(String::len).sum();
                self.bytes = self.bytes.saturating_add(texts).saturating_add(row.len().saturating_mul(CELL));
                self.rows.push(row);
            }
            start += length;
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.rows.len() < MOST_ROWS && self.bytes < MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    #[test]
    fn spells_values_as_other_formats_do() {
        let rows = batch(vec![
            ("name", Arc::new(StringArray::from(vec![Some("a\nb"), None])) as ArrayRef),
            ("mean", Arc::new(Float64Array::from(vec![12500.0, f64::NAN]))),
        ]);
        let mut table = TableOfRows::new(rows.schema_ref());
        table.push(&rows).unwrap();
        assert_eq!(table.columns, [("name".to_owned(), false), ("mean".to_owned(), true)]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(table.rows, [vec![text("a\nb"), text("12500.0")], vec![None, text("NaN")]]);
    }

    #[test]
    fn keeps_the_first_rows_and_counts_all() {
        let rows = batch(vec![("n", Arc::new(Int64Array::from_iter_values(0..6_000)) as ArrayRef)]);
        let mut table = TableOfRows::new(rows.schema_ref());
        for _ in 0..3 {
            table.push(&rows).unwrap();
        }
        assert_eq!((table.rows.len(), table.total), (MOST_ROWS, 18_000));
        assert_eq!(table.rows.last().unwrap(), &[Some("3999".to_owned())]);
    }

    #[test]
    fn keeps_fewer_rows_of_long_texts_and_cuts_each() {
        let long = "ż".repeat(5_000);
        let rows = batch(vec![("t", Arc::new(StringArray::from(vec![long.as_str(); 4_000])) as ArrayRef)]);
        let mut table = TableOfRows::new(rows.schema_ref());
        table.push(&rows).unwrap();
        assert_eq!(table.rows[0][0].as_ref().unwrap().chars().count(), 1_000);
        assert!(table.rows[0][0].as_ref().unwrap().ends_with("ż…"));
        let bytes: usize = table.rows.iter().flatten().flatten().map(String::len).sum();
        assert!(bytes <= MOST_BYTES + 4_000, "{bytes}");
        assert!((1_000..4_000).contains(&table.rows.len()), "{}", table.rows.len());
        assert_eq!(table.total, 4_000);
    }
}
