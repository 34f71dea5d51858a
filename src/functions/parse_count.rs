//! `parse_count(text)`: a count as people abbreviate it, `437`, `9k`, `1.2M`, as BIGINT.

use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING;
use datafusion::logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature};

use super::ShortText;

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
            let read = |row| ShortText::of_row(text, row).and_then(short_count).or_else(|| long_count(text.value(row)));
            Ok(Arc::new(super::read_each::<Int64Type>(text, read)) as ArrayRef)
        })
    }
}

/// What the last byte of a count makes of the digits before it.
#[derive(Clone, Copy)]
struct Suffix {
    factor: i64,
    /// In bytes.
    length: u32,
}

/// By the byte; a factor of 0 stands for no count.
static SUFFIXES: [Suffix; 256] = {
    let mut suffixes = [Suffix { factor: 0, length: 0 }; 256];
    let mut byte = b'0';
    while byte <= b'9' {
        suffixes[byte as usize] = Suffix { factor: 1, length: 0 };
        byte += 1;
    }
    let letters = [(b'k', 1_000), (b'm', 1_000_000), (b'b', 1_000_000_000)];
    let mut at = 0;
    while at < letters.len() {
        let (letter, factor) = letters[at];
        suffixes[letter as usize] = Suffix { factor, length: 1 };
        suffixes[letter.to_ascii_uppercase() as usize] = Suffix { factor, length: 1 };
        at += 1;
    }
    suffixes
};

/// The usual counts: up to eight digits, and perhaps a suffix. There is no loop, whose end no processor could foretell.
#[inline(always)]
fn short_count(text: ShortText) -> Option<i64> {
    let (_, last) = text.ends();
    let ShortText { length, bytes } = text;
    let Suffix { factor, length: suffix } = SUFFIXES[usize::from(last)];
    let digits = length.wrapping_sub(suffix);
    if factor == 0 || digits.wrapping_sub(1) > 7 {
        return None;
    }
    // The digits end at the highest byte, behind as many zeros as make eight.
    let missing = 64 - 8 * digits;
    let eight = ((bytes as u64) << missing) ^ (u64::from_le_bytes(*b"00000000") << missing);
    if (eight | eight.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    // Neighbours become one number: of two digits, of four, of eight.
    let pairs = eight.wrapping_mul(10).wrapping_add(eight >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let whole = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    Some(whole.cast_signed() * factor)
}

/// Reads digits with an optional decimal part and an optional suffix `k`, `M` or `B` in either
/// case, with blanks around. What is left after the suffix is rounded half up: `1.2k` is 1200,
/// `1.2346k` is 1235. Anything else, and a count beyond BIGINT, is `None`.
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
    use arrow::array::StringViewArray;
    use proptest::prelude::*;

    use super::*;

    /// The count of a text as of a row: both ways of reading it agree.
    fn parse_count(text: &str) -> Option<i64> {
        let array = StringViewArray::from_iter_values([text]);
        let thorough = long_count(text);
        if let Some(short) = ShortText::of_row(&array, 0).and_then(short_count) {
            assert_eq!(Some(short), thorough, "{text}");
        }
        thorough
    }

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

    #[test]
    fn usual_counts_are_read_the_short_way() {
        for text in ["1", "437", "12345678", "9k", "999K", "12345678M", "8b"] {
            let array = StringViewArray::from_iter_values([text]);
            assert_eq!(ShortText::of_row(&array, 0).and_then(short_count), long_count(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_reads_nothing_wrong(text in "[ 0-9./:kKmMbBé\u{0}]{0,12}") {
            parse_count(&text);
        }
    }
}
