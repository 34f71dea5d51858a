//! Where the tokens of a record end, with every check that serde_json makes.
//!
//! Owns the grammar: strings, numbers, keywords and nested values. Each function takes the place where
//! a token begins and gives the place after it, or `None`: the text is bad, or unusual enough that the
//! thorough reading must decide. It must never accept what serde_json refuses.

use super::lanes::Lanes;
use super::rare::{Nested, UnusualString};

/// Digits before the point, and an exponent, with which no number can leave the range of doubles.
const SAFE_DIGITS: usize = 200;
const SAFE_EXPONENT_DIGITS: usize = 2;
/// Digits of which any integer fits 63 bits.
const SAFE_INTEGER_DIGITS: usize = 18;

/// Whether a line may end between two tokens of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newlines {
    /// A record is one line; its end ends the record.
    EndRecords,
    /// They are blanks like others.
    AreBlanks,
}

/// The bytes of an object or a part of one, and the way of looking at them.
#[derive(Clone, Copy, Debug)]
pub struct Text<'de, L> {
    pub lanes: L,
    pub bytes: &'de [u8],
    pub newlines: Newlines,
}

/// Whether a string's bytes are its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Escaped,
}

/// A number's end and, where it is a short integer, its value.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    pub end: usize,
    pub integer: Option<i64>,
}

impl<'de, L: Lanes> Text<'de, L> {
    /// The byte at `at`; beyond the end a zero, which no token has.
    #[inline(always)]
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn is_blank(&self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' => true,
            b'\n' | b'\r' => self.newlines == Newlines::AreBlanks,
            _ => false,
        }
    }

    #[inline(always)]
    pub fn skip_blanks(&self, mut at: usize) -> usize {
        while self.is_blank(self.byte(at)) {
            at += 1;
        }
        at
    }

    /// The place of a string's closing quote; `at` is the place after its opening one.
    #[inline(always)]
    pub fn string(&self, at: usize) -> Option<(usize, Form)> {
        let mut from = at;
        while let Some(block) = L::block(self.bytes, from) {
            let stop = self.lanes.stop(block);
            from += stop;
            if stop < L::WIDTH {
                break;
            }
        }
        if self.byte(from) == b'"' {
            return Some((from, Form::Plain));
        }
        self.lanes.enter(UnusualString { bytes: self.bytes, start: at, from })
    }

    /// The place after the array or object that begins at `at`.
    #[inline(always)]
    pub fn nested(&self, at: usize) -> Option<usize> {
        self.lanes.enter(Nested { bytes: self.bytes, newlines: self.newlines, at })
    }

    /// The place after the escape whose backslash is at `at`.
    pub fn escape(&self, at: usize) -> Option<usize> {
        match self.byte(at + 1) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
            b'u' => match self.code_unit(at)? {
                0xD800..=0xDBFF => match self.code_unit(at + 6)? {
                    0xDC00..=0xDFFF => Some(at + 12),
                    _ => None,
                },
                0xDC00..=0xDFFF => None,
                _ => Some(at + 6),
            },
            _ => None,
        }
    }

    /// The value of the `\u` escape whose backslash is at `at`.
    fn code_unit(&self, at: usize) -> Option<u32> {
        let (mark, digits) = self.bytes.get(at..at + 6)?.split_at(2);
        if mark != b"\\u" {
            return None;
        }
        digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
    }

    /// Appends the text of a string with escapes, which [`Text::string`] found to be right.
    pub fn unescape(&self, start: usize, end: usize, into: &mut String) -> Option<()> {
        let mut at = start;
        while at < end {
            let plain = self.bytes.get(at..end)?;
            let length = memchr::memchr(b'\\', plain).unwrap_or(plain.len());
            into.push_str(std::str::from_utf8(plain.get(..length)?).ok()?);
            at += length;
            if at >= end {
                break;
            }
            let next = self.escape(at)?;
            into.push(match self.byte(at + 1) {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => {
                    let unit = self.code_unit(at)?;
                    let code = match next - at {
                        12 => 0x10000 + ((unit - 0xD800) << 10 | (self.code_unit(at + 6)? - 0xDC00)),
                        _ => unit,
                    };
                    char::from_u32(code)?
                }
                other => char::from(other),
            });
            at = next;
        }
        Some(())
    }

    /// The bytes of a token whose end was found by one of these functions.
    #[inline(always)]
    pub fn checked(&self, start: usize, end: usize) -> &'de str {
        let token = self.bytes.get(start..end).unwrap_or_default();
        debug_assert!(std::str::from_utf8(token).is_ok(), "a token is UTF-8");
        #[expect(unsafe_code, reason = "a second look at each text takes a tenth of the time of all columns")]
        // SAFETY: every function that finds a token's end has seen that its bytes are ASCII, or had the
        // strings in it validated.
        unsafe {
            std::str::from_utf8_unchecked(token)
        }
    }

    /// A number that begins at `at`.
    #[inline(always)]
    pub fn number(&self, at: usize) -> Option<Number> {
        let is_negative = self.byte(at) == b'-';
        let start = at + usize::from(is_negative);
        let mut end = start;
        let mut value: u64 = 0;
        loop {
            let digit = self.byte(end).wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            end += 1;
        }
        let digits = end - start;
        if digits == 0 || (digits > 1 && self.byte(start) == b'0') {
            return None;
        }
        if matches!(self.byte(end), b'.' | b'e' | b'E') {
            return self.fraction(end, digits);
        }
        if digits > SAFE_DIGITS {
            return None;
        }
        let value = value.cast_signed();
        // A negative zero is a double to serde_json; it is left to the reading by text.
        let is_short = digits <= SAFE_INTEGER_DIGITS && !(is_negative && value == 0);
        Some(Number { end, integer: is_short.then_some(if is_negative { value.wrapping_neg() } else { value }) })
    }

    /// The integer that the bytes between are, where they are one of at most eight digits without a sign.
    #[inline(always)]
    pub fn short_integer(&self, start: usize, end: usize) -> Option<u64> {
        let length = end.wrapping_sub(start);
        let word = u64::from_le_bytes(*self.bytes.get(start..)?.first_chunk()?);
        if length.wrapping_sub(1) >= 8 {
            return None;
        }
        // The digits move to the upper bytes; zeros come before them.
        let shift = 64 - 8 * length as u32;
        let zeros = u64::from_le_bytes([b'0'; 8]);
        let digits = (word ^ zeros) << shift;
        // A digit has no bit in its upper half, not even after six more.
        let beyond = (digits | digits.wrapping_add(u64::from_le_bytes([6; 8]))) & u64::from_le_bytes([0xf0; 8]);
        let leads_with_zero = length > 1 && word & 0xff == u64::from(b'0');
        if beyond != 0 || leads_with_zero {
            return None;
        }
        // Neighbours are joined: digits to pairs, pairs to fours, fours to eight.
        let pairs = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
        let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
        Some((fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff)
    }

    /// The rest of a number after its whole part.
    #[inline(always)]
    fn fraction(&self, at: usize, digits: usize) -> Option<Number> {
        let mut end = at;
        if self.byte(end) == b'.' {
            let start = end + 1;
            end = self.digits(start);
            if end == start {
                return None;
            }
        }
        if matches!(self.byte(end), b'e' | b'E') {
            let signed = end + 1;
            let start = signed + usize::from(matches!(self.byte(signed), b'+' | b'-'));
            end = self.digits(start);
            if end == start || end - start > SAFE_EXPONENT_DIGITS {
                return None;
            }
        }
        (digits <= SAFE_DIGITS).then_some(Number { end, integer: None })
    }

    #[inline(always)]
    fn digits(&self, mut at: usize) -> usize {
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    }

    /// The place after the keyword, where it stands at `at`.
    #[inline(always)]
    pub fn keyword(&self, at: usize, keyword: &[u8]) -> Option<usize> {
        self.bytes.get(at..)?.starts_with(keyword).then_some(at + keyword.len())
    }

    /// The place after any value that begins at `at`.
    #[inline(always)]
    pub fn value(&self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'"' => Some(self.string(at + 1)?.0 + 1),
            b'{' | b'[' => self.nested(at),
            _ => self.scalar(at),
        }
    }

    /// The place after the number or keyword that begins at `at`.
    #[inline(always)]
    pub fn scalar(&self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'-' | b'0'..=b'9' => Some(self.number(at)?.end),
            b't' => self.keyword(at, b"true"),
            b'f' => self.keyword(at, b"false"),
            b'n' => self.keyword(at, b"null"),
            _ => None,
        }
    }

    /// The place of the value whose key begins at `at`.
    #[inline(always)]
    pub fn key(&self, at: usize) -> Option<usize> {
        if self.byte(at) != b'"' {
            return None;
        }
        let (quote, _) = self.string(at + 1)?;
        self.colon(quote + 1)
    }

    /// The place of the value after the colon that follows `at`.
    #[inline(always)]
    pub fn colon(&self, at: usize) -> Option<usize> {
        let colon = self.skip_blanks(at);
        (self.byte(colon) == b':').then(|| self.skip_blanks(colon + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Portable;
    use super::*;

    #[test]
    fn short_integers_are_digits_alone() {
        let read = |text: &str, padding: &str| {
            let bytes = format!("{text}{padding}");
            let text_of = Text { lanes: Portable, bytes: bytes.as_bytes(), newlines: Newlines::EndRecords };
            text_of.short_integer(0, text.len())
        };
        for number in (0..1000).chain([9_999, 10_000, 1_234_567, 12_345_678, 99_999_999, 90_000_001]) {
            for padding in [",\"following\":", "99999999", "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}"] {
                assert_eq!(read(&number.to_string(), padding), Some(number), "{number}");
            }
        }
        for text in ["", "-1", "01", "00", "1.5", "1e5", "123456789", "1 ", " 1", "1:", "/1", "\u{1}", "null", "1a"] {
            assert_eq!(read(text, ",\"following\":"), None, "{text}");
        }
        assert_eq!(read("1", ""), None);
    }
}
