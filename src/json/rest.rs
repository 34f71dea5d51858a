//! The keys of a record that its table has no column for, as one JSON object.
//!
//! Owns that object's text. Which keys are late is `keys`'.

use std::borrow::Cow;

use super::cell::Cell;
use super::keys::Keys;
use super::shape::entries;

/// The late keys of the record as the text of a JSON object, written behind what `scratch` holds. A key
/// that comes twice has its last value; values stand as they are written in the record.
pub(super) fn rest_of<'de>(record: &[u8], keys: &Keys, scratch: &mut String) -> Cell<'de> {
    let text = std::str::from_utf8(record).unwrap_or_default();
    let mut late: Vec<(Cow<'_, str>, &str)> = Vec::new();
    for (key, value) in entries(text) {
        if !keys.is_late(&key) {
            continue;
        }
        match late.iter_mut().find(|(earlier, _)| *earlier == key) {
            Some((_, earlier)) => *earlier = value.get(),
            None => late.push((key, value.get())),
        }
    }
    let start = scratch.len();
    for (number, (key, value)) in late.iter().enumerate() {
        scratch.push(if number == 0 { '{' } else { ',' });
        scratch.push_str(&serde_json::Value::from(key.as_ref()).to_string());
        scratch.push(':');
        scratch.push_str(value);
    }
    scratch.push('}');
    Cell::Copied(start..scratch.len())
}
