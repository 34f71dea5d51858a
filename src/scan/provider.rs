//! A landed table as DataFusion plans it: its schema, and a scan of the columns that a plan needs.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::cached::RowPruning;
use super::exec::{Scan, ScanExec};
use super::keeping::Delivery;
use super::objects::{FolderColumn, MetadataColumn, OriginColumn, Pruning, Snapshot, origin_columns, pruning};
use super::refining::Refinement;
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
    /// What follows the columns in the schema.
    origin: Vec<OriginColumn>,
    schema: SchemaRef,
}

impl LandedProvider {
    /// The table in `shape`, over the run's snapshot of it. For the origin this looks at how its folders
    /// are nested, without listing them all.
    pub async fn open(table: Arc<LandedTable>, shape: Shape) -> crate::error::Result<Self> {
        let mut columns = table.columns().await?.columns;
        if table.rest() == Rest::Kept {
            columns = columns.iter().cloned().chain([rest_column()]).collect();
        }
        let snapshot = table.snapshot().await?;
        let origin = match shape {
            Shape::Records => Vec::new(),
            Shape::RecordsAndOrigin => {
                let layouts = snapshot.layouts().await.map_err(|error| table.within(error))?;
                origin_columns(&columns, FolderColumn::of_layouts(layouts))
            }
        };
        let schema = schema_of(&columns, &origin);
        Ok(LandedProvider { table, snapshot, columns, origin, schema })
    }
}

/// The keys that are in no other column, as the text of a JSON object.
pub fn rest_column() -> Column {
    Column::new(REST_COLUMN, ColumnType::Varchar)
}

impl Shape {
    /// These columns in this shape; which folders of a name there are is for a listing to say.
    pub fn schema_of(self, columns: &[Column], rest: Rest) -> SchemaRef {
        let mut columns = columns.to_vec();
        if rest == Rest::Kept {
            columns.push(rest_column());
        }
        let origin = match self {
            Shape::Records => Vec::new(),
            Shape::RecordsAndOrigin => origin_columns(&columns, Vec::new()),
        };
        schema_of(&columns, &origin)
    }
}

/// The columns, and after them those of the origin.
fn schema_of(columns: &[Column], origin: &[OriginColumn]) -> SchemaRef {
    let fields = columns.iter().map(Column::field).chain(origin.iter().map(OriginColumn::field));
    Arc::new(Schema::new(fields.collect::<Vec<Field>>()))
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
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (records, origins): (Vec<Expr>, Vec<Expr>) =
            filters.iter().cloned().partition(|filter| RowPruning::supports(filter, &self.columns));
        let pruning = Pruning::new(state, &origins, &self.origin)?.map(Arc::new);
        if pruning.is_none() {
            self.snapshot.list_soon().await;
        }
        let projection = Projection::new(&self.schema, &self.columns, &self.origin, projection)?;
        let scan = Scan {
            table: Arc::clone(&self.table),
            snapshot: Arc::clone(&self.snapshot),
            refinement: Arc::new(Refinement::of(Arc::new(projection))),
            pruning,
            row_pruning: RowPruning::new(state, records, &self.columns)?.map(Arc::new),
            limit,
            delivery: Delivery::InBatches,
        };
        Ok(Arc::new(ScanExec::new(scan, state.config().target_partitions())))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match RowPruning::supports(filter, &self.columns) {
            true => TableProviderFilterPushDown::Inexact,
            false => pruning::support(filter, &self.origin),
        };
        Ok(filters.iter().map(support).collect())
    }
}

/// The columns that a scan yields and where each comes from.
#[derive(Debug)]
pub struct Projection {
    /// The batches' schema.
    pub schema: SchemaRef,
    /// What to decode out of each record.
    pub columns: Vec<Column>,
    /// The table's other columns: keys that are known and not read.
    pub unread: Vec<Column>,
    /// What to add to it.
    pub origin: Vec<OriginColumn>,
    /// For each field of the schema its source.
    sources: Vec<Source>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Record(usize),
    Origin(usize),
}

impl Projection {
    /// These columns, in that order; `unread` are the table's other columns.
    pub fn of(columns: Vec<Column>, origin: Vec<OriginColumn>, unread: Vec<Column>) -> Self {
        let schema = schema_of(&columns, &origin);
        let sources = (0..columns.len()).map(Source::Record).chain((0..origin.len()).map(Source::Origin)).collect();
        Projection { schema, columns, unread, origin, sources }
    }

    fn new(
        schema: &SchemaRef,
        columns: &[Column],
        origin: &[OriginColumn],
        chosen: Option<&Vec<usize>>,
    ) -> Result<Self> {
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        let chosen = chosen.unwrap_or(&all);
        let projected = Arc::new(schema.project(chosen)?);
        let is_unread = |(index, _): &(usize, &Column)| !chosen.contains(index);
        let unread = columns.iter().enumerate().filter(is_unread).map(|(_, column)| column.clone()).collect();
        let mut projection =
            Projection { schema: projected, columns: Vec::new(), unread, origin: Vec::new(), sources: Vec::new() };
        for index in chosen {
            if let Some(column) = columns.get(*index) {
                projection.sources.push(Source::Record(projection.columns.len()));
                projection.columns.push(column.clone());
                continue;
            }
            let Some(column) = origin.get(index.saturating_sub(columns.len())) else {
                return Err(DataFusionError::Internal(format!("no source for the column {index}")));
            };
            projection.sources.push(Source::Origin(projection.origin.len()));
            projection.origin.push(column.clone());
        }
        Ok(projection)
    }

    /// Whether it has that metadata column.
    pub fn has(&self, column: MetadataColumn) -> bool {
        self.origin.contains(&OriginColumn::Metadata(column))
    }

    /// Decoded and origin columns in the order of the schema.
    pub fn arrange(&self, records: &[ArrayRef], origin: &[ArrayRef]) -> Vec<ArrayRef> {
        let source = |source: &Source| match source {
            Source::Record(index) => records.get(*index),
            Source::Origin(index) => origin.get(*index),
        };
        self.sources.iter().filter_map(source).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ColumnType;

    #[test]
    fn a_count_asks_for_no_column_of_either_sort() {
        let columns = [Column::new("n", ColumnType::BigInt)];
        let origin = origin_columns(&columns, Vec::new());
        let schema = schema_of(&columns, &origin);
        let nothing = Projection::new(&schema, &columns, &origin, Some(&Vec::new())).unwrap();
        assert!(nothing.columns.is_empty() && nothing.origin.is_empty() && nothing.schema.fields().is_empty());
        for column in [MetadataColumn::Line, MetadataColumn::Offset, MetadataColumn::Repeat] {
            assert!(!nothing.has(column));
        }
        let all = Projection::new(&schema, &columns, &origin, None).unwrap();
        assert_eq!((all.columns.len(), all.origin.len()), (1, origin.len()));
        assert!(all.has(MetadataColumn::Offset));
    }
}
