//! `parse_timestamp(text)`: a timestamp in any of the formats that posters write, as TIMESTAMP.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature};

use crate::timestamp::parse_timestamp;

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

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        super::map_text(&arguments.args, |text| {
            // No format reads blanks, so a text that is read has none to trim.
            let read = |text: &str| parse_timestamp(text).or_else(|| parse_timestamp(text.trim()));
            Ok(Arc::new(super::read_each::<TimestampMicrosecondType>(text, read)) as ArrayRef)
        })
    }
}
