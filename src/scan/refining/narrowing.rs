//! How the rows that a scan gives are made of rows of which more is known: of those that are decoded, or that are kept
//! for several scans.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{ScalarFunctionExpr, conjunction_opt};
use datafusion::physical_expr_common::utils::evaluate_expressions_to_arrays;

use super::{Expression, Refinement, add_new, moved, replaced};

/// The name of what is computed for the condition and for outputs.
const SHARED: &str = "shared";

/// The way from rows of one kind to those of another.
#[derive(Clone, Debug)]
pub struct Narrowing {
    schema: SchemaRef,
    /// The columns that the scan decodes, or would decode by itself.
    decoded: SchemaRef,
    /// What the condition looks at and outputs give as well; computed first, and then columns behind those of the wide rows.
    shared: Vec<Expression>,
    /// What rows have to meet that do not meet it already.
    condition: Option<Expression>,
    /// The columns that outputs read, in ascending order.
    read: Vec<usize>,
    /// How many columns the wide rows have.
    wide_columns: usize,
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
        let wide_columns = wide.schema.fields().len();
        let mut condition = conjunction_opt(left.map(over_wide).collect::<Result<Vec<_>>>()?);
        let mut outputs = narrow.outputs.iter().map(over_wide).collect::<Result<Vec<_>>>()?;
        if is_missing.get() {
            return Ok(None);
        }
        let shared = match &condition {
            Some(condition) => shared(condition, &outputs)?,
            None => Vec::new(),
        };
        if !shared.is_empty() {
            let over_shared = |expression: &Expression| {
                replaced(expression, |part| {
                    let place = shared.iter().position(|shared| shared == part)?;
                    Some(Arc::new(Column::new(SHARED, wide_columns + place)) as Expression)
                })
            };
            condition = condition.as_ref().map(over_shared).transpose()?;
            outputs = outputs.iter().map(over_shared).collect::<Result<Vec<_>>>()?;
        }
        let mut read: Vec<usize> = outputs.iter().flat_map(collect_columns).map(|column| column.index()).collect();
        read.sort_unstable();
        read.dedup();
        let outputs = outputs.iter().map(|output| moved(output, &read)).collect::<Result<Vec<_>>>()?;
        let (schema, decoded) = (Arc::clone(&narrow.schema), Arc::clone(&narrow.decoded.schema));
        Ok(Some(Narrowing { schema, decoded, shared, condition, read, wide_columns, outputs }))
    }

    /// The rows that the scan gives of `batch`, with what it gives of them; what is handed on shares its memory.
    ///
    /// # Errors
    /// Those of the expressions.
    pub fn narrow(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let batch = &self.with_shared(batch)?;
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

    /// The wide rows with what the condition and outputs share.
    fn with_shared(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if self.shared.is_empty() {
            return Ok(batch.clone());
        }
        let (mut fields, mut columns) = (batch.schema().fields().to_vec(), batch.columns().to_vec());
        for column in evaluate_expressions_to_arrays(&self.shared, batch)? {
            fields.push(Arc::new(Field::new(SHARED, column.data_type().clone(), true)));
            columns.push(column);
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }

    /// Whether it gives something of every row.
    pub fn gives_all_rows(&self) -> bool {
        self.condition.is_none()
    }

    /// The columns of the wide rows that it looks at.
    pub fn reads(&self) -> Vec<usize> {
        let asked = self.condition.iter().chain(&self.shared).flat_map(collect_columns).map(|column| column.index());
        asked.chain(self.read.iter().copied()).filter(|place| *place < self.wide_columns).collect()
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

/// The calls in a condition that are outputs, too.
fn shared(condition: &Expression, outputs: &[Expression]) -> Result<Vec<Expression>> {
    let mut shared = Vec::new();
    condition.apply(|part| {
        if !part.is::<ScalarFunctionExpr>() || !outputs.contains(part) {
            return Ok(TreeNodeRecursion::Continue);
        }
        add_new(&mut shared, [Arc::clone(part)]);
        Ok(TreeNodeRecursion::Jump)
    })?;
    Ok(shared)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow::array::{ArrayRef, Int64Array};
    use arrow::datatypes::{DataType, Int64Type};
    use datafusion::common::config::ConfigOptions;
    use datafusion::logical_expr::{ColumnarValue, Operator, Volatility, create_udf};
    use datafusion::physical_expr::expressions::{BinaryExpr, lit};

    use super::super::column;
    use super::*;
    use crate::column::{Column as TableColumn, ColumnType};
    use crate::scan::provider::Projection;

    /// Ten times a column `a`, and for how many values it was computed.
    fn tens() -> (Expression, Arc<AtomicUsize>) {
        let computed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&computed);
        let multiply = move |arguments: &[ColumnarValue]| {
            let numbers = ColumnarValue::values_to_arrays(arguments)?;
            let numbers = numbers[0].as_primitive::<Int64Type>();
            count.fetch_add(numbers.len(), Ordering::Relaxed);
            Ok(ColumnarValue::Array(Arc::new(numbers.unary::<_, Int64Type>(|number| number * 10)) as ArrayRef))
        };
        let function =
            create_udf("tens", vec![DataType::Int64], DataType::Int64, Volatility::Immutable, Arc::new(multiply));
        let field = Arc::new(Field::new("tens", DataType::Int64, true));
        let settings = Arc::new(ConfigOptions::default());
        (Arc::new(ScalarFunctionExpr::new("tens", Arc::new(function), vec![column("a")], field, settings)), computed)
    }

    #[test]
    fn what_a_condition_and_an_output_share_is_computed_once() {
        let (tens, computed) = tens();
        let above = Arc::new(BinaryExpr::new(Arc::clone(&tens), Operator::Gt, lit(20_i64))) as Expression;
        let columns = vec![TableColumn::new("a", ColumnType::BigInt)];
        let decoded = Arc::new(Projection::of(columns, Vec::new(), Vec::new()));
        let scan = |conditions: Vec<Expression>, outputs: Vec<Expression>| {
            Refinement::new(Arc::clone(&decoded), conditions, outputs).unwrap()
        };
        let rows = |numbers: Vec<i64>, schema: &SchemaRef| {
            RecordBatch::try_new(Arc::clone(schema), vec![Arc::new(Int64Array::from(numbers))]).unwrap()
        };
        let wanted = scan(vec![above], vec![column("a"), Arc::clone(&tens)]);
        let narrowing = Narrowing::of(&wanted).unwrap();
        let given = narrowing.narrow(&rows(vec![1, 2, 3, 4], &decoded.schema)).unwrap();
        assert_eq!(given.schema(), wanted.schema);
        let numbers = |place: usize| given.column(place).as_primitive::<Int64Type>().values().to_vec();
        assert_eq!((numbers(0), numbers(1)), (vec![3, 4], vec![30, 40]));
        assert_eq!(computed.load(Ordering::Relaxed), 4);
        assert_eq!(narrowing.reads().into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([0]));

        // Nor is it where it was computed before.
        let kept = scan(Vec::new(), vec![Arc::clone(&tens)]);
        let narrowing = Narrowing::between(&kept, &scan(wanted.conditions.clone(), vec![tens])).unwrap().unwrap();
        let given = narrowing.narrow(&rows(vec![10, 30], &kept.schema)).unwrap();
        assert_eq!(given.column(0).as_primitive::<Int64Type>().values().to_vec(), [30]);
        assert_eq!(computed.load(Ordering::Relaxed), 4);
    }
}
