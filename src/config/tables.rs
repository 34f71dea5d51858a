//! What the configuration says of one table: where its records are, its columns, and what becomes of
//! records and values that are wrong.
//!
//! Owns the validated options, their defaults and the reading of a limit on bad records. It must not read the file.

use std::fmt;

use crate::column::Column;
use crate::location::Location;

/// The column of the keys that are not in a table's columns, where `rest = true`.
pub const REST_COLUMN: &str = "_rest";

/// A `[tables.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableConfig {
    /// NAME, which becomes `raw.NAME`.
    pub name: String,
    /// The line of the file, from 1, that declares it.
    pub line: usize,
    /// Where its records are.
    pub source: TableSource,
    /// Its columns as ordered in the file; none where they are to be inferred.
    pub columns: Option<Vec<Column>>,
    /// The key that each of its records must have.
    pub key: Option<String>,
    /// What becomes of what does not fit.
    pub policy: RecordPolicy,
}

/// What becomes of a table's records and values that are wrong or too large, and of keys that it has no column for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordPolicy {
    /// What a value that does not fit its column does.
    pub on_bad_value: OnBadValue,
    /// What a record that can't be read does.
    pub on_bad_record: OnBadRecord,
    /// How many of them a scan may skip.
    pub max_bad_records: BadRecordLimit,
    /// Bytes beyond which a record is a bad one.
    pub max_record_bytes: u64,
    /// The bytes that a compressed object may grow to.
    pub max_object_bytes: u64,
    /// What becomes of keys that are not in its columns.
    pub rest: Rest,
}

/// Where a declared table's records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableSource {
    /// In the landing's topic whose last dot-part is the table's name.
    TopicOfThatName,
    /// In that topic of the landing.
    Topic(String),
    /// Below a location of its own.
    Location(Location),
}

/// What a value that does not fit its column does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnBadValue {
    /// The statement fails and names the value.
    #[default]
    Fail,
    /// It becomes NULL and is counted.
    Null,
}

/// What a record that can't be read does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnBadRecord {
    /// The statement fails and names the record.
    #[default]
    Fail,
    /// It makes no row, is counted, and is kept in `pinq.rejects`.
    Skip,
}

/// How many bad records a scan may skip before its statement fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BadRecordLimit {
    /// Any number.
    #[default]
    Unlimited,
    /// That many.
    Count(u64),
    /// That share of all records, in millionths.
    Share(u32),
}

/// What becomes of keys that are not in a table's columns. They are counted in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rest {
    /// Their values are not read.
    #[default]
    Left,
    /// They are the JSON text of the column `_rest`.
    Kept,
}

impl Default for RecordPolicy {
    /// As without a word in the configuration.
    fn default() -> Self {
        RecordPolicy {
            on_bad_value: OnBadValue::default(),
            on_bad_record: OnBadRecord::default(),
            max_bad_records: BadRecordLimit::default(),
            max_record_bytes: 64 << 20,
            max_object_bytes: 16 << 30,
            rest: Rest::default(),
        }
    }
}

const MILLION: f64 = 1_000_000.0;

impl BadRecordLimit {
    /// Reads a number of records, a share between 0.0 and 1.0, or a text such as `1%` or `100`.
    /// The error is a fragment that says what is wrong.
    pub fn read(value: &toml::Value) -> Result<BadRecordLimit, String> {
        let expected =
            || format!("{value} is no limit on records; write a number, `100`, or a share, `\"1%\"` or `0.01`");
        match value {
            toml::Value::Integer(count) => u64::try_from(*count).map(BadRecordLimit::Count).map_err(|_| expected()),
            toml::Value::Float(share) => share_of(*share).ok_or_else(expected),
            toml::Value::String(text) => match text.trim().strip_suffix('%') {
                Some(percent) => {
                    let percent = percent.trim().parse::<f64>().ok();
                    percent.and_then(|percent| share_of(percent / 100.0)).ok_or_else(expected)
                }
                None => text.trim().parse().map(BadRecordLimit::Count).map_err(|_| expected()),
            },
            _ => Err(expected()),
        }
    }

    /// Whether so many bad records of so many are beyond it.
    pub fn is_exceeded(self, bad: u64, records: u64) -> bool {
        match self {
            BadRecordLimit::Unlimited => false,
            BadRecordLimit::Count(most) => bad > most,
            BadRecordLimit::Share(millionths) => {
                u128::from(bad) * 1_000_000 > u128::from(records) * u128::from(millionths)
            }
        }
    }
}

fn share_of(share: f64) -> Option<BadRecordLimit> {
    // Within the range, so that the cast can't cut anything but the fraction of a millionth.
    (0.0..=1.0).contains(&share).then(|| BadRecordLimit::Share((share * MILLION).round() as u32))
}

/// As the file would say it: `100`, `"1%"`.
impl fmt::Display for BadRecordLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadRecordLimit::Unlimited => f.write_str("unlimited"),
            BadRecordLimit::Count(most) => write!(f, "{most}"),
            BadRecordLimit::Share(millionths) => write!(f, "\"{}%\"", f64::from(*millionths) / 10_000.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BadRecordLimit, String> {
        let document: toml::Table = format!("limit = {text}").parse().unwrap();
        BadRecordLimit::read(&document["limit"])
    }

    #[test]
    fn reads_numbers_and_shares() {
        for (text, expected) in [
            ("100", BadRecordLimit::Count(100)),
            ("0", BadRecordLimit::Count(0)),
            ("\"100\"", BadRecordLimit::Count(100)),
            ("0.01", BadRecordLimit::Share(10_000)),
            ("\"1%\"", BadRecordLimit::Share(10_000)),
            ("\" 0.05 %\"", BadRecordLimit::Share(500)),
            ("1.0", BadRecordLimit::Share(1_000_000)),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        for wrong in ["-1", "1.5", "-0.1", "nan", "\"101%\"", "\"few\"", "\"%\"", "true", "[1]"] {
            assert!(read(wrong).unwrap_err().contains("no limit on records"), "{wrong}");
        }
        assert_eq!(BadRecordLimit::Share(500).to_string(), "\"0.05%\"");
    }

    #[test]
    fn judges_numbers_and_shares() {
        assert!(!BadRecordLimit::Unlimited.is_exceeded(u64::MAX, u64::MAX));
        assert!(!BadRecordLimit::Count(2).is_exceeded(2, 2) && BadRecordLimit::Count(2).is_exceeded(3, 1000));
        assert!(!BadRecordLimit::Share(10_000).is_exceeded(1, 100) && BadRecordLimit::Share(10_000).is_exceeded(1, 99));
        assert!(BadRecordLimit::Share(0).is_exceeded(1, u64::MAX) && !BadRecordLimit::Share(0).is_exceeded(0, 0));
    }
}
