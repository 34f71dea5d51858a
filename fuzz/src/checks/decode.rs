//! Bytes to rows: no panic, the texts that serde_json accepts, the same texts for every projection, the same values.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use crate::column::{Column, ColumnType};
use crate::json::{BadRecord, DecodeOptions, Decoded, Decoder, Framing, OnBadValue, Pushed, Record, Records};
use crate::reference::{self, Fields, Node};
use crate::timestamp::parse_timestamp;

/// More keys than this of one record are not looked at.
const MOST_KEYS: usize = 8;
/// The values of more records than this of one input are not looked at one by one.
const MOST_RECORDS: usize = 4;

/// The bytes as an object in each framing, and as one record.
pub fn check(bytes: &[u8]) {
    for framing in [Framing::Lines, Framing::Values] {
        let records: Vec<Record<'_>> = Records::new(bytes, framing, 1, 0).flatten().collect();
        let accepted: Vec<bool> = records.iter().map(|record| is_accepted(record.text)).collect();
        for (position, columns) in projections().iter().enumerate() {
            check_projection(&records, &accepted, columns);
            // Each input has one projection for what takes a decoder a record, so that inputs stay many.
            if position == bytes.len() % 5 {
                check_bad_values(&records, &accepted, columns);
            }
        }
        for record in records.iter().take(MOST_RECORDS) {
            check_values(record);
        }
    }
    let text = reference::trim(bytes);
    let whole = Record { text, line: 1, column: 1, byte: 0 };
    assert_eq!(push_alone(&whole, &[], OnBadValue::Null).is_ok(), is_accepted(text), "the whole as one record");
}

/// Whether a record is no bad one: an object or a tombstone.
pub fn is_accepted(text: &[u8]) -> bool {
    text == b"null" || reference::object(text).is_some()
}

fn options(on_bad_value: OnBadValue) -> DecodeOptions {
    DecodeOptions { on_bad_value, fingerprints: true, lines: true }
}

/// Sets of columns over the keys of the seeds.
fn projections() -> Vec<Vec<Column>> {
    let text = || Box::new(ColumnType::Varchar);
    let nested = ColumnType::Struct(vec![
        Column::new("a", ColumnType::BigInt),
        Column::new("b", ColumnType::List(Box::new(ColumnType::Struct(vec![Column::new("a", ColumnType::Varchar)])))),
        Column::new("é", ColumnType::Map(Box::new(ColumnType::List(Box::new(ColumnType::Double))))),
    ]);
    let scalars = [
        ("a", ColumnType::Varchar),
        ("b", ColumnType::BigInt),
        ("c", ColumnType::Double),
        ("d", ColumnType::Boolean),
        ("e", ColumnType::Int),
        ("f", ColumnType::Float),
        ("g", ColumnType::Decimal(20, 2)),
        ("timestamp", ColumnType::Timestamp),
        ("date_joined", ColumnType::Date),
        ("", ColumnType::Varchar),
    ];
    let lists = [("a", ColumnType::List(text())), ("b", ColumnType::Map(text())), ("c", nested.clone())];
    let deep = [("a", nested.clone()), ("b", ColumnType::List(Box::new(nested))), ("c", ColumnType::Decimal(38, -2))];
    let pin = [("index", ColumnType::BigInt), ("category", ColumnType::Varchar)];
    let sets: [&[(&str, ColumnType)]; 5] = [&[], &scalars, &lists, &deep, &pin];
    sets.iter().map(|set| set.iter().map(|(name, kind)| Column::new(*name, kind.clone())).collect()).collect()
}

/// One decoder over all records, as the scan uses it, and one for each record where a bad value fails it.
fn check_projection(records: &[Record<'_>], accepted: &[bool], columns: &[Column]) {
    let mut decoder = Decoder::new(columns.to_vec(), options(OnBadValue::Null));
    let mut lines = Vec::new();
    for (record, accepted) in records.iter().zip(accepted) {
        let pushed = decoder.push(record);
        assert_eq!(pushed.is_ok(), *accepted, "{columns:?} and {:?}", String::from_utf8_lossy(record.text));
        match pushed {
            Ok(Pushed::Row) => lines.push(record.line),
            Ok(Pushed::Tombstone) => assert_eq!(record.text, b"null"),
            Err(bad) => check_bad(&bad, record),
        }
    }
    let decoded = decoder.finish().expect("the arrays are small");
    check_arrays(&decoded, columns);
    assert_eq!(decoded.lines, lines);
    assert_eq!(decoded.fingerprints.len(), lines.len());
}

/// A bad value fails its record exactly where it would become null, and each is counted.
fn check_bad_values(records: &[Record<'_>], accepted: &[bool], columns: &[Column]) {
    let mut together = Decoder::new(columns.to_vec(), options(OnBadValue::Null));
    let mut bad_values = 0;
    for (record, accepted) in records.iter().zip(accepted) {
        assert_eq!(together.push(record).is_ok(), *accepted);
        let null = push_alone(record, columns, OnBadValue::Null).map(|decoded| decoded.bad_values.iter().sum::<u64>());
        let fails = push_alone(record, columns, OnBadValue::Fail).is_err();
        assert_eq!(fails, null.as_ref().map_or(true, |bad| *bad > 0), "fails exactly where a value became null");
        assert_eq!(null.is_ok(), *accepted);
        bad_values += null.unwrap_or(0);
    }
    let decoded = together.finish().expect("the arrays are small");
    assert_eq!(decoded.bad_values.iter().sum::<u64>(), bad_values, "the values that became null");
}

fn check_bad(bad: &BadRecord, record: &Record<'_>) {
    let end = record.byte + record.text.len() as u64;
    assert!((record.byte..=end).contains(&bad.byte), "the place {} lies in the record", bad.byte);
    assert!(bad.line >= record.line && bad.column >= 1);
    assert!(bad.caret <= bad.text.chars().count());
    assert_eq!(bad.snippet().lines().count(), 2);
}

fn check_arrays(decoded: &Decoded, columns: &[Column]) {
    assert_eq!(decoded.columns.len(), columns.len());
    for (array, column) in decoded.columns.iter().zip(columns) {
        assert_eq!(array.len(), decoded.rows);
        assert_eq!(array.data_type(), &column.kind.data_type());
        array.to_data().validate_full().expect("the array keeps Arrow's rules");
    }
}

fn push_alone(record: &Record<'_>, columns: &[Column], on_bad_value: OnBadValue) -> Result<Decoded, BadRecord> {
    let mut decoder = Decoder::new(columns.to_vec(), options(on_bad_value));
    decoder.push(record)?;
    Ok(decoder.finish().expect("the arrays are small"))
}

/// Every field of the record, read as each of the types whose values serde_json and the standard library know.
fn check_values(record: &Record<'_>) {
    let Some(fields) = reference::object(record.text) else { return };
    let fields: Fields<'_> = fields.into_iter().take(MOST_KEYS).collect();
    let read = |kind: ColumnType| -> Vec<ArrayRef> {
        let columns: Vec<Column> = fields.keys().map(|name| Column::new(name, kind.clone())).collect();
        let decoded = push_alone(record, &columns, OnBadValue::Null).expect("serde_json accepts the record");
        check_arrays(&decoded, &columns);
        decoded.columns
    };
    let text = read(ColumnType::Varchar);
    let integer = read(ColumnType::BigInt);
    let double = read(ColumnType::Double);
    let boolean = read(ColumnType::Boolean);
    let time = read(ColumnType::Timestamp);
    let list = read(ColumnType::List(Box::new(ColumnType::Varchar)));
    let map = read(ColumnType::Map(Box::new(ColumnType::Varchar)));
    for (position, (name, (node, written))) in fields.iter().enumerate() {
        let said = format!("`{name}` in {:?}", String::from_utf8_lossy(record.text));
        let expected = match node {
            Node::Null => None,
            Node::Text(text) => Some(text.as_str()),
            _ => Some(*written),
        };
        assert_eq!(text[position].as_string_view().iter().next(), Some(expected), "VARCHAR {said}");

        let number = (*node == Node::Number).then_some(*written);
        let expected = number.and_then(|text| reference::scaled(text, 0)).and_then(|digits| digits.parse::<i64>().ok());
        assert_eq!(integer[position].as_primitive::<Int64Type>().iter().next(), Some(expected), "BIGINT {said}");

        let bits = number.map(|text| text.parse::<f64>().expect("JSON's numbers are Rust's").to_bits());
        let read = double[position].as_primitive::<Float64Type>().iter().next();
        assert_eq!(read.map(|value| value.map(f64::to_bits)), Some(bits), "DOUBLE {said}");

        let expected = if let Node::Bool(value) = node { Some(*value) } else { None };
        assert_eq!(boolean[position].as_boolean().iter().next(), Some(expected), "BOOLEAN {said}");

        if let Node::Text(text) = node {
            let read = time[position].as_primitive::<TimestampMicrosecondType>().iter().next();
            assert_eq!(read, Some(parse_timestamp(text)), "TIMESTAMP {said}");
        }
        check_nested(node, &list[position], &map[position], &said);
    }
}

fn check_nested(node: &Node, list: &ArrayRef, map: &ArrayRef, said: &str) {
    let items = (!list.is_null(0)).then(|| list.as_list::<i32>().value(0));
    let expected = if let Node::Array(items) = node { Some(items) } else { None };
    assert_eq!(items.as_ref().map(|items| items.len()), expected.map(Vec::len), "ARRAY {said}");
    for (read, item) in items.iter().flat_map(|items| items.as_string_view().iter()).zip(expected.into_iter().flatten())
    {
        match item {
            Node::Null => assert_eq!(read, None, "ARRAY {said}"),
            Node::Text(text) => assert_eq!(read, Some(text.as_str()), "ARRAY {said}"),
            _ => assert!(read.is_some(), "ARRAY {said}"),
        }
    }
    let entries = (!map.is_null(0)).then(|| map.as_map().value(0));
    let expected = if let Node::Object(entries) = node {
        let names: std::collections::BTreeSet<&String> = entries.iter().map(|(name, _)| name).collect();
        Some(names.len())
    } else {
        None
    };
    assert_eq!(entries.map(|entries| entries.len()), expected, "MAP {said}");
}
