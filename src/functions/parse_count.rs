//! `parse_count(text)`: a count as people abbreviate it, `437`, `9k`, `1.2M`, as BIGINT.

use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING;
use datafusion::logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature};

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    let about = "Reads a count as people abbreviate it, such as 437, 9k or 1.2M, as BIGINT; NULL where it is none.";
    Documentation::builder(DOC_SECTION_STRING, about, "parse_count(text)")
        .with_argument("text", "A text.")
        .with_sql_example("parse_count('1.2k')")
        .build()
});

/// The function's signature; it keeps no state.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ParseCount {
    signature: Signature,
}

impl ParseCount {
    pub fn new() -> Self {
        ParseCount { signature: super::one_text() }
    }
}

impl ScalarUDFImpl for ParseCount {
    fn name(&self) -> &str {
        "parse_count"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        super::map_text(&arguments.args, |text| {
            Ok(Arc::new(super::read_each::<Int64Type>(text, parse_count)) as ArrayRef)
        })
    }
}

/// Reads digits with an optional decimal part and an optional suffix `k`, `M` or `B` in either
/// case, with blanks around. What is left after the suffix is rounded half up: `1.2k` is 1200,
/// `1.2346k` is 1235. Anything else, and a count beyond BIGINT, is `None`.
pub fn parse_count(text: &str) -> Option<i64> {
    short_count(text.as_bytes()).or_else(|| long_count(text))
}

/// The usual counts: a few digits, and perhaps a suffix.
fn short_count(text: &[u8]) -> Option<i64> {
    let (digits, factor) = match text.split_last()? {
        (b'0'..=b'9', _) => (text, 1),
        (b'k' | b'K', digits) => (digits, 1_000),
        (b'm' | b'M', digits) => (digits, 1_000_000),
        (b'b' | b'B', digits) => (digits, 1_000_000_000),
        _ => return None,
    };
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let digit = |value: i64, byte: &u8| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'));
    Some(digits.iter().try_fold(0, digit)? * factor)
}

fn long_count(text: &str) -> Option<i64> {
    let text = text.trim();
    let (number, zeros) = match text.as_bytes().last()? {
        b'k' | b'K' => (text.get(..text.len() - 1)?, 3),
        b'm' | b'M' => (text.get(..text.len() - 1)?, 6),
        b'b' | b'B' => (text.get(..text.len() - 1)?, 9),
        _ => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let digit = |byte: u8| i64::from(byte - b'0');
    let mut value: i64 = 0;
    for byte in whole.bytes() {
        value = value.checked_mul(10)?.checked_add(digit(byte))?;
    }
    let mut fraction = fraction.bytes();
    for _ in 0..zeros {
        value = value.checked_mul(10)?.checked_add(fraction.next().map_or(0, digit))?;
    }
    let round_up = fraction.next().is_some_and(|byte| byte >= b'5');
    value.checked_add(i64::from(round_up))
}

#[cfg(test)]
mod tests {
    use super::parse_count;

    #[test]
    fn reads_counts() {
        let cases = [
            ("437", 437),
            ("0", 0),
            ("9k", 9_000),
            ("9K", 9_000),
            ("8M", 8_000_000),
            ("2b", 2_000_000_000),
            (" 1.2k ", 1_200),
            ("1.2346k", 1_235),
            ("1.2345k", 1_235),
            ("1.2344k", 1_234),
            ("1.0", 1),
            ("0.5", 1),
            ("9223372036854775807", i64::MAX),
        ];
        for (text, count) in cases {
            assert_eq!(parse_count(text), Some(count), "{text}");
        }
    }

    #[test]
    fn anything_else_is_nothing() {
        for text in [
            "",
            " ",
            "k",
            ".5k",
            "1.",
            "1.k",
            "-1",
            "+1",
            "1e3",
            "1 k",
            "1kk",
            "User Info Error",
            "9223372036854775808",
            "9999999999B",
            "１k",
            "9é",
        ] {
            assert_eq!(parse_count(text), None, "{text}");
        }
    }
}
