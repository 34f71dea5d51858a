//! The rows of an answer as far as a chart needs them, within a bound.
//!
//! Owns reading Arrow columns into numbers, instants and short texts, and how many rows are kept. It must not decide
//! what is drawn.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType, UInt64Type};

use crate::error::{Error, Result};

/// Rows that are kept of an answer.
const MOST_ROWS: usize = 10_000;
/// Bytes of text that are kept of an answer, and of one value.
const MOST_BYTES: usize = 16 << 20;
const MOST_BYTES_A_TEXT: usize = 256;

/// The first rows of an answer, at most 10,000, and how many there were.
#[derive(Clone, Debug)]
pub struct ChartData {
    pub(super) columns: Vec<Column>,
    pub(super) kept: usize,
    pub(super) rows: u64,
    bytes: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
}

/// The values of a column; `None` is NULL.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Text(Vec<Option<Box<str>>>),
    Number(Vec<Option<Number>>),
    Time(TimeKind, Vec<Option<i64>>),
    /// Nested values and binary have no place in a chart.
    Other,
}

/// What an instant, in microseconds since 1970, is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeKind {
    Date,
    Moment,
}

/// A number that is shown as exactly as it came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    pub(super) fn value(self) -> f64 {
        match self {
            Number::Whole(number) => number as f64,
            Number::Real(number) => number,
        }
    }
}

impl ChartData {
    /// No rows yet of an answer with these columns.
    pub fn new(schema: &Schema) -> ChartData {
        let column = |field: &arrow::datatypes::FieldRef| Column {
            name: field.name().clone(),
            values: Values::of_type(field.data_type()),
        };
        ChartData { columns: schema.fields().iter().map(column).collect(), kept: 0, rows: 0, bytes: 0 }
    }

    /// The rows of `batches`.
    ///
    /// # Errors
    /// As for [`ChartData::push`].
    pub fn of<'a>(schema: &Schema, batches: impl IntoIterator<Item = &'a RecordBatch>) -> Result<ChartData> {
        let mut data = ChartData::new(schema);
        for batch in batches {
            data.push(batch)?;
        }
        Ok(data)
    }

    /// Adds the rows of a batch; those beyond the bound are counted only.
    ///
    /// # Errors
    /// A batch with other columns than the schema: a bug.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        let room = if self.bytes < MOST_BYTES { MOST_ROWS.saturating_sub(self.kept) } else { 0 };
        // Texts are cut, and a batch is bounded, so that the bound is passed by little.
        let batch = batch.slice(0, room.min(batch.num_rows()));
        if batch.num_columns() != self.columns.len() {
            return Err(Error::bug("a batch has other columns than the schema of its answer"));
        }
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            self.bytes = self.bytes.saturating_add(column.values.extend(array)?);
        }
        self.kept += batch.num_rows();
        Ok(())
    }

    /// `first 10,000 of 1,234,567 rows`, where not all are kept.
    pub(super) fn cut_note(&self) -> Option<String> {
        let (kept, rows) = (super::numbers::whole(self.kept as i128), super::numbers::whole(self.rows.into()));
        ((self.kept as u64) < self.rows).then(|| format!("drawn from the first {kept} of {rows} rows"))
    }
}

impl Values {
    fn of_type(data_type: &DataType) -> Values {
        match data_type {
            DataType::Dictionary(_, value) => Values::of_type(value),
            DataType::Date32 | DataType::Date64 => Values::Time(TimeKind::Date, Vec::new()),
            DataType::Timestamp(_, _) => Values::Time(TimeKind::Moment, Vec::new()),
            number if number.is_numeric() => Values::Number(Vec::new()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => Values::Text(Vec::new()),
            DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => {
                Values::Text(Vec::new())
            }
            _ => Values::Other,
        }
    }

    /// Adds the values of `array`; the bytes that they take.
    fn extend(&mut self, array: &ArrayRef) -> Result<usize> {
        let as_type = |data_type| {
            cast(array, data_type).map_err(|error| Error::statement("a column could not be drawn").because(error))
        };
        let before = self.len();
        let mut bytes = 0;
        match self {
            Values::Text(texts) => {
                let array = as_type(&DataType::Utf8View)?;
                texts.extend(array.as_string_view().iter().map(|text| {
                    let text = text.map(|text| text.get(..text.floor_char_boundary(MOST_BYTES_A_TEXT)).unwrap_or(text));
                    bytes += text.map_or(0, str::len);
                    text.map(Box::from)
                }));
            }
            Values::Number(numbers) => match array.data_type() {
                DataType::UInt64 => numbers.extend(array.as_primitive::<UInt64Type>().iter().map(|number| {
                    number.map(|number| i64::try_from(number).map_or(Number::Real(number as f64), Number::Whole))
                })),
                whole if whole.is_integer() => numbers.extend(
                    as_type(&DataType::Int64)?.as_primitive::<Int64Type>().iter().map(|it| it.map(Number::Whole)),
                ),
                _ => numbers.extend(
                    as_type(&DataType::Float64)?.as_primitive::<Float64Type>().iter().map(|it| it.map(Number::Real)),
                ),
            },
            Values::Time(_, moments) => {
                let array = as_type(&DataType::Timestamp(TimeUnit::Microsecond, None))?;
                moments.extend(array.as_primitive::<TimestampMicrosecondType>().iter());
            }
            Values::Other => {}
        }
        Ok(bytes + self.len().saturating_sub(before) * size_of::<Option<Number>>())
    }

    fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Time(_, values) => values.len(),
            Values::Other => 0,
        }
    }

    /// The value of a row as a number on an axis: instants in microseconds. NULL and texts have none.
    pub(super) fn at(&self, row: usize) -> Option<f64> {
        match self {
            Values::Number(values) => values.get(row).copied().flatten().map(Number::value),
            Values::Time(_, values) => values.get(row).copied().flatten().map(|moment| moment as f64),
            Values::Text(_) | Values::Other => None,
        }
    }

    /// The value of a row as a label on one line; NULL is the word.
    pub(super) fn label(&self, row: usize) -> String {
        let label = match self {
            Values::Text(values) => {
                values.get(row).and_then(Option::as_deref).map(|text| crate::printable::one_line(text).into_owned())
            }
            // A label such as a year or an id is no quantity: it has no separators.
            Values::Number(values) => values.get(row).copied().flatten().map(|number| match number {
                Number::Whole(number) => number.to_string(),
                Number::Real(number) => super::numbers::plain(number),
            }),
            Values::Time(kind, values) => {
                values.get(row).copied().flatten().map(|moment| super::times::instant(*kind, moment))
            }
            Values::Other => None,
        };
        label.unwrap_or_else(|| "NULL".to_owned())
    }

    /// The value of a row as a quantity, with separators; NULL is the word.
    pub(super) fn quantity(&self, row: usize) -> String {
        match self {
            Values::Number(values) => match values.get(row).copied().flatten() {
                Some(Number::Whole(number)) => super::numbers::whole(number.into()),
                Some(Number::Real(number)) => super::numbers::real(number),
                None => "NULL".to_owned(),
            },
            _ => self.label(row),
        }
    }
}
