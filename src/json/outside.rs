//! The keys of records that are not in the columns of their table.
//!
//! Owns which keys of a record are outside and their JSON text. It must not keep the counts of a
//! whole table; it gives them away piece by piece.

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::record::Record;
use super::shape::entries;

/// A key outside the columns, as met since the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateKey {
    /// The key.
    pub name: String,
    /// The records that have it.
    pub count: u64,
    /// The line of the first of them, from 1.
    pub line: u64,
}

/// Finds the keys that are outside the columns.
#[derive(Debug)]
pub struct OutsideKeys {
    known: HashSet<String>,
    met: HashMap<String, (u64, u64)>,
}

impl OutsideKeys {
    /// Every key but these is outside.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        OutsideKeys { known: known.into_iter().collect(), met: HashMap::new() }
    }

    /// Counts the outside keys of a record that a decoder took, and gives them with their values as one
    /// JSON object: of a repeated key the last value. Nothing where there are none.
    pub fn observe(&mut self, record: &Record<'_>) -> Option<String> {
        let text = std::str::from_utf8(record.text).ok()?;
        let mut outside: Vec<(String, &RawValue)> = Vec::new();
        for (key, value) in entries(text) {
            if self.known.contains(&key) {
                continue;
            }
            match outside.iter_mut().find(|(name, _)| *name == key) {
                Some((_, earlier)) => *earlier = value,
                None => outside.push((key, value)),
            }
        }
        if outside.is_empty() {
            return None;
        }
        let text = outside.iter().map(|(name, value)| {
            // A text is always a JSON string; the name of a key can't fail to be one.
            let name = serde_json::to_string(name).unwrap_or_default();
            format!("{name}:{}", value.get())
        });
        let text = format!("{{{}}}", text.collect::<Vec<_>>().join(","));
        for (name, _) in outside {
            let met = self.met.entry(name).or_insert((0, record.line));
            met.0 = met.0.saturating_add(1);
        }
        Some(text)
    }

    /// The keys met since the last call, ordered by name.
    pub fn late_keys(&mut self) -> Vec<LateKey> {
        let met = self.met.drain().map(|(name, (count, line))| LateKey { name, count, line });
        let mut met: Vec<LateKey> = met.collect();
        met.sort_by(|one, other| one.name.cmp(&other.name));
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_outside_are_counted_and_kept() {
        let mut keys = OutsideKeys::new(["a".to_owned()]);
        let record = |text: &'static str, line| Record { text: text.as_bytes(), line, column: 1, byte: 0 };
        assert_eq!(keys.observe(&record("{\"a\":1}", 1)), None);
        assert!(keys.late_keys().is_empty());
        let rest = keys.observe(&record("{\"q\\\"\":1, \"a\":1, \"b\": [1, 2],\"q\\\"\": 2.50}", 2));
        assert_eq!(rest.as_deref(), Some("{\"q\\\"\":2.50,\"b\":[1, 2]}"));
        assert_eq!(keys.observe(&record("{\"b\":null}", 5)).as_deref(), Some("{\"b\":null}"));
        let late = |name: &str, count, line| LateKey { name: name.to_owned(), count, line };
        assert_eq!(keys.late_keys(), [late("b", 2, 2), late("q\"", 1, 2)]);
        assert!(keys.late_keys().is_empty(), "they are told once");
    }
}
