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
use crate::column::{Column, ColumnType};
use crate::config::{REST_COLUMN, Rest};

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
        if table.rest() == Rest::Kept {
            fields.push(rest_column().field());
        }
        if shape == Shape::RecordsAndOrigin {
            // A record may hold a key of that very name; the record's own wins.
            let metadata =
                METADATA_COLUMNS.iter().filter(|metadata| !columns.iter().any(|own| own.name == metadata.name()));
            fields.extend(metadata.map(|metadata| metadata.field()));
        }
        LandedProvider { table, snapshot, columns, schema: Arc::new(Schema::new(fields)) }
    }
}

/// The keys that are in no other column, as the text of a JSON object.
pub fn rest_column() -> Column {
    Column::new(REST_COLUMN, ColumnType::Varchar)
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
    /// The names of all columns of the table, whether they are projected or not; other keys are outside.
    pub known: Vec<String>,
    /// What to add to it.
    pub metadata: Vec<MetadataColumn>,
    /// For each field of the schema its source.
    sources: Vec<Source>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Record(usize),
    Metadata(usize),
    Rest,
}

impl Projection {
    fn new(schema: &SchemaRef, columns: &[Column], chosen: Option<&Vec<usize>>) -> Result<Self> {
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        let chosen = chosen.unwrap_or(&all);
        let projected = Arc::new(schema.project(chosen)?);
        let known = columns.iter().map(|column| column.name.clone()).collect();
        let mut projection =
            Projection { schema: projected, columns: Vec::new(), known, metadata: Vec::new(), sources: Vec::new() };
        for index in chosen {
            if let Some(column) = columns.get(*index) {
                projection.sources.push(Source::Record(projection.columns.len()));
                projection.columns.push(column.clone());
                continue;
            }
            let name = schema.field(*index).name();
            if name == REST_COLUMN {
                projection.sources.push(Source::Rest);
                continue;
            }
            let Some(column) = METADATA_COLUMNS.iter().find(|column| column.name() == name) else {
                return Err(DataFusionError::Internal(format!("no source for the column `{name}`")));
            };
            projection.sources.push(Source::Metadata(projection.metadata.len()));
            projection.metadata.push(*column);
        }
        Ok(projection)
    }

    /// Whether the keys outside the columns are asked for.
    pub fn has_rest(&self) -> bool {
        self.sources.iter().any(|source| matches!(source, Source::Rest))
    }

    /// Decoded and metadata columns, and the rest, in the order of the schema.
    pub fn arrange(&self, records: &[ArrayRef], metadata: &[ArrayRef], rest: Option<&ArrayRef>) -> Vec<ArrayRef> {
        let source = |source: &Source| match source {
            Source::Record(index) => records.get(*index),
            Source::Metadata(index) => metadata.get(*index),
            Source::Rest => rest,
        };
        self.sources.iter().filter_map(source).cloned().collect()
    }
}
