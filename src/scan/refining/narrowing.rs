//! How the rows that a scan gives are made of rows of which more is known: of those that are decoded, or that are kept
//! for several scans.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::conjunction_opt;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr_common::utils::evaluate_expressions_to_arrays;

use super::{Expression, Refinement, moved, replaced};

/// The way from rows of one kind to those of another.
#[derive(Clone, Debug)]
pub struct Narrowing {
    schema: SchemaRef,
    /// The columns that the scan decodes, or would decode by itself.
    decoded: SchemaRef,
    /// What rows have to meet that do not meet it already.
    condition: Option<Expression>,
    /// The columns of the wide rows that outputs read, in ascending order.
    read: Vec<usize>,
    /// What is given, over these columns.
    outputs: Vec<Expression>,
}

impl Narrowing {
    /// The way from what a scan decodes to what it gives.
    ///
    /// # Errors
    /// It gives something of a column that it does not decode.
    pub fn of(narrow: &Refinement) -> Result<Narrowing> {
        match Narrowing::between(&Refinement::of(Arc::clone(&narrow.decoded)), narrow)? {
            Some(narrowing) => Ok(narrowing),
            None => internal_err!("a scan gives what it does not decode: {:?}", narrow.schema),
        }
    }

    /// The way from batches of `wide` to those of `narrow`; `None` where something is missing.
    ///
    /// # Errors
    /// An expression can't be put over the columns of `wide`.
    pub fn between(wide: &Refinement, narrow: &Refinement) -> Result<Option<Narrowing>> {
        let decoded: HashMap<_, _> =
            wide.decoded.schema.fields().iter().map(|field| (field.name(), field.data_type())).collect();
        let is_decoded = |field: &FieldRef| decoded.get(field.name()).is_some_and(|kind| *kind == field.data_type());
        if !narrow.decoded.schema.fields().iter().all(is_decoded)
            || !wide.conditions.iter().all(|condition| narrow.conditions.contains(condition))
        {
            return Ok(None);
        }
        let places = Places::of(wide);
        let is_missing = Cell::new(false);
        let over_wide = |expression: &Expression| {
            replaced(expression, |part| {
                let place = places.find(part);
                is_missing.set(is_missing.get() || (place.is_none() && part.is::<Column>()));
                let place = place?;
                Some(Arc::new(Column::new(wide.schema.field(place).name(), place)) as Expression)
            })
        };
        let left = narrow.conditions.iter().filter(|condition| !wide.conditions.contains(condition));
        let condition = conjunction_opt(left.map(over_wide).collect::<Result<Vec<_>>>()?);
        let outputs = narrow.outputs.iter().map(over_wide).collect::<Result<Vec<_>>>()?;
        if is_missing.get() {
            return Ok(None);
        }
        let mut read: Vec<usize> = outputs.iter().flat_map(collect_columns).map(|column| column.index()).collect();
        read.sort_unstable();
        read.dedup();
        let outputs = outputs.iter().map(|output| moved(output, &read)).collect::<Result<Vec<_>>>()?;
        let (schema, decoded) = (Arc::clone(&narrow.schema), Arc::clone(&narrow.decoded.schema));
        Ok(Some(Narrowing { schema, decoded, condition, read, outputs }))
    }

    /// The rows that the scan gives of `batch`, with what it gives of them; what is handed on shares its memory.
    ///
    /// # Errors
    /// Those of the expressions.
    pub fn narrow(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut rows = batch.project(&self.read)?;
        if let Some(condition) = &self.condition {
            let is_wanted = condition.evaluate(batch)?.into_array(batch.num_rows())?;
            let Some(is_wanted) = is_wanted.as_boolean_opt() else {
                return internal_err!("a condition of a scan is no BOOLEAN: {condition}");
            };
            rows = filter_record_batch(&rows, is_wanted)?;
        }
        let columns = evaluate_expressions_to_arrays(&self.outputs, &rows)?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    /// Whether it gives something of every row.
    pub fn gives_all_rows(&self) -> bool {
        self.condition.is_none()
    }

    /// The columns of the wide rows that it looks at.
    pub fn reads(&self) -> Vec<usize> {
        let asked = self.condition.iter().flat_map(collect_columns).map(|column| column.index());
        self.read.iter().copied().chain(asked).collect()
    }

    /// The schema of what is given.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether the scan decodes a column of that name.
    pub fn decodes(&self, name: &str) -> bool {
        self.decoded.index_of(name).is_ok()
    }
}

/// Where the outputs of a scan are found.
struct Places<'a> {
    columns: HashMap<&'a str, usize>,
    computed: Vec<(usize, &'a Expression)>,
}

impl<'a> Places<'a> {
    fn of(scan: &'a Refinement) -> Places<'a> {
        let mut places = Places { columns: HashMap::new(), computed: Vec::new() };
        for (place, output) in scan.outputs.iter().enumerate() {
            match output.downcast_ref::<Column>() {
                Some(column) => drop(places.columns.insert(column.name(), place)),
                None => places.computed.push((place, output)),
            }
        }
        places
    }

    fn find(&self, expression: &Expression) -> Option<usize> {
        match expression.downcast_ref::<Column>() {
            Some(column) => self.columns.get(column.name()).copied(),
            None => self.computed.iter().find(|(_, output)| *output == expression).map(|(place, _)| *place),
        }
    }
}
