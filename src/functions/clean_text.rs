//! `clean_text(text, nothing, ...)`: the text without blanks around it, and NULL where nothing is left or
//! where it is one of the texts that stand for nothing, as VARCHAR.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, BooleanArray, StringViewArray, StringViewBuilder};
use arrow::buffer::BooleanBuffer;
use arrow::compute::nullif;
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::ShortText;

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    let about = "The text without blanks around it; NULL where nothing is left or where it is one of the texts that stand for nothing.";
    Documentation::builder(DOC_SECTION_STRING, about, "clean_text(text, nothing, ...)")
        .with_argument("text", "A text.")
        .with_argument("nothing", "Constants: texts that stand for nothing.")
        .with_sql_example("clean_text(title, 'Untitled', 'n/a')")
        .build()
});

/// The function's signature; it keeps no state.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CleanText {
    signature: Signature,
}

impl CleanText {
    pub fn new() -> Self {
        let texts = vec![DataType::Utf8View, DataType::Utf8, DataType::LargeUtf8];
        CleanText { signature: Signature::variadic(texts, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for CleanText {
    fn name(&self) -> &str {
        "clean_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((text, nothing)) = arguments.args.split_first() else {
            return exec_err!("clean_text takes a text and the texts that stand for nothing");
        };
        let mut sentinels = Vec::with_capacity(nothing.len());
        for argument in nothing {
            match argument {
                ColumnarValue::Scalar(value) => sentinels.extend(value.try_as_str().flatten().map(str::to_owned)),
                ColumnarValue::Array(_) => {
                    return exec_err!("clean_text takes constants for the texts that stand for nothing");
                }
            }
        }
        let sentinels = Sentinels::new(sentinels);
        super::map_text(std::slice::from_ref(text), |text| Ok(clean(text, &sentinels)))
    }
}

/// The texts that stand for nothing, the empty one among them.
struct Sentinels {
    texts: Vec<String>,
    /// A bit for each length in bytes that one of them has; the last for all that are longer.
    lengths: u64,
}

impl Sentinels {
    fn new(texts: Vec<String>) -> Self {
        let lengths = texts.iter().fold(1, |lengths, text| lengths | length_bit(text));
        Sentinels { texts, lengths }
    }

    fn has(&self, text: &str) -> bool {
        self.lengths & length_bit(text) != 0 && (text.is_empty() || self.texts.iter().any(|nothing| nothing == text))
    }
}

fn length_bit(text: &str) -> u64 {
    1 << text.len().min(63)
}

fn clean(text: &StringViewArray, sentinels: &Sentinels) -> ArrayRef {
    // Nearly every column has no blank to trim: then its texts stay where they are.
    let mut has_blanks = false;
    let is_nothing = BooleanBuffer::collect_bool(text.len(), |row| {
        if has_blanks {
            return false;
        }
        if let Some(short) = ShortText::of_row(text, row) {
            let (first, last) = short.ends();
            if !may_be_blank(first, last) && sentinels.lengths >> short.length & 1 == 0 {
                return false;
            }
        }
        if text.is_null(row) {
            return false;
        }
        let text = text.value(row);
        has_blanks = trimmed(text).len() < text.len();
        sentinels.has(text)
    });
    if !has_blanks && let Ok(cleaned) = nullif(text, &BooleanArray::new(is_nothing, None)) {
        return cleaned;
    }
    let mut cleaned = StringViewBuilder::with_capacity(text.len());
    for text in text {
        cleaned.append_option(text.map(trimmed).filter(|text| !sentinels.has(text)));
    }
    Arc::new(cleaned.finish())
}

/// The text without blanks, tabs, line ends and no-break spaces at both ends.
fn trimmed(text: &str) -> &str {
    let is_blank = |character| matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{A0}');
    let (first, last) = (text.as_bytes().first(), text.as_bytes().last());
    let (first, last) = (first.copied().unwrap_or_default(), last.copied().unwrap_or_default());
    if may_be_blank(first, last) { text.trim_matches(is_blank) } else { text }
}

/// Whether a text with these bytes at its ends may have a blank there. The bytes of a no-break space are 0xC2 and 0xA0:
/// few texts need a closer look.
#[inline(always)]
fn may_be_blank(first: u8, last: u8) -> bool {
    /// What begins a blank has the lowest bit, what ends one the next.
    static ENDS: [u8; 256] = {
        let mut ends = [0; 256];
        let blanks = *b" \t\r\n";
        let mut at = 0;
        while at < blanks.len() {
            ends[blanks[at] as usize] = 3;
            at += 1;
        }
        ends[0xC2] = 1;
        ends[0xA0] = 2;
        ends
    };
    (ENDS[usize::from(first)] & 1) | (ENDS[usize::from(last)] & 2) != 0
}
