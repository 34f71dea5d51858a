//! The schema `pinq`: what pinq itself has to tell, as tables.
//!
//! Owns `pinq.rejects` and the name of `pinq.runs`. Both are read when a statement runs, so that the former holds what
//! earlier statements of the same run skipped.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::TableType;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream;

use super::runs::{Runs, RunsStream};
use crate::scan::Rejects;

/// The schema's name.
pub const OWN_SCHEMA: &str = "pinq";
/// The table of the records that were skipped.
const REJECTS: &str = "rejects";
/// The table of the runs of reports.
const RUNS: &str = "runs";

/// The schema `pinq`.
#[derive(Debug)]
pub struct OwnSchema {
    rejects: Arc<Rejects>,
    runs: Runs,
}

impl OwnSchema {
    /// The tables over what an engine's scans keep, and over what reports have published.
    pub fn new(rejects: Arc<Rejects>, runs: Runs) -> Self {
        OwnSchema { rejects, runs }
    }
}

#[async_trait]
impl SchemaProvider for OwnSchema {
    fn table_names(&self) -> Vec<String> {
        [REJECTS, RUNS].map(str::to_owned).to_vec()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let partition: Arc<dyn PartitionStream> = match name {
            REJECTS => Arc::new(RejectsStream { schema: Rejects::schema(), rejects: Arc::clone(&self.rejects) }),
            RUNS => Arc::new(RunsStream::new(self.runs.clone())),
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(StreamingTable::try_new(Arc::clone(partition.schema()), vec![partition])?)))
    }

    async fn table_type(&self, _name: &str) -> Result<Option<TableType>> {
        Ok(Some(TableType::Base))
    }

    fn table_exist(&self, name: &str) -> bool {
        matches!(name, REJECTS | RUNS)
    }
}

/// The rejects as they are when they are read.
struct RejectsStream {
    schema: SchemaRef,
    rejects: Arc<Rejects>,
}

impl fmt::Debug for RejectsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectsStream").finish_non_exhaustive()
    }
}

impl PartitionStream for RejectsStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = self.rejects.batches().map(|batch| batch.map_err(DataFusionError::from));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(batches)))
    }
}
