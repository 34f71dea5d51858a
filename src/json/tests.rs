//! The dirt that landings hold, end to end: bytes in, rows and complaints out.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type};
use arrow::util::display::array_value_to_string;

use super::*;
use crate::column::{Column, ColumnType};

const FAIL: DecodeOptions = DecodeOptions { fingerprints: true, lines: true, positions: true, ..DecodeOptions::PLAIN };
const NULL: DecodeOptions = DecodeOptions { on_bad_value: OnBadValue::Null, ..FAIL };

#[derive(Debug)]
struct Outcome {
    decoded: Decoded,
    bad: Vec<BadRecord>,
}

fn column(name: &str, kind: ColumnType) -> Column {
    Column::new(name, kind)
}

fn decode(bytes: &[u8], columns: &[Column], options: DecodeOptions) -> Outcome {
    let mut decoder = Decoder::new(columns.to_vec(), &[], options);
    let bad = fill(&mut decoder, bytes, Framing::detect(bytes));
    let decoded = decoder.finish().unwrap();
    for (array, column) in decoded.columns.iter().zip(columns) {
        assert_eq!(array.data_type(), &column.kind.data_type());
        assert_eq!(array.len(), decoded.rows);
    }
    assert_eq!((decoded.lines.len(), decoded.fingerprints.len()), (decoded.rows, decoded.rows));
    Outcome { decoded, bad }
}

/// Every record of the bytes into rows, a few at a time; the bad ones.
pub(super) fn fill(decoder: &mut Decoder, bytes: &[u8], framing: Framing) -> Vec<BadRecord> {
    let mut bad = Vec::new();
    let mut place = Records::new(bytes, framing, 1, 0, 0).pause();
    loop {
        let mut records = place.resume(bytes);
        match decoder.fill(&mut records, decoder.rows() + 17) {
            Ok(Filled::Rows) => {}
            Ok(Filled::End) => return bad,
            Err(record) => bad.push(record),
        }
        place = records.pause();
    }
}

/// The values of one column as text, with `-` for null.
fn shown(bytes: &str, kind: ColumnType, options: DecodeOptions) -> Vec<String> {
    let outcome = decode(bytes.as_bytes(), &[column("a", kind)], options);
    assert_eq!(outcome.bad, [], "{bytes}");
    values(&outcome, 0)
}

fn values(outcome: &Outcome, position: usize) -> Vec<String> {
    let array = &outcome.decoded.columns[position];
    let value = |row| {
        if array.is_null(row) { "-".to_owned() } else { array_value_to_string(array, row).unwrap() }
    };
    (0..array.len()).map(value).collect()
}

fn a_bigint() -> [Column; 1] {
    [column("a", ColumnType::BigInt)]
}

#[test]
fn every_framing_gives_the_same_rows() {
    for text in [
        "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
        "{\"a\":1}\r\n\r\n{\"a\":2}\r\n  \n\t{\"a\":3} ",
        "\u{feff}{\"a\":1}\n{\"a\":2}\n{\"a\":3}",
        "{\"a\":1}{\"a\":2}{\"a\":3}",
        "{\"a\":1} {\"a\":2}\n{\"a\":3}",
        "{\"a\":1,\"t\":\"}{\"}{\"a\":2}\n{\"a\":3}",
        "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n{\n  \"a\": 3\n}\n",
        "{\n  \"a\": 1\n}{\n  \"a\": 2\n}{\n  \"a\": 3\n}",
        "[{\"a\":1},{\"a\":2},{\"a\":3}]",
        "\u{feff}[\n  {\"a\":1},\n  {\n    \"a\":2\n  } ,\n{\"a\":3}\n]\n",
        "[{\"a\":1}][{\"a\":2},{\"a\":3}] []",
    ] {
        let outcome = decode(text.as_bytes(), &a_bigint(), FAIL);
        assert_eq!(values(&outcome, 0), ["1", "2", "3"], "{text}");
        assert_eq!(outcome.bad, [], "{text}");
    }
    for text in ["", "\n", "\u{feff}", " \r\n ", "[]"] {
        assert_eq!(decode(text.as_bytes(), &a_bigint(), FAIL).decoded.rows, 0, "{text:?}");
    }
}

#[test]
fn a_half_written_line_costs_one_record_and_is_placed_exactly() {
    let good = "{\"a\":1}\n".repeat(6);
    let text = format!("{good}{{\"a\":1,\"b\":\"half\n{good}");
    let outcome = decode(text.as_bytes(), &a_bigint(), FAIL);
    assert_eq!(outcome.decoded.rows, 12);
    assert_eq!(outcome.decoded.lines, [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]);
    let [bad] = &outcome.bad[..] else { panic!("{:?}", outcome.bad) };
    assert_eq!((bad.line, bad.column, bad.byte), (7, 17, 48 + 16));
    assert_eq!(bad.snippet(), format!("{{\"a\":1,\"b\":\"half\n{}^", " ".repeat(16)));
    // At the start, at the end, and before a line on which it could go on.
    for text in ["{\"a\":\n{\"a\":1}\n{\"a\":2}", "{\"a\":1}\n{\"a\":2}\n{\"a\"", "{\"a\":1}\n{\"b\":[\n{\"a\":2}\n"] {
        let outcome = decode(text.as_bytes(), &a_bigint(), FAIL);
        assert_eq!((values(&outcome, 0), outcome.bad.len()), (vec!["1".to_owned(), "2".to_owned()], 1), "{text}");
    }
}

#[test]
fn a_torn_record_among_others_on_a_line_or_over_many_lines() {
    for text in [
        "{\"a\":1}{\"a\":2}{\"a\n{\"a\":3}",
        "{\n  \"a\": 1\n}\n{\n  \"a\"\n{\n  \"a\": 2\n}\n{\n  \"a\": 3\n}\n",
        "{\n  \"a\": 1\n}{\n  \"a\" }{\n  \"a\": 2\n}{\n  \"a\": 3\n}\n",
        "[\n  {\"a\": 1},\n  {\"a\": ,\n  {\"a\": 2},\n  {\"a\": 3}\n]",
        "[{\"a\":1},{\"a\":2},{\"a\":3}",
        "[{\"a\":1},{\"a\":2},{\"a\":3},]",
        "[{\"a\":1},{\"a\":2},,{\"a\":3}]",
        "[{\"a\":1},{\"a\":2} {\"a\":3}]",
        "[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\"",
    ] {
        let outcome = decode(text.as_bytes(), &a_bigint(), FAIL);
        assert_eq!(values(&outcome, 0), ["1", "2", "3"], "{text}");
        assert_eq!(outcome.bad.len(), 1, "{text} {:?}", outcome.bad);
    }
}

#[test]
fn places_hold_over_many_lines_and_parts_of_an_object() {
    let outcome = decode(b"{\n  \"a\": 1\n}\n{\n  \"a\": x\n}\n", &a_bigint(), FAIL);
    assert_eq!((outcome.bad[0].line, outcome.bad[0].column, outcome.bad[0].byte), (5, 8, 22));
    let mut decoder = Decoder::new(a_bigint().to_vec(), &[], FAIL);
    let part = b"{\"a\":1} {\"a\":\"x\"}";
    let records: Vec<_> = Records::new(part, Framing::Lines, 11, 1000, 20).map(Result::unwrap).collect();
    assert_eq!((records[1].line, records[1].column, records[1].byte), (11, 9, 1008));
    assert_eq!((records[0].position, records[1].position), (20, 21));
    assert_eq!(decoder.push(&records[0]), Ok(Pushed::Row));
    let bad = decoder.push(&records[1]).unwrap_err();
    assert_eq!((bad.line, bad.column, bad.byte), (11, 14, 1013));
    assert_eq!(bad.reason, "the value of `a` is text that does not fit its type BIGINT");
    assert_eq!(bad.snippet(), "{\"a\":\"x\"}\n     ^");
}

#[test]
fn tombstones_and_records_that_are_no_objects() {
    let outcome = decode(b"null\n{\"a\":1}null\n5\n\"x\"\n[1]\ntrue\n{}", &a_bigint(), FAIL);
    assert_eq!((outcome.decoded.rows, outcome.decoded.tombstones, outcome.bad.len()), (2, 2, 4));
    // Whatever makes no row has its position all the same.
    assert_eq!(outcome.decoded.positions, [1, 7]);
    assert_eq!(outcome.bad[0].reason, "invalid type: integer `5`, expected an object");
    assert_eq!((outcome.bad[2].line, outcome.bad[2].byte), (5, 26 - 3));
}

#[test]
fn invalid_utf8_is_a_bad_record_with_its_place() {
    let outcome = decode(b"{\"a\":1}\n{\"b\":\"x\xff\"}\n{\"a\":2}", &a_bigint(), FAIL);
    assert_eq!((outcome.decoded.rows, outcome.bad.len()), (2, 1));
    let bad = &outcome.bad[0];
    assert_eq!((bad.line, bad.column, bad.byte, bad.reason.as_str()), (2, 8, 15, "invalid UTF-8"));
}

#[test]
fn the_last_of_repeated_keys_wins() {
    assert_eq!(shown("{\"a\":1,\"b\":0,\"a\":2}", ColumnType::BigInt, FAIL), ["2"]);
    assert_eq!(shown("{\"a\":\"overwritten\",\"a\":2}", ColumnType::BigInt, FAIL), ["2"]);
    assert_eq!(shown("{\"a\":1,\"\\u0061\":null}", ColumnType::BigInt, FAIL), ["-"]);
    let outcome = decode(b"{\"a\":\"x\",\"a\":2}", &a_bigint(), NULL);
    assert_eq!(outcome.decoded.bad_values, [0]);
}

#[test]
fn varchar_keeps_every_digit() {
    let text = "{\"a\":123456789012345678901234567890}\n{\"a\":18446744073709551615}\n{\"a\":-5}\n{\"a\":1.10}\n\
                {\"a\":-0}\n{\"a\":1E2}\n{\"a\":true}\n{\"a\":null}\n{\"a\":\"1\"}\n{\"a\":\"\\u0000\\ud83d\\ude00\\n\"}\n\
                {\"a\": { \"x\" : [1.0, \"\\u00e9\"] } }\n{\"a\":[]}\n{}";
    assert_eq!(
        shown(text, ColumnType::Varchar, FAIL),
        [
            "123456789012345678901234567890",
            "18446744073709551615",
            "-5",
            "1.10",
            "-0",
            "1E2",
            "true",
            "-",
            "1",
            "\u{0}😀\n",
            "{ \"x\" : [1.0, \"\\u00e9\"] }",
            "[]",
            "-"
        ]
    );
}

#[test]
fn numbers_fit_exactly_or_are_bad() {
    let text = "{\"a\":5}\n{\"a\":5.0}\n{\"a\":-9223372036854775808}\n{\"a\":9007199254740993.0}\n{\"a\":5e0}";
    let expected = ["5", "5", "-9223372036854775808", "9007199254740993", "5"];
    assert_eq!(shown(text, ColumnType::BigInt, FAIL), expected);
    let text =
        "{\"a\":5.5}\n{\"a\":9223372036854775808}\n{\"a\":1e19}\n{\"a\":\"5\"}\n{\"a\":true}\n{\"a\":[5]}\n{\"a\":{}}";
    let outcome = decode(text.as_bytes(), &a_bigint(), NULL);
    assert_eq!((outcome.decoded.columns[0].null_count(), &outcome.decoded.bad_values[..]), (7, &[7][..]));
    assert_eq!(decode(text.as_bytes(), &a_bigint(), FAIL).bad.len(), 7);

    let text = "{\"a\":2147483647}\n{\"a\":2147483648}\n{\"a\":1.0}";
    let ints = decode(text.as_bytes(), &[column("a", ColumnType::Int)], NULL);
    assert_eq!(
        ints.decoded.columns[0].as_primitive::<Int32Type>().iter().collect::<Vec<_>>(),
        [Some(i32::MAX), None, Some(1)]
    );
    let text = "{\"a\":0.30000000000000004}\n{\"a\":1}\n{\"a\":18446744073709551616}\n{\"a\":-89.9787}\n{\"a\":\"1\"}";
    let doubles = decode(text.as_bytes(), &[column("a", ColumnType::Double)], NULL);
    let expected =
        [Some(0.300_000_000_000_000_04), Some(1.0), Some(18_446_744_073_709_551_616.0), Some(-89.9787), None];
    assert_eq!(doubles.decoded.columns[0].as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), expected);
    let floats = decode(b"{\"a\":0.1}\n{\"a\":1e300}", &[column("a", ColumnType::Float)], NULL);
    assert_eq!(floats.decoded.columns[0].as_primitive::<Float32Type>().iter().collect::<Vec<_>>(), [Some(0.1), None]);
    let text = "{\"a\":12.34}\n{\"a\":\"-0.5\"}\n{\"a\":1.005}\n{\"a\":\"x\"}\n{\"a\":12345678901234567890.12}";
    let decimals = decode(text.as_bytes(), &[column("a", ColumnType::Decimal(38, 2))], NULL);
    let expected = [Some(1234), Some(-50), None, None, Some(1_234_567_890_123_456_789_012)];
    assert_eq!(decimals.decoded.columns[0].as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn booleans_dates_and_timestamps() {
    assert_eq!(shown("{\"a\":true}\n{\"a\":1}\n{\"a\":\"true\"}", ColumnType::Boolean, NULL), ["true", "-", "-"]);
    let dates =
        decode(b"{\"a\":\"1970-01-02\"}\n{\"a\":\"2020-02-30\"}\n{\"a\":1}", &[column("a", ColumnType::Date)], NULL);
    assert_eq!(dates.decoded.columns[0].as_primitive::<Date32Type>().iter().collect::<Vec<_>>(), [Some(1), None, None]);
    let text = "{\"a\":\"2020-08-28 03:52:47\"}\n{\"a\":\"08\\/28\\/2020, 03:52:47\"}\n{\"a\":\"soon\"}\n{\"a\":5}";
    assert_eq!(shown(text, ColumnType::Timestamp, NULL), ["2020-08-28T03:52:47", "2020-08-28T03:52:47", "-", "-"]);
}

#[test]
fn nested_values_are_taken_apart() {
    let list = ColumnType::List(Box::new(ColumnType::Varchar));
    let text = "{\"a\":[1,\"x\",null,1.50,{\"k\":2}]}\n{\"a\":[]}\n{\"a\":null}\n{\"a\":5}";
    assert_eq!(shown(text, list, NULL), ["[1, x, , 1.50, {\"k\":2}]", "[]", "-", "-"]);
    let inner = ColumnType::List(Box::new(ColumnType::BigInt));
    let parts = vec![column("x", ColumnType::BigInt), column("y", inner)];
    let text = "{\"a\":{\"y\":[1,\"bad\",3.0],\"x\":1,\"z\":0,\"x\":2}}\n{\"a\":{}}\n{\"a\":null}\n{}";
    let outcome = decode(text.as_bytes(), &[column("a", ColumnType::Struct(parts.clone()))], NULL);
    assert_eq!(values(&outcome, 0), ["{x: 2, y: [1, , 3]}", "{x: , y: }", "-", "-"]);
    assert_eq!(outcome.decoded.bad_values, [1]);
    assert_eq!(decode(text.as_bytes(), &[column("a", ColumnType::Struct(parts))], FAIL).bad[0].column, 6);
    let map = ColumnType::Map(Box::new(ColumnType::BigInt));
    assert_eq!(shown("{\"a\":{\"k\":1,\"l\":2,\"k\":3}}\n{\"a\":{}}\n{}", map, FAIL), ["{k: 3, l: 2}", "{}", "-"]);
}

#[test]
fn a_failed_push_leaves_no_half_row_and_a_decoder_is_reused() {
    let columns = [column("a", ColumnType::BigInt), column("b", ColumnType::List(Box::new(ColumnType::BigInt)))];
    let mut decoder = Decoder::new(columns.to_vec(), &[], FAIL);
    let record = |text: &'static str| Record { text: text.as_bytes(), line: 1, column: 1, byte: 0, position: 0 };
    for (text, good) in [
        ("{\"a\":1,\"b\":[1,2]}", true),
        ("{\"a\":2,\"b\":[3,\"x\"]}", false),
        ("{\"a\":2,\"b\":[3]", false),
        ("{\"a\":3,\"b\":[4]} x", false),
        ("{\"b\":[5]}", true),
    ] {
        assert_eq!(decoder.push(&record(text)).is_ok(), good, "{text}");
    }
    assert_eq!(decoder.rows(), 2);
    let first = decoder.finish().unwrap();
    assert_eq!(first.columns[0].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
    assert_eq!(first.columns[1].as_list::<i32>().values().len(), 3);
    assert_eq!(decoder.push(&record("{\"a\":9}")), Ok(Pushed::Row));
    let second = decoder.finish().unwrap();
    assert_eq!((second.rows, second.columns[0].as_primitive::<Int64Type>().value(0)), (1, 9));
}

#[test]
fn counting_needs_no_columns_and_finds_the_same_bad_records() {
    let text = b"{\"x\":1}\n{\"x\":\"\\ud800\"}\n{\"x\":1e999}\nnull\n{\"x\":2}";
    let outcome = decode(text, &[], FAIL);
    assert_eq!((outcome.decoded.rows, outcome.bad.len(), outcome.decoded.tombstones), (2, 2, 1));
    for kind in [ColumnType::Varchar, ColumnType::Double, ColumnType::BigInt, ColumnType::Decimal(9, 2)] {
        assert_eq!(decode(text, &[column("x", kind)], NULL).bad.len(), 2);
    }
}

#[test]
fn fingerprints_tell_exact_repeats() {
    let outcome = decode(b"{\"a\":1}\n  {\"a\":1} \r\n{\"a\": 1}\n", &a_bigint(), FAIL);
    let [one, two, three] = outcome.decoded.fingerprints[..] else { panic!("three rows") };
    assert!(one == two && two != three);
}

#[test]
fn keys_that_no_struct_has_a_field_for_are_late_at_their_path() {
    let inner = ColumnType::Struct(vec![column("x", ColumnType::BigInt)]);
    let columns = [
        column("st", ColumnType::Struct(vec![column("x", ColumnType::BigInt), column("in", inner.clone())])),
        column("l", ColumnType::List(Box::new(inner))),
    ];
    let bytes = b"{\"st\":{\"x\":1}}\n{\"st.late\":0}\n{\"st\":{\"late\":1,\"late\":2,\"in\":{\"y\":{}}},\"l\":[{\"z\":1},{\"z\":2}]}\n";
    for mut decoder in [Decoder::new(columns.to_vec(), &[], FAIL), Decoder::new(columns.to_vec(), &[], FAIL).portable()]
    {
        assert_eq!(fill(&mut decoder, bytes, Framing::Lines), []);
        let late = decoder.late_keys();
        let names: Vec<_> = late.iter().map(|late| (late.name.as_deref().unwrap(), late.line, late.is_field)).collect();
        assert_eq!(names, [("st.late", 2, false), ("st.late", 3, true), ("st.in.y", 3, true), ("l.z", 3, true)]);
        assert!(late.iter().all(|late| late.count == 1) && late[2].is_within("st") && !late[0].is_within("st"));
    }
}

#[test]
fn what_follows_a_record_on_its_line_is_one_bad_record_whatever_stands_in_strings() {
    for (line, rows, bad) in [
        ("{\"a\":1},", 1, 1),
        ("{\"a\":1,\"s\":\"}x\"},", 1, 1),
        ("{\"a\":1}x", 1, 1),
        ("{\"a\":1} , {\"a\":2}", 1, 1),
        ("{\"a\":{\"b\":1},\"c", 0, 1),
        ("\"name\":\"zz\"}", 0, 1),
        ("1,\"b\":2}{\"a\":3}", 0, 1),
        ("{\"a\":1}{\"a\":2} null {\"a\"", 2, 1),
    ] {
        let text = format!("{line}\n{{\"a\":9}}\n");
        let mut decoder = Decoder::new(Vec::new(), &[], FAIL);
        let complaints = fill(&mut decoder, text.as_bytes(), Framing::Lines);
        assert_eq!((decoder.rows(), complaints.len()), (rows + 1, bad), "{line}");
    }
}
