//! What the predicates of a statement rule out of the cache: segments none of whose rows can satisfy them.
//!
//! Owns which predicates can be judged by the bounds of columns. The filter stays, above the scan or in it: this only
//! saves reading. A record and its exact repeats have the same values, so what is left out never changes which row of those
//! that are left is a repeat.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column as PlannedColumn, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};

use super::rows::CachedRows;
use crate::cache::{CachedColumn, Description, SegmentBounds};
use crate::column::Column;
use crate::scan::objects::{is_plain, used};

/// The predicates of one scan that are about values in records.
#[derive(Debug)]
pub struct RowPruning {
    /// The columns that they are about.
    columns: Vec<Column>,
    predicate: PruningPredicate,
    shown: String,
}

impl RowPruning {
    /// Whether a filter is about columns that have bounds, and about nothing else.
    pub fn supports(filter: &Expr, columns: &[Column]) -> bool {
        let names = filter.column_refs();
        let has_bounds = |name: &str| columns.iter().any(|column| column.name == name && is_ordered(column));
        !names.is_empty() && is_plain(filter) && names.iter().all(|name| has_bounds(&name.name))
    }

    /// What `filters` allow, each of which is supported; `None` where they rule nothing out.
    pub fn new(state: &dyn Session, filters: Vec<Expr>, columns: &[Column]) -> Result<Option<RowPruning>> {
        let Some(all) = conjunction(filters) else { return Ok(None) };
        let columns = used(&all, columns, |column| &column.name);
        let schema: SchemaRef = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<Field>>()));
        let shown = all.to_string();
        let predicate = state.create_physical_expr(all, &DFSchema::try_from(Arc::clone(&schema))?)?;
        let predicate = PruningPredicateBuilder::new().with_file_schema(schema).build(predicate);
        Ok(predicate.map(|predicate| RowPruning { columns, predicate: Arc::unwrap_or_clone(predicate), shown }))
    }

    /// The predicates, for the plan.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether no row of the segment satisfies them. Blocks.
    pub fn rules_out(&self, rows: &CachedRows) -> bool {
        let is_known = |column: &Column| rows.description.position(&CachedColumn::Record(column.clone())).is_some();
        if !self.columns.iter().any(is_known) {
            return false;
        }
        // A file that can't be read shows itself where its rows are read.
        let Ok(Some(bounds)) = SegmentBounds::read(&rows.file, &rows.description) else { return false };
        let known = Known { columns: &self.columns, description: &rows.description, bounds };
        self.predicate.prune(&known).is_ok_and(|kept| kept == [false])
    }
}

/// What is known of the one segment.
struct Known<'a> {
    columns: &'a [Column],
    description: &'a Description,
    bounds: SegmentBounds,
}

impl Known<'_> {
    fn position(&self, column: &PlannedColumn) -> Option<usize> {
        let column = self.columns.iter().find(|known| known.name == column.name)?;
        self.description.position(&CachedColumn::Record(column.clone()))
    }
}

impl PruningStatistics for Known<'_> {
    fn min_values(&self, column: &PlannedColumn) -> Option<ArrayRef> {
        self.bounds.least(self.position(column)?)
    }

    fn max_values(&self, column: &PlannedColumn) -> Option<ArrayRef> {
        self.bounds.greatest(self.position(column)?)
    }

    fn num_containers(&self) -> usize {
        1
    }

    fn null_counts(&self, _column: &PlannedColumn) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _column: &PlannedColumn, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

fn is_ordered(column: &Column) -> bool {
    let kind = column.kind.data_type();
    // Not-a-number has no place in an order, and JSON has none.
    kind.is_integer() || kind.is_floating() || matches!(kind, DataType::Date32 | DataType::Timestamp(..))
}
