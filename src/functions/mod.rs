//! The SQL functions that pinq adds to DataFusion's.
//!
//! Owns what reads the odd texts of landed records: texts that stand for nothing, counts such as `9k`
//! and timestamps in four formats. A text that no format reads is NULL, so that one odd value never fails a question;
//! `pinq check` says how many there were.

mod clean_text;
mod parse_count;
mod parse_timestamp;

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, StringViewArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Signature, Volatility};

/// Every function that pinq registers.
pub static ALL: LazyLock<[Arc<ScalarUDF>; 3]> = LazyLock::new(|| {
    [
        Arc::new(ScalarUDF::new_from_impl(clean_text::CleanText::new())),
        Arc::new(ScalarUDF::new_from_impl(parse_count::ParseCount::new())),
        Arc::new(ScalarUDF::new_from_impl(parse_timestamp::ParseTimestamp::new())),
    ]
});

/// Whether it is one of those that read odd texts, which are all: a call whose other arguments are constants never fails,
/// looks at one row at a time, and at no setting.
pub fn is_cleaning(function: &ScalarUDF) -> bool {
    ALL.iter().any(|known| known.as_ref() == function)
}

/// One argument of any text type.
fn one_text() -> Signature {
    Signature::uniform(1, vec![DataType::Utf8View, DataType::Utf8, DataType::LargeUtf8], Volatility::Immutable)
}

/// Applies `build` to the first argument read as `Utf8View`; a scalar argument gives a scalar.
fn map_text(
    arguments: &[ColumnarValue],
    build: impl Fn(&StringViewArray) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    let scalar = arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let Some(array) = arrays.first() else {
        return datafusion::common::exec_err!("the function takes one argument");
    };
    let text = cast(array, &DataType::Utf8View)?;
    let result = build(text.as_string_view())?;
    if scalar {
        return Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&result, 0)?));
    }
    Ok(ColumnarValue::Array(result))
}

/// What `read` makes of the text of each row; NULL where it makes nothing of it.
fn read_each<Kind: ArrowPrimitiveType>(
    text: &StringViewArray,
    read: impl Fn(usize) -> Option<Kind::Native>,
) -> PrimitiveArray<Kind> {
    let mut values = Vec::with_capacity(text.len());
    let is_read = BooleanBuffer::collect_bool(text.len(), |row| {
        let value = if text.is_null(row) { None } else { read(row) };
        values.push(value.unwrap_or_default());
        value.is_some()
    });
    let nulls = NullBuffer::new(is_read);
    PrimitiveArray::new(values.into(), (nulls.null_count() > 0).then_some(nulls))
}

/// The longest text that stands in its view, in bytes: Arrow's format says so.
const LONGEST_SHORT: u32 = 12;

/// A text that stands in its view rather than in a buffer.
struct ShortText {
    /// In bytes.
    length: u32,
    /// The first of them lowest, zeros above the last.
    bytes: u128,
}

impl ShortText {
    /// The text of a row, where it is short.
    #[inline(always)]
    fn of_row(text: &StringViewArray, row: usize) -> Option<ShortText> {
        let view = *text.views().get(row)?;
        let length = view as u32;
        // The length stands in the lowest four bytes.
        (length <= LONGEST_SHORT).then_some(ShortText { length, bytes: view >> 32 })
    }

    /// The first and the last byte; zeros where there is none.
    #[inline(always)]
    fn ends(&self) -> (u8, u8) {
        (self.bytes as u8, (self.bytes >> (8 * self.length.saturating_sub(1))) as u8)
    }
}
