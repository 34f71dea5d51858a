//! Records in, Arrow arrays of the projected columns out.
//!
//! Owns the one pass over a record and the promise that a record is a whole row or none. It must not
//! decide what happens to bad records: it returns them.

use std::mem;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use serde::de::DeserializeSeed;

use super::bad_record::BadRecord;
use super::bad_value::bad_value;
use super::build::ColumnBuilder;
use super::cell::{Cell, recycle};
use super::fast::{Converted, Into, Lanes, Level, Newlines, Row, Stop, Task, Templates, Text, Wanted};
use super::framing::Framing;
use super::keys::{Keys, LateKey};
use super::read::{Pass, Reading, RecordSeed};
use super::record::{Record, trim};
use super::records::Records;
use super::rows::{Place, Rows};
use super::skip::Skip;
use crate::column::Column;

/// The longest record in bytes that can be asked for: a view's length has 32 bits.
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
    /// The position of the column, of type VARCHAR, that no key feeds: it gets a record's late keys as
    /// one JSON object, and NULL where there are none.
    pub rest: Option<usize>,
    /// A longer record, in bytes, is a bad one.
    pub max_record_bytes: usize,
}

impl DecodeOptions {
    /// What a decoder does where nothing else is asked for.
    pub const PLAIN: DecodeOptions = DecodeOptions {
        on_bad_value: OnBadValue::Fail,
        fingerprints: false,
        lines: false,
        positions: false,
        rest: None,
        max_record_bytes: 64 << 20,
    };
}

/// What becomes of a value that does not fit its column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBadValue {
    /// Its record is a bad record.
    Fail,
    /// It is NULL, and counted for its column.
    Null,
}

/// Why [`Decoder::fill`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The decoder has as many rows as were wanted.
    Rows,
    /// There are no more records.
    End,
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
    /// An array of `rows` values for each column, of its [`crate::column::ColumnType::data_type`].
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
    /// Records that were a bare `null`.
    pub tombstones: u64,
}

/// Turns records into rows of the projected columns. Reuse one for many objects.
#[derive(Debug)]
pub struct Decoder {
    columns: Vec<Column>,
    options: DecodeOptions,
    level: Level,
    keys: Keys,
    templates: Templates,
    reading: Reading,
    /// Empty between records; kept for its allocation.
    cells: Vec<Cell<'static>>,
    rows: Rows,
}

impl Decoder {
    /// A decoder of these columns, whose names differ; none at all counts rows. `unread` are the other
    /// columns of the table: a key that is neither is a late one.
    pub fn new(columns: Vec<Column>, unread: &[String], options: DecodeOptions) -> Self {
        Decoder {
            level: Level::detect(),
            keys: Keys::new(&columns, options.rest, unread),
            templates: Templates::default(),
            reading: Reading::default(),
            cells: Vec::with_capacity(columns.len()),
            rows: Rows {
                builders: columns.iter().map(|column| ColumnBuilder::new(&column.kind)).collect(),
                count: 0,
                tombstones: 0,
                lines: Vec::new(),
                positions: Vec::new(),
                fingerprints: Vec::new(),
                bad_values: vec![0; columns.len()],
            },
            columns,
            options,
        }
    }

    /// The same decoder without the processor's vector registers, as it runs where there are none.
    #[must_use]
    pub fn portable(self) -> Self {
        Decoder { level: Level::Portable, ..self }
    }

    /// Reads records until there are `wanted` rows or no more records.
    ///
    /// # Errors
    /// A record is not an object, not valid JSON or not UTF-8, or a value does not fit and the options
    /// say to fail. Nothing of it is kept, and the next call goes on after it.
    pub fn fill(&mut self, records: &mut Records<'_>, wanted: usize) -> Result<Filled, BadRecord> {
        while self.rows.count < wanted {
            if !records.is_torn_here() {
                let mut cells = recycle(mem::take(&mut self.cells));
                let level = self.level;
                level.enter(Fast { decoder: self, records, cells: &mut cells, wanted });
                self.cells = recycle(cells);
            }
            if self.rows.count >= wanted {
                break;
            }
            match records.next() {
                Some(record) => self.push(&record?)?,
                None => return Ok(Filled::End),
            };
        }
        Ok(Filled::Rows)
    }

    /// Reads one record into one row, thoroughly.
    ///
    /// # Errors
    /// As those of [`Decoder::fill`].
    pub fn push(&mut self, record: &Record<'_>) -> Result<Pushed, BadRecord> {
        let most = self.options.max_record_bytes.min(LONGEST_RECORD);
        if record.text.len() > most {
            return Err(BadRecord::too_large(record, most as u64));
        }
        let trimmed = trim(record.text);
        if trimmed == b"null" {
            self.rows.tombstones += 1;
            return Ok(Pushed::Tombstone);
        }
        let text = valid_text(record)?;
        let mut cells = recycle(mem::take(&mut self.cells));
        let outcome = self.read(record, text, &mut cells);
        if outcome.is_ok() {
            let Decoder { options, keys, reading, rows, .. } = self;
            let place = Place { text: trimmed, line: record.line, position: record.position };
            rows.add(&mut cells, options, keys, reading, place);
        }
        self.cells = recycle(cells);
        outcome.map(|()| Pushed::Row)
    }

    /// The rows since the last `finish`.
    pub fn rows(&self) -> usize {
        self.rows.count
    }

    /// The records that were read since the last `finish`: rows and tombstones.
    pub fn records(&self) -> u64 {
        self.rows.tombstones.saturating_add(self.rows.count as u64)
    }

    /// For each column how many values became NULL since the last `finish` because they did not fit.
    pub fn bad_values(&self) -> &[u64] {
        &self.rows.bad_values
    }

    /// The keys without a column that came since the last call, in the order in which they were met.
    pub fn late_keys(&mut self) -> Vec<LateKey> {
        self.keys.take_late()
    }

    /// Takes the rows; the decoder is empty again and remembers the order of keys.
    ///
    /// # Errors
    /// Arrow refuses an array, such as a list column of more than 2^31 items.
    pub fn finish(&mut self) -> Result<Decoded, ArrowError> {
        let rows = &mut self.rows;
        let columns = rows.builders.iter_mut().map(ColumnBuilder::finish).collect::<Vec<_>>();
        let decoded = Decoded {
            rows: mem::take(&mut rows.count),
            columns: Vec::new(),
            lines: take_full(&mut rows.lines),
            positions: take_full(&mut rows.positions),
            fingerprints: take_full(&mut rows.fingerprints),
            bad_values: mem::replace(&mut rows.bad_values, vec![0; self.columns.len()]),
            tombstones: mem::take(&mut rows.tombstones),
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

/// Reads records for as long as none is unusual.
struct Fast<'a, 'de, 'records> {
    decoder: &'a mut Decoder,
    records: &'records mut Records<'de>,
    cells: &'a mut Vec<Cell<'de>>,
    wanted: usize,
}

impl Task for Fast<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Fast { decoder, records, cells, wanted } = self;
        let Decoder { columns, options, keys, templates, reading, rows, .. } = decoder;
        cells.clear();
        cells.resize(columns.len(), Cell::Null);
        templates.restart();
        let newlines = match records.framing() {
            Framing::Lines => Newlines::EndRecords,
            Framing::Values | Framing::PartOfValues(..) => Newlines::AreBlanks,
        };
        let mut converted = Converted::default();
        while rows.count < wanted {
            let Some((bytes, start)) = records.next_start() else { return };
            let text = Text { lanes, bytes, newlines };
            let mut is_new_shape = false;
            if records.has_plain_lines() && options.rest.is_none() {
                let wanted = Wanted {
                    records: wanted - rows.count,
                    longest: options.max_record_bytes,
                    fingerprints: options.fingerprints,
                };
                let mut into = Into { columns, reading, rows, converted: &mut converted };
                let taken = templates.read(text, start, wanted, &mut into);
                if taken.records > 0 {
                    let (line, position) = records.accept_lines(taken.records, taken.next);
                    rows.count_lines(options, taken.records, line, position);
                    keys.count_late(taken.late, taken.records, line);
                    continue;
                }
                is_new_shape = taken.stop == Stop::Different;
            }
            let mut row = Row { columns, keys, cells, reading };
            let Some(end) = row.read(text, start) else { return };
            if end - start > options.max_record_bytes || (reading.bad && options.on_bad_value == OnBadValue::Fail) {
                return;
            }
            let Some((line, position)) = records.accept(start, end) else { return };
            let place = Place { text: bytes.get(start..end).unwrap_or_default(), line, position };
            rows.add(cells, options, keys, reading, place);
            if is_new_shape {
                templates.learn(text, start, keys, columns);
            }
        }
    }
}

/// Takes the values, and has room for as many again: a vector that grows from nothing is moved time and again.
fn take_full<T>(values: &mut Vec<T>) -> Vec<T> {
    let empty = Vec::with_capacity(values.len());
    mem::replace(values, empty)
}

/// The record's text as UTF-8.
pub(super) fn valid_text<'a>(record: &Record<'a>) -> Result<&'a str, BadRecord> {
    simdutf8::basic::from_utf8(record.text).map_err(|_| {
        let at = std::str::from_utf8(record.text).map_or_else(|error| error.valid_up_to(), str::len);
        BadRecord::at(record, at, "invalid UTF-8")
    })
}

/// Checks the whole text as reading every value of it would.
pub(super) fn check(text: &str) -> serde_json::Result<()> {
    serde_json::from_str::<Skip>(text).map(drop)
}
