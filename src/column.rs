//! A column as pinq knows it: a name and one of the types that landed JSON is read into.
//!
//! Owns the types, their SQL names and their Arrow forms. Reading a type from SQL text is `sql`'s.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use serde::{Deserialize, Serialize};

/// A named column of a landed table. Every column is nullable: a record may lack any key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// The key in the record, byte for byte.
    pub name: String,
    /// What its values are read into.
    pub kind: ColumnType,
}

/// The types that landed JSON is read into.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ColumnType {
    /// `true` and `false`.
    Boolean,
    /// 32-bit integers.
    Int,
    /// 64-bit integers.
    BigInt,
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// Text; numbers, booleans and nested values as their JSON text.
    Varchar,
    /// Exact decimals of a precision (1 to 38) and a scale.
    Decimal(u8, i8),
    /// Days.
    Date,
    /// Microseconds without a zone; a zone in the text is converted to UTC.
    Timestamp,
    /// A JSON array whose items have one type.
    List(Box<ColumnType>),
    /// A JSON object with known keys.
    Struct(Vec<Column>),
    /// A JSON object with any keys, whose values have one type.
    Map(Box<ColumnType>),
}

impl Column {
    /// A column of that name and type.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Column { name: name.into(), kind }
    }

    /// The Arrow field, nullable.
    pub fn field(&self) -> Field {
        Field::new(&self.name, self.kind.data_type(), true)
    }
}

impl ColumnType {
    /// The Arrow type. Text is `Utf8View`, a timestamp is in microseconds without a zone, a map has
    /// the fields `key` and `value`.
    pub fn data_type(&self) -> DataType {
        match self {
            ColumnType::Boolean => DataType::Boolean,
            ColumnType::Int => DataType::Int32,
            ColumnType::BigInt => DataType::Int64,
            ColumnType::Float => DataType::Float32,
            ColumnType::Double => DataType::Float64,
            ColumnType::Varchar => DataType::Utf8View,
            ColumnType::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            ColumnType::Date => DataType::Date32,
            ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            ColumnType::List(item) => DataType::List(Arc::new(Field::new_list_field(item.data_type(), true))),
            ColumnType::Struct(columns) => DataType::Struct(columns.iter().map(Column::field).collect()),
            ColumnType::Map(value) => {
                let entries = Fields::from(vec![
                    Field::new("key", DataType::Utf8View, false),
                    Field::new("value", value.data_type(), true),
                ]);
                DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
            }
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnType::Boolean => f.write_str("BOOLEAN"),
            ColumnType::Int => f.write_str("INT"),
            ColumnType::BigInt => f.write_str("BIGINT"),
            ColumnType::Float => f.write_str("FLOAT"),
            ColumnType::Double => f.write_str("DOUBLE"),
            ColumnType::Varchar => f.write_str("VARCHAR"),
            ColumnType::Decimal(precision, scale) => write!(f, "DECIMAL({precision}, {scale})"),
            ColumnType::Date => f.write_str("DATE"),
            ColumnType::Timestamp => f.write_str("TIMESTAMP"),
            ColumnType::List(item) => write!(f, "ARRAY<{item}>"),
            ColumnType::Struct(columns) => {
                f.write_str("STRUCT<")?;
                for (position, column) in columns.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    write!(f, "{comma}\"{}\" {}", column.name.replace('"', "\"\""), column.kind)?;
                }
                f.write_str(">")
            }
            ColumnType::Map(value) => write!(f, "MAP<VARCHAR, {value}>"),
        }
    }
}
