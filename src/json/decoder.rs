//! Records in, Arrow arrays of the projected columns out.
//!
//! Owns the one pass over a record and the promise that a record is a whole row or none. It must not
//! decide what happens to bad records: it returns them.

use std::fmt;
use std::mem;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_128;

use super::bad_record::{BadRecord, Fault};
use super::build::ColumnBuilder;
use super::cell::{Cell, recycle};
use super::keys::Keys;
use super::read::{Pass, Reading, RecordSeed};
use super::record::{Record, trim};
use super::skip::Skip;
use crate::column::{Column, ColumnType};

/// The longest record in bytes: a view's length has 32 bits.
const LONGEST_RECORD: usize = i32::MAX as usize;

/// What a decoder does beside building the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeOptions {
    /// What becomes of a value that does not fit its column's type.
    pub on_bad_value: OnBadValue,
    /// Whether [`Decoded::fingerprints`] is filled.
    pub fingerprints: bool,
    /// Whether [`Decoded::lines`] is filled.
    pub lines: bool,
    /// Whether [`Decoded::positions`] is filled.
    pub positions: bool,
}

/// What becomes of a value that does not fit its column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBadValue {
    /// Its record is a bad record.
    Fail,
    /// It is NULL, and counted for its column.
    Null,
}

/// What a record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// One more row.
    Row,
    /// A `null`: Kafka's mark that a key was deleted. No row.
    Tombstone,
}

/// The rows since the last [`Decoder::finish`].
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The number of rows, which counts even where no column is projected.
    pub rows: usize,
    /// An array of `rows` values for each column, of its [`ColumnType::data_type`].
    pub columns: Vec<ArrayRef>,
    /// The line of each row's record in its object; empty unless asked for.
    pub lines: Vec<u64>,
    /// How many records came before each row's record in its object; empty unless asked for.
    pub positions: Vec<u64>,
    /// The xxh3 hash of each row's text without the blanks around it; empty unless asked for. Equal
    /// hashes mean records that are the same byte for byte.
    pub fingerprints: Vec<u128>,
    /// For each column, how many values became NULL because they did not fit.
    pub bad_values: Vec<u64>,
}

/// Turns records into rows of the projected columns. Reuse one for many objects.
#[derive(Debug)]
pub struct Decoder {
    columns: Vec<Column>,
    options: DecodeOptions,
    keys: Keys,
    reading: Reading,
    /// Empty between records; kept for its allocation.
    cells: Vec<Cell<'static>>,
    builders: Vec<ColumnBuilder>,
    rows: usize,
    lines: Vec<u64>,
    positions: Vec<u64>,
    fingerprints: Vec<u128>,
    bad_values: Vec<u64>,
}

impl Decoder {
    /// A decoder of these columns, whose names differ; none at all counts rows.
    pub fn new(columns: Vec<Column>, options: DecodeOptions) -> Self {
        Decoder {
            keys: Keys::new(&columns),
            reading: Reading::default(),
            cells: Vec::with_capacity(columns.len()),
            builders: columns.iter().map(|column| ColumnBuilder::new(&column.kind)).collect(),
            rows: 0,
            lines: Vec::new(),
            positions: Vec::new(),
            fingerprints: Vec::new(),
            bad_values: vec![0; columns.len()],
            columns,
            options,
        }
    }

    /// Reads one record into one row.
    ///
    /// # Errors
    /// The record is not an object, not valid JSON or not UTF-8, or a value does not fit and the
    /// options say to fail. Nothing of it is kept, and the decoder goes on with the next record.
    pub fn push(&mut self, record: &Record<'_>) -> Result<Pushed, BadRecord> {
        let trimmed = trim(record.text);
        if trimmed == b"null" {
            return Ok(Pushed::Tombstone);
        }
        let text = valid_text(record)?;
        let mut cells = recycle(mem::take(&mut self.cells));
        let outcome = self.read(record, text, &mut cells);
        if outcome.is_ok() {
            for ((builder, cell), bad) in self.builders.iter_mut().zip(&cells).zip(&mut self.bad_values) {
                *bad += builder.append(cell, &self.reading.scratch);
            }
            self.rows += 1;
            if self.options.lines {
                self.lines.push(record.line);
            }
            if self.options.positions {
                self.positions.push(record.position);
            }
            if self.options.fingerprints {
                self.fingerprints.push(xxh3_128(trimmed));
            }
        }
        self.cells = recycle(cells);
        outcome.map(|()| Pushed::Row)
    }

    /// The rows since the last `finish`.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes the rows; the decoder is empty again and remembers the order of keys.
    ///
    /// # Errors
    /// Arrow refuses an array, such as a list column of more than 2^31 items.
    pub fn finish(&mut self) -> Result<Decoded, ArrowError> {
        let columns = self.builders.iter_mut().map(ColumnBuilder::finish).collect::<Vec<_>>();
        let decoded = Decoded {
            rows: mem::take(&mut self.rows),
            columns: Vec::new(),
            lines: mem::take(&mut self.lines),
            positions: mem::take(&mut self.positions),
            fingerprints: mem::take(&mut self.fingerprints),
            bad_values: mem::replace(&mut self.bad_values, vec![0; self.columns.len()]),
        };
        // Every builder is emptied before the first error leaves, so that the next rows stay aligned.
        Ok(Decoded { columns: columns.into_iter().collect::<Result<_, _>>()?, ..decoded })
    }

    /// Fills the cells from the record's text.
    fn read<'de>(&mut self, record: &Record<'_>, text: &'de str, cells: &mut Vec<Cell<'de>>) -> Result<(), BadRecord> {
        self.pass(Pass::Fast, text, cells).map_err(|error| BadRecord::from_json(record, &error))?;
        if self.reading.recheck {
            check(text).map_err(|error| BadRecord::from_json(record, &error))?;
        }
        if self.reading.needs_exact {
            self.pass(Pass::Exact, text, cells).map_err(|error| BadRecord::from_json(record, &error))?;
        }
        if self.reading.bad
            && self.options.on_bad_value == OnBadValue::Fail
            && let Some((column, _)) = self.columns.iter().zip(&*cells).find(|(_, cell)| cell.has_bad())
        {
            return Err(bad_value(record, text, column));
        }
        Ok(())
    }

    fn pass<'de>(&mut self, pass: Pass, text: &'de str, cells: &mut Vec<Cell<'de>>) -> serde_json::Result<()> {
        self.reading.restart(pass);
        cells.clear();
        cells.resize(self.columns.len(), Cell::Null);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let seed = RecordSeed { columns: &self.columns, keys: &mut self.keys, cells, reading: &mut self.reading };
        seed.deserialize(&mut deserializer)?;
        deserializer.end()
    }
}

/// The record's text as UTF-8.
pub(super) fn valid_text<'a>(record: &Record<'a>) -> Result<&'a str, BadRecord> {
    if record.text.len() > LONGEST_RECORD {
        return Err(BadRecord::at(record, 0, format!("the record has more than {LONGEST_RECORD} bytes")));
    }
    simdutf8::basic::from_utf8(record.text).map_err(|_| {
        let at = std::str::from_utf8(record.text).map_or_else(|error| error.valid_up_to(), str::len);
        BadRecord::at(record, at, "invalid UTF-8")
    })
}

/// Checks the whole text as reading every value of it would.
pub(super) fn check(text: &str) -> serde_json::Result<()> {
    serde_json::from_str::<Skip>(text).map(drop)
}

/// What is said of the record's value of `column`, which does not fit.
fn bad_value(record: &Record<'_>, text: &str, column: &Column) -> BadRecord {
    let Column { name, kind } = column;
    let value = serde_json::Deserializer::from_str(text).deserialize_map(LastValue(name)).ok().flatten();
    // The value is a part of the text, so the difference of the places is where it stands.
    let at = value.map_or(0, |value| value.get().as_ptr().addr().saturating_sub(text.as_ptr().addr()));
    let what = match value.map(|value| value.get().as_bytes().first()) {
        Some(Some(b'"')) => "text",
        Some(Some(b'{')) => "an object",
        Some(Some(b'[')) => "an array",
        Some(Some(b't' | b'f')) => "a boolean",
        _ => "a number",
    };
    let reason = match kind {
        ColumnType::List(_) | ColumnType::Struct(_) | ColumnType::Map(_) => {
            format!("the value of `{name}` does not fit its type {kind}")
        }
        _ => format!("the value of `{name}` is {what} that does not fit its type {kind}"),
    };
    BadRecord { fault: Fault::Value(name.clone()), ..BadRecord::at(record, at, reason) }
}

/// Finds the last value of one key of an object.
struct LastValue<'a>(&'a str);

impl<'de> Visitor<'de> for LastValue<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut last = None;
        while let Some((key, value)) = entries.next_entry::<String, &'de RawValue>()? {
            if key == self.0 {
                last = Some(value);
            }
        }
        Ok(last)
    }
}
