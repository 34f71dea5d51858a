//! Where the rows of a batch came from, and the columns that say so: metadata and named folders.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array};
use arrow::datatypes::Field;

use super::folder::{Folder, FolderColumn};
use super::metadata::{METADATA_COLUMNS, MetadataColumn, constant_column};
use crate::column::Column;
use crate::landing::{self, LandingKey};
use crate::store::Object;

/// Rows of a batch that came from one object.
#[derive(Debug)]
pub struct Origin {
    /// The object.
    pub object: Arc<Object>,
    /// How many rows, one after another.
    pub rows: usize,
}

/// A column that says where a record came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginColumn {
    /// One that every table has.
    Metadata(MetadataColumn),
    /// The folders of one name.
    Folder(FolderColumn),
}

/// The origin columns of a table in the order in which it shows them, folders last. A record may hold a
/// key of that very name; the record's own wins.
pub fn origin_columns(records: &[Column], folders: Vec<FolderColumn>) -> Vec<OriginColumn> {
    let metadata = METADATA_COLUMNS.into_iter().map(OriginColumn::Metadata);
    let is_metadata = |name: &str| METADATA_COLUMNS.iter().any(|column| column.name() == name);
    let folders = folders.into_iter().filter(|folder| !is_metadata(folder.name())).map(OriginColumn::Folder);
    metadata.chain(folders).filter(|column| !records.iter().any(|own| own.name == column.name())).collect()
}

impl OriginColumn {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            OriginColumn::Metadata(column) => column.name(),
            OriginColumn::Folder(column) => column.name(),
        }
    }

    /// The Arrow field.
    pub fn field(&self) -> Field {
        match self {
            OriginColumn::Metadata(column) => column.field(),
            OriginColumn::Folder(column) => column.field(),
        }
    }

    /// Whether all records of an object have one value.
    pub fn is_constant(&self) -> bool {
        use MetadataColumn::{Line, Offset, Repeat};
        !matches!(self, OriginColumn::Metadata(Line | Offset | Repeat))
    }

    /// The name of the folders that decide it, if folders do.
    pub fn folder_name(&self) -> Option<&str> {
        match self {
            OriginColumn::Metadata(MetadataColumn::Partition) => Some("partition"),
            OriginColumn::Metadata(_) => None,
            OriginColumn::Folder(column) => Some(column.name()),
        }
    }

    /// For each folder the value that every key below it has, and whether it has one; `None` where
    /// folders say nothing of the column.
    pub fn folder_array(&self, folders: &[Arc<Folder>]) -> Option<(ArrayRef, Vec<bool>)> {
        match self {
            OriginColumn::Metadata(MetadataColumn::Partition) => {
                let numbers: Vec<Option<i32>> =
                    folders.iter().map(|folder| landing::Folder::partition(folder.names())).collect();
                let decided = numbers.iter().map(Option::is_some).collect();
                Some((Arc::new(numbers.into_iter().collect::<Int32Array>()), decided))
            }
            OriginColumn::Metadata(_) => None,
            OriginColumn::Folder(column) => {
                let values = column.array(folders.iter().map(|folder| (folder.names(), 1)));
                Some((values, folders.iter().map(|folder| column.is_decided_by(folder.names())).collect()))
            }
        }
    }
}

/// The values of `column` for rows of these origins; `None` where they differ from record to record.
pub fn object_column(column: &OriginColumn, origins: &[Origin]) -> Option<ArrayRef> {
    match column {
        OriginColumn::Metadata(column) => constant_column(*column, origins),
        OriginColumn::Folder(column) => {
            let folders: Vec<_> = origins
                .iter()
                .map(|origin| LandingKey::parse(&origin.object.key).map(|key| key.folders).unwrap_or_default())
                .collect();
            Some(column.array(folders.iter().zip(origins).map(|(folders, origin)| (folders.as_slice(), origin.rows))))
        }
    }
}

/// The offset of each row's record: what its object's name says, and its position in the object.
pub fn offset_column(origins: &[Origin], positions: &[u64]) -> ArrayRef {
    let mut offsets = Vec::with_capacity(positions.len());
    let mut positions = positions.iter();
    for origin in origins {
        let start = LandingKey::parse(&origin.object.key).ok().and_then(|key| key.start_offset);
        offsets.extend(positions.by_ref().take(origin.rows).map(|position| {
            let offset = start?.checked_add(*position)?;
            i64::try_from(offset).ok()
        }));
    }
    Arc::new(Int64Array::from(offsets))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;
    use crate::column::ColumnType;
    use crate::scan::objects::folder::layout_of;

    #[test]
    fn offsets_count_from_the_name_of_the_object() {
        let origin = |key: &str, rows| {
            let object = Object { key: key.to_owned(), size: 9, modified: Default::default(), etag: None };
            Origin { object: Arc::new(object), rows }
        };
        let origins = [
            origin("partition=0/t+0+0000000007.json", 2),
            origin("plain.json", 1),
            origin("t+0+0000000100.json.gz", 1),
        ];
        let offsets = offset_column(&origins, &[0, 2, 5, 1]);
        let offsets: Vec<_> = offsets.as_primitive::<Int64Type>().iter().collect();
        assert_eq!(offsets, [Some(7), Some(9), None, Some(101)]);
    }

    #[test]
    fn a_records_own_key_wins_and_a_folder_never_hides_metadata() {
        let folders = FolderColumn::of_layouts(&[layout_of("year=1/_size=2/city=x/a.json")]);
        let own = [Column::new("city", ColumnType::Varchar), Column::new("_line", ColumnType::BigInt)];
        let columns = origin_columns(&own, folders);
        let names: Vec<&str> = columns.iter().map(OriginColumn::name).collect();
        assert_eq!(names.last(), Some(&"year"));
        assert_eq!(names.iter().filter(|name| **name == "_size").count(), 1);
        assert!(!names.contains(&"city") && !names.contains(&"_line"));
    }
}
