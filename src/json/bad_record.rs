//! What is said about a record that cannot be read: its exact place, the reason, the text with a caret.
//!
//! Owns the wording of places and the escaping of text from outside. It must not name tables or
//! objects, which only the caller knows.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use super::record::{Record, offset};

/// Bytes of the offending line that are kept before and in all.
const KEPT_BEFORE: usize = 120;
const KEPT: usize = 200;
/// Bytes of the whole record that are kept for a list of rejects.
const KEPT_OF_RECORD: usize = 64 << 10;

/// What about the record is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Its text: it is no JSON object.
    Text,
    /// The value of this column, which does not fit the column's type.
    Value(String),
}

/// A record that is no row, with everything needed to find and to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRecord {
    /// The line of the offending place, from 1.
    pub line: u64,
    /// The byte of that line, from 1.
    pub column: u64,
    /// The offset of the offending place in the decompressed object, from 0.
    pub byte: u64,
    /// What about it is wrong.
    pub fault: Fault,
    /// Why it cannot be read: a lowercase fragment.
    pub reason: String,
    /// The offending line, cut to some 200 bytes around the place (`…` marks a cut), not escaped.
    pub text: String,
    /// How many characters of `text` stand before the offending place.
    pub caret: usize,
    /// The whole record and where it begins.
    pub record: Box<RejectedRecord>,
}

/// The text of a bad record, for those who want to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRecord {
    /// Its text, cut to 64 KiB (`…` marks the cut), not escaped; what is no UTF-8 in it is replaced.
    pub text: String,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The offset at which it begins in the decompressed object, from 0.
    pub byte: u64,
}

impl BadRecord {
    /// A bad record whose offending place is `at` bytes into the record's text.
    pub(super) fn at(record: &Record<'_>, at: usize, reason: impl Into<String>) -> Self {
        let rejected = RejectedRecord { text: cut(record.text), line: record.line, byte: record.byte };
        let text = record.text;
        let at = at.min(text.len());
        let before = text.get(..at).unwrap_or_default();
        let newlines = memchr::memchr_iter(b'\n', before).count();
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline.saturating_add(1));
        let within_line = offset(at.saturating_sub(line_start));
        let column =
            if newlines == 0 { record.column.saturating_add(within_line) } else { within_line.saturating_add(1) };
        let (text, caret) = window(text, line_start, at);
        BadRecord {
            line: record.line.saturating_add(offset(newlines)),
            column,
            byte: record.byte.saturating_add(offset(at)),
            fault: Fault::Text,
            reason: reason.into(),
            text,
            caret,
            record: Box::new(rejected),
        }
    }

    /// What is said of a record of more than `most` bytes.
    pub fn too_large(record: &Record<'_>, most: u64) -> Self {
        BadRecord::too_long(record, record.text.len() as u64, most)
    }

    /// A line of so many bytes, more than `most`, of which `line` is the beginning.
    pub fn too_long(line: &Record<'_>, length: u64, most: u64) -> Self {
        BadRecord::at(line, 0, format!("the record has {length} bytes, more than the {most} of `max_record_size`"))
    }

    /// A bad record from the parser's error over the record's whole text.
    pub(super) fn from_json(record: &Record<'_>, error: &serde_json::Error) -> Self {
        let mut line_start = 0;
        for _ in 1..error.line() {
            let rest = record.text.get(line_start..).unwrap_or_default();
            line_start = memchr::memchr(b'\n', rest).map_or(record.text.len(), |found| line_start + found + 1);
        }
        // The parser's column counts the bytes that it has seen; at the end of the text the place is the one after.
        let within_line = if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
        let reason = error.to_string();
        let reason = reason.rfind(" at line ").and_then(|found| reason.get(..found)).unwrap_or(&reason);
        BadRecord::at(record, line_start.saturating_add(within_line), reason)
    }

    /// The offending line and under it a caret at the place; two lines without a final newline.
    /// Control characters are escaped, so that the text cannot steer a terminal.
    pub fn snippet(&self) -> String {
        let before: String = self.text.chars().take(self.caret).collect();
        let width = escaped(&before).width();
        format!("{}\n{:width$}^", escaped(&self.text), "")
    }
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {}): {}", self.line, self.column, self.byte, escaped(&self.reason))
    }
}

impl std::error::Error for BadRecord {}

/// The record's text, cut at a character's border.
fn cut(text: &[u8]) -> String {
    if text.len() <= KEPT_OF_RECORD {
        return String::from_utf8_lossy(text).into_owned();
    }
    let is_inside_character = |place: usize| text.get(place).is_some_and(|byte| byte & 0xC0 == 0x80);
    let mut end = KEPT_OF_RECORD;
    // Three bytes at most continue a character; what has more of them is no UTF-8 anyway.
    while end > KEPT_OF_RECORD - 3 && is_inside_character(end) {
        end -= 1;
    }
    format!("{}…", String::from_utf8_lossy(text.get(..end).unwrap_or_default()))
}

/// The line around `at`, cut at character borders, and how many of its characters stand before `at`.
fn window(text: &[u8], line_start: usize, at: usize) -> (String, usize) {
    let is_inside_character = |place: usize| text.get(place).is_some_and(|byte| byte & 0xC0 == 0x80);
    let rest = text.get(at..).unwrap_or_default();
    let mut line_end = memchr::memchr(b'\n', rest).map_or(text.len(), |found| at.saturating_add(found));
    if line_end > at && text.get(line_end - 1) == Some(&b'\r') {
        line_end -= 1;
    }
    let mut start = line_start.max(at.saturating_sub(KEPT_BEFORE));
    while start > line_start && start < at && is_inside_character(start) {
        start += 1;
    }
    let mut end = line_end.min(start.saturating_add(KEPT));
    while end < line_end && end > at && is_inside_character(end) {
        end -= 1;
    }
    let before = String::from_utf8_lossy(text.get(start..at).unwrap_or_default());
    let after = String::from_utf8_lossy(text.get(at..end).unwrap_or_default());
    let cut_before = if start > line_start { "…" } else { "" };
    let cut_after = if end < line_end { "…" } else { "" };
    let caret = before.chars().count() + cut_before.chars().count();
    (format!("{cut_before}{before}{after}{cut_after}"), caret)
}

/// The text with every character escaped that a terminal would not simply show: control characters,
/// and those that reorder or hide text.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let hidden = matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
        if character.is_control() || hidden {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record<'_> {
        Record { text: text.as_bytes(), line: 7, column: 3, byte: 100, position: 0 }
    }

    #[test]
    fn places_are_exact_on_every_line() {
        let first = BadRecord::at(&record("{\"a\": x}"), 6, "r");
        assert_eq!((first.line, first.column, first.byte), (7, 9, 106));
        assert_eq!(first.snippet(), "{\"a\": x}\n      ^");
        let second = BadRecord::at(&record("{\r\n  \"a\": x\r\n}"), 10, "r");
        assert_eq!((second.line, second.column, second.byte), (8, 8, 110));
        assert_eq!(second.snippet(), "  \"a\": x\n       ^");
    }

    #[test]
    fn long_lines_are_cut_and_the_caret_stays() {
        let text = format!("{}X{}", "é".repeat(500), "ü".repeat(500));
        let bad = BadRecord::at(&record(&text), 1000, "r");
        assert_eq!(bad.text.chars().nth(bad.caret), Some('X'));
        assert!(bad.text.starts_with("…é") && bad.text.ends_with("ü…"), "{}", bad.text);
        assert!(bad.text.len() < 220);
    }

    #[test]
    fn the_whole_record_is_kept_up_to_a_limit() {
        let bad = BadRecord::at(&record("{\n\"a\": x}"), 7, "r");
        assert_eq!((bad.record.text.as_str(), bad.record.line, bad.record.byte), ("{\n\"a\": x}", 7, 100));
        let long = format!("x{}", "é".repeat(KEPT_OF_RECORD));
        let bad = BadRecord::too_large(&record(&long), 10);
        assert!(bad.record.text.ends_with("é…") && bad.record.text.len() <= KEPT_OF_RECORD + "…".len());
        assert!(
            bad.reason.contains("131073 bytes") && bad.reason.contains("10 of `max_record_size`"),
            "{}",
            bad.reason
        );
        let broken = vec![0xBF; KEPT_OF_RECORD + 9];
        let broken = Record { text: &broken, line: 1, column: 1, byte: 0, position: 0 };
        assert!(BadRecord::at(&broken, 0, "r").record.text.ends_with('…'));
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        let bad = BadRecord::at(&record("\u{1b}[31m\u{202e}x"), 8, "got \u{7}");
        assert_eq!(bad.snippet(), "\\u{1b}[31m\\u{202e}x\n                  ^");
        assert!(bad.to_string().ends_with("got \\u{7}"));
    }

    #[test]
    fn wide_characters_take_two_cells() {
        assert_eq!(BadRecord::at(&record("日本!"), 6, "r").snippet(), "日本!\n    ^");
    }
}
