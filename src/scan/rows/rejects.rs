//! The records that scans skipped, kept for `pinq.rejects`.
//!
//! Owns which are kept within which bounds, and that a record is kept once however often it is read.
//! How many there were is counted by `tally`, whether they are kept or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use crate::json::BadRecord;

/// The most rejects that an engine keeps.
const MOST_REJECTS: usize = 100_000;
/// The most bytes of them that it keeps.
const MOST_BYTES: usize = 64 << 20;
/// What a reject costs beside its texts.
const OVERHEAD_BYTES: usize = 200;
/// Rows of a batch.
const BATCH_ROWS: usize = 1024;

/// The rejects of one engine.
#[derive(Debug)]
pub struct Rejects {
    most: usize,
    most_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    kept: BTreeMap<Key, Arc<Reject>>,
    bytes: usize,
}

/// Where an object can't be read any further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The first line that is not whole, from 1.
    pub line: u64,
    /// The offset of its first byte in the decompressed object, from 0.
    pub byte: u64,
    /// What is wrong there.
    pub reason: String,
    /// What was left of that line.
    pub text: String,
}

/// What makes a reject the same: two faults can stand in one line, and one place can end a record and
/// begin the next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    table: Arc<str>,
    object: Arc<str>,
    record: u64,
    fault: u64,
}

#[derive(Debug)]
struct Reject {
    line: u64,
    byte: u64,
    reason: String,
    text: Option<String>,
}

impl Default for Rejects {
    fn default() -> Self {
        Rejects::within(MOST_REJECTS, MOST_BYTES)
    }
}

impl Rejects {
    /// A list of at most so many rejects and bytes.
    fn within(most: usize, most_bytes: usize) -> Self {
        Rejects { most, most_bytes, state: Mutex::default() }
    }

    /// Keeps a bad record of an object, unless it is known already or there is no room.
    pub fn keep(&self, table: &str, object: &str, bad: &BadRecord) {
        let key = Key { table: table.into(), object: object.into(), record: bad.record.byte, fault: bad.byte };
        let reason = format!("{}, at column {} (byte {})", bad.reason, bad.column, bad.byte);
        let reason = if bad.line == bad.record.line { reason } else { format!("{reason} of line {}", bad.line) };
        let (line, byte) = (bad.record.line, bad.record.byte);
        self.insert(key, Reject { line, byte, reason, text: Some(bad.record.text.clone()) });
    }

    /// Keeps the end of an object that can't be read from there on.
    pub fn keep_damage(&self, table: &str, object: &str, damage: &Damage) {
        let Damage { line, byte, reason, text } = damage;
        let key = Key { table: table.into(), object: object.into(), record: *byte, fault: u64::MAX };
        let (reason, text) = (reason.clone(), Some(text.clone()).filter(|text| !text.is_empty()));
        self.insert(key, Reject { line: *line, byte: *byte, reason, text });
    }

    fn insert(&self, key: Key, reject: Reject) {
        let text = reject.text.as_ref().map_or(0, String::len);
        let bytes = OVERHEAD_BYTES + key.object.len() + key.table.len() + reject.reason.len() + text;
        let mut state = self.lock();
        let bytes = state.bytes.saturating_add(bytes);
        if state.kept.len() >= self.most || bytes > self.most_bytes || state.kept.contains_key(&key) {
            return;
        }
        state.bytes = bytes;
        state.kept.insert(key, Arc::new(reject));
    }

    /// How many of a table are kept.
    pub fn kept_of(&self, table: &str) -> u64 {
        self.lock().kept.keys().filter(|key| &*key.table == table).count() as u64
    }

    /// The columns: table, object, line and byte of the record's start, reason, text.
    pub fn schema() -> SchemaRef {
        let field = |name: &str, kind: DataType, nullable| Field::new(name, kind, nullable);
        Arc::new(Schema::new(vec![
            field("table", DataType::Utf8View, false),
            field("object", DataType::Utf8View, false),
            field("line", DataType::Int64, false),
            field("byte", DataType::Int64, false),
            field("reason", DataType::Utf8View, false),
            field("text", DataType::Utf8View, true),
        ]))
    }

    /// What is kept now, ordered by table, object and place, in batches that are made one by one.
    pub fn batches(&self) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> + use<> {
        let kept: Vec<_> = self.lock().kept.iter().map(|(key, reject)| (key.clone(), Arc::clone(reject))).collect();
        let starts = (0..kept.len()).step_by(BATCH_ROWS);
        starts.map(move |start| batch(kept.iter().skip(start).take(BATCH_ROWS)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn batch<'a>(rows: impl Iterator<Item = &'a (Key, Arc<Reject>)> + Clone) -> Result<RecordBatch, ArrowError> {
    let number = |value: fn(&Reject) -> u64| -> ArrayRef {
        let values = rows.clone().map(|(_, reject)| i64::try_from(value(reject)).unwrap_or(i64::MAX));
        Arc::new(values.collect::<Int64Array>())
    };
    let text = |value: fn(&Key, &Reject) -> Option<String>| -> ArrayRef {
        Arc::new(rows.clone().map(|(key, reject)| value(key, reject)).collect::<StringViewArray>())
    };
    let columns = vec![
        text(|key, _| Some(key.table.to_string())),
        text(|key, _| Some(key.object.to_string())),
        number(|reject| reject.line),
        number(|reject| reject.byte),
        text(|_, reject| Some(reject.reason.clone())),
        text(|_, reject| reject.text.clone()),
    ];
    RecordBatch::try_new(Rejects::schema(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Framing, Inference, Records};

    fn bad(text: &str) -> BadRecord {
        let mut inference = Inference::new();
        let records = Records::new(text.as_bytes(), Framing::Lines, 1, 0, 0);
        let bad = records.map(|record| record.and_then(|record| inference.observe(&record, "o")));
        bad.filter_map(Result::err).next().unwrap()
    }

    fn rows(rejects: &Rejects) -> usize {
        rejects.batches().map(|batch| batch.unwrap().num_rows()).sum()
    }

    #[test]
    fn a_record_is_kept_once_and_in_order() {
        let rejects = Rejects::default();
        let (one, two) = (bad("{\"a\":1}\n{\"b\n"), bad("[1]"));
        for _ in 0..2 {
            rejects.keep("t", "b.json", &one);
            rejects.keep("t", "a.json", &two);
            rejects.keep("u", "a.json", &two);
            let damage = Damage { line: 4, byte: 30, reason: "no gzip".to_owned(), text: String::new() };
            rejects.keep_damage("a", "x.gz", &damage);
        }
        assert_eq!((rejects.kept_of("t"), rejects.kept_of("u"), rejects.kept_of("v")), (2, 1, 0));
        let batch = rejects.batches().next().unwrap().unwrap();
        let shown = arrow::util::display::array_value_to_string;
        let row = |row| (0..6).map(|column| shown(batch.column(column), row).unwrap()).collect::<Vec<_>>().join("|");
        assert_eq!(row(0), "a|x.gz|4|30|no gzip|");
        assert!(row(1).starts_with("t|a.json|1|0|"), "{}", row(1));
        assert!(row(2).starts_with("t|b.json|2|8|") && row(2).ends_with(", at column 4 (byte 11)|{\"b"), "{}", row(2));
    }

    #[test]
    fn the_list_is_bounded_by_rows_and_by_bytes() {
        let few = Rejects::within(3, MOST_BYTES);
        let small = Rejects::within(MOST_REJECTS, 3 * (OVERHEAD_BYTES + 100));
        for number in 0..10 {
            few.keep("t", &number.to_string(), &bad("[1]"));
            small.keep("t", &number.to_string(), &bad("[1]"));
        }
        assert_eq!(few.kept_of("t"), 3);
        assert!((2..4).contains(&small.kept_of("t")), "{}", small.kept_of("t"));
        assert_eq!(rows(&few), 3);
    }

    #[test]
    fn many_rejects_come_in_several_batches() {
        let rejects = Rejects::default();
        let bad = bad("[1]");
        (0..2500).for_each(|number| rejects.keep("t", &number.to_string(), &bad));
        assert_eq!((rejects.batches().count(), rows(&rejects)), (3, 2500));
    }
}
