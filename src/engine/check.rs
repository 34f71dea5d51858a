//! What `pinq check` finds: repeats, strays, and values that a view turned into NULL.
//!
//! Owns the comparison of each landed table with the view of its name. The view's own plan says
//! which expression makes which column, so that a view that was edited is checked as it stands.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Column, DataFusionError, TableReference};
use datafusion::functions::expr_fn::{concat, lpad};
use datafusion::functions_aggregate::expr_fn::{count, min, sum};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast as cast_to, col, lit, when};

use super::Engine;
use super::lineage::{Lineage, lineage};
use crate::catalog::DEFAULT_SCHEMA;
use crate::error::{Error, Result};
use crate::scan::{LandedTable, MetadataColumn};
use crate::sql::own_error;

/// What a table and the view of its name show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableCheck {
    /// The table's name within `raw`.
    pub table: String,
    /// Records landed.
    pub records: u64,
    /// Records that are exact repeats of an earlier one.
    pub repeats: u64,
    /// The key that every record must have, where it is known.
    pub key: Option<String>,
    /// Records without the key.
    pub strays: u64,
    /// The first of them.
    pub stray_example: Option<String>,
    /// Rows of the view, where there is one.
    pub kept: Option<u64>,
    /// Its columns that hold NULL where the record holds a value.
    pub columns: Vec<ColumnCheck>,
}

/// A column of a view that holds NULL where the record holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnCheck {
    /// The view's column.
    pub column: String,
    /// Whether it is a timestamp that no format read, rather than a value that cleaning removed.
    pub is_timestamp: bool,
    /// How many values.
    pub values: u64,
    /// One of them and where it stands.
    pub example: Option<(String, String)>,
}

impl Engine {
    /// Checks every table against the view of its name; one pass over the records for each side.
    pub async fn check(&self) -> Result<Vec<TableCheck>> {
        let mut checks = Vec::new();
        for table in self.catalog.tables.all().await? {
            checks.push(self.check_table(&table).await?);
        }
        Ok(checks)
    }

    /// Checks the table of that name alone. A view that does not work is left out.
    ///
    /// # Errors
    /// There is no such table, or it can't be read.
    pub async fn check_named(&self, name: &str) -> Result<TableCheck> {
        let table = self.catalog.tables.table(name).await?;
        let table = table.ok_or_else(|| Error::statement(format!("there is no table `{name}`")))?;
        let counted = self.count_records(&table).await?;
        let mut check = counted.clone();
        Ok(match self.compare_with_view(&table, &mut check).await {
            Ok(()) => check,
            Err(_) => counted,
        })
    }

    async fn check_table(&self, table: &LandedTable) -> Result<TableCheck> {
        let mut check = self.count_records(table).await?;
        self.compare_with_view(table, &mut check).await?;
        Ok(check)
    }

    async fn compare_with_view(&self, table: &LandedTable, check: &mut TableCheck) -> Result<()> {
        if self.catalog.views.definitions().any(|view| view.name == table.name()) {
            self.compare(table, check).await.map_err(|error| pinq_error(error, table.name()))?;
        }
        Ok(())
    }

    /// Counts records, repeats and strays.
    async fn count_records(&self, table: &LandedTable) -> Result<TableCheck> {
        let failed = |error: DataFusionError| pinq_error(error, table.name());
        let columns = table.columns().await?.columns;
        let known = |key: &String| columns.iter().any(|column| column.name == *key);
        let key = self.catalog.tables.key(table.name()).filter(known);
        let mut check = TableCheck { table: table.name().to_owned(), key: key.clone(), ..TableCheck::default() };
        let stray = key.map_or_else(|| lit(false), |key| Expr::Column(Column::new_unqualified(key)).is_null());
        let landed = self.context.table(TableReference::partial("landed", table.name())).await.map_err(failed)?;
        let counts = landed
            .aggregate(
                Vec::new(),
                vec![
                    count(lit(1_i64)),
                    sum(one_where(col(MetadataColumn::Repeat.name())).map_err(failed)?),
                    sum(one_where(stray.clone()).map_err(failed)?),
                    min(when(stray, place()).end().map_err(failed)?),
                ],
            )
            .map_err(failed)?;
        let row = Row::of(counts.collect().await.map_err(failed)?)?;
        (check.records, check.repeats, check.strays) = (row.number(0), row.number(1), row.number(2));
        check.stray_example =
            row.text(3).and_then(|text| text.split_once(SEPARATOR).map(|(object, line)| readable_place(object, line)));
        Ok(check)
    }

    /// Counts, for each column that the view computes, the rows where it is NULL though something
    /// that it is computed from is not.
    async fn compare(&self, table: &LandedTable, check: &mut TableCheck) -> Result<(), DataFusionError> {
        let plan =
            self.context.table(TableReference::partial(DEFAULT_SCHEMA, table.name())).await?.into_unoptimized_plan();
        let Lineage { columns: expressions, base } = lineage(&plan)?;
        let (base, kept) = without_repeats(base)?;
        let has = |column: MetadataColumn| base.schema().has_column_with_unqualified_name(column.name());
        let has_origin = has(MetadataColumn::Object) && has(MetadataColumn::Line);
        let mut aggregates = vec![sum(one_where(kept.clone())?)];
        let mut compared = Vec::new();
        for (expression, field) in expressions.iter().zip(plan.schema().fields()) {
            let sources = expression.column_refs();
            if matches!(expression, Expr::Column(_)) || sources.is_empty() {
                continue;
            }
            let mut sources: Vec<Expr> = sources.into_iter().cloned().map(Expr::Column).collect();
            sources.sort_by_key(ToString::to_string);
            let had_value =
                sources.iter().cloned().map(Expr::is_not_null).reduce(Expr::or).unwrap_or_else(|| lit(false));
            let lost = had_value.and(expression.clone().is_null());
            let value = sources.into_iter().map(|source| cast_to(source, DataType::Utf8)).collect::<Vec<_>>();
            let value = if let [one] = value.as_slice() { one.clone() } else { concat(value) };
            let place = if has_origin { place() } else { lit(SEPARATOR) };
            aggregates.push(sum(one_where(kept.clone().and(lost.clone()))?));
            // The first place of all decides which example is shown, so that every run shows the same.
            aggregates.push(min(when(lost, concat(vec![place, lit(SEPARATOR), value])).end()?));
            compared.push((field.name().clone(), matches!(field.data_type(), DataType::Timestamp(_, _))));
        }
        let aggregates: Vec<Expr> = aggregates
            .into_iter()
            .enumerate()
            .map(|(number, aggregate)| aggregate.alias(format!("a{number}")))
            .collect();
        let plan = LogicalPlanBuilder::from(base).aggregate(Vec::<Expr>::new(), aggregates)?.build()?;
        let batches = self.context.execute_logical_plan(plan).await?.collect().await?;
        let row = Row::of(batches).map_err(|error| DataFusionError::External(Box::new(error)))?;
        check.kept = Some(row.number(0));
        for (number, (column, is_timestamp)) in compared.into_iter().enumerate() {
            let values = row.number(1 + 2 * number);
            if values == 0 {
                continue;
            }
            let example = row.text(2 + 2 * number).and_then(|text| {
                let mut parts = text.splitn(3, SEPARATOR);
                let place = readable_place(parts.next()?, parts.next()?);
                parts.next().map(|value| (value.to_owned(), place))
            });
            check.columns.push(ColumnCheck { column, is_timestamp, values, example });
        }
        Ok(())
    }
}

/// Stands between the parts of an example while it is an aggregate's text; no key or value has it.
const SEPARATOR: &str = "\u{1f}";
/// Digits of a line number, so that lines sort as text as they do as numbers.
const LINE_DIGITS: i64 = 12;

/// The object and the line of a record as text that sorts in the order of the landing.
fn place() -> Expr {
    let line = cast_to(col(MetadataColumn::Line.name()), DataType::Utf8);
    let line = lpad(vec![line, lit(LINE_DIGITS), lit("0")]);
    concat(vec![col(MetadataColumn::Object.name()), lit(SEPARATOR), line])
}

/// `object, line N`; nothing where the view does not say where its records came from.
fn readable_place(object: &str, line: &str) -> String {
    if object.is_empty() { String::new() } else { format!("{object}, line {}", line.trim_start_matches('0')) }
}

/// A view's base with its repeats, and the condition that a record is none. Which of two equal records
/// is the repeat depends on which was decoded first; an example must not.
fn without_repeats(base: LogicalPlan) -> Result<(LogicalPlan, Expr), DataFusionError> {
    let LogicalPlan::Filter(filter) = base else { return Ok((base, lit(true))) };
    let about_repeats =
        |part: &Expr| part.column_refs().iter().any(|column| column.name == MetadataColumn::Repeat.name());
    let (repeats, others): (Vec<Expr>, Vec<Expr>) =
        split_conjunction_owned(filter.predicate).into_iter().partition(about_repeats);
    let base = LogicalPlan::clone(&filter.input);
    let base = match conjunction(others) {
        Some(predicate) => LogicalPlanBuilder::from(base).filter(predicate)?.build()?,
        None => base,
    };
    Ok((base, conjunction(repeats).unwrap_or_else(|| lit(true))))
}

fn one_where(condition: Expr) -> Result<Expr, DataFusionError> {
    when(condition, lit(1_i64)).otherwise(lit(0_i64))
}

/// The one row of an aggregate without groups.
struct Row(RecordBatch);

impl Row {
    fn of(batches: Vec<RecordBatch>) -> Result<Row> {
        let row = batches.into_iter().find(|batch| batch.num_rows() == 1);
        row.map(Row).ok_or_else(|| Error::bug("an aggregate gave no row"))
    }

    /// A count; NULL, the sum of no rows, is 0.
    fn number(&self, column: usize) -> u64 {
        let array = self.0.column(column);
        let value = array.as_primitive_opt::<Int64Type>().filter(|array| array.is_valid(0)).map(|array| array.value(0));
        value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
    }

    fn text(&self, column: usize) -> Option<String> {
        let array = cast(self.0.column(column), &DataType::Utf8).ok()?;
        let array = array.as_string_opt::<i32>()?;
        array.is_valid(0).then(|| array.value(0).to_owned())
    }
}

fn pinq_error(error: DataFusionError, table: &str) -> Error {
    own_error(&error)
        .unwrap_or_else(|| Error::statement(format!("table `{table}` could not be checked")).because(error))
}
