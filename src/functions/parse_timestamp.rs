//! `parse_timestamp(text)`: a timestamp in any of the formats that posters write, as TIMESTAMP.

use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::Result;
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING;
use datafusion::logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature};

use crate::timestamp::parse_timestamp;

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    let about = "Reads a timestamp in any of the formats that posters write; NULL where no format reads it.";
    Documentation::builder(DOC_SECTION_STRING, about, "parse_timestamp(text)")
        .with_argument("text", "A text.")
        .with_sql_example("parse_timestamp('2020-10-28T03:04:05')")
        .build()
});

/// The function's signature; it keeps no state.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ParseTimestamp {
    signature: Signature,
}

impl ParseTimestamp {
    pub fn new() -> Self {
        ParseTimestamp { signature: super::one_text() }
    }
}

impl ScalarUDFImpl for ParseTimestamp {
    fn name(&self) -> &str {
        "parse_timestamp"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        super::map_text(&arguments.args, |text| {
            // No format reads blanks, so a text that is read has none to trim.
            let read = |row| {
                let text = text.value(row);
                parse_timestamp(text).or_else(|| parse_timestamp(text.trim()))
            };
            Ok(Arc::new(super::read_each::<TimestampMicrosecondType>(text, read)) as ArrayRef)
        })
    }
}
