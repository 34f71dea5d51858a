//! The fields of a record have the values that serde_json and the standard library give them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use super::decode::push_alone;
use crate::column::{Column, ColumnType};
use crate::json::{DecodeOptions, OnBadValue, Record};
use crate::reference::{self, Node};
use crate::timestamp::parse_timestamp;

/// More keys than this of one record are not looked at.
const MOST_KEYS: usize = 8;

/// Every field of the record, read as one type, which `choice` chooses.
pub fn check_values(record: &Record<'_>, choice: usize) {
    let text = || Box::new(ColumnType::Varchar);
    let kind = match choice % 7 {
        0 => ColumnType::Varchar,
        1 => ColumnType::BigInt,
        2 => ColumnType::Double,
        3 => ColumnType::Boolean,
        4 => ColumnType::Timestamp,
        5 => ColumnType::List(text()),
        _ => ColumnType::Map(text()),
    };
    let Some(fields) = reference::object(record.text) else { return };
    let names = fields.keys().take(MOST_KEYS);
    let columns: Vec<Column> = names.map(|name| Column::new(name, kind.clone())).collect();
    let options = DecodeOptions { on_bad_value: OnBadValue::Null, ..DecodeOptions::PLAIN };
    let decoded = push_alone(record, &columns, options).expect("serde_json accepts the record");
    for ((name, (node, written)), array) in fields.iter().zip(&decoded.columns) {
        let said = format!("`{name}` as {kind} in {:?}", String::from_utf8_lossy(record.text));
        match kind {
            ColumnType::List(_) => check_list(node, array, &said),
            ColumnType::Map(_) => check_map(node, array, &said),
            _ => check_scalar(node, written, &kind, array, &said),
        }
    }
}

fn check_scalar(node: &Node, written: &str, kind: &ColumnType, array: &ArrayRef, said: &str) {
    let number = (*node == Node::Number).then_some(written);
    match kind {
        ColumnType::Varchar => {
            let expected = match node {
                Node::Null => None,
                Node::Text(text) => Some(text.as_str()),
                _ => Some(written),
            };
            assert_eq!(array.as_string_view().iter().next(), Some(expected), "{said}");
        }
        ColumnType::BigInt => {
            let digits = number.and_then(|text| reference::scaled(text, 0));
            let expected = digits.and_then(|digits| digits.parse::<i64>().ok());
            assert_eq!(array.as_primitive::<Int64Type>().iter().next(), Some(expected), "{said}");
        }
        ColumnType::Double => {
            let bits = number.map(|text| text.parse::<f64>().expect("JSON's numbers are Rust's").to_bits());
            let read = array.as_primitive::<Float64Type>().iter().next();
            assert_eq!(read.map(|value| value.map(f64::to_bits)), Some(bits), "{said}");
        }
        ColumnType::Boolean => {
            let expected = if let Node::Bool(value) = node { Some(*value) } else { None };
            assert_eq!(array.as_boolean().iter().next(), Some(expected), "{said}");
        }
        _ => {
            if let Node::Text(text) = node {
                let read = array.as_primitive::<TimestampMicrosecondType>().iter().next();
                assert_eq!(read, Some(parse_timestamp(text)), "{said}");
            }
        }
    }
}

fn check_list(node: &Node, array: &ArrayRef, said: &str) {
    let items = (!array.is_null(0)).then(|| array.as_list::<i32>().value(0));
    let expected = if let Node::Array(items) = node { Some(items) } else { None };
    assert_eq!(items.as_ref().map(|items| items.len()), expected.map(Vec::len), "{said}");
    for (read, item) in items.iter().flat_map(|items| items.as_string_view().iter()).zip(expected.into_iter().flatten())
    {
        match item {
            Node::Null => assert_eq!(read, None, "{said}"),
            Node::Text(text) => assert_eq!(read, Some(text.as_str()), "{said}"),
            _ => assert!(read.is_some(), "{said}"),
        }
    }
}

fn check_map(node: &Node, array: &ArrayRef, said: &str) {
    let entries = (!array.is_null(0)).then(|| array.as_map().value(0).len());
    let expected = if let Node::Object(entries) = node {
        let names: std::collections::BTreeSet<&String> = entries.iter().map(|(name, _)| name).collect();
        Some(names.len())
    } else {
        None
    };
    assert_eq!(entries, expected, "{said}");
}
