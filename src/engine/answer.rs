//! The answer to one statement: a schema and a stream of Arrow record batches.
//!
//! Owns that an answer has no good end while bytes that its rows came from are in doubt.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::TableReference;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{DdlStatement, LogicalPlan};
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::Engine;
use crate::error::{Error, Result};
use crate::scan::Announcement;
use crate::sql::{self, Names, SourceStatement};
use crate::store::Doubting;

/// Batches as they are computed. Dropping it cancels the statement.
///
/// Its end comes once the bytes are compared that its rows came from; whoever reads no further [leaves](Answer::leave).
pub struct Answer {
    schema: SchemaRef,
    /// None at its end.
    stream: Option<SendableRecordBatchStream>,
    statement: SourceStatement,
    vouching: Vouching,
    comparing: Option<BoxFuture<'static, Result<()>>>,
    /// What is kept for this statement and no later one goes with it.
    _announced: Vec<Arc<Announcement>>,
}

/// A statement under way, of whose bytes some may be in doubt.
#[derive(Clone)]
pub(super) struct Vouching {
    doubting: Arc<Doubting>,
    /// Where requests are made.
    io: Handle,
}

impl Answer {
    pub(super) fn new(
        schema: SchemaRef,
        stream: SendableRecordBatchStream,
        statement: SourceStatement,
        vouching: Vouching,
        announced: Vec<Arc<Announcement>>,
    ) -> Self {
        Answer { schema, stream: Some(stream), statement, vouching, comparing: None, _announced: announced }
    }

    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// Cancels the statement, once the bytes are compared that its rows came from up to now.
    ///
    /// # Errors
    /// They are not what was stored.
    pub async fn leave(mut self) -> Result<()> {
        drop(self.stream.take());
        match self.comparing.take() {
            Some(comparing) => comparing.await,
            None => self.vouching.compare().await,
        }
    }
}

impl Vouching {
    /// Compares what is in doubt.
    pub(super) async fn compare(self) -> Result<()> {
        if !self.doubting.is_in_doubt() {
            return Ok(());
        }
        let mut comparing = JoinSet::new();
        comparing.spawn_on(async move { self.doubting.settle().await }, &self.io);
        let stopped = || Error::bug("a comparing task was stopped");
        comparing.join_next().await.ok_or_else(stopped)?.map_err(|error| stopped().because(error))?
    }
}

impl Engine {
    /// Before a statement starts.
    pub(super) fn vouching(&self) -> Vouching {
        Vouching { doubting: Arc::new(self.stores.doubting()), io: self.io.handle() }
    }
}

/// The table that a statement makes of rows, which are read when it is run.
pub(super) fn created_table(plan: &LogicalPlan) -> Option<TableReference> {
    match plan {
        LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(table)) => Some(table.name.clone()),
        _ => None,
    }
}

impl Stream for Answer {
    type Item = Result<RecordBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(stream) = &mut self.stream {
            if let Some(batch) = ready!(stream.poll_next_unpin(context)) {
                let diagnosed = |error| sql::diagnose(&error, &self.statement, &Names::default());
                return Poll::Ready(Some(batch.map_err(diagnosed)));
            }
            self.stream = None;
            self.comparing = Some(self.vouching.clone().compare().boxed());
        }
        let Some(comparing) = &mut self.comparing else { return Poll::Ready(None) };
        let compared = ready!(comparing.poll_unpin(context));
        self.comparing = None;
        Poll::Ready(compared.err().map(Err))
    }
}
