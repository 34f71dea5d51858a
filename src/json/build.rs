//! Growing Arrow arrays, one cell at a time.
//!
//! Owns the form of the arrays, which is [`ColumnType::data_type`]'s. It must not know JSON.

use std::mem;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder,
    Int32Builder, Int64Builder, ListArray, MapArray, NullBufferBuilder, StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;

use super::cell::Cell;
use super::text_builder::TextBuilder;
use crate::column::ColumnType;

/// A builder of one column.
#[derive(Debug)]
pub(super) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int(Int32Builder),
    BigInt(Int64Builder),
    Float(Float32Builder),
    Double(Float64Builder),
    Varchar(TextBuilder),
    Decimal(Decimal128Builder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    List { field: FieldRef, spans: Spans, items: Box<ColumnBuilder> },
    Struct { fields: Fields, valid: NullBufferBuilder, children: Vec<ColumnBuilder> },
    Map { field: FieldRef, spans: Spans, keys: TextBuilder, values: Box<ColumnBuilder> },
}

/// Where the items of each list end, and which lists are null.
#[derive(Debug)]
pub(super) struct Spans {
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
}

impl ColumnBuilder {
    /// An empty builder of that type.
    pub fn new(kind: &ColumnType) -> Self {
        match (kind, kind.data_type()) {
            (ColumnType::List(item), DataType::List(field)) => {
                ColumnBuilder::List { field, spans: Spans::new(), items: Box::new(ColumnBuilder::new(item)) }
            }
            (ColumnType::Struct(columns), DataType::Struct(fields)) => ColumnBuilder::Struct {
                fields,
                valid: NullBufferBuilder::new(0),
                children: columns.iter().map(|column| ColumnBuilder::new(&column.kind)).collect(),
            },
            (ColumnType::Map(value), DataType::Map(field, _)) => ColumnBuilder::Map {
                field,
                spans: Spans::new(),
                keys: TextBuilder::new(),
                values: Box::new(ColumnBuilder::new(value)),
            },
            (ColumnType::Boolean, _) => ColumnBuilder::Boolean(BooleanBuilder::new()),
            (ColumnType::Int, _) => ColumnBuilder::Int(Int32Builder::new()),
            (ColumnType::BigInt, _) => ColumnBuilder::BigInt(Int64Builder::new()),
            (ColumnType::Float, _) => ColumnBuilder::Float(Float32Builder::new()),
            (ColumnType::Double, _) => ColumnBuilder::Double(Float64Builder::new()),
            (ColumnType::Decimal(..), data_type) => {
                ColumnBuilder::Decimal(Decimal128Builder::new().with_data_type(data_type))
            }
            (ColumnType::Date, _) => ColumnBuilder::Date(Date32Builder::new()),
            (ColumnType::Timestamp, _) => ColumnBuilder::Timestamp(TimestampMicrosecondBuilder::new()),
            (ColumnType::Varchar | ColumnType::List(_) | ColumnType::Struct(_) | ColumnType::Map(_), _) => {
                ColumnBuilder::Varchar(TextBuilder::new())
            }
        }
    }

    /// Appends one value; `scratch` holds the text of [`Cell::Copied`]. Returns how many values became
    /// null because they did not fit.
    #[inline(always)]
    pub fn append(&mut self, cell: &Cell<'_>, scratch: &str) -> u64 {
        // What nearly every column is goes without a call.
        match (&mut *self, cell) {
            (ColumnBuilder::Varchar(builder), Cell::Text(text)) => builder.append(text),
            (ColumnBuilder::BigInt(builder), Cell::Integer(value)) => builder.append_value(*value),
            _ => return self.append_other(cell, scratch),
        }
        0
    }

    /// The builder of a column of texts.
    pub fn texts(&mut self) -> Option<&mut TextBuilder> {
        match self {
            ColumnBuilder::Varchar(builder) => Some(builder),
            _ => None,
        }
    }

    /// Appends integers to a column of them.
    #[inline(always)]
    pub fn append_integers(&mut self, integers: &[i64]) {
        match self {
            ColumnBuilder::BigInt(builder) => builder.append_slice(integers),
            // No caller has one.
            other => integers.iter().for_each(|_| other.append_null()),
        }
    }

    fn append_other(&mut self, cell: &Cell<'_>, scratch: &str) -> u64 {
        match (self, cell) {
            (ColumnBuilder::Varchar(builder), Cell::Copied(range)) => {
                builder.append(scratch.get(range.clone()).unwrap_or_default());
            }
            (ColumnBuilder::BigInt(builder), Cell::Integer(value)) => builder.append_value(*value),
            (ColumnBuilder::Timestamp(builder), Cell::Integer(value)) => builder.append_value(*value),
            (ColumnBuilder::Int(builder), Cell::Integer(value)) => builder.append_option(i32::try_from(*value).ok()),
            (ColumnBuilder::Date(builder), Cell::Integer(value)) => builder.append_option(i32::try_from(*value).ok()),
            (ColumnBuilder::Double(builder), Cell::Double(value)) => builder.append_value(*value),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a FLOAT's cell was rounded to 32 bits when it was read"
            )]
            (ColumnBuilder::Float(builder), Cell::Double(value)) => builder.append_value(*value as f32),
            (ColumnBuilder::Boolean(builder), Cell::Boolean(value)) => builder.append_value(*value),
            (ColumnBuilder::Decimal(builder), Cell::Decimal(value)) => builder.append_value(*value),
            (ColumnBuilder::List { spans, items, .. }, Cell::List(cells)) => {
                let bad = cells.iter().map(|cell| items.append(cell, scratch)).sum();
                spans.end(cells.len(), true);
                return bad;
            }
            (ColumnBuilder::Struct { valid, children, .. }, Cell::Struct(cells)) => {
                valid.append(true);
                return children.iter_mut().zip(cells).map(|(child, cell)| child.append(cell, scratch)).sum();
            }
            (ColumnBuilder::Map { spans, keys, values, .. }, Cell::Map(entries)) => {
                let mut bad = 0;
                for (key, cell) in entries {
                    keys.append(key);
                    bad += values.append(cell, scratch);
                }
                spans.end(entries.len(), true);
                return bad;
            }
            (builder, cell) => {
                builder.append_null();
                return u64::from(*cell == Cell::Bad);
            }
        }
        0
    }

    pub fn append_null(&mut self) {
        match self {
            ColumnBuilder::Boolean(builder) => builder.append_null(),
            ColumnBuilder::Int(builder) => builder.append_null(),
            ColumnBuilder::BigInt(builder) => builder.append_null(),
            ColumnBuilder::Float(builder) => builder.append_null(),
            ColumnBuilder::Double(builder) => builder.append_null(),
            ColumnBuilder::Varchar(builder) => builder.append_null(),
            ColumnBuilder::Decimal(builder) => builder.append_null(),
            ColumnBuilder::Date(builder) => builder.append_null(),
            ColumnBuilder::Timestamp(builder) => builder.append_null(),
            ColumnBuilder::List { spans, .. } | ColumnBuilder::Map { spans, .. } => spans.end(0, false),
            ColumnBuilder::Struct { valid, children, .. } => {
                valid.append(false);
                children.iter_mut().for_each(ColumnBuilder::append_null);
            }
        }
    }

    /// The array of everything appended; the builder is empty again.
    pub fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            ColumnBuilder::Boolean(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Int(builder) => Arc::new(builder.finish()),
            ColumnBuilder::BigInt(builder) => {
                // The next array is probably as long.
                let next = Int64Builder::with_capacity(builder.len());
                Arc::new(mem::replace(builder, next).finish())
            }
            ColumnBuilder::Float(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Double(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Varchar(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Decimal(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Date(builder) => Arc::new(builder.finish()),
            ColumnBuilder::Timestamp(builder) => Arc::new(builder.finish()),
            ColumnBuilder::List { field, spans, items } => {
                let items = items.finish()?;
                let (offsets, valid) = spans.finish();
                Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, valid)?)
            }
            ColumnBuilder::Struct { fields, valid, children } => {
                let length = valid.len();
                let arrays = children.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new_with_length(fields.clone(), arrays, valid.finish(), length)?)
            }
            ColumnBuilder::Map { field, spans, keys, values } => {
                let (keys, values): (ArrayRef, ArrayRef) = (Arc::new(keys.finish()), values.finish()?);
                let DataType::Struct(entry_fields) = field.data_type() else {
                    return Err(ArrowError::SchemaError("a map's entries are not a struct".to_owned()));
                };
                let length = keys.len();
                let entries = StructArray::try_new_with_length(entry_fields.clone(), vec![keys, values], None, length)?;
                let (offsets, valid) = spans.finish();
                Arc::new(MapArray::try_new(Arc::clone(field), offsets, entries, valid, false)?)
            }
        })
    }
}

impl Spans {
    fn new() -> Self {
        Spans { offsets: vec![0], valid: NullBufferBuilder::new(0) }
    }

    /// A list of that many items ends. Beyond 2^31 items the offset stays at the limit, and the array's
    /// own check in `finish` refuses it.
    fn end(&mut self, length: usize, valid: bool) {
        let last = self.offsets.last().copied().unwrap_or_default();
        self.offsets.push(last.saturating_add(i32::try_from(length).unwrap_or(i32::MAX)));
        self.valid.append(valid);
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let offsets = mem::replace(&mut self.offsets, vec![0]);
        (OffsetBuffer::new(ScalarBuffer::from(offsets)), self.valid.finish())
    }
}
