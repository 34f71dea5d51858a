//! The rows of the last answer for a command that takes them: those that were kept, or those of another run.
//!
//! Owns that its statement runs again where the answer was too large to be kept.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::Result;
use crate::repl::running;
use crate::repl::session::{Last, LastRows, Session};

/// Has `begin` make what takes the rows, from their columns, and `take` put each batch into it.
///
/// # Errors
/// The statement fails in its other run, or they do.
pub async fn fed<T>(
    session: &Session<'_>,
    last: &Last,
    begin: impl FnOnce(SchemaRef) -> Result<T>,
    mut take: impl FnMut(&mut T, &RecordBatch) -> Result<()>,
) -> Result<T> {
    match &last.rows {
        LastRows::Whole(batches) => {
            let mut taker = begin(SchemaRef::clone(&last.schema))?;
            batches.iter().try_for_each(|batch| take(&mut taker, batch))?;
            Ok(taker)
        }
        LastRows::TooMany | LastRows::NotAll => {
            session.ui().status("not all of the answer was kept, so its statement runs again");
            let statement = &last.statement;
            let mut underway = running::start(session, statement, std::slice::from_ref(statement)).await?;
            // Its columns may have changed with the objects.
            let mut taker = begin(SchemaRef::clone(&underway.schema))?;
            while let Some(batch) = underway.next().await? {
                take(&mut taker, &batch)?;
            }
            Ok(taker)
        }
    }
}
