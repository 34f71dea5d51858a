//! Which column a key of a record feeds, predicted from the records before.
//!
//! Owns the prediction, and the count of keys that the table has no column for. Records of one topic
//! come from one serialiser, so the key that followed a key in the last record nearly always follows it
//! in the next, and a lookup is one comparison of bytes. A key that was left out costs one miss, not
//! one for each key after it.

use std::collections::HashMap;
use std::fmt;
use std::mem;

use serde::de::{DeserializeSeed, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::fast::Pattern;
use crate::column::Column;

/// Keys beyond the columns that are remembered; more, or longer ones, are looked up each time, so that
/// records with keys made of data cannot fill the memory.
const REMEMBERED: usize = 4096;
const LONGEST_REMEMBERED: usize = 256;

/// A key that the table has no column for, as counted since it was last asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateKey {
    /// The key; `None` stands for all those beyond the few thousand that are remembered by name.
    pub name: Option<String>,
    /// How many records that became rows have it.
    pub count: u64,
    /// The line of the first of those records, from 1.
    pub line: u64,
    /// Whether it stands within the value of a column, whose name begins its own then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_field: bool,
}

impl LateKey {
    /// Whether it stands within the value of that column.
    pub fn is_within(&self, column: &str) -> bool {
        let rest = self.name.as_ref().filter(|_| self.is_field).and_then(|name| name.strip_prefix(column));
        rest.is_some_and(|rest| rest.starts_with('.'))
    }
}

/// What a key of a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feeds {
    /// The projected column of that position.
    Column(usize),
    /// A column of the table that is not projected.
    Nothing,
    /// No column of the table.
    Late,
}

/// The place of a key among those seen.
pub(super) type Slot = usize;

/// The slot that stands for the start of a record; no key has it.
pub(super) const START: Slot = 0;
/// The slot of all keys that are not remembered.
const OTHERS: Slot = 1;

/// The keys seen so far.
#[derive(Debug)]
pub(super) struct Keys {
    /// At [`START`] and [`OTHERS`] stand keys that nothing matches.
    known: Vec<KnownKey>,
    by_name: HashMap<Box<str>, Slot>,
    /// Keys within the values of columns, by their paths: a record may have a key of the same text.
    by_path: HashMap<Box<str>, Slot>,
    /// The key before the one that comes next.
    previous: Slot,
    /// The late keys of the record that is being read.
    pending: Vec<Slot>,
    /// Slots with a count, in the order in which they were met.
    counted: Vec<Slot>,
}

#[derive(Debug)]
pub(super) struct KnownKey {
    pub pattern: Pattern,
    pub feeds: Feeds,
    /// The key that followed the last time; [`START`] where none did.
    next: Slot,
    name: Box<str>,
    late: u64,
    first_line: u64,
    is_field: bool,
}

impl KnownKey {
    fn new(name: &str, feeds: Feeds) -> Self {
        let (pattern, name) = (Pattern::new(name), Box::from(name));
        KnownKey { pattern, feeds, next: START, name, late: 0, first_line: 0, is_field: false }
    }
}

impl Keys {
    /// The keys of these columns, at most one of which takes all others (`rest`), and of columns of the
    /// table that are not read.
    pub fn new(columns: &[Column], rest: Option<usize>, unread: &[String]) -> Self {
        let nothing = || KnownKey { pattern: Pattern::NEVER, ..KnownKey::new("", Feeds::Late) };
        let mut keys = Keys {
            known: vec![nothing(), nothing()],
            by_name: HashMap::new(),
            by_path: HashMap::new(),
            previous: START,
            pending: Vec::new(),
            counted: Vec::new(),
        };
        for name in unread {
            keys.remember(name, Feeds::Nothing);
        }
        for (position, column) in columns.iter().enumerate() {
            if Some(position) != rest {
                keys.remember(&column.name, Feeds::Column(position));
            }
        }
        keys
    }

    /// A new record begins.
    #[inline(always)]
    pub fn restart(&mut self) {
        self.previous = START;
        if !self.pending.is_empty() {
            self.pending.clear();
        }
    }

    /// The record became a row: its late keys count.
    #[inline(always)]
    pub fn commit(&mut self, line: u64) {
        if !self.pending.is_empty() {
            self.count(line);
        }
    }

    /// Whether the record that was read last has a late key.
    pub fn has_late(&self) -> bool {
        !self.pending.is_empty()
    }

    #[cold]
    fn count(&mut self, line: u64) {
        let mut pending = mem::take(&mut self.pending);
        for slot in pending.drain(..) {
            self.add_late(slot, 1, line);
        }
        self.pending = pending;
    }

    /// So many records became rows from that line on, a line each, that all have these late keys.
    #[inline(always)]
    pub fn count_late(&mut self, late: &[Slot], records: usize, line: u64) {
        self.restart();
        for slot in late {
            self.add_late(*slot, records as u64, line);
        }
    }

    #[cold]
    fn add_late(&mut self, slot: Slot, records: u64, line: u64) {
        let Some(known) = self.known.get_mut(slot) else { return };
        if known.late == 0 {
            known.first_line = line;
            self.counted.push(slot);
        }
        known.late = known.late.saturating_add(records);
    }

    /// The late keys that were counted since the last call.
    pub fn take_late(&mut self) -> Vec<LateKey> {
        let mut late = Vec::with_capacity(self.counted.len());
        for slot in mem::take(&mut self.counted) {
            if let Some(known) = self.known.get_mut(slot) {
                let name = (slot != OTHERS).then(|| known.name.to_string());
                let (count, line) = (mem::take(&mut known.late), known.first_line);
                late.push(LateKey { name, count, line, is_field: known.is_field });
            }
        }
        late
    }

    /// The key that is predicted to follow `previous`, and its slot.
    #[inline(always)]
    pub fn predicted(&self, previous: Slot) -> Option<(Slot, &KnownKey)> {
        let slot = self.known.get(previous)?.next;
        Some((slot, self.known.get(slot)?))
    }

    /// What the slot feeds.
    pub fn feeds(&self, slot: Slot) -> Feeds {
        self.known.get(slot).map_or(Feeds::Late, |known| known.feeds)
    }

    /// The key of the slot is in the record, and is late.
    #[cold]
    pub fn note_late(&mut self, slot: Slot) {
        // A key that comes twice is in one record all the same.
        if !self.pending.contains(&slot) {
            self.pending.push(slot);
        }
    }

    /// A key inside a value is in the record, and its struct has no field for it.
    #[cold]
    pub fn note_late_field(&mut self, path: &str) {
        let slot = match self.by_path.get(path) {
            Some(slot) => *slot,
            None if self.known.len() < REMEMBERED && path.len() <= LONGEST_REMEMBERED => {
                let slot = self.known.len();
                self.known.push(KnownKey { is_field: true, ..KnownKey::new(path, Feeds::Late) });
                self.by_path.insert(Box::from(path), slot);
                slot
            }
            None => OTHERS,
        };
        self.note_late(slot);
    }

    /// The slot of a key that was not predicted after `previous`.
    #[cold]
    pub fn find(&mut self, previous: Slot, key: &str) -> Slot {
        let found = match self.by_name.get(key) {
            Some(found) => *found,
            None if self.known.len() < REMEMBERED && key.len() <= LONGEST_REMEMBERED => self.remember(key, Feeds::Late),
            None => return OTHERS,
        };
        if let Some(previous) = self.known.get_mut(previous) {
            previous.next = found;
        }
        found
    }

    /// What the next key of the record feeds.
    pub fn next(&mut self, key: &str) -> Feeds {
        let slot = match self.predicted(self.previous) {
            Some((slot, known)) if slot > OTHERS && *known.name == *key => slot,
            _ => self.find(self.previous, key),
        };
        self.previous = slot;
        let feeds = self.feeds(slot);
        if feeds == Feeds::Late {
            self.note_late(slot);
        }
        feeds
    }

    /// Whether the table has no column for the key.
    pub fn is_late(&self, key: &str) -> bool {
        self.by_name.get(key).is_none_or(|slot| self.feeds(*slot) == Feeds::Late)
    }

    fn remember(&mut self, name: &str, feeds: Feeds) -> Slot {
        let slot = self.known.len();
        self.known.push(KnownKey::new(name, feeds));
        self.by_name.insert(Box::from(name), slot);
        slot
    }
}

impl<'de> DeserializeSeed<'de> for &mut Keys {
    type Value = Feeds;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut Keys {
    type Value = Feeds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.next(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ColumnType;

    fn columns<const N: usize>(names: [&str; N]) -> [Column; N] {
        names.map(|name| Column::new(name, ColumnType::Varchar))
    }

    #[test]
    fn finds_columns_in_any_order_and_with_gaps() {
        let columns = columns(["b", "d", ""]);
        let mut keys = Keys::new(&columns, None, &["c".to_owned()]);
        for record in [["a", "b", "c", "d"], ["a", "b", "c", "d"], ["d", "c", "b", "a"], ["b", "d", "d", ""]] {
            keys.restart();
            for key in record {
                let expected = match columns.iter().position(|column| column.name == key) {
                    Some(position) => Feeds::Column(position),
                    None if key == "c" => Feeds::Nothing,
                    None => Feeds::Late,
                };
                assert_eq!(keys.next(key), expected, "{key} of {record:?}");
            }
        }
    }

    #[test]
    fn keys_made_of_data_are_not_kept() {
        let mut keys = Keys::new(&columns(["x"]), None, &[]);
        for number in 0..10_000 {
            keys.restart();
            assert_eq!(keys.next(&format!("k{number}")), Feeds::Late);
            keys.commit(number);
        }
        assert!(keys.known.len() <= REMEMBERED);
        assert_eq!(keys.next("x"), Feeds::Column(0));
        let late = keys.take_late();
        assert_eq!(late.iter().map(|late| late.count).sum::<u64>(), 10_000);
        assert!(late.iter().any(|late| late.name.is_none() && late.count > 5_000));
    }

    #[test]
    fn late_keys_of_rows_alone_are_counted() {
        let mut keys = Keys::new(&columns(["x"]), None, &[]);
        for (line, is_row) in [(3, false), (5, true), (9, true)] {
            keys.restart();
            keys.next("late");
            keys.next("late");
            if is_row {
                keys.commit(line);
            }
        }
        assert_eq!(keys.take_late(), [LateKey { name: Some("late".to_owned()), count: 2, line: 5, is_field: false }]);
        assert_eq!(keys.take_late(), []);
    }
}
