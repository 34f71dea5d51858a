//! What a segment holds for each row.

use arrow::datatypes::{DataType, Field};
use serde::{Deserialize, Serialize};

use crate::column::Column;

/// Bytes of a record's fingerprint.
const FINGERPRINT_BYTES: i32 = 16;

/// A column of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CachedColumn {
    /// A column of the table, or the keys outside of its columns.
    Record(Column),
    /// The 128-bit fingerprint of the record's text, 16 bytes in the machine's order.
    Fingerprint,
    /// The record's line in its object, from 1.
    Line,
    /// How many records of its object came before it.
    Position,
}

impl CachedColumn {
    /// The Arrow type of its values.
    pub fn data_type(&self) -> DataType {
        match self {
            CachedColumn::Record(column) => column.kind.data_type(),
            CachedColumn::Fingerprint => DataType::FixedSizeBinary(FINGERPRINT_BYTES),
            CachedColumn::Line | CachedColumn::Position => DataType::UInt64,
        }
    }

    /// The field of a segment's file. It is named by its number: a key can hold any character.
    pub(super) fn field(&self, number: usize) -> Field {
        Field::new(number.to_string(), self.data_type(), matches!(self, CachedColumn::Record(_)))
    }
}
