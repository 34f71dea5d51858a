//! How many bytes a batch holds on to, and making it hold no more than it uses.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// A text column whose buffers hold this many times what its values need is copied.
const MOST_WASTE: usize = 2;

/// The bytes of the batch's buffers. One that several columns share counts once, which
/// `get_array_memory_size` would count for each.
pub fn footprint(batch: &RecordBatch) -> usize {
    let mut seen = HashSet::new();
    batch.columns().iter().fold(0, |bytes, column| bytes.saturating_add(of_data(&column.to_data(), &mut seen)))
}

fn of_data(data: &ArrayData, seen: &mut HashSet<*const u8>) -> usize {
    let nulls = data.nulls().map(|nulls| nulls.buffer());
    let mut bytes: usize = 0;
    for buffer in data.buffers().iter().chain(nulls) {
        // A part of an allocation keeps the whole of it; what tells allocations apart is where they begin.
        if seen.insert(buffer.data_ptr().as_ptr().cast_const()) {
            bytes = bytes.saturating_add(buffer.capacity());
        }
    }
    data.child_data().iter().fold(bytes, |bytes, child| bytes.saturating_add(of_data(child, seen)))
}

/// The same rows in text columns that hold no buffer of which they use little.
pub fn compact(batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
    let wasteful = |column: &ArrayRef| {
        let Some(views) = column.as_string_view_opt() else { return false };
        let held = views.data_buffers().iter().fold(0_usize, |bytes, buffer| bytes.saturating_add(buffer.capacity()));
        held > views.total_buffer_bytes_used().saturating_mul(MOST_WASTE)
    };
    if !batch.columns().iter().any(|column| column.data_type() == &DataType::Utf8View && wasteful(column)) {
        return Ok(batch);
    }
    let compacted = |column: &ArrayRef| match column.as_string_view_opt() {
        Some(views) if wasteful(column) => Arc::new(views.gc()) as ArrayRef,
        _ => Arc::clone(column),
    };
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), batch.columns().iter().map(compacted).collect(), &options)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray, StringViewBuilder};

    use super::*;

    fn texts() -> StringViewArray {
        (0..1_000).map(|n| Some(format!("a text that is longer than a view holds {n}"))).collect()
    }

    #[test]
    fn a_buffer_that_two_columns_share_counts_once() {
        let numbers: ArrayRef = Arc::new(Int64Array::from((0..1_000).collect::<Vec<i64>>()));
        let one = RecordBatch::try_from_iter([("a", Arc::clone(&numbers))]).unwrap();
        let two = RecordBatch::try_from_iter([("a", Arc::clone(&numbers)), ("b", numbers)]).unwrap();
        assert!(footprint(&one) >= 8_000, "{}", footprint(&one));
        assert_eq!(footprint(&two), footprint(&one));
    }

    #[test]
    fn a_few_rows_of_a_large_buffer_are_copied_and_many_are_not() {
        let all: ArrayRef = Arc::new(texts());
        let batch = RecordBatch::try_from_iter([("t", all)]).unwrap();
        let few = batch.slice(500, 3);
        assert!(footprint(&few) > 10_000);
        let compacted = compact(few.clone()).unwrap();
        assert_eq!(compacted, few);
        assert!(footprint(&compacted) < 1_000, "{}", footprint(&compacted));
        let buffer = |batch: &RecordBatch| batch.column(0).as_string_view().data_buffers()[0].as_ptr();
        assert_eq!(buffer(&compact(batch.clone()).unwrap()), buffer(&batch));
    }

    #[test]
    fn one_text_for_many_rows_is_not_copied_out() {
        let mut builder = StringViewBuilder::new().with_deduplicate_strings();
        for _ in 0..1_000 {
            builder.append_value("the key of an object, which is the same in many rows");
        }
        let batch = RecordBatch::try_from_iter([("t", Arc::new(builder.finish()) as ArrayRef)]).unwrap();
        let bytes = footprint(&compact(batch).unwrap());
        assert!(bytes < 40_000, "{bytes}");
    }
}
