//! The schemas `raw` and `landed`: every landed table, found out when it is first named.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::TableType;

use super::tables::Tables;
use crate::scan::Shape;

/// A schema of landed tables in one shape.
#[derive(Debug)]
pub struct LandedSchema {
    tables: Arc<Tables>,
    shape: Shape,
}

impl LandedSchema {
    /// The tables as `shape` shows them.
    pub fn new(tables: Arc<Tables>, shape: Shape) -> Self {
        LandedSchema { tables, shape }
    }
}

#[async_trait]
impl SchemaProvider for LandedSchema {
    /// The names known up to now; topics are known once a statement needed them.
    fn table_names(&self) -> Vec<String> {
        self.tables.names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.provider(name, self.shape).await
    }

    async fn table_type(&self, _name: &str) -> Result<Option<TableType>> {
        Ok(Some(TableType::Base))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.names().iter().any(|known| known == name)
    }
}
