//! The least and the greatest value of a segment's columns, as its file says.

use std::path::Path;

use arrow::array::ArrayRef;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;

use super::{Description, SegmentBytes};
use crate::error::Result;

/// What a segment's file says of the values in it. Text has no bounds: to find them costs more than they save.
pub struct SegmentBounds {
    metadata: ArrowReaderMetadata,
}

impl SegmentBounds {
    /// Reads the file's own description. Blocks.
    ///
    /// # Errors
    /// The file is not there, or not as it was written.
    pub fn read(file: &Path, description: &Description) -> Result<Option<SegmentBounds>> {
        let metadata = SegmentBytes::read_footer(file, description)?.metadata()?;
        Ok(metadata.map(|metadata| SegmentBounds { metadata }))
    }

    /// The least value of the column at that position among the segment's: an array of one, NULL where it is not known.
    pub fn least(&self, position: usize) -> Option<ArrayRef> {
        self.of(position, |column, groups| column.row_group_mins(groups).ok())
    }

    /// The greatest, likewise.
    pub fn greatest(&self, position: usize) -> Option<ArrayRef> {
        self.of(position, |column, groups| column.row_group_maxes(groups).ok())
    }

    fn of(
        &self,
        position: usize,
        find: impl Fn(&StatisticsConverter<'_>, &[parquet::file::metadata::RowGroupMetaData]) -> Option<ArrayRef>,
    ) -> Option<ArrayRef> {
        let name = position.to_string();
        let column =
            StatisticsConverter::try_new(&name, self.metadata.schema(), self.metadata.parquet_schema()).ok()?;
        find(&column, self.metadata.metadata().row_groups())
    }
}
