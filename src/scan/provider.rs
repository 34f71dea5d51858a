//! A landed table as DataFusion plans it: its schema, and a scan of the columns that a plan needs.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::exec::ScanExec;
use super::metadata::{METADATA_COLUMNS, MetadataColumn};
use super::snapshot::Snapshot;
use super::table::LandedTable;
use crate::column::Column;

/// Which columns a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The keys of its records: the schema `raw`.
    Records,
    /// These, and where each record came from: the schema `landed`.
    RecordsAndOrigin,
}

/// A table over one snapshot, with its columns settled.
#[derive(Debug)]
pub struct LandedProvider {
    table: Arc<LandedTable>,
    snapshot: Arc<Snapshot>,
    columns: Arc<[Column]>,
    schema: SchemaRef,
}

impl LandedProvider {
    /// The table with `columns`, read over `snapshot`.
    pub fn new(table: Arc<LandedTable>, snapshot: Arc<Snapshot>, columns: Arc<[Column]>, shape: Shape) -> Self {
        let mut fields: Vec<Field> = columns.iter().map(Column::field).collect();
        if shape == Shape::RecordsAndOrigin {
            // A record may hold a key of that very name; the record's own wins.
            let metadata =
                METADATA_COLUMNS.iter().filter(|metadata| !columns.iter().any(|own| own.name == metadata.name()));
            fields.extend(metadata.map(|metadata| metadata.field()));
        }
        LandedProvider { table, snapshot, columns, schema: Arc::new(Schema::new(fields)) }
    }
}

#[async_trait]
impl TableProvider for LandedProvider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = Projection::new(&self.schema, &self.columns, projection)?;
        let partitions = state.config().target_partitions();
        let table = Arc::clone(&self.table);
        Ok(Arc::new(ScanExec::new(table, Arc::clone(&self.snapshot), Arc::new(projection), limit, partitions)))
    }
}

/// The columns that a scan yields and where each comes from.
#[derive(Debug)]
pub struct Projection {
    /// The batches' schema.
    pub schema: SchemaRef,
    /// What to decode out of each record.
    pub columns: Vec<Column>,
    /// What to add to it.
    pub metadata: Vec<MetadataColumn>,
    /// For each field of the schema its source.
    sources: Vec<Source>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Record(usize),
    Metadata(usize),
}

impl Projection {
    /// These columns, in that order.
    pub fn of(columns: Vec<Column>, metadata: Vec<MetadataColumn>) -> Self {
        let fields: Vec<Field> =
            columns.iter().map(Column::field).chain(metadata.iter().map(|column| column.field())).collect();
        let sources = (0..columns.len()).map(Source::Record).chain((0..metadata.len()).map(Source::Metadata)).collect();
        Projection { schema: Arc::new(Schema::new(fields)), columns, metadata, sources }
    }

    fn new(schema: &SchemaRef, columns: &[Column], chosen: Option<&Vec<usize>>) -> Result<Self> {
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        let chosen = chosen.unwrap_or(&all);
        let projected = Arc::new(schema.project(chosen)?);
        let mut projection =
            Projection { schema: projected, columns: Vec::new(), metadata: Vec::new(), sources: Vec::new() };
        for index in chosen {
            if let Some(column) = columns.get(*index) {
                projection.sources.push(Source::Record(projection.columns.len()));
                projection.columns.push(column.clone());
                continue;
            }
            let name = schema.field(*index).name();
            let Some(column) = METADATA_COLUMNS.iter().find(|column| column.name() == name) else {
                return Err(DataFusionError::Internal(format!("no source for the column `{name}`")));
            };
            projection.sources.push(Source::Metadata(projection.metadata.len()));
            projection.metadata.push(*column);
        }
        Ok(projection)
    }

    /// Decoded and metadata columns in the order of the schema.
    pub fn arrange(&self, records: &[ArrayRef], metadata: &[ArrayRef]) -> Vec<ArrayRef> {
        let source = |source: &Source| match source {
            Source::Record(index) => records.get(*index),
            Source::Metadata(index) => metadata.get(*index),
        };
        self.sources.iter().filter_map(source).cloned().collect()
    }
}
