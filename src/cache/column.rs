//! What a segment holds for each row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field};
use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::error::{Error, Result};

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

/// Fingerprints as a segment holds them, without a copy of each by itself.
pub fn fingerprint_array(fingerprints: &[u128]) -> Result<ArrayRef> {
    let bytes = Buffer::from_vec(fingerprints.to_vec());
    let array = FixedSizeBinaryArray::try_new(FINGERPRINT_BYTES, bytes, None);
    Ok(Arc::new(array.map_err(|error| Error::bug("fingerprints do not fit their column").because(error))?))
}

/// What [`fingerprint_array`] made an array of; none of any other array.
pub fn fingerprints(array: &dyn Array) -> Vec<u128> {
    let Some(array) = array.as_fixed_size_binary_opt() else { return Vec::new() };
    array.iter().map(|bytes| bytes.and_then(|it| it.try_into().ok()).map_or(0, u128::from_ne_bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_come_back_as_they_were() {
        let given = [0, 1, u128::MAX, 0x0123_4567_89AB_CDEF_0011_2233_4455_6677];
        let array = fingerprint_array(&given).unwrap();
        assert_eq!(*array.data_type(), CachedColumn::Fingerprint.data_type());
        assert_eq!(fingerprints(&array), given);
        assert_eq!(fingerprints(&fingerprint_array(&[]).unwrap()), [0; 0]);
    }
}
