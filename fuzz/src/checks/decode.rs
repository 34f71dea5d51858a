//! Bytes to rows: no panic, the texts that serde_json accepts, the same values, and the same in every way of reading.
//!
//! An input is read by one set of columns and one framing, which it chooses itself, so that inputs stay many.

use std::borrow::Cow;

use super::columns::{SETS, columns, unread};
use super::values::check_values;
use super::ways::check_ways;
use crate::column::{Column, ColumnType};
use crate::json::{BadRecord, DecodeOptions, Decoded, Decoder, Framing, OnBadValue, Record, Records};
use crate::reference;

/// The records of more than this many of one input are not looked at one by one.
const MOST_RECORDS: usize = 4;
/// What pinq looks at at a time, in bytes; some inputs are moved to where that ends.
const WINDOW: usize = 24 << 10;

/// How an input is read.
struct Choice {
    set: usize,
    framing: Framing,
    on_bad_value: OnBadValue,
    has_rest: bool,
}

/// The bytes as an object, and as one record.
pub fn check(bytes: &[u8]) {
    let (choice, bytes) = choice(bytes);
    let mut columns = columns(choice.set);
    let rest = choice.has_rest.then_some(columns.len());
    columns.extend(rest.map(|_| Column::new("_rest", ColumnType::Varchar)));
    let most = if bytes.len() % 8 == 3 { 200 } else { DecodeOptions::PLAIN.max_record_bytes };
    let on_bad_value = choice.on_bad_value;
    let options =
        DecodeOptions { on_bad_value, fingerprints: true, lines: true, positions: true, rest, max_record_bytes: most };
    check_ways(&moved(bytes, choice.framing), choice.framing, &columns, options);

    let records = Records::new(bytes, choice.framing, 1, 0, 0).flatten().filter(|record| record.text.len() <= most);
    let records: Vec<Record<'_>> = records.take(MOST_RECORDS).collect();
    if on_bad_value == OnBadValue::Fail {
        check_bad_values(&records, &columns, options);
    }
    if let Some(record) = records.get(bytes.len() / 7 % records.len().max(1)) {
        check_values(record, bytes.len());
    }
    if choice.framing == Framing::Values {
        let text = reference::trim(bytes);
        let whole = Record { text, line: 1, column: 1, byte: 0, position: 0 };
        let read = push_alone(&whole, &[], DecodeOptions::PLAIN);
        assert_eq!(read.is_ok(), is_accepted(text), "the whole as one record");
    }
}

/// Whether a record is no bad one: an object or a tombstone.
pub fn is_accepted(text: &[u8]) -> bool {
    text == b"null" || reference::is_object(text)
}

/// A decoder of one record.
pub fn push_alone(record: &Record<'_>, columns: &[Column], options: DecodeOptions) -> Result<Decoded, BadRecord> {
    let mut decoder = Decoder::new(columns.to_vec(), &unread(), options);
    decoder.push(record)?;
    Ok(decoder.finish().expect("the arrays are small"))
}

/// A first byte that no UTF-8 begins with is the choice; otherwise the length is.
fn choice(bytes: &[u8]) -> (Choice, &[u8]) {
    let (number, bytes) = match bytes {
        [first @ 0x80..=0xBF, rest @ ..] => (usize::from(*first) - 0x80, rest),
        _ => (bytes.len(), bytes),
    };
    let choice = Choice {
        set: number % SETS,
        framing: if number / SETS % 4 == 3 { Framing::Values } else { Framing::Lines },
        on_bad_value: if number / SETS % 2 == 0 { OnBadValue::Null } else { OnBadValue::Fail },
        has_rest: number / SETS / 4 % 2 == 1,
    };
    (choice, bytes)
}

/// The bytes, now and then behind so many repetitions of their first line that the end of a window falls on them.
fn moved(bytes: &[u8], framing: Framing) -> Cow<'_, [u8]> {
    let line = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    if framing == Framing::Values || bytes.len() % 16 != 5 || line < 16 {
        return Cow::Borrowed(bytes);
    }
    let before = WINDOW.saturating_sub(bytes.len() / 2) / line;
    Cow::Owned([bytes[..line].repeat(before), bytes.to_vec()].concat())
}

/// A bad value fails its record exactly where it would become null.
fn check_bad_values(records: &[Record<'_>], columns: &[Column], options: DecodeOptions) {
    for record in records {
        let null = push_alone(record, columns, DecodeOptions { on_bad_value: OnBadValue::Null, ..options });
        let null = null.map(|decoded| decoded.bad_values.iter().sum::<u64>());
        let fails = push_alone(record, columns, options).is_err();
        assert_eq!(fails, null.map_or(true, |bad| bad > 0), "fails exactly where a value became null");
    }
}
