//! Numbers from text, held against arithmetic on their digits.

use crate::number::{decimal, integer, scaled};
use crate::reference;

/// The first byte is a scale, the second a precision, the rest the text.
pub fn check(bytes: &[u8]) {
    let [scale, precision, text @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let scale = (*scale as i8).clamp(-38, 38);
    let precision = precision % 38 + 1;
    let fits = |digits: String| digits.parse::<i128>().ok();
    let expected = reference::scaled(text, scale).and_then(fits);
    // The least integer has no positive counterpart, and may be refused.
    if expected != Some(i128::MIN) {
        assert_eq!(scaled(text, scale), expected, "`{text}` of scale {scale}");
    }
    let digits = |value: &i128| value.unsigned_abs().to_string().len() <= usize::from(precision);
    assert_eq!(decimal(text, precision, scale), expected.filter(digits), "`{text}` as ({precision}, {scale})");
    let whole = reference::scaled(text, 0).and_then(|digits| digits.parse::<i64>().ok());
    assert_eq!(integer(text), whole, "`{text}` as an integer");
}
