//! What is different between an answer and that of the run before.
//!
//! Owns which rows are the same row, and the words for those that are not as they were. It must not read a
//! destination: both answers are given. Rows are compared by 128-bit hashes of their texts, so that two answers of
//! 100,000 rows need a few megabytes beyond themselves, however wide they are.

mod columns;
mod rows;
mod words;

#[cfg(test)]
mod tests;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::page::{Change, Changes};
use crate::error::Result;
use columns::Columns;
use rows::Compared;

pub use columns::key_columns;

/// Rows of an answer above which it is not compared.
pub const MOST_ROWS: u64 = 100_000;

/// Changes that are listed; all of them are counted.
pub const MOST_LISTED: usize = 50;

/// An answer, or what was kept of it.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// Its columns. Where nothing is known of an answer but that it has no rows, those of the other one.
    pub schema: &'a Schema,
    /// Its rows, all of that schema.
    pub batches: &'a [RecordBatch],
    /// Rows that it had; more than those of `batches` where not all were kept, which makes it incomparable.
    pub total: u64,
}

/// What is different; `None` where there is no answer before.
///
/// Rows are told apart by the columns of `key`. Without one, by as few of the first columns as no two rows of an
/// answer agree in; where there are no such columns, by all of them, and rows are then new or gone, never changed.
/// Values are equal where they are shown alike, NULL and NULL included. Only columns that both answers have are
/// compared.
///
/// # Errors
/// `key` names a column that the answer does not have; the error does not say of which question.
pub fn changes(now: Answer<'_>, before: Option<Answer<'_>>, key: Option<&[String]>) -> Result<Option<Changes>> {
    let key = key.map(|key| columns::positions(now.schema, key)).transpose()?;
    let Some(before) = before else {
        return Ok(None);
    };
    let columns = Columns::of(now.schema, before.schema);
    let mut changes = Changes { added: columns.added.clone(), removed: columns.removed.clone(), ..Changes::default() };
    if let Some(reason) = incomparable(now, before, &columns, key.as_deref()) {
        changes.incomparable = Some(reason);
        return Ok(Some(changes));
    }
    let compared = Compared::new(now.batches, before.batches, &columns, key.as_deref())?;
    changes.key = columns.names(now.schema, &compared.key);
    let words = words::Words::new(now.schema, &columns, &compared.key);
    let mut room = MOST_LISTED;
    for (row, was) in &compared.now {
        match was {
            Some(_) => changes.changed += 1,
            None => changes.new += 1,
        }
        if room > 0 {
            room -= 1;
            let row = words.now(now.batches, *row)?;
            changes.listed.push(match was {
                Some(was) => words.changed(&row, &words.before(before.batches, *was)?),
                None => Change::New(words.whole(&row)),
            });
        }
    }
    for row in &compared.gone {
        changes.gone += 1;
        if room > 0 {
            room -= 1;
            changes.listed.push(Change::Gone(words.whole(&words.before(before.batches, *row)?)));
        }
    }
    Ok(Some(changes))
}

/// Why the answers can't be compared.
fn incomparable(now: Answer<'_>, before: Answer<'_>, columns: &Columns, key: Option<&[usize]>) -> Option<String> {
    for (answer, when) in [(now, "this answer"), (before, "the answer before")] {
        let kept: u64 = answer.batches.iter().map(|batch| batch.num_rows() as u64).sum();
        if answer.total > MOST_ROWS || kept > MOST_ROWS {
            return Some(format!("{when} has more than 100,000 rows"));
        }
        if kept < answer.total {
            return Some(format!("not all rows of {when} were kept"));
        }
    }
    if columns.common.is_empty() {
        return Some("the answers have no column in common".to_owned());
    }
    let missing = key?.iter().find(|column| !columns.common.iter().any(|(ours, _)| ours == *column))?;
    Some(format!(
        "the answer before has no column `{}`, by which rows are told apart",
        now.schema.field(*missing).name()
    ))
}
