//! Which column a key of a record feeds, predicted from the records before.
//!
//! Owns the prediction. Records of one topic come from one serialiser, so the key that followed a key
//! in the last record nearly always follows it in the next, and a lookup is one comparison of bytes. A
//! key that was left out costs one miss, not one for each key after it.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

use crate::column::Column;

/// Keys beyond the columns that are remembered; more, or longer ones, are looked up each time, so that
/// records with keys made of data cannot fill the memory.
const REMEMBERED: usize = 4096;
const LONGEST_REMEMBERED: usize = 256;

/// The keys seen so far.
#[derive(Debug)]
pub(super) struct Keys {
    /// At 0 stands the start of a record; it has no name that could match.
    known: Vec<KnownKey>,
    by_name: HashMap<Box<str>, usize>,
    /// The key before the one that comes next, a place in `known`.
    previous: usize,
}

#[derive(Debug)]
struct KnownKey {
    name: Box<str>,
    column: Option<usize>,
    /// The key that followed the last time; 0 where none did.
    next: usize,
}

impl Keys {
    /// The keys that these columns read.
    pub fn new(columns: &[Column]) -> Self {
        let start = KnownKey { name: Box::from(""), column: None, next: 0 };
        let mut keys = Keys { known: vec![start], by_name: HashMap::new(), previous: 0 };
        for (position, column) in columns.iter().enumerate() {
            keys.remember(&column.name, Some(position));
        }
        keys
    }

    /// A new record begins.
    pub fn restart(&mut self) {
        self.previous = 0;
    }

    /// The position of the column that the key feeds, if one does.
    pub fn column(&mut self, key: &str) -> Option<usize> {
        let predicted = self.known.get(self.previous).map_or(0, |previous| previous.next);
        if predicted != 0
            && let Some(known) = self.known.get(predicted)
            && *known.name == *key
        {
            self.previous = predicted;
            return known.column;
        }
        self.column_after_miss(key)
    }

    #[cold]
    fn column_after_miss(&mut self, key: &str) -> Option<usize> {
        let found = match self.by_name.get(key) {
            Some(found) => *found,
            None if self.known.len() < REMEMBERED && key.len() <= LONGEST_REMEMBERED => self.remember(key, None),
            None => return None,
        };
        if let Some(previous) = self.known.get_mut(self.previous) {
            previous.next = found;
        }
        self.previous = found;
        self.known.get(found).and_then(|known| known.column)
    }

    fn remember(&mut self, name: &str, column: Option<usize>) -> usize {
        let place = self.known.len();
        self.known.push(KnownKey { name: Box::from(name), column, next: 0 });
        self.by_name.insert(Box::from(name), place);
        place
    }
}

impl<'de> DeserializeSeed<'de> for &mut Keys {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut Keys {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.column(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ColumnType;

    #[test]
    fn finds_columns_in_any_order_and_with_gaps() {
        let columns = ["b", "d", ""].map(|name| Column::new(name, ColumnType::Varchar));
        let mut keys = Keys::new(&columns);
        for record in [["a", "b", "c", "d"], ["a", "b", "c", "d"], ["d", "c", "b", "a"], ["b", "d", "d", ""]] {
            keys.restart();
            for key in record {
                let expected = columns.iter().position(|column| column.name == key);
                assert_eq!(keys.column(key), expected, "{key} of {record:?}");
            }
        }
    }

    #[test]
    fn keys_made_of_data_are_not_kept() {
        let mut keys = Keys::new(&[Column::new("x", ColumnType::Varchar)]);
        for number in 0..10_000 {
            assert_eq!(keys.column(&format!("k{number}")), None);
        }
        assert!(keys.known.len() <= REMEMBERED);
        assert_eq!(keys.column("x"), Some(0));
    }
}
