//! What is said of a value that does not fit its column.
//!
//! Owns the wording and the search for the value's place, which only an error needs.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::bad_record::{BadRecord, Fault};
use super::record::Record;
use crate::column::{Column, ColumnType};

/// What is said of the record's value of `column`, which does not fit.
pub(super) fn bad_value(record: &Record<'_>, text: &str, column: &Column) -> BadRecord {
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
