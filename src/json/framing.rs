//! How the records of an object follow one another.
//!
//! Owns the guess from the first bytes. Finding the records is [`super::Records`]'.

use serde::de::IgnoredAny;

use super::record::trim;

/// The mark that some editors put before UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Lines that are looked at to tell a torn first line from a record of many lines.
const LINES_LOOKED_AT: usize = 64;

/// How the records of an object follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A record ends with its line; a line may hold several. What is torn never eats the next line.
    Lines,
    /// A record may span lines: pretty-printed, concatenated, or the items of a top-level array.
    Values,
    /// As [`Framing::Values`], in a part of an object that begins there, and ends where another part goes on.
    PartOfValues(Place, PartEnd),
}

/// What may come next in [`Framing::Values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value, or an array's opening bracket.
    Outside,
    /// After an array's opening bracket.
    ItemOrEnd,
    /// After an item.
    CommaOrEnd,
    /// After a comma.
    Item,
}

/// What the end of a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartEnd {
    /// The object's end, too.
    OfObject,
    /// A place between records.
    BetweenRecords,
}

impl Framing {
    /// The framing of an object, from its first bytes (as many as there are; a few records suffice).
    pub fn detect(bytes: &[u8]) -> Framing {
        let bytes = trim(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes));
        if bytes.first() == Some(&b'[') {
            return Framing::Values;
        }
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        // One line, which is the usual object of one record, needs no look inside.
        if first.len() == bytes.len() || is_whole(first) {
            return Framing::Lines;
        }
        // A value that ends within the line is the good part of a torn one, such as `1` of `1,"b":2}`.
        if value_length(bytes).is_some_and(|length| length > first.len()) {
            return Framing::Values;
        }
        // Nothing whole stands at the start: either a torn line, or a torn record of many lines.
        let mut rest = lines.take(LINES_LOOKED_AT).filter(|line| !trim(line).is_empty()).peekable();
        let second_opens = rest.peek().is_some_and(|line| line.starts_with(b"{"));
        if second_opens || rest.any(|line| line.starts_with(b"{") && is_whole(line)) {
            return Framing::Lines;
        }
        Framing::Values
    }
}

/// Whether the line is one or more whole values.
fn is_whole(line: &[u8]) -> bool {
    let mut rest = trim(line);
    while !rest.is_empty() {
        match value_length(rest).and_then(|length| rest.get(length..)) {
            Some(after) => rest = trim(after),
            None => return false,
        }
    }
    true
}

/// The length of the value that the text begins with, where it begins with a whole one. This is looser
/// than reading the value, and never refuses one that can be read.
pub(super) fn value_length(text: &[u8]) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// Where a value is torn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tear {
    /// So many bytes are the beginning of a value.
    pub sound: usize,
    /// So many hold the place where it breaks off, or is no JSON any more.
    pub end: usize,
}

/// As [`value_length`]; else where the value is torn.
pub(super) fn measured(text: &[u8]) -> Result<usize, Tear> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let error = match values.next() {
        Some(Ok(_)) => return Ok(values.byte_offset()),
        Some(Err(error)) if !error.is_eof() => error,
        Some(Err(_)) | None => return Err(Tear { sound: text.len(), end: text.len() }),
    };
    let mut line_start = 0_usize;
    for _ in 1..error.line() {
        let newline = memchr::memchr(b'\n', text.get(line_start..).unwrap_or_default());
        line_start = newline.map_or(text.len(), |newline| line_start.saturating_add(newline).saturating_add(1));
    }
    let at = line_start.saturating_add(error.column()).min(text.len());
    // The parser names the byte that it refuses, or the one after it.
    Err(Tear { sound: at.saturating_sub(4), end: at.saturating_add(2).min(text.len()) })
}

/// Whether a trimmed line may hold more than one value: an object ends before the line does only where a
/// brace closes before its end.
pub(super) fn may_hold_several(line: &[u8]) -> bool {
    match line.first() {
        Some(b'{') => memchr::memchr(b'}', line).is_some_and(|brace| brace.saturating_add(1) < line.len()),
        _ => line != b"null",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_lines_from_values() {
        for (text, expected) in [
            ("", Framing::Lines),
            ("\n\n", Framing::Lines),
            ("{\"a\":1}", Framing::Lines),
            ("{\"a\":1}\n{\"a\":2}\n", Framing::Lines),
            ("\u{feff}{\"a\":1}\r\n{\"a\":2}", Framing::Lines),
            ("{\"a\":1}{\"a\":2}\n{\"a\":3}", Framing::Lines),
            ("null\n{\"a\":3}", Framing::Lines),
            ("{\"a\":1,\"b\n{\"a\":3}\n", Framing::Lines),
            ("{\"a\":\n{\"a\":3}\n{\"a\":4}\n", Framing::Lines),
            ("1,\"b\":2}\n{\"a\":3}\n", Framing::Lines),
            ("{\"a\":1,\"b\n{\"a\":3,\n{\"a\":4}", Framing::Lines),
            ("{\"a\":", Framing::Lines),
            ("[{\"a\":1}]", Framing::Values),
            ("\n [\n{\"a\":1},\n{\"a\":2}\n]", Framing::Values),
            ("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}", Framing::Values),
            ("{\n  \"a\": 1\n}{\n  \"a\": 2\n}", Framing::Values),
            ("{\n  \"a\": [\n    {\"b\": 1}\n  ]\n", Framing::Values),
            ("{ \"a\": 1,\n  \"b\": 2 }\n", Framing::Values),
        ] {
            assert_eq!(Framing::detect(text.as_bytes()), expected, "{text}");
        }
    }
}
