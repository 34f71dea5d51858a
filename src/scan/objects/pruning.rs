//! What the predicates of a statement rule out before it is fetched: objects by their keys, and folders
//! before they are listed.
//!
//! Owns the judgement. It must never rule out an object that may hold a row of the answer. A predicate
//! whose columns all have one value for an object is evaluated on it and decides it wholly; one over
//! `_offset` is judged by the range that the object can hold.

mod ranges;

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use datafusion::physical_plan::PhysicalExpr;

use self::ranges::{Known, Ranges, plain_field, plain_literals};
use super::folder::{Folder, Layout};
use super::listing::Page;
use super::metadata::MetadataColumn;
use super::origin::{Origin, OriginColumn, object_column};
use crate::error::Error;
use crate::sql::own_error;

/// The predicates of one scan that are about origins.
#[derive(Debug)]
pub struct Pruning {
    /// The columns that they are about; a field of `schema` for each.
    columns: Vec<OriginColumn>,
    schema: SchemaRef,
    /// Those whose columns are constant for an object.
    decisive: Vec<Decisive>,
    /// All of them together, over ranges of values.
    ranges: Option<PruningPredicate>,
    shown: String,
}

#[derive(Debug)]
struct Decisive {
    predicate: Arc<dyn PhysicalExpr>,
    /// Indices of its columns.
    columns: Vec<usize>,
}

/// How far a filter can be taken over by a scan of a table with these origin columns.
pub fn support(filter: &Expr, columns: &[OriginColumn]) -> TableProviderFilterPushDown {
    let names = filter.column_refs();
    let known = |name: &str| columns.iter().find(|column| column.name() == name);
    let kinds: Option<Vec<&OriginColumn>> = names.iter().map(|column| known(&column.name)).collect();
    match kinds {
        Some(kinds) if !kinds.is_empty() && is_plain(filter) => {
            let is = |column: MetadataColumn| kinds.iter().any(|kind| **kind == OriginColumn::Metadata(column));
            if is(MetadataColumn::Line) || is(MetadataColumn::Repeat) {
                TableProviderFilterPushDown::Unsupported
            } else if is(MetadataColumn::Offset) {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Exact
            }
        }
        _ => TableProviderFilterPushDown::Unsupported,
    }
}

/// Whether a filter can be evaluated again and again, with nothing but its columns.
pub fn is_plain(filter: &Expr) -> bool {
    let is_more = |expression: &Expr| {
        use Expr::{Exists, InSubquery, OuterReferenceColumn, Placeholder, ScalarSubquery};
        Ok(matches!(
            expression,
            Exists(_) | InSubquery(_) | ScalarSubquery(_) | OuterReferenceColumn(..) | Placeholder(_)
        ))
    };
    !filter.is_volatile() && !filter.exists(is_more).unwrap_or(true)
}

/// Those of the columns that a filter is about, in their order.
pub fn used<C: Clone>(filter: &Expr, columns: &[C], name: impl Fn(&C) -> &str) -> Vec<C> {
    let names = filter.column_refs();
    columns.iter().filter(|column| names.iter().any(|used| used.name == name(column))).cloned().collect()
}

impl Pruning {
    /// The pruning that `filters` allow, each of which [`support`] took over; `None` without any.
    pub fn new(state: &dyn Session, filters: &[Expr], columns: &[OriginColumn]) -> Result<Option<Pruning>> {
        let Some(all) = conjunction(filters.iter().cloned()) else { return Ok(None) };
        let columns = used(&all, columns, OriginColumn::name);
        let fields: Vec<_> = columns.iter().map(|column| column.field().with_nullable(true)).collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let planned = DFSchema::try_from(Arc::clone(&schema))?;
        let mut decisive = Vec::new();
        for filter in filters {
            let own = used(filter, &columns, OriginColumn::name);
            let numbered = columns.iter().enumerate();
            let indices: Vec<usize> =
                numbered.filter(|(_, column)| own.contains(column)).map(|(index, _)| index).collect();
            if !columns.iter().enumerate().any(|(index, column)| indices.contains(&index) && !column.is_constant()) {
                let predicate = state.create_physical_expr(filter.clone(), &planned)?;
                decisive.push(Decisive { predicate, columns: indices });
            }
        }
        let shown = filters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" AND ");
        // The judge of ranges compares prefixes as plain text, so all text is plain for it.
        let plain: SchemaRef =
            Arc::new(Schema::new(schema.fields().iter().map(|field| plain_field(field)).collect::<Vec<_>>()));
        let predicate = state.create_physical_expr(plain_literals(all)?, &DFSchema::try_from(Arc::clone(&plain))?)?;
        let ranges = PruningPredicateBuilder::new().with_file_schema(plain).build(predicate);
        Ok(Some(Pruning { columns, schema, decisive, ranges: ranges.map(Arc::unwrap_or_clone), shown }))
    }

    /// The predicates, for the plan.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The objects that may hold rows of the answer.
    pub fn objects(&self, page: &Page) -> crate::error::Result<Page> {
        let keep = self.judge_objects(page).map_err(failed)?;
        Ok(page.iter().zip(keep.iter()).filter(|(_, keep)| **keep).map(|(object, _)| Arc::clone(object)).collect())
    }

    /// The folders below which there may be such objects.
    pub fn folders(&self, folders: &[Arc<Folder>]) -> Vec<Arc<Folder>> {
        // What can't be judged here is judged object by object, and fails there if it must.
        let keep = self.judge_folders(folders).unwrap_or_else(|_| vec![true; folders.len()]);
        folders.iter().zip(keep).filter(|(_, keep)| *keep).map(|(folder, _)| Arc::clone(folder)).collect()
    }

    /// Whether a folder below this one may decide a predicate that is not decided yet.
    pub fn may_decide_below(&self, folder: &Folder, layouts: &[Layout]) -> bool {
        let outer: Vec<&str> = folder.names().iter().map(|folder| folder.name.as_str()).collect();
        let decides = |name: &String| {
            !outer.contains(&name.as_str()) && self.columns.iter().any(|column| column.folder_name() == Some(name))
        };
        layouts.iter().any(|layout| {
            layout.len() > outer.len()
                && layout.iter().zip(&outer).all(|(one, other)| one == other)
                && layout.iter().skip(outer.len()).any(decides)
        })
    }

    fn judge_objects(&self, page: &Page) -> Result<Vec<bool>> {
        let origins: Vec<Origin> = page.iter().map(|object| Origin { object: Arc::clone(object), rows: 1 }).collect();
        let mut known = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            known.push(match object_column(column, &origins) {
                Some(values) => Known::constant(values),
                None if *column == OriginColumn::Metadata(MetadataColumn::Offset) => Known::offsets(page),
                None => Known::unknown(column, page.len()),
            });
        }
        self.judge(page.len(), &known)
    }

    fn judge_folders(&self, folders: &[Arc<Folder>]) -> Result<Vec<bool>> {
        let known: Vec<Known> = self
            .columns
            .iter()
            .map(|column| match column {
                OriginColumn::Metadata(MetadataColumn::Object) => Known::keys(folders),
                // A value that is not decided is NULL here, which says nothing.
                _ => match column.folder_array(folders) {
                    Some((values, decided)) => Known::where_decided(values, decided),
                    None => Known::unknown(column, folders.len()),
                },
            })
            .collect();
        self.judge(folders.len(), &known)
    }

    fn judge(&self, count: usize, known: &[Known]) -> Result<Vec<bool>> {
        let mut keep = match &self.ranges {
            // Ranges only save work; a predicate that they can't judge is evaluated later on.
            Some(ranges) => {
                let kept = ranges.prune(&Ranges { count, columns: &self.columns, known });
                kept.unwrap_or_else(|_| vec![true; count])
            }
            None => vec![true; count],
        };
        for Decisive { predicate, columns } in &self.decisive {
            let decided =
                |row: usize| columns.iter().all(|column| known.get(*column).is_some_and(|known| known.decided[row]));
            if !(0..count).any(decided) {
                continue;
            }
            let values = known.iter().map(|known| Arc::clone(&known.minimum)).collect();
            let options = RecordBatchOptions::new().with_row_count(Some(count));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), values, &options)?;
            let verdict = cast(&predicate.evaluate(&batch)?.into_array(count)?, &DataType::Boolean)?;
            let verdict = verdict.as_boolean();
            for (row, keep) in keep.iter_mut().enumerate() {
                // NULL is no row, as in any filter.
                *keep = *keep && (!decided(row) || (verdict.is_valid(row) && verdict.value(row)));
            }
        }
        Ok(keep)
    }
}

/// A predicate that can't be evaluated fails its statement, as it would in a filter.
fn failed(error: DataFusionError) -> Error {
    own_error(&error)
        .unwrap_or_else(|| Error::statement("a predicate on where records came from failed").because(error))
}

#[cfg(test)]
mod tests;
