//! The answer to one statement: a schema and a stream of Arrow record batches.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::error::{Error, Result};
use crate::scan::Announcement;
use crate::sql::{self, Names, SourceStatement};

/// Batches as they are computed. Dropping it cancels the statement.
pub struct Answer {
    schema: SchemaRef,
    stream: SendableRecordBatchStream,
    statement: SourceStatement,
    /// What is kept for this statement and no later one goes with it.
    _announced: Vec<Arc<Announcement>>,
}

impl Answer {
    pub(super) fn new(
        schema: SchemaRef,
        stream: SendableRecordBatchStream,
        statement: SourceStatement,
        announced: Vec<Arc<Announcement>>,
    ) -> Self {
        Answer { schema, stream, statement, _announced: announced }
    }

    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}

impl Stream for Answer {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.stream.poll_next_unpin(context);
        polled.map(|batch| {
            batch.map(|batch| batch.map_err(|error| sql::diagnose(&error, &self.statement, &Names::default())))
        })
    }
}
