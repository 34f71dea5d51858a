//! A segment: some hundred thousand rows of many objects in one Parquet file of one row group.
//!
//! Owns the file's form and its checksums. Which objects the rows are of, and who uses it, is the index's.

mod bounds;
mod read;
mod write;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

pub use bounds::SegmentBounds;
pub use read::{SegmentBatches, SegmentBytes};
pub use write::SegmentBuilder;

use super::column::CachedColumn;

/// Rows after which a segment is full. That many are read in milliseconds, and a landing has a few of them for each
/// processor.
pub const SEGMENT_ROWS: usize = 256 << 10;

/// What a segment holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Its columns, each with its place in the file.
    pub columns: Vec<(CachedColumn, Stretch)>,
    /// The names of all of the table's columns when it was written: what else stood in a record was counted.
    pub known: Vec<String>,
    /// Its rows.
    pub rows: u64,
    /// Where the file's own description is.
    footer: Stretch,
}

/// Some bytes of a file, and what tells whether they are as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    offset: u64,
    length: u64,
    hash: u64,
}

impl Description {
    /// Where a column stands among its columns.
    pub fn position(&self, column: &CachedColumn) -> Option<usize> {
        self.columns.iter().position(|(own, _)| own == column)
    }

    /// Bytes of its file that are read for the columns at these positions.
    pub fn needed_bytes(&self, positions: &[usize]) -> u64 {
        let columns = positions.iter().filter_map(|position| self.columns.get(*position));
        columns.fold(self.footer.length, |bytes, (_, stretch)| bytes.saturating_add(stretch.length))
    }

    /// Bytes of its file; 0 where it has no columns, and so no file.
    pub fn file_bytes(&self) -> u64 {
        self.footer.offset.saturating_add(self.footer.length)
    }
}

impl Stretch {
    fn of(file: &[u8], offset: u64, length: u64) -> Option<Stretch> {
        let start = usize::try_from(offset).ok()?;
        let bytes = file.get(start..start.checked_add(usize::try_from(length).ok()?)?)?;
        Some(Stretch { offset, length, hash: xxh3_64(bytes) })
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        bytes.len() as u64 == self.length && xxh3_64(bytes) == self.hash
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch, StringViewArray, UInt64Array};
    use arrow::compute::concat_batches;

    use super::*;
    use crate::column::{Column, ColumnType};

    fn columns() -> Vec<CachedColumn> {
        let kind = ColumnType::Struct(vec![Column::new("x", ColumnType::List(Box::new(ColumnType::Date)))]);
        vec![
            CachedColumn::Record(Column::new("a.b", ColumnType::Varchar)),
            CachedColumn::Fingerprint,
            CachedColumn::Record(Column::new("nested", kind)),
            CachedColumn::Line,
            CachedColumn::Record(Column::new("n", ColumnType::BigInt)),
        ]
    }

    fn arrays(first: u64, rows: u64) -> Vec<ArrayRef> {
        let numbers = || first..first + rows;
        let fingerprints: Vec<[u8; 16]> = numbers().map(|n| (u128::from(n) << 90).to_ne_bytes()).collect();
        let nested = columns()[2].data_type();
        vec![
            Arc::new(
                numbers()
                    .map(|n| (n % 5 > 0).then(|| format!("a text of some length {n}")))
                    .collect::<StringViewArray>(),
            ),
            Arc::new(FixedSizeBinaryArray::try_from_iter(fingerprints.into_iter()).unwrap()),
            arrow::array::new_null_array(&nested, rows as usize),
            Arc::new(numbers().collect::<UInt64Array>()),
            Arc::new(numbers().map(|n| i64::try_from(n).ok()).collect::<Int64Array>()),
        ]
    }

    fn built() -> (Vec<u8>, Description) {
        let mut builder = SegmentBuilder::new(columns());
        builder.write(&arrays(0, 5_000), 5_000).unwrap();
        builder.write(&arrays(5_000, 3_000), 3_000).unwrap();
        assert_eq!(builder.rows(), 8_000);
        builder.finish(vec!["n".into()]).unwrap()
    }

    fn read(
        file: &std::path::Path,
        description: &Description,
        wanted: &[usize],
        rows: &[std::ops::Range<u64>],
    ) -> RecordBatch {
        let bytes = SegmentBytes::read(file, description, wanted).unwrap();
        let batches: Vec<_> = bytes.batches(rows, 1_000).unwrap().map(Result::unwrap).collect();
        assert!(batches.iter().all(|batch| batch.num_rows() <= 1_000));
        concat_batches(&batches[0].schema(), &batches).unwrap()
    }

    #[test]
    fn columns_come_back_in_the_order_that_is_asked_for() {
        let (bytes, description) = built();
        assert_eq!((description.rows, description.file_bytes()), (8_000, bytes.len() as u64));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let whole = std::iter::once(0..8_000).collect::<Vec<_>>();
        let all = read(file.path(), &description, &[0, 1, 2, 3, 4], &whole);
        let expected: Vec<ArrayRef> = arrays(0, 8_000);
        for (column, expected) in all.columns().iter().zip(&expected) {
            assert_eq!(column.data_type(), expected.data_type());
            assert_eq!(column.as_ref(), expected.as_ref());
        }
        let some = read(file.path(), &description, &[4, 0], &[10..20, 7_990..8_000]);
        let numbers = Int64Array::from_iter_values((10..20).chain(7_990..8_000));
        assert_eq!(some.column(0).as_ref(), &numbers);
        assert_eq!(some.column(1).data_type(), &arrow::datatypes::DataType::Utf8View);
    }

    #[test]
    fn every_flipped_byte_that_is_read_is_noticed() {
        let (bytes, description) = built();
        let file = tempfile::NamedTempFile::new().unwrap();
        for at in (4..bytes.len()).step_by(1009).chain([bytes.len() - 1]) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            std::fs::write(file.path(), &damaged).unwrap();
            assert!(SegmentBytes::read(file.path(), &description, &[0, 1, 2, 3, 4]).is_err(), "byte {at}");
        }
        for length in [0, 100, bytes.len() - 1] {
            std::fs::write(file.path(), &bytes[..length]).unwrap();
            assert!(SegmentBytes::read(file.path(), &description, &[0]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_segment_without_columns_has_no_file() {
        let mut builder = SegmentBuilder::new(Vec::new());
        builder.write(&[], 70_000).unwrap();
        let (bytes, description) = builder.finish(Vec::new()).unwrap();
        assert!(bytes.is_empty());
        assert_eq!((description.rows, description.file_bytes()), (70_000, 0));
        let bytes = SegmentBytes::read(std::path::Path::new("/nowhere"), &description, &[]).unwrap();
        let rows: usize = bytes
            .batches(std::slice::from_ref(&(5..50_005)), 8_192)
            .unwrap()
            .map(|batch| batch.unwrap().num_rows())
            .sum();
        assert_eq!(rows, 50_000);
    }
}
