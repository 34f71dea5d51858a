//! Bytes to records: nothing lies outside of them, every place is right, and the iterator ends.

use crate::checks::decode::is_accepted;
use crate::json::{BadRecord, Framing, Record, Records};
use crate::reference::trim;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The bytes as an object in each framing.
pub fn check(bytes: &[u8]) {
    Framing::detect(bytes);
    for framing in [Framing::Lines, Framing::Values] {
        let found: Vec<Result<Record<'_>, BadRecord>> =
            Records::new(bytes, framing, 1, 0, 0).take(bytes.len() * 2 + 2).collect();
        assert!(found.len() <= bytes.len() * 2 + 1, "the records end");
        check_places(bytes, framing, &found);
        assert_eq!(paused(bytes, framing), found, "a pause changes nothing");
        if framing == Framing::Lines {
            check_good_lines(bytes, &found);
            check_parts(bytes, &found);
        }
    }
}

/// Where the text begins after a byte-order mark.
fn text_start(bytes: &[u8]) -> usize {
    if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

fn check_places(bytes: &[u8], framing: Framing, found: &[Result<Record<'_>, BadRecord>]) {
    let mut end = text_start(bytes);
    for (position, record) in found.iter().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(bad) => {
                assert!(bad.byte <= bytes.len() as u64 && bad.line >= 1 && bad.column >= 1);
                assert_eq!(bad.snippet().lines().count(), 2);
                continue;
            }
        };
        assert_eq!(record.position, position as u64);
        let start = record.byte as usize;
        assert!(start >= end, "records do not overlap");
        check_between(&bytes[end..start], framing);
        end = start + record.text.len();
        assert!(!record.text.is_empty());
        assert_eq!(&bytes[start..end], record.text, "the text stands at its place");
        assert_eq!(trim(record.text), record.text, "no blanks around a record");
        let before = &bytes[text_start(bytes)..start];
        let newlines = before.iter().filter(|byte| **byte == b'\n').count();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let expected = (newlines as u64 + 1, (before.len() - line_start) as u64 + 1);
        assert_eq!((record.line, record.column), expected, "line and column");
    }
    check_between(&bytes[end..], framing);
}

/// What lies outside of records is blank, or what holds an array together.
fn check_between(between: &[u8], framing: Framing) {
    for byte in between {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let is_bracket = framing == Framing::Values && matches!(byte, b'[' | b']' | b',');
        assert!(is_blank || is_bracket, "the byte {byte:#x} lies outside of the records");
    }
}

fn paused(bytes: &[u8], framing: Framing) -> Vec<Result<Record<'_>, BadRecord>> {
    let mut found = Vec::new();
    let mut place = Records::new(bytes, framing, 1, 0, 0).pause();
    loop {
        let mut records = place.resume(bytes);
        let Some(record) = records.next() else { return found };
        found.push(record);
        place = records.pause();
    }
}

/// A line that is a whole record is yielded as it is, whatever stands before it.
fn check_good_lines(bytes: &[u8], found: &[Result<Record<'_>, BadRecord>]) {
    let mut records = found.iter().flatten();
    for (position, line) in bytes[text_start(bytes)..].split(|byte| *byte == b'\n').enumerate() {
        let text = trim(line);
        if is_accepted(text) {
            let line = position as u64 + 1;
            assert!(records.any(|record| record.line == line && record.text == text), "the good line {line} is lost");
        }
    }
}

/// Two parts that meet at a line's start hold the records of the whole.
fn check_parts(bytes: &[u8], found: &[Result<Record<'_>, BadRecord>]) {
    let newlines: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    let Some(newline) = newlines.get(newlines.len() / 2) else { return };
    let (first, second) = bytes.split_at(newline + 1);
    let line = (newlines.len() / 2) as u64 + 2;
    let parts = Records::new(first, Framing::Lines, 1, 0, 0);
    let mut parts: Vec<_> = parts.collect();
    let position = parts.len() as u64;
    parts.extend(Records::new(second, Framing::Lines, line, first.len() as u64, position));
    assert_eq!(parts, found, "the parts together are the whole");
}
