//! Changed rows in words: `2020: home-decor 8`.
//!
//! Owns the wording and how long it may be.

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::super::page::Change;
use super::super::shown;
use super::columns::Columns;
use crate::error::{Error, Result};
use crate::output::texts;

/// Characters of a value that are told.
const VALUE: usize = 80;

/// Values of a row that are told when it is new or gone.
const MOST_VALUES: usize = 8;

/// Values beside the key up to which all of them are told of a changed row, without their names.
const FEW_VALUES: usize = 3;

/// Where the values of a row stand, now and before.
pub(super) struct Words {
    /// Name, position now, position before.
    key: Vec<(String, usize, usize)>,
    rest: Vec<(String, usize, usize)>,
}

/// The texts of a row: of the key, then of the rest.
pub(super) struct Row {
    key: Vec<String>,
    rest: Vec<String>,
}

impl Words {
    pub(super) fn new(now: &Schema, columns: &Columns, key: &[usize]) -> Words {
        let named = |(our, their): &(usize, usize)| (now.field(*our).name().clone(), *our, *their);
        let of_key = |position: &usize| columns.common.iter().find(|(our, _)| our == position).map(named);
        let rest = columns.common.iter().filter(|(our, _)| !key.contains(our));
        Words { key: key.iter().filter_map(of_key).collect(), rest: rest.map(named).collect() }
    }

    /// A row now, counted through all batches.
    pub(super) fn now(&self, batches: &[RecordBatch], row: usize) -> Result<Row> {
        self.row(batches, row, |(_, our, _)| *our)
    }

    /// A row before, counted through all batches.
    pub(super) fn before(&self, batches: &[RecordBatch], row: usize) -> Result<Row> {
        self.row(batches, row, |(_, _, their)| *their)
    }

    fn row(
        &self,
        batches: &[RecordBatch],
        row: usize,
        position: impl Fn(&(String, usize, usize)) -> usize,
    ) -> Result<Row> {
        let mut left = row;
        for batch in batches {
            if let Some(beyond) = left.checked_sub(batch.num_rows()) {
                left = beyond;
                continue;
            }
            let values = texts(&batch.slice(left, 1))?.pop().unwrap_or_default();
            let text = |column: &(String, usize, usize)| {
                let value = values.get(position(column)).and_then(Option::as_deref);
                shown::value(value, VALUE)
            };
            return Ok(Row { key: self.key.iter().map(text).collect(), rest: self.rest.iter().map(text).collect() });
        }
        Err(Error::bug(format!("row {row} of an answer is none of its batches'")))
    }

    /// `2020: home-decor 8`.
    pub(super) fn whole(&self, row: &Row) -> String {
        let mut rest = row.rest.iter().take(MOST_VALUES).cloned().collect::<Vec<_>>().join(" ");
        if row.rest.len() > MOST_VALUES {
            rest.push_str(" …");
        }
        match (row.key.is_empty(), rest.is_empty()) {
            (true, _) => rest,
            (false, true) => row.key.join(", "),
            (false, false) => format!("{}: {rest}", row.key.join(", ")),
        }
    }

    /// The key, and the values now and before; where there are many, those that differ, with their names.
    pub(super) fn changed(&self, now: &Row, before: &Row) -> Change {
        let key = now.key.join(", ");
        if self.rest.len() <= FEW_VALUES {
            return Change::Changed(key, now.rest.join(" "), before.rest.join(" "));
        }
        let differ = self.rest.iter().zip(now.rest.iter().zip(&before.rest)).filter(|(_, (now, before))| now != before);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for ((name, _, _), (now, before)) in differ.take(MOST_VALUES) {
            let name = shown::value(Some(name), VALUE);
            ours.push(format!("{name} {now}"));
            theirs.push(format!("{name} {before}"));
        }
        Change::Changed(key, ours.join(", "), theirs.join(", "))
    }
}
