//! Reading JSON values into cells of a column's type, in one pass over the record.
//!
//! Owns which JSON values fit which type. It must not build arrays, and must leave no JSON value
//! unchecked on the way: see [`Reading::recheck`].

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::cell::Cell;
use super::keys::{Feeds, Keys};
use super::number;
use super::skip::Skip;
use crate::column::{Column, ColumnType};
use crate::timestamp::{parse_date, parse_timestamp};

/// Late keys inside one record's values that are named.
const MOST_LATE_FIELDS: usize = 1000;

/// How the numbers of a record are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pass {
    /// As the parser yields them: right for all but a number with a point or an exponent, or a nested
    /// value, in a column that keeps its exact text.
    #[default]
    Fast,
    /// By their text. The record has passed the fast pass already, so it is known to be valid.
    Exact,
}

/// What is known of the record that is being read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub pass: Pass,
    /// Resolved text of the record's strings with escapes, and of numbers in VARCHAR columns.
    pub scratch: String,
    /// The record holds a value whose exact text the fast pass could not see.
    pub needs_exact: bool,
    /// A value was passed over by its extent alone; the record needs a full check.
    pub recheck: bool,
    /// Some value did not fit; it may have been overwritten by a later value of its key.
    pub bad: bool,
    /// Keys of nested objects that their struct has no field for, as paths from the value at hand.
    pub late_fields: Vec<String>,
}

impl Reading {
    /// Forgets the last record.
    pub fn restart(&mut self, pass: Pass) {
        self.pass = pass;
        self.scratch.clear();
        self.needs_exact = false;
        self.recheck = false;
        self.bad = false;
        self.late_fields.clear();
    }

    /// Puts the name of what holds them before the paths that came since there were `before`.
    #[inline(always)]
    pub fn within(&mut self, before: usize, name: &str) {
        if self.late_fields.len() > before {
            self.late_fields.iter_mut().skip(before).for_each(|path| *path = format!("{name}.{path}"));
        }
    }

    /// Forgets what of the last record could be taken for the next one's.
    #[inline(always)]
    pub fn begin_plain(&mut self) {
        self.bad = false;
        self.late_fields.clear();
        if !self.scratch.is_empty() {
            self.scratch.clear();
        }
    }

    fn bad<'de>(&mut self) -> Cell<'de> {
        self.bad = true;
        Cell::Bad
    }

    fn copied_text<'de>(&mut self, text: &str) -> Cell<'de> {
        let start = self.scratch.len();
        self.scratch.push_str(text);
        Cell::Copied(start..self.scratch.len())
    }

    fn copied_number<'de>(&mut self, number: impl fmt::Display) -> Cell<'de> {
        let start = self.scratch.len();
        // Writing to a `String` cannot fail.
        let _ = write!(self.scratch, "{number}");
        Cell::Copied(start..self.scratch.len())
    }
}

/// Reads a record's object into one cell for each column.
pub(super) struct RecordSeed<'a, 'de> {
    pub columns: &'a [Column],
    pub keys: &'a mut Keys,
    pub cells: &'a mut [Cell<'de>],
    pub reading: &'a mut Reading,
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.keys.restart();
        while let Some(feeds) = entries.next_key_seed(&mut *self.keys)? {
            let column = match feeds {
                Feeds::Column(position) => self.columns.get(position).zip(self.cells.get_mut(position)),
                Feeds::Nothing | Feeds::Late => None,
            };
            match column {
                Some((column, cell)) => {
                    let before = self.reading.late_fields.len();
                    *cell = entries.next_value_seed(ValueSeed { kind: &column.kind, reading: self.reading })?;
                    self.reading.within(before, &column.name);
                }
                None => {
                    let Skip = entries.next_value()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads one value of a type.
pub(super) struct ValueSeed<'a> {
    pub kind: &'a ColumnType,
    pub reading: &'a mut Reading,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Cell<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell<'de>, D::Error> {
        let by_text = match self.kind {
            // The parser's doubles can be wrong in the last bit, the standard library's are not.
            ColumnType::Double | ColumnType::Float | ColumnType::Decimal(..) => true,
            ColumnType::BigInt | ColumnType::Int | ColumnType::Varchar => self.reading.pass == Pass::Exact,
            _ => false,
        };
        if !by_text {
            return deserializer.deserialize_any(self);
        }
        let text = <&RawValue>::deserialize(deserializer)?.get();
        match text.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => self.number(text).map_err(D::Error::custom),
            Some(b'n') => Ok(Cell::Null),
            Some(b't') => Ok(self.boolean(true)),
            Some(b'f') => Ok(self.boolean(false)),
            Some(b'"') => {
                self.reading.recheck = true;
                serde_json::Deserializer::from_str(text).deserialize_str(self).map_err(D::Error::custom)
            }
            _ if *self.kind == ColumnType::Varchar => Ok(Cell::Text(text)),
            _ => {
                self.reading.recheck = true;
                Ok(self.reading.bad())
            }
        }
    }
}

impl ValueSeed<'_> {
    pub fn number<'de>(self, text: &'de str) -> Result<Cell<'de>, &'static str> {
        let double: f64 = text.parse().unwrap_or(f64::INFINITY);
        if double.is_infinite() {
            return Err("number out of range");
        }
        let cell = match self.kind {
            ColumnType::Double => Some(Cell::Double(double)),
            ColumnType::Float => {
                text.parse().ok().filter(|float: &f32| float.is_finite()).map(|float| Cell::Double(f64::from(float)))
            }
            ColumnType::Decimal(precision, scale) => number::decimal(text, *precision, *scale).map(Cell::Decimal),
            ColumnType::Varchar => Some(Cell::Text(text)),
            ColumnType::BigInt => number::integer(text).map(Cell::Integer),
            ColumnType::Int => number::integer(text).filter(|value| i32::try_from(*value).is_ok()).map(Cell::Integer),
            _ => None,
        };
        Ok(cell.unwrap_or_else(|| self.reading.bad()))
    }

    pub fn boolean<'de>(self, value: bool) -> Cell<'de> {
        match self.kind {
            ColumnType::Boolean => Cell::Boolean(value),
            ColumnType::Varchar => Cell::Text(if value { "true" } else { "false" }),
            _ => self.reading.bad(),
        }
    }

    fn integer<'de>(self, value: i64) -> Cell<'de> {
        match self.kind {
            ColumnType::BigInt => Cell::Integer(value),
            ColumnType::Int if i32::try_from(value).is_ok() => Cell::Integer(value),
            ColumnType::Varchar => self.reading.copied_number(value),
            _ => self.reading.bad(),
        }
    }

    pub fn text<'de>(self, text: &str, as_varchar: impl FnOnce(&mut Reading) -> Cell<'de>) -> Cell<'de> {
        let cell = match self.kind {
            ColumnType::Varchar => return as_varchar(self.reading),
            ColumnType::Timestamp => parse_timestamp(text).map(Cell::Integer),
            ColumnType::Date => parse_date(text).map(|days| Cell::Integer(i64::from(days))),
            ColumnType::Decimal(precision, scale) => {
                number::decimal(text.trim(), *precision, *scale).map(Cell::Decimal)
            }
            _ => None,
        };
        cell.unwrap_or_else(|| self.reading.bad())
    }

    /// What stands for a nested value that the type does not take apart; the value has been read.
    fn opaque<'de>(self) -> Cell<'de> {
        if *self.kind == ColumnType::Varchar {
            self.reading.needs_exact = true;
            return Cell::Null;
        }
        self.reading.bad()
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell<'de>, E> {
        Ok(self.boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell<'de>, E> {
        Ok(self.integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell<'de>, E> {
        Ok(match i64::try_from(value) {
            Ok(value) => self.integer(value),
            Err(_) if *self.kind == ColumnType::Varchar => self.reading.copied_number(value),
            Err(_) => self.reading.bad(),
        })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Cell<'de>, E> {
        if matches!(self.kind, ColumnType::BigInt | ColumnType::Int | ColumnType::Varchar) {
            self.reading.needs_exact = true;
            return Ok(Cell::Null);
        }
        Ok(self.reading.bad())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(self.text(text, |_| Cell::Text(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(self.text(text, |reading| reading.copied_text(text)))
    }

    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell<'de>, A::Error> {
        let ColumnType::List(kind) = self.kind else {
            while items.next_element::<Skip>()?.is_some() {}
            return Ok(self.opaque());
        };
        let mut cells = Vec::new();
        while let Some(cell) = items.next_element_seed(ValueSeed { kind, reading: self.reading })? {
            cells.push(cell);
        }
        Ok(Cell::List(cells))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Cell<'de>, A::Error> {
        match self.kind {
            ColumnType::Struct(columns) => {
                let mut cells = vec![Cell::Null; columns.len()];
                while let Some(position) = entries.next_key_seed(FieldSeed(columns, self.reading))? {
                    match position.and_then(|position| columns.get(position).zip(cells.get_mut(position))) {
                        Some((Column { name, kind }, cell)) => {
                            let before = self.reading.late_fields.len();
                            *cell = entries.next_value_seed(ValueSeed { kind, reading: self.reading })?;
                            self.reading.within(before, name);
                        }
                        None => {
                            let Skip = entries.next_value()?;
                        }
                    }
                }
                Ok(Cell::Struct(cells))
            }
            ColumnType::Map(kind) => {
                let mut cells: Vec<(String, Cell<'de>)> = Vec::new();
                let mut places: HashMap<String, usize> = HashMap::new();
                while let Some(key) = entries.next_key::<String>()? {
                    let cell = entries.next_value_seed(ValueSeed { kind, reading: self.reading })?;
                    match places.get(&key).and_then(|place| cells.get_mut(*place)) {
                        Some(earlier) => earlier.1 = cell,
                        None => {
                            places.insert(key.clone(), cells.len());
                            cells.push((key, cell));
                        }
                    }
                }
                Ok(Cell::Map(cells))
            }
            _ => {
                while entries.next_entry::<Skip, Skip>()?.is_some() {}
                Ok(self.opaque())
            }
        }
    }
}

/// Finds which field of a struct a key names, and notes one that names none. Structs are narrow, so a
/// search from the front does.
struct FieldSeed<'a>(&'a [Column], &'a mut Reading);

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldSeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let found = self.0.iter().position(|column| column.name == key);
        if found.is_none() && self.1.late_fields.len() < MOST_LATE_FIELDS {
            self.1.late_fields.push(key.to_owned());
        }
        Ok(found)
    }
}
