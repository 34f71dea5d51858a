//! Fast and thorough reading say the same of every record, at every width of the processor's registers.

use std::fmt::Debug;

use arrow::array::{Array, ArrayRef};

use super::columns::unread;
use super::decode::is_accepted;
use crate::column::Column;
use crate::hidden::without_widest;
use crate::json::{
    BadRecord, DecodeOptions, Decoded, Decoder, Filled, Framing, LateKey, OnBadValue, Pushed, Record, Records,
};

/// Everything that is said of the records.
#[derive(Debug)]
struct Said {
    columns: Vec<ArrayRef>,
    rows: usize,
    lines: Vec<u64>,
    positions: Vec<u64>,
    fingerprints: Vec<u128>,
    nulled: Vec<u64>,
    tombstones: u64,
    bad: Vec<BadRecord>,
    late: Vec<LateKey>,
}

/// Reads the bytes record by record and in each of the fast ways.
pub fn check_ways(bytes: &[u8], framing: Framing, columns: &[Column], options: DecodeOptions) {
    let decoder = || Decoder::new(columns.to_vec(), &unread(), options);
    let thorough = thorough(bytes, framing, decoder(), options);
    check_arrays(&thorough, columns);
    // A batch may end after any record.
    let step = [1, 3, 8192][bytes.len() % 3];
    for (name, decoder) in
        [("widest", decoder()), ("narrower", without_widest(decoder)), ("portable", decoder().portable())]
    {
        let fast = filled(bytes, framing, decoder, step);
        let same = |what, is_same: bool, fast: &dyn Debug, thorough: &dyn Debug| {
            assert!(is_same, "{what} differ, {name}, {framing:?}, {columns:?}:\n{fast:?}\n{thorough:?}");
        };
        same("bad records", fast.bad == thorough.bad, &fast.bad, &thorough.bad);
        same("lines", fast.lines == thorough.lines, &fast.lines, &thorough.lines);
        same("positions", fast.positions == thorough.positions, &fast.positions, &thorough.positions);
        same("fingerprints", fast.fingerprints == thorough.fingerprints, &fast.fingerprints, &thorough.fingerprints);
        same("values that became null", fast.nulled == thorough.nulled, &fast.nulled, &thorough.nulled);
        same("tombstones", fast.tombstones == thorough.tombstones, &fast.tombstones, &thorough.tombstones);
        same("late keys", fast.late == thorough.late, &fast.late, &thorough.late);
        same("rows", fast.rows == thorough.rows, &fast.rows, &thorough.rows);
        same("columns", fast.columns == thorough.columns, &fast.columns, &thorough.columns);
    }
}

/// Reads each record alone, and holds that against serde_json.
fn thorough(bytes: &[u8], framing: Framing, mut decoder: Decoder, options: DecodeOptions) -> Said {
    let mut bad = Vec::new();
    let mut lines = Vec::new();
    let mut earlier: (&[u8], bool) = (b"", false);
    for record in Records::new(bytes, framing, 1, 0, 0) {
        let record = match record {
            Ok(record) => record,
            Err(record) => {
                bad.push(record);
                continue;
            }
        };
        // Repetitions are asked about once.
        if earlier.0 != record.text {
            earlier = (record.text, is_accepted(record.text));
        }
        let is_accepted = earlier.1 && record.text.len() <= options.max_record_bytes;
        let pushed = decoder.push(&record);
        let said = || String::from_utf8_lossy(record.text);
        if options.on_bad_value == OnBadValue::Null {
            assert_eq!(pushed.is_ok(), is_accepted, "serde_json and {:?}", said());
        } else {
            assert!(is_accepted || pushed.is_err(), "serde_json refuses {:?}", said());
        }
        match pushed {
            Ok(Pushed::Row) => lines.push(record.line),
            Ok(Pushed::Tombstone) => assert_eq!(record.text, b"null"),
            Err(found) => {
                check_bad(&found, &record);
                bad.push(found);
            }
        }
    }
    let said = said(decoder, bad);
    assert_eq!(said.lines, lines);
    said
}

/// Reads all records, the fast way where it goes, and on after each bad one.
fn filled(bytes: &[u8], framing: Framing, mut decoder: Decoder, step: usize) -> Said {
    let mut bad = Vec::new();
    let mut records = Records::new(bytes, framing, 1, 0, 0);
    loop {
        match decoder.fill(&mut records, decoder.rows() + step) {
            Ok(Filled::Rows) => {}
            Ok(Filled::End) => return said(decoder, bad),
            Err(record) => bad.push(record),
        }
        records = records.pause().resume(bytes);
    }
}

fn said(mut decoder: Decoder, bad: Vec<BadRecord>) -> Said {
    let Decoded { rows, columns, lines, positions, fingerprints, bad_values, tombstones } =
        decoder.finish().expect("the arrays are small");
    Said {
        columns,
        rows,
        lines,
        positions,
        fingerprints,
        nulled: bad_values,
        tombstones,
        bad,
        late: decoder.late_keys(),
    }
}

fn check_bad(bad: &BadRecord, record: &Record<'_>) {
    let end = record.byte + record.text.len() as u64;
    assert!((record.byte..=end).contains(&bad.byte), "the place {} lies in the record", bad.byte);
    assert!(bad.line >= record.line && bad.column >= 1);
    assert!(bad.caret <= bad.text.chars().count());
    assert_eq!(bad.snippet().lines().count(), 2);
}

fn check_arrays(said: &Said, columns: &[Column]) {
    assert_eq!(said.columns.len(), columns.len());
    assert_eq!(said.fingerprints.len(), said.rows);
    for (array, column) in said.columns.iter().zip(columns) {
        assert_eq!(array.len(), said.rows);
        assert_eq!(array.data_type(), &column.kind.data_type());
        array.to_data().validate_full().expect("the array keeps Arrow's rules");
    }
}
