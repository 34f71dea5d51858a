//! The schema `pinq`: what pinq itself has to tell, as tables.
//!
//! Owns `pinq.rejects`. It is read when a statement runs, so that it holds what earlier statements of
//! the same run skipped.

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

use crate::scan::Rejects;

/// The schema's name.
pub const OWN_SCHEMA: &str = "pinq";
/// The table of the records that were skipped.
const REJECTS: &str = "rejects";

/// The schema `pinq`.
#[derive(Debug)]
pub struct OwnSchema {
    rejects: Arc<Rejects>,
}

impl OwnSchema {
    /// The tables over what an engine's scans keep.
    pub fn new(rejects: Arc<Rejects>) -> Self {
        OwnSchema { rejects }
    }
}

#[async_trait]
impl SchemaProvider for OwnSchema {
    fn table_names(&self) -> Vec<String> {
        vec![REJECTS.to_owned()]
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if name != REJECTS {
            return Ok(None);
        }
        let partition = RejectsStream { schema: Rejects::schema(), rejects: Arc::clone(&self.rejects) };
        Ok(Some(Arc::new(StreamingTable::try_new(Rejects::schema(), vec![Arc::new(partition)])?)))
    }

    async fn table_type(&self, _name: &str) -> Result<Option<TableType>> {
        Ok(Some(TableType::Base))
    }

    fn table_exist(&self, name: &str) -> bool {
        name == REJECTS
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
