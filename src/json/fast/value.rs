//! The value of a column, read from a token into a cell.
//!
//! Owns the quick ways for what columns usually hold; `read` decides everything else, so that both
//! readings have one meaning.

use serde::de::DeserializeSeed;

use super::super::read::ValueSeed;
use super::lanes::Lanes;
use super::text::{Form, Text};
use super::{Cell, Reading};
use crate::column::ColumnType;

/// The value at `at` in the form of a column's type, and the place after it.
#[inline(always)]
pub fn value<'de, L: Lanes>(
    text: Text<'de, L>,
    at: usize,
    kind: &ColumnType,
    reading: &mut Reading,
) -> Option<(Cell<'de>, usize)> {
    match text.byte(at) {
        b'"' => {
            let start = at + 1;
            let (quote, form) = text.string(start)?;
            let cell = match (form, kind) {
                (Form::Plain, ColumnType::Varchar) => Cell::Text(text.checked(start, quote)),
                (Form::Plain, _) => typed(kind, reading, text.checked(start, quote)),
                (Form::Escaped, _) => unescaped(text, start, quote, kind, reading)?,
            };
            Some((cell, quote + 1))
        }
        b'{' | b'[' => {
            let end = text.nested(at)?;
            Some((nested(text.checked(at, end), kind, reading)?, end))
        }
        _ => scalar(text, at, kind, reading),
    }
}

/// The number or keyword at `at` in the form of a column's type, and the place after it.
#[inline(always)]
pub fn scalar<'de, L: Lanes>(
    text: Text<'de, L>,
    at: usize,
    kind: &ColumnType,
    reading: &mut Reading,
) -> Option<(Cell<'de>, usize)> {
    match text.byte(at) {
        b'-' | b'0'..=b'9' => {
            let number = text.number(at)?;
            let cell = match (kind, number.integer) {
                (ColumnType::BigInt, Some(integer)) => Cell::Integer(integer),
                _ => ValueSeed { kind, reading }.number(text.checked(at, number.end)).ok()?,
            };
            Some((cell, number.end))
        }
        b'n' => Some((Cell::Null, text.keyword(at, b"null")?)),
        b't' => Some((ValueSeed { kind, reading }.boolean(true), text.keyword(at, b"true")?)),
        b'f' => Some((ValueSeed { kind, reading }.boolean(false), text.keyword(at, b"false")?)),
        _ => None,
    }
}

/// A plain text in a column that is no text.
#[inline(never)]
pub fn typed<'de>(kind: &ColumnType, reading: &mut Reading, text: &'de str) -> Cell<'de> {
    ValueSeed { kind, reading }.text(text, |_| Cell::Text(text))
}

/// A text with escapes, resolved in the scratch.
#[inline(never)]
pub fn unescaped<'de, L: Lanes>(
    text: Text<'de, L>,
    start: usize,
    end: usize,
    kind: &ColumnType,
    reading: &mut Reading,
) -> Option<Cell<'de>> {
    let from = reading.scratch.len();
    text.unescape(start, end, &mut reading.scratch)?;
    if *kind == ColumnType::Varchar {
        return Some(Cell::Copied(from..reading.scratch.len()));
    }
    let resolved = reading.scratch.get(from..)?.to_owned();
    Some(ValueSeed { kind, reading }.text(&resolved, |_| Cell::Null))
}

/// A value that holds others, whose text was checked already.
#[inline(never)]
fn nested<'de>(text: &'de str, kind: &ColumnType, reading: &mut Reading) -> Option<Cell<'de>> {
    if *kind == ColumnType::Varchar {
        return Some(Cell::Text(text));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    ValueSeed { kind, reading }.deserialize(&mut deserializer).ok()
}
