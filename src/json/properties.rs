//! Against serde_json: the same texts accepted, the same values read.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use super::tests::fill;
use super::*;
use crate::column::{Column, ColumnType};

const NULL: DecodeOptions = DecodeOptions { on_bad_value: OnBadValue::Null, ..DecodeOptions::PLAIN };
const KEYS: [&str; 5] = ["a", "b", "key \"x\"", "é", "other"];

fn columns() -> Vec<Column> {
    let kinds = [
        ColumnType::Varchar,
        ColumnType::BigInt,
        ColumnType::Double,
        ColumnType::Boolean,
        ColumnType::Decimal(20, 2),
        ColumnType::Timestamp,
        ColumnType::List(Box::new(ColumnType::Varchar)),
        ColumnType::Struct(vec![Column::new("a", ColumnType::BigInt), Column::new("b", ColumnType::Varchar)]),
        ColumnType::Map(Box::new(ColumnType::Double)),
    ];
    kinds.map(|kind| Column::new("a", kind)).to_vec()
}

fn decode(text: &[u8], column: Option<Column>) -> Result<Decoded, BadRecord> {
    let mut decoder = Decoder::new(Vec::from_iter(column), &[], NULL);
    let record = Record { text, line: 1, column: 1, byte: 0, position: 0 };
    decoder.push(&record)?;
    Ok(decoder.finish().unwrap())
}

/// A number, string or keyword as it may be written.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<u128>().prop_map(|value| value.to_string()),
        (-1000_i64..1000, 0_u32..100_000).prop_map(|(whole, part)| format!("{whole}.{part}")),
        any::<f64>()
            .prop_filter("JSON has no infinity", |value| value.is_finite())
            .prop_map(|value| format!("{value:e}")),
        any::<String>().prop_map(|value| serde_json::to_string(&value).unwrap()),
        "(\\\\u[0-9a-f]{4}|\\\\[nrt/\\\\]|[a-z]){0,6}".prop_map(|value| format!("\"{value}\"")),
    ]
}

fn value() -> impl Strategy<Value = String> {
    let blank = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n\t")];
    scalar().prop_recursive(3, 24, 4, move |inner| {
        let entry = (prop::sample::select(&KEYS[..]), blank(), inner.clone())
            .prop_map(|(key, blank, value)| format!("{blank}{}:{blank}{value}", serde_json::to_string(key).unwrap()));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(entry, 0..4).prop_map(|entries| format!("{{{}}}", entries.join(" ,"))),
        ]
    })
}

fn record() -> impl Strategy<Value = String> {
    let entry = (prop::sample::select(&KEYS[..]), value())
        .prop_map(|(key, value)| format!("{}:{value}", serde_json::to_string(key).unwrap()));
    prop::collection::vec(entry, 0..6).prop_map(|entries| format!("{{{}}}", entries.join(",")))
}

/// What serde_json makes of the record: its object, or `None` where it refuses it.
fn accepted(text: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(text).ok().filter(|value| value.is_object() || value.is_null())
}

/// The last value of the key `a` as it is written.
fn written(text: &str) -> Option<String> {
    let mut values: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
    values.remove("a").map(|value| value.get().to_owned())
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    let Some(Value::Object(object)) = accepted(text.as_bytes()) else {
        for column in columns().into_iter().map(Some).chain([None]) {
            prop_assert!(decode(text.as_bytes(), column.clone()).is_err(), "{column:?} accepts {text}");
        }
        return Ok(());
    };
    let value = object.get("a").cloned().unwrap_or(Value::Null);
    for column in columns().into_iter().map(Some).chain([None]) {
        prop_assert!(decode(text.as_bytes(), column.clone()).is_ok(), "{column:?} refuses {text}");
    }
    let array = |kind| decode(text.as_bytes(), Some(Column::new("a", kind))).unwrap().columns[0].clone();

    let varchar = array(ColumnType::Varchar);
    let varchar = varchar.as_string_view().iter().next().unwrap().map(str::to_owned);
    let expected = match &value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        _ => written(text),
    };
    prop_assert_eq!(varchar, expected);

    let bigint = array(ColumnType::BigInt);
    let bigint = bigint.as_primitive::<Int64Type>().iter().next().unwrap();
    if let Some(integer) = value.as_i64() {
        prop_assert_eq!(bigint, Some(integer));
    } else if !value.is_number() {
        prop_assert_eq!(bigint, None);
    }

    let double = array(ColumnType::Double);
    let double = double.as_primitive::<Float64Type>().iter().next().unwrap();
    // The nearest double to the text, which serde_json by its default misses by a bit now and then.
    let expected = value.as_f64().map(|_| written(text).unwrap().parse::<f64>().unwrap());
    prop_assert_eq!(double.map(f64::to_bits), expected.map(f64::to_bits));

    let boolean = array(ColumnType::Boolean);
    prop_assert_eq!(boolean.as_boolean().iter().next().unwrap(), value.as_bool());

    let list = array(ColumnType::List(Box::new(ColumnType::Varchar)));
    let items = (!list.is_null(0)).then(|| list.as_list::<i32>().value_length(0) as usize);
    prop_assert_eq!(items, value.as_array().map(Vec::len));
    let map = array(ColumnType::Map(Box::new(ColumnType::Varchar)));
    let entries = (!map.is_null(0)).then(|| map.as_map().value_length(0) as usize);
    prop_assert_eq!(entries, value.as_object().map(serde_json::Map::len));
    Ok(())
}

/// Everything that is said of the records, by which fast and thorough reading are compared.
#[derive(Debug, PartialEq)]
struct Said {
    columns: Vec<ArrayRef>,
    lines: Vec<u64>,
    positions: Vec<u64>,
    fingerprints: Vec<u128>,
    nulled: Vec<u64>,
    tombstones: u64,
    bad: Vec<BadRecord>,
    late: Vec<LateKey>,
}

fn said(mut decoder: Decoder, bad: Vec<BadRecord>) -> Said {
    let Decoded { columns, lines, positions, fingerprints, bad_values, tombstones, .. } = decoder.finish().unwrap();
    Said { columns, lines, positions, fingerprints, nulled: bad_values, tombstones, bad, late: decoder.late_keys() }
}

/// Reads the bytes record by record, thoroughly, and in the fast ways; all must say the same.
fn ways_agree(bytes: &[u8], framing: Framing, columns: &[Column], options: DecodeOptions) -> Result<(), TestCaseError> {
    let decoder = || Decoder::new(columns.to_vec(), &["b".to_owned()], options);
    let mut thorough = decoder();
    let read = |record: Result<Record<'_>, BadRecord>| record.and_then(|record| thorough.push(&record)).err();
    let bad = Records::new(bytes, framing, 1, 0, 0).filter_map(read).collect();
    let thorough = said(thorough, bad);
    for mut fast in [decoder(), decoder().portable()] {
        let bad = fill(&mut fast, bytes, framing);
        prop_assert_eq!(&said(fast, bad), &thorough, "{}", String::from_utf8_lossy(bytes));
    }
    Ok(())
}

/// What a decoder does where all that it can tell of a record is asked for.
fn everything(is_null: bool) -> DecodeOptions {
    let on_bad_value = if is_null { OnBadValue::Null } else { OnBadValue::Fail };
    DecodeOptions { on_bad_value, fingerprints: true, lines: true, positions: true, ..DecodeOptions::PLAIN }
}

/// Sets of columns that read the key `a` in every type, together with others or alone.
fn column_sets() -> Vec<Vec<Column>> {
    let others = [Column::new("é", ColumnType::Varchar), Column::new("key \"x\"", ColumnType::BigInt)];
    let with = |column: Column| [&[column][..], &others].concat();
    columns().into_iter().map(with).chain([Vec::new(), others.to_vec()]).collect()
}

fn edited(text: String, edits: Vec<(prop::sample::Index, u8, u8)>) -> Vec<u8> {
    const TOKENS: &[u8] = b"{}[]\",:\\ue-+.0123456789tfn \n\x00\xff\xd8";
    let mut bytes = text.into_bytes();
    for (place, edit, byte) in edits {
        let token = TOKENS[usize::from(byte) % TOKENS.len()];
        let at = place.index(bytes.len() + 1);
        match edit {
            0 => bytes.insert(at, token),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            _ if at < bytes.len() => bytes[at] = token,
            _ => bytes.truncate(at / 2),
        }
    }
    bytes
}

fn edits(most: usize) -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 0..most)
}

/// An object's records in one of the ways in which they stand there.
fn object() -> impl Strategy<Value = String> {
    let separators = prop::sample::select(vec!["\n", "\r\n", "", " ", "\n\n", ",", ",\n"]);
    (prop::collection::vec(prop_oneof![9 => record(), 1 => Just("null".to_owned())], 0..6), separators, any::<bool>())
        .prop_map(|(records, separator, is_array)| {
            let records = records.join(separator);
            if is_array { format!("[{records}]") } else { records }
        })
}

/// A text as it may be written, plain ones first.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -!#-\\[\\]-~]{0,80}".prop_map(|value| format!("\"{value}\"")),
        1 => any::<String>().prop_map(|value| serde_json::to_string(&value).unwrap()),
        1 => "(\\\\u[0-9a-f]{4}|\\\\[nrt\"/\\\\]|[a-z]){0,6}".prop_map(|value| format!("\"{value}\"")),
    ]
}

/// More than is compared at once.
const LONG_BLANK: &str = "                                        ";

/// The records of one serialiser: the same keys in the same order, which is what templates are made of.
fn topic() -> impl Strategy<Value = String> {
    let bare = || prop_oneof![4 => (0_i64..99_999_999).prop_map(|value| value.to_string()), 1 => scalar()];
    let record = (bare(), text(), text(), bare(), text());
    let style = prop::sample::select(vec![
        ("", "", "\n"),
        ("", " ", "\n"),
        (" ", "", "\r\n"),
        ("\t", " ", " \n"),
        ("", LONG_BLANK, "\n"),
    ]);
    (prop::collection::vec(record, 1..40), style).prop_map(|(records, (before, after, end))| {
        let mut lines = String::new();
        for (a, e, x, other, b) in records {
            lines += &format!(
                "{{\"a\":{after}{a},{before}\"é\":{after}{e},{before}\"x\":{after}{x},{before}\"other\":{other},{before}\"b\":{b}}}{end}"
            );
        }
        lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_read_as_serde_json_reads_them(text in record()) {
        agrees(&text)?;
    }

    #[test]
    fn mutated_records_are_accepted_exactly_when_serde_json_accepts_them(
        text in record(),
        edits in edits(4),
    ) {
        let bytes = edited(text, edits);
        match String::from_utf8(bytes) {
            Ok(text) => agrees(&text)?,
            Err(error) => {
                let bytes = error.into_bytes();
                for column in [None, Some(Column::new("a", ColumnType::Varchar))] {
                    prop_assert_eq!(decode(&bytes, column).is_ok(), accepted(&bytes).is_some());
                }
            }
        }
    }

    #[test]
    fn fast_and_thorough_reading_say_the_same(
        text in object(),
        edits in edits(3),
        is_null in any::<bool>(),
        choice in any::<prop::sample::Index>(),
    ) {
        let bytes = edited(text, edits);
        let options = everything(is_null);
        let columns = choice.get(&column_sets()).clone();
        for framing in [Framing::Lines, Framing::Values] {
            ways_agree(&bytes, framing, &columns, options)?;
        }
        let with_rest = [columns, vec![Column::new("_rest", ColumnType::Varchar)]].concat();
        ways_agree(&bytes, Framing::detect(&bytes), &with_rest, DecodeOptions { rest: Some(with_rest.len() - 1), ..options })?;
    }

    #[test]
    fn records_of_one_shape_read_as_if_each_were_alone(
        text in topic(),
        repeats in prop_oneof![4 => Just(1), 1 => 2_usize..20],
        edits in edits(3),
        is_null in any::<bool>(),
        choice in any::<prop::sample::Index>(),
    ) {
        let bytes = edited(text.repeat(repeats), edits);
        ways_agree(&bytes, Framing::Lines, &choice.get(&column_sets()).clone(), everything(is_null))?;
    }

    #[test]
    fn framing_loses_no_good_line(
        lines in prop::collection::vec((record().prop_map(|text| text.replace('\n', " ")), any::<bool>()), 0..8),
    ) {
        let mut bytes = Vec::new();
        let mut good = 0;
        for (line, torn) in &lines {
            let kept = if *torn { &line.as_bytes()[..line.len() - 1] } else { line.as_bytes() };
            good += usize::from(accepted(kept).is_some());
            bytes.extend_from_slice(kept);
            bytes.push(b'\n');
        }
        let mut decoder = Decoder::new(Vec::new(), &[], NULL);
        let mut bad = 0;
        for record in Records::new(&bytes, Framing::Lines, 1, 0, 0) {
            bad += usize::from(record.and_then(|record| decoder.push(&record)).is_err());
        }
        prop_assert_eq!((decoder.rows(), bad), (good, lines.len() - good));
    }

    #[test]
    fn no_bytes_make_it_panic_or_run_on(bytes in prop::collection::vec(prop::sample::select(&b"{}[]\",:1a\n \\"[..]), 0..64)) {
        for framing in [Framing::detect(&bytes), Framing::Lines, Framing::Values] {
            let mut inference = Inference::new();
            let mut decoder = Decoder::new(vec![Column::new("a", ColumnType::Varchar)], &[], NULL);
            for record in Records::new(&bytes, framing, 1, 0, 0).take(bytes.len() * 2 + 2) {
                let Ok(record) = record else { continue };
                let pushed = decoder.push(&record);
                prop_assert_eq!(pushed.is_ok(), inference.observe(&record, "o").is_ok());
                if let Err(bad) = pushed {
                    prop_assert_eq!(bad.snippet().lines().count(), 2);
                }
            }
            prop_assert!(Records::new(&bytes, framing, 1, 0, 0).count() <= bytes.len() * 2 + 1);
        }
    }
}
