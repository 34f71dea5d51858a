//! Which columns of a table the statements of a run want, in all, and how one scan's columns are found among them.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use crate::column::Column;
use crate::scan::objects::OriginColumn;
use crate::scan::provider::Projection;

/// The union of what scans want.
///
/// A name means one column of a table, whichever scan says it: where a record holds a key with the name of a
/// metadata column, no scan has that metadata column.
#[derive(Clone, Debug, Default)]
pub struct ColumnUnion {
    columns: Vec<Column>,
    origin: Vec<OriginColumn>,
    /// The table's columns that no scan wants, and some of those that one does.
    unread: Vec<Column>,
}

impl ColumnUnion {
    /// Adds what a scan of that projection wants.
    pub fn add(&mut self, projection: &Projection) {
        for column in &projection.columns {
            if !self.columns.contains(column) {
                self.columns.push(column.clone());
            }
        }
        for column in &projection.origin {
            if !self.origin.contains(column) {
                self.origin.push(column.clone());
            }
        }
        for column in &projection.unread {
            if !self.unread.contains(column) {
                self.unread.push(column.clone());
            }
        }
    }

    /// The projection of a scan that reads all of it.
    pub fn projection(&self) -> Projection {
        let is_unread = |column: &&Column| !self.columns.contains(column);
        let unread = self.unread.iter().filter(is_unread).cloned().collect();
        Projection::of(self.columns.clone(), self.origin.clone(), unread)
    }
}

/// How the columns of a scan are found in batches that hold more.
#[derive(Clone, Debug)]
pub struct Narrowing {
    schema: SchemaRef,
    indices: Vec<usize>,
}

impl Narrowing {
    /// The way from batches of `wide` to those of `narrow`; `None` where a column is missing.
    pub fn between(wide: &Projection, narrow: &Projection) -> Option<Narrowing> {
        let indices = narrow.schema.fields().iter().map(|field| {
            let index = wide.schema.index_of(field.name()).ok()?;
            (wide.schema.field(index).data_type() == field.data_type()).then_some(index)
        });
        Some(Narrowing { schema: Arc::clone(&narrow.schema), indices: indices.collect::<Option<_>>()? })
    }

    /// The scan's columns of `batch`; they share its memory.
    pub fn narrow(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = self.indices.iter().filter_map(|index| batch.columns().get(*index)).cloned().collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }

    /// Whether the scan has a column of that name.
    pub fn has(&self, name: &str) -> bool {
        self.schema.index_of(name).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{BooleanArray, Int64Array};

    use super::*;
    use crate::column::ColumnType;
    use crate::scan::objects::MetadataColumn;

    fn column(name: &str) -> Column {
        Column::new(name, ColumnType::BigInt)
    }

    #[test]
    fn a_union_holds_each_column_once_and_serves_each_scan() {
        let names = |names: [&str; 2]| names.map(column).to_vec();
        let repeat = vec![OriginColumn::Metadata(MetadataColumn::Repeat)];
        let first = Projection::of(vec![column("a"), column("b")], repeat, names(["c", "d"]));
        let second = Projection::of(vec![column("b"), column("c")], Vec::new(), names(["a", "d"]));
        let mut wanted = ColumnUnion::default();
        wanted.add(&first);
        wanted.add(&second);
        let union = wanted.projection();
        let names: Vec<&str> = union.schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "_repeat"]);
        assert_eq!(union.unread, [column("d")]);

        let number = |n: i64| Arc::new(Int64Array::from(vec![n])) as _;
        let batch = RecordBatch::try_new(
            Arc::clone(&union.schema),
            vec![number(1), number(2), number(3), Arc::new(BooleanArray::from(vec![true]))],
        )
        .unwrap();
        let narrow = Narrowing::between(&union, &second).unwrap().narrow(&batch).unwrap();
        assert_eq!(narrow.schema(), second.schema);
        assert_eq!(narrow.column(1).as_ref(), &Int64Array::from(vec![3]));
        assert!(Narrowing::between(&second, &first).is_none());
    }

    #[test]
    fn a_scan_of_no_column_keeps_the_number_of_rows() {
        let wide = Projection::of(vec![column("a")], Vec::new(), Vec::new());
        let none = Projection::of(Vec::new(), Vec::new(), Vec::new());
        let batch =
            RecordBatch::try_new(Arc::clone(&wide.schema), vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
        assert_eq!(Narrowing::between(&wide, &none).unwrap().narrow(&batch).unwrap().num_rows(), 2);
    }
}
