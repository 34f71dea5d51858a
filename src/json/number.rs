//! Numbers of which no digit may be lost.
//!
//! Owns the exact reading of decimal texts. Floating point is the standard library's.

/// `text` times 10 to the power of `scale` as an integer, where that is exact and fits 128 bits.
///
/// Reads an optional sign, digits with an optional point, and an optional exponent: all JSON numbers,
/// and the texts that people write for numbers.
pub(super) fn scaled(text: &str, scale: i8) -> Option<i128> {
    let bytes = text.as_bytes();
    let (negative, bytes) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    let mut significand: i128 = 0;
    // Zeros wait until a further digit needs them, so that `1.000...` fits however long it is.
    let mut zeros: u32 = 0;
    let mut power: i64 = 0;
    let mut digits = false;
    let mut point = false;
    let mut exponent: i64 = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits = true;
                if point {
                    power -= 1;
                }
                if *byte != b'0' {
                    let shift = 10_i128.checked_pow(zeros.checked_add(1)?)?;
                    significand = significand.checked_mul(shift)?.checked_add(i128::from(byte - b'0'))?;
                    zeros = 0;
                } else if significand != 0 {
                    zeros = zeros.checked_add(1)?;
                }
            }
            b'.' if !point => point = true,
            b'e' | b'E' if digits => {
                // Zero stays zero, however large its exponent is.
                let written = std::str::from_utf8(bytes.get(at.checked_add(1)?..)?).ok()?;
                if significand == 0 {
                    let digits = written.strip_prefix(['+', '-']).unwrap_or(written);
                    return (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(0);
                }
                exponent = written.parse().ok()?;
                break;
            }
            _ => return None,
        }
    }
    if !digits {
        return None;
    }
    if significand == 0 {
        return Some(0);
    }
    let shift = exponent.checked_add(power)?.checked_add(i64::from(zeros))?.checked_add(i64::from(scale))?;
    // The last digit is not zero, so a negative shift always cuts something off.
    let scaled = significand.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?;
    Some(if negative { -scaled } else { scaled })
}

/// A decimal of that precision and scale, where the text is exactly one.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let value = scaled(text, scale)?;
    let limit = 10_u128.checked_pow(u32::from(precision))?;
    (value.unsigned_abs() < limit).then_some(value)
}

/// A 64-bit integer, where the text is exactly one: `5`, `5.0` and `5e0` are.
pub(super) fn integer(text: &str) -> Option<i64> {
    i64::try_from(scaled(text, 0)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_digit_or_refuses() {
        assert_eq!(decimal("12.34", 10, 2), Some(1234));
        assert_eq!(decimal("-12.3", 10, 2), Some(-1230));
        assert_eq!(decimal("1.2e1", 10, 2), Some(1200));
        assert_eq!(decimal("1.005", 10, 2), None);
        assert_eq!(decimal("1.00500000000000000000000000000000000000000000000", 10, 3), Some(1005));
        assert_eq!(decimal("99999999999999999999999999999999999999", 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(decimal("100", 2, 0), None);
        assert_eq!(decimal("100", 1, -2), Some(1));
        assert_eq!(decimal("0e99999999", 2, 0), Some(0));
        assert_eq!(decimal("0.0e-99999999999999999999", 2, 0), Some(0));
    }

    #[test]
    fn integers_are_whole() {
        assert_eq!(integer("5.0"), Some(5));
        assert_eq!(integer("9007199254740993.0"), Some(9_007_199_254_740_993));
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer("9223372036854775808"), None);
        assert_eq!(integer("5.5"), None);
        assert_eq!(integer("-0"), Some(0));
        for text in
            ["", "-", ".", "e5", "1e", "1e+", "0x1", "1 ", "1e99999999999999999999", "0e", "0e+", "0ex", "NaN", "1.2.3"]
        {
            assert_eq!(integer(text), None, "{text}");
        }
    }
}
