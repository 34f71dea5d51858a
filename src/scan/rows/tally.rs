//! What the scans of a table found wrong: bad records, values that became NULL, keys outside the columns.
//!
//! Owns the counting. Statements of a run read the same objects again, so what a table's scans found is
//! the most that one of them found, never the sum. It must not print; `findings` are for the summary.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::json::{BadRecord, LateKey};

/// Names of keys outside the columns that are told apart, a table.
const MOST_NAMES: usize = 1000;
/// Bytes of such a name that are kept.
const MOST_NAME_BYTES: usize = 256;

/// What the scans of one table found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Records seen: rows, tombstones and bad ones.
    pub records: u64,
    /// Records that were a bare `null`, which make no row.
    pub tombstones: u64,
    /// Records that could not be read and were skipped.
    pub bad_records: u64,
    /// The first of them.
    pub first_bad: Option<BadPlace>,
    /// How many values of each column became NULL because they did not fit.
    pub nulled: BTreeMap<String, u64>,
    /// Keys outside the columns.
    pub late_keys: BTreeMap<String, LateKeyCount>,
    /// How often keys occurred beyond the names that are told apart.
    pub other_late_keys: u64,
}

/// A record's place; ordered as the landing is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The object's key below the table's location.
    pub object: String,
    /// The line in it, from 1.
    pub line: u64,
}

/// Where a bad record stands and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadPlace {
    /// The object and the line of the fault.
    pub place: Place,
    /// The offset of the fault in the decompressed object, from 0.
    pub byte: u64,
    /// What is wrong.
    pub reason: String,
    /// The text around it and a caret; empty where a whole object can't be read.
    pub snippet: String,
}

/// How often a key occurred outside the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateKeyCount {
    /// Records that have it.
    pub records: u64,
    /// The first of them.
    pub first: Place,
}

/// What all scans of one table found.
#[derive(Debug, Default)]
pub struct TableTally(Mutex<Findings>);

/// What one scan found up to now, shared by its partitions.
#[derive(Debug)]
pub struct ScanTally {
    table: Arc<TableTally>,
    found: Mutex<Findings>,
    /// Partitions that have not come to their end.
    reading: AtomicUsize,
}

impl BadPlace {
    /// The place of a bad record of an object.
    pub fn of(object: &str, bad: &BadRecord) -> Self {
        let place = Place { object: object.to_owned(), line: bad.line };
        BadPlace { place, byte: bad.byte, reason: bad.reason.clone(), snippet: bad.snippet() }
    }
}

impl Findings {
    /// Takes the higher of each count and the earlier of each place.
    fn raise(&mut self, other: &Findings) {
        self.raise_bad(other);
        self.tombstones = self.tombstones.max(other.tombstones);
        for (column, values) in &other.nulled {
            let known = self.nulled.entry(column.clone()).or_default();
            *known = (*known).max(*values);
        }
        for (name, count) in &other.late_keys {
            let has_room = self.late_keys.len() < MOST_NAMES;
            match self.late_keys.get_mut(name) {
                Some(known) => {
                    known.records = known.records.max(count.records);
                    known.first = known.first.clone().min(count.first.clone());
                }
                None if has_room => {
                    self.late_keys.insert(name.clone(), count.clone());
                }
                None => {}
            }
        }
        self.other_late_keys = self.other_late_keys.max(other.other_late_keys);
    }

    fn raise_bad(&mut self, other: &Findings) {
        self.records = self.records.max(other.records);
        self.bad_records = self.bad_records.max(other.bad_records);
        if let Some(theirs) = &other.first_bad
            && self.first_bad.as_ref().is_none_or(|ours| theirs < ours)
        {
            self.first_bad = Some(theirs.clone());
        }
    }

    fn add_late_key(&mut self, object: &str, key: LateKey) {
        let first = Place { object: object.to_owned(), line: key.line };
        let Some(name) = key.name.map(shortened) else {
            self.other_late_keys = self.other_late_keys.saturating_add(key.count);
            return;
        };
        let has_room = self.late_keys.len() < MOST_NAMES;
        match self.late_keys.get_mut(&name) {
            Some(known) => {
                known.records = known.records.saturating_add(key.count);
                if first < known.first {
                    known.first = first;
                }
            }
            None if has_room => {
                self.late_keys.insert(name, LateKeyCount { records: key.count, first });
            }
            None => self.other_late_keys = self.other_late_keys.saturating_add(key.count),
        }
    }
}

impl TableTally {
    /// What was found up to now.
    pub fn findings(&self) -> Findings {
        lock(&self.0).clone()
    }
}

impl ScanTally {
    /// Nothing found by a scan of so many partitions.
    pub fn new(table: Arc<TableTally>, partitions: usize) -> Self {
        ScanTally { table, found: Mutex::default(), reading: AtomicUsize::new(partitions) }
    }

    /// Counts records that were read, tombstones included. Gives the numbers of bad records and of all
    /// up to now.
    pub fn add_records(&self, records: u64) -> (u64, u64) {
        let mut found = lock(&self.found);
        found.records = found.records.saturating_add(records);
        (found.bad_records, found.records)
    }

    /// Counts a bad record that is skipped, at a line of an object; `describe` is asked where it is the
    /// first. Gives the numbers of bad records and of all up to now.
    pub fn add_bad(&self, object: &str, line: u64, describe: impl FnOnce() -> BadPlace) -> (u64, u64) {
        let mut found = lock(&self.found);
        found.records = found.records.saturating_add(1);
        found.bad_records = found.bad_records.saturating_add(1);
        let first = found.first_bad.as_ref().map(|first| (first.place.object.as_str(), first.place.line));
        // Those of one line come in their order.
        if first.is_none_or(|first| (object, line) < first) {
            found.first_bad = Some(describe());
        }
        lock(&self.table.0).raise_bad(&found);
        (found.bad_records, found.records)
    }

    /// Counts records that were a bare `null`, which [`ScanTally::add_records`] counts as well.
    pub fn add_tombstones(&self, tombstones: u64) {
        let mut found = lock(&self.found);
        found.tombstones = found.tombstones.saturating_add(tombstones);
    }

    /// Counts values that became NULL, column by column.
    pub fn add_nulled<'a>(&self, nulled: impl Iterator<Item = (&'a str, u64)>) {
        let mut found = lock(&self.found);
        for (column, values) in nulled.filter(|(_, values)| *values > 0) {
            let known = found.nulled.entry(column.to_owned()).or_default();
            *known = known.saturating_add(values);
        }
    }

    /// Counts keys of an object that are outside the columns.
    pub fn add_late_keys(&self, object: &str, keys: Vec<LateKey>) {
        if !keys.is_empty() {
            let mut found = lock(&self.found);
            keys.into_iter().for_each(|key| found.add_late_key(object, key));
        }
    }

    /// Tells the table what was found up to now.
    pub fn publish(&self) {
        // Always in this order of locks.
        let found = lock(&self.found);
        lock(&self.table.0).raise(&found);
    }

    /// Says that one partition is at its end; whether it was the last.
    pub fn end_partition(&self) -> bool {
        self.reading.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The first bad record up to now.
    pub fn first_bad(&self) -> Option<BadPlace> {
        lock(&self.found).first_bad.clone()
    }
}

/// A scan that a LIMIT ends tells, too.
impl Drop for ScanTally {
    fn drop(&mut self) {
        self.publish();
    }
}

fn shortened(name: String) -> String {
    if name.len() <= MOST_NAME_BYTES {
        return name;
    }
    let end = (0..=MOST_NAME_BYTES).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", name.get(..end).unwrap_or_default())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(object: &str, line: u64) -> BadPlace {
        let place = Place { object: object.to_owned(), line };
        BadPlace { place, byte: line * 10, reason: "r".to_owned(), snippet: String::new() }
    }

    fn late(name: &str, count: u64, line: u64) -> LateKey {
        LateKey { name: Some(name.to_owned()), count, line, is_field: false }
    }

    #[test]
    fn two_scans_of_a_table_count_once() {
        let table = Arc::new(TableTally::default());
        for _ in 0..2 {
            let scan = ScanTally::new(Arc::clone(&table), 2);
            scan.add_records(10);
            scan.add_tombstones(4);
            scan.add_bad("b.json", 3, || bad("b.json", 3));
            scan.add_bad("a.json", 7, || bad("a.json", 7));
            scan.add_bad("a.json", 9, || panic!("it is not the first"));
            scan.add_nulled([("id", 2), ("name", 0)].into_iter());
            scan.add_nulled([("id", 1)].into_iter());
            scan.add_late_keys("b.json", vec![late("x", 2, 5)]);
            scan.add_late_keys("a.json", vec![late("x", 1, 9), late("y", 1, 1)]);
            assert!(!scan.end_partition() && scan.end_partition());
        }
        let found = table.findings();
        assert_eq!((found.records, found.tombstones, found.bad_records), (13, 4, 3));
        assert_eq!(found.first_bad, Some(bad("a.json", 7)));
        assert_eq!(found.nulled, BTreeMap::from([("id".to_owned(), 3)]));
        let x = &found.late_keys["x"];
        assert_eq!((x.records, x.first.object.as_str(), x.first.line), (3, "a.json", 9));
        assert_eq!(found.late_keys.len(), 2);
    }

    #[test]
    fn a_scan_in_progress_tells_its_bad_records_at_once() {
        let table = Arc::new(TableTally::default());
        let scan = ScanTally::new(Arc::clone(&table), 1);
        assert_eq!(scan.add_records(5), (0, 5));
        assert_eq!(scan.add_bad("a", 1, || bad("a", 1)), (1, 6));
        assert_eq!((table.findings().bad_records, table.findings().records), (1, 6));
        assert_eq!(scan.first_bad(), Some(bad("a", 1)));
    }

    #[test]
    fn names_made_of_data_are_bounded_and_told() {
        let scan = ScanTally::new(Arc::default(), 1);
        scan.add_late_keys("o", (0..1500).map(|number| late(&format!("k{number}"), 2, 1)).collect());
        scan.add_late_keys("o", vec![late(&"é".repeat(1000), 1, 1)]);
        scan.publish();
        let found = scan.table.findings();
        assert_eq!((found.late_keys.len(), found.other_late_keys), (1000, 1001));
        assert_eq!(shortened("é".repeat(1000)).chars().count(), 129);
    }
}
