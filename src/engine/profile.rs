//! What `pinq profile` and `\profile` say: for each column of a table what its values are.
//!
//! Owns the two statements behind it. The first aggregates; the second has its rows counted here, within a bound. They
//! run as a series, so that the objects are read once for both.

use arrow::array::{Array, RecordBatch, make_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, Schema};
use datafusion::common::TableReference;
use futures::TryStreamExt;

use super::counting::Counting;
use super::describe::sql_type;
use super::{Access, Answer, Engine};
use crate::chart::Scale;
pub use crate::chart::{ColumnProfile, Exactness, Measured};
use crate::error::{Error, Result};
use crate::sql::{self, Parameters, quote_identifier};

/// What the aggregates say of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Aggregates {
    pub(super) present: u64,
    distinct: Option<u64>,
    minimum: Option<String>,
    maximum: Option<String>,
    /// As numbers; instants in the unit of their type.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) median: Option<f64>,
    lengths: Option<(u64, u64)>,
}

/// What can be measured of values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Number,
    Time,
    Text,
    Boolean,
    /// Nested values: only whether they are there.
    Presence,
}

impl Measure {
    fn of(data_type: &DataType) -> Measure {
        match data_type {
            DataType::Dictionary(_, value) => Measure::of(value),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => Measure::Time,
            DataType::Boolean => Measure::Boolean,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Measure::Text,
            number if number.is_numeric() => Measure::Number,
            _ => Measure::Presence,
        }
    }
}

impl Engine {
    /// What the columns of `raw.NAME`, `landed.NAME`, or of the view or table NAME hold, in the order of `select *`.
    /// Reads every record, once where the rows fit into memory beside the statement.
    ///
    /// # Errors
    /// There is no such table or view, or it can't be read.
    pub async fn profile(&self, name: &str) -> Result<Vec<ColumnProfile>> {
        // Its errors say which name was meant.
        self.schema(name).await?;
        let name = self.said_in_sql(name);
        let text = format!("select * from {name} limit 0");
        let schema = self.query(&text).await?.schema();
        if schema.fields().is_empty() {
            return Ok(Vec::new());
        }
        let measures: Vec<Measure> = schema.fields().iter().map(|field| Measure::of(field.data_type())).collect();
        let text = format!("{};\n{}", aggregates(&schema, &measures, &name), values(&schema, &measures, &name));
        let statements = sql::split(&text, "<profile>")?;
        let parameters = Parameters::new();
        let mut series = self.series([statements.as_slice()], &parameters, Access::ReadOnly);
        let batches: Vec<RecordBatch> = series.start_next().await?.try_collect().await?;
        let (rows, found) = read(&batches, &measures)?;
        let mut counting: Vec<Counting> =
            found.iter().zip(&measures).map(|(found, measure)| Counting::new(*measure, found)).collect();
        let mut answer: Answer = series.start_next().await?;
        while let Some(batch) = answer.try_next().await? {
            for (counting, array) in counting.iter_mut().zip(batch.columns()) {
                counting.push(array)?;
            }
        }
        let columns = schema.fields().iter().zip(found).zip(counting).map(|((field, found), counting)| {
            let counted = counting.finish(field.data_type())?;
            let estimate = |count| Measured { value: count, exactness: Exactness::About };
            Ok(ColumnProfile {
                name: field.name().clone(),
                kind: sql_type(field.data_type()),
                rows,
                nulls: rows.saturating_sub(found.present),
                distinct: counted.distinct.or(found.distinct.map(estimate)),
                minimum: found.minimum,
                median: counted.median,
                maximum: found.maximum,
                lengths: found.lengths,
                frequent: counted.frequent,
                scale: if counted.histogram.is_empty() { Scale::Even } else { counted.scale },
                histogram: counted.histogram,
            })
        });
        columns.collect()
    }

    /// The name as a statement says it, with its schema where it is a table without a view of its name.
    fn said_in_sql(&self, name: &str) -> String {
        let reference = TableReference::parse_str(name);
        let quoted = quote_identifier(reference.table()).into_owned();
        match reference.schema() {
            Some(schema) => format!("{}.{quoted}", quote_identifier(schema)),
            None if self.catalog.views.definitions().any(|view| view.name == reference.table()) => quoted,
            None => format!("raw.{quoted}"),
        }
    }
}

/// One statement that measures every column in one pass.
fn aggregates(schema: &Schema, measures: &[Measure], table: &str) -> String {
    let mut measured = vec!["count(*)".to_owned()];
    for (field, measure) in schema.fields().iter().zip(measures) {
        let column = quoted(field.name());
        let number = match measure {
            Measure::Time => format!("arrow_cast({column}, 'Int64')"),
            _ => format!("cast({column} as double)"),
        };
        let of_each = |names: &[&str], argument: &str| -> Vec<String> {
            names.iter().map(|name| format!("{name}({argument})")).collect()
        };
        measured.push(format!("count({column})"));
        match field.data_type() {
            _ if *measure == Measure::Presence => {}
            // Its sketch does not take floating point; the texts of different numbers differ.
            number if number.is_floating() => measured.push(format!("approx_distinct(cast({column} as varchar))")),
            _ => measured.push(format!("approx_distinct({column})")),
        }
        match measure {
            Measure::Presence | Measure::Boolean => {}
            Measure::Text => {
                measured.extend(of_each(&["min", "max"], &column));
                measured.extend(of_each(&["min", "max"], &format!("character_length({column})")));
            }
            Measure::Number | Measure::Time => {
                measured.extend(of_each(&["min", "max"], &column));
                measured.push(format!("approx_percentile_cont({number}, 0.5)"));
            }
        }
    }
    // Without names of their own, two columns might give two expressions of one name.
    let named = measured.into_iter().enumerate().map(|(number, measured)| format!("{measured} as a{number}"));
    format!("select {} from {table}", named.collect::<Vec<_>>().join(", "))
}

/// The statement whose rows are counted; nested columns are as good as absent.
fn values(schema: &Schema, measures: &[Measure], table: &str) -> String {
    let columns = schema.fields().iter().zip(measures).enumerate().map(|(number, (field, measure))| match measure {
        Measure::Presence => format!("null as c{number}"),
        _ => format!("{} as c{number}", quoted(field.name())),
    });
    format!("select {} from {table}", columns.collect::<Vec<_>>().join(", "))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How many rows there are, and what the aggregates of each column say.
fn read(batches: &[RecordBatch], measures: &[Measure]) -> Result<(u64, Vec<Aggregates>)> {
    let row = batches.iter().find(|batch| batch.num_rows() == 1);
    let row = row.ok_or_else(|| Error::bug("an aggregate gave no row"))?;
    let mut cells = row.columns().iter();
    let rows = cells.next().and_then(|cell| number(cell)).unwrap_or(0);
    let mut found = Vec::new();
    for measure in measures {
        let mut of_column =
            Aggregates { present: cells.next().and_then(|cell| number(cell)).unwrap_or(0), ..Aggregates::default() };
        if *measure != Measure::Presence {
            of_column.distinct = cells.next().and_then(|cell| number(cell));
        }
        if !matches!(measure, Measure::Presence | Measure::Boolean) {
            let (low, high) = (cells.next(), cells.next());
            of_column.minimum = low.and_then(|cell| text(cell));
            of_column.maximum = high.and_then(|cell| text(cell));
            if *measure == Measure::Text {
                let (shortest, longest) = (cells.next(), cells.next());
                of_column.lengths = shortest.and_then(|cell| number(cell)).zip(longest.and_then(|cell| number(cell)));
            } else {
                of_column.bounds = low.and_then(|cell| real(cell)).zip(high.and_then(|cell| real(cell)));
                of_column.median = cells.next().and_then(|cell| real(cell));
            }
        }
        found.push(of_column);
    }
    Ok((rows, found))
}

fn number(cell: &dyn Array) -> Option<u64> {
    use arrow::array::AsArray;
    let cell = cast(cell, &DataType::Int64).ok()?;
    let cell = cell.as_primitive_opt::<Int64Type>()?;
    cell.is_valid(0).then(|| cell.value(0)).and_then(|value| u64::try_from(value).ok())
}

fn real(cell: &dyn Array) -> Option<f64> {
    use arrow::array::AsArray;
    // An instant is a number by way of its unit.
    let whole =
        if cell.data_type().is_temporal() { cast(cell, &DataType::Int64).ok()? } else { make_array(cell.to_data()) };
    let cell = cast(&whole, &DataType::Float64).ok()?;
    let cell = cell.as_primitive_opt::<arrow::datatypes::Float64Type>()?;
    cell.is_valid(0).then(|| cell.value(0))
}

/// The value as SQL spells it; one as long as a record is cut, since it is only shown.
pub(super) fn text(cell: &dyn Array) -> Option<String> {
    const LONGEST: usize = 200;
    if cell.is_empty() || cell.is_null(0) {
        return None;
    }
    let text = super::counting::spelled(cell, 0)?;
    let end = text.floor_char_boundary(LONGEST);
    Some(if end < text.len() { format!("{}…", text.get(..end).unwrap_or_default()) } else { text })
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
