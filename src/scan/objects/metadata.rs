//! The columns that say where a record came from; tables in the schema `landed` have them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, StringViewBuilder, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::origin::Origin;
use crate::landing::LandingKey;
use crate::store::Object;

/// A column that no record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataColumn {
    /// Whether an exact repeat of the record came earlier in the same scan; what predicates on the other
    /// columns leave out is no part of it.
    Repeat,
    /// The topic that the object's key names.
    Topic,
    /// The Kafka partition that the object's key names; of folder and name, the folder wins.
    Partition,
    /// The Kafka offset: that of the object's first record, which its key names, and the record's position
    /// in the object. Exact only where the sink drops nothing between the two, such as records that a
    /// transform filters or that it could not convert.
    Offset,
    /// The object's key below the table's location.
    Object,
    /// The record's line in its object, from 1.
    Line,
    /// When the object was last modified, UTC.
    LastModified,
    /// The object's size as stored, in bytes.
    Size,
}

/// Every metadata column, in the order in which `landed` tables show them.
pub const METADATA_COLUMNS: [MetadataColumn; 8] = [
    MetadataColumn::Repeat,
    MetadataColumn::Topic,
    MetadataColumn::Partition,
    MetadataColumn::Offset,
    MetadataColumn::Object,
    MetadataColumn::Line,
    MetadataColumn::LastModified,
    MetadataColumn::Size,
];

impl MetadataColumn {
    /// The column's name; the underscore keeps it apart from keys of records.
    pub fn name(self) -> &'static str {
        match self {
            MetadataColumn::Repeat => "_repeat",
            MetadataColumn::Topic => "_topic",
            MetadataColumn::Partition => "_partition",
            MetadataColumn::Offset => "_offset",
            MetadataColumn::Object => "_object",
            MetadataColumn::Line => "_line",
            MetadataColumn::LastModified => "_last_modified",
            MetadataColumn::Size => "_size",
        }
    }

    /// The Arrow field.
    pub fn field(self) -> Field {
        let (data_type, nullable) = match self {
            MetadataColumn::Repeat => (DataType::Boolean, false),
            MetadataColumn::Topic => (DataType::Utf8View, true),
            MetadataColumn::Partition => (DataType::Int32, true),
            MetadataColumn::Offset => (DataType::Int64, true),
            MetadataColumn::Object => (DataType::Utf8View, false),
            MetadataColumn::Line | MetadataColumn::Size => (DataType::Int64, false),
            MetadataColumn::LastModified => (DataType::Timestamp(TimeUnit::Microsecond, None), false),
        };
        Field::new(self.name(), data_type, nullable)
    }
}

/// The values of `column` for rows of these origins. `_line`, `_offset` and `_repeat` differ from record
/// to record and are not made here: they are `None`.
pub fn constant_column(column: MetadataColumn, origins: &[Origin]) -> Option<ArrayRef> {
    let each = |origin: &Origin| std::iter::repeat_n((), origin.rows);
    let array: ArrayRef = match column {
        MetadataColumn::Line | MetadataColumn::Offset | MetadataColumn::Repeat => return None,
        MetadataColumn::Object => text(origins, |object| Some(object.key.clone())),
        MetadataColumn::Topic => text(origins, |object| LandingKey::parse(&object.key).ok().and_then(|key| key.topic)),
        MetadataColumn::Partition => Arc::new(
            origins
                .iter()
                .flat_map(|origin| {
                    let partition = LandingKey::parse(&origin.object.key).ok().and_then(|key| key.partition);
                    each(origin).map(move |()| partition)
                })
                .collect::<Int32Array>(),
        ),
        MetadataColumn::LastModified => Arc::new(
            origins
                .iter()
                .flat_map(|origin| each(origin).map(|()| Some(origin.object.modified.timestamp_micros())))
                .collect::<TimestampMicrosecondArray>(),
        ),
        MetadataColumn::Size => Arc::new(
            origins
                .iter()
                .flat_map(|origin| each(origin).map(|()| i64::try_from(origin.object.size).ok()))
                .collect::<Int64Array>(),
        ),
    };
    Some(array)
}

/// A text column that holds each object's text once and points at it from every row.
fn text(origins: &[Origin], value: impl Fn(&Object) -> Option<String>) -> ArrayRef {
    let mut builder = StringViewBuilder::new().with_deduplicate_strings();
    for origin in origins {
        let value = value(&origin.object);
        for _ in 0..origin.rows {
            builder.append_option(value.as_deref());
        }
    }
    Arc::new(builder.finish())
}
