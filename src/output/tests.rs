//! What every format writes for one answer with every kind of value, for no rows, and for many.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringViewArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::ipc::reader::StreamReader;

use super::*;
use crate::error::Kind;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn answer() -> RecordBatch {
    let nested = StructArray::from(vec![(
        Arc::new(Field::new("k", DataType::Int64, true)),
        Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])) as ArrayRef,
    )]);
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), None, Some(-1)])) as ArrayRef, true),
        ("text", Arc::new(StringViewArray::from(vec![Some(""), None, Some("a,\"b\"\t|\\\nż")])) as ArrayRef, true),
        ("double", Arc::new(Float64Array::from(vec![12500.0, 0.1, f64::NAN])) as ArrayRef, true),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])) as ArrayRef, true),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_598_586_767_000_000), None, Some(0)])) as ArrayRef,
            true,
        ),
        ("nested", Arc::new(nested) as ArrayRef, true),
        ("list", Arc::new(list) as ArrayRef, true),
    ])
    .unwrap()
}

fn bytes(format: Format, schema: SchemaRef, batches: &[RecordBatch], options: &TableOptions) -> Vec<u8> {
    let sink = Shared::default();
    let mut encoder = encoder(format, schema, Box::new(sink.clone()), options).unwrap();
    for batch in batches {
        encoder.write(batch).unwrap();
    }
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(encoder.finish().unwrap(), Written { rows: rows as u64 });
    std::mem::take(&mut *sink.0.lock().unwrap())
}

fn text(format: Format, batches: &[RecordBatch], options: &TableOptions) -> String {
    String::from_utf8(bytes(format, batches[0].schema(), batches, options)).unwrap()
}

fn whole(format: Format) -> String {
    text(format, &[answer()], &TableOptions::default())
}

#[test]
fn csv_keeps_null_and_empty_text_apart() {
    let expected = "id,text,double,flag,at,nested,list\n\
        9007199254740993,\"\",12500.0,true,2020-08-28T03:52:47,\"{\"\"k\"\":1}\",\"[1,null]\"\n\
        ,,0.1,,,\"{\"\"k\"\":null}\",\n\
        -1,\"a,\"\"b\"\"\t|\\\nż\",NaN,false,1970-01-01T00:00:00,\"{\"\"k\"\":3}\",[]\n";
    assert_eq!(whole(Format::Csv), expected);
}

#[test]
fn tsv_is_what_copy_writes() {
    let expected = "id\ttext\tdouble\tflag\tat\tnested\tlist\n\
        9007199254740993\t\t12500.0\ttrue\t2020-08-28T03:52:47\t{\"k\":1}\t[1,null]\n\
        \\N\t\\N\t0.1\t\\N\t\\N\t{\"k\":null}\t\\N\n\
        -1\ta,\"b\"\\t|\\\\\\nż\tNaN\tfalse\t1970-01-01T00:00:00\t{\"k\":3}\t[]\n";
    assert_eq!(whole(Format::Tsv), expected);
}

#[test]
fn json_has_every_key_and_every_digit() {
    let first = r#"{"id":9007199254740993,"text":"","double":12500.0,"flag":true,"at":"2020-08-28T03:52:47","nested":{"k":1},"list":[1,null]}"#;
    let second = r#"{"id":null,"text":null,"double":0.1,"flag":null,"at":null,"nested":{"k":null},"list":null}"#;
    let third = r#"{"id":-1,"text":"a,\"b\"\t|\\\nż","double":null,"flag":false,"at":"1970-01-01T00:00:00","nested":{"k":3},"list":[]}"#;
    assert_eq!(whole(Format::Json), format!("[\n{first},\n{second},\n{third}]\n"));
    assert_eq!(whole(Format::Ndjson), format!("{first}\n{second}\n{third}\n"));
    let many = text(Format::Json, &[answer(), answer()], &TableOptions::default());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&many).unwrap().as_array().unwrap().len(), 6);
}

#[test]
fn markdown_escapes_what_would_end_a_cell() {
    let expected = "| id | text | double | flag | at | nested | list |\n\
        | ---: | --- | ---: | --- | --- | --- | --- |\n\
        | 9007199254740993 |  | 12500.0 | true | 2020-08-28T03:52:47 | {\"k\":1} | [1,null] |\n\
        | NULL | NULL | 0.1 | NULL | NULL | {\"k\":null} | NULL |\n\
        | -1 | a,\"b\" \\|\\\\<br>ż | NaN | false | 1970-01-01T00:00:00 | {\"k\":3} | [] |\n";
    assert_eq!(whole(Format::Markdown), expected);
}

#[test]
fn arrow_and_parquet_read_back_the_same() {
    let batch = answer();
    let stream = bytes(Format::Arrow, batch.schema(), &[batch.clone(), batch.clone()], &TableOptions::default());
    let read: Vec<_> = StreamReader::try_new(stream.as_slice(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), 2);
    assert_eq!(format!("{:?}", read[1]), format!("{batch:?}"));

    let file = bytes(Format::Parquet, batch.schema(), std::slice::from_ref(&batch), &TableOptions::default());
    let read = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap().build().unwrap();
    let read: Vec<_> = read.map(Result::unwrap).collect();
    assert_eq!(format!("{:?}", read[0].columns()), format!("{:?}", batch.columns()));
}

#[test]
fn a_table_lines_up_and_escapes() {
    let batch = answer().project(&[1, 2]).unwrap();
    let expected = r#"┌──────────────┬─────────┐
│ text         ┆  double │
╞══════════════╪═════════╡
│              ┆ 12500.0 │
│ NULL         ┆     0.1 │
│ a,"b"\t|\\nż ┆     NaN │
└──────────────┴─────────┘
3 rows
"#;
    assert_eq!(text(Format::Table, &[batch], &TableOptions::default()), expected);
}

#[test]
fn a_table_keeps_the_first_rows_and_counts_the_rest() {
    let options = TableOptions { width: Some(30), max_rows: MaxRows::First(4), ..TableOptions::default() };
    let drawn = text(Format::Table, &[answer(), answer()], &options);
    assert!(drawn.ends_with("first 4 of 6 rows\n"), "{drawn}");
    assert!(drawn.contains("not shown: "), "{drawn}");
    let lines = drawn.lines().filter(|line| line.starts_with(['│', '┌', '└', '╞']));
    assert!(lines.clone().count() == 8 && lines.clone().all(|line| line.chars().count() <= 30), "{drawn}");
}

#[test]
fn upright_records_are_whole_and_counted() {
    let options = TableOptions { width: None, max_rows: MaxRows::First(1), ..TableOptions::default() };
    let expected = "\
── record 1 ────────────────────────────
id     │ 9007199254740993
text   │
double │ 12500.0
flag   │ true
at     │ 2020-08-28T03:52:47
nested │ {\"k\":1}
list   │ [1,null]
first 1 of 3 rows
";
    assert_eq!(text(Format::Vertical, &[answer()], &options), expected);
    let all = whole(Format::Vertical);
    assert!(all.contains("text   │ a,\"b\"\\t|\\\\nż\n") && all.ends_with("list   │ []\n3 rows\n"), "{all}");
    let narrow = TableOptions { width: Some(20), max_rows: MaxRows::All, ..TableOptions::default() };
    assert!(text(Format::Vertical, &[answer()], &narrow).contains("id     │ 90071992547\n       │ 40993\n"));
}

#[test]
fn all_rows_are_drawn_in_blocks() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..25_000));
    let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
    let drawn =
        text(Format::Table, &[batch], &TableOptions { width: None, max_rows: MaxRows::All, ..TableOptions::default() });
    assert_eq!(drawn.lines().filter(|line| line.starts_with('╞')).count(), 3);
    assert!(drawn.contains(" 24999 │") && drawn.ends_with("25000 rows\n"));
}

#[test]
fn no_rows_are_an_answer_in_every_format() {
    let schema: SchemaRef =
        Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8View, true)]));
    let empty = |format| bytes(format, schema.clone(), &[], &TableOptions::default());
    assert_eq!(empty(Format::Csv), b"a,b\n");
    assert_eq!(empty(Format::Tsv), b"a\tb\n");
    assert_eq!(empty(Format::Json), b"[]\n");
    assert_eq!(empty(Format::Ndjson), b"");
    assert_eq!(empty(Format::Markdown), b"| a | b |\n| ---: | --- |\n");
    assert!(String::from_utf8(empty(Format::Table)).unwrap().ends_with("┘\n0 rows\n"));
    assert_eq!(empty(Format::Vertical), b"0 rows\n");
    assert_eq!(StreamReader::try_new(empty(Format::Arrow).as_slice(), None).unwrap().schema(), schema);
    let parquet = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(empty(Format::Parquet))).unwrap();
    assert_eq!(parquet.schema().fields().len(), 2);
}

#[test]
fn json_refuses_two_columns_of_one_name() {
    let field = Field::new("a", DataType::Int64, true);
    let schema = Arc::new(Schema::new(vec![field.clone(), field]));
    let error = encoder(Format::Json, schema, Box::new(io::sink()), &TableOptions::default()).err().unwrap();
    assert!(error.message().contains("`a`"), "{error}");
}

#[test]
fn binary_is_text_where_text_is_asked_for() {
    let column: ArrayRef = Arc::new(BinaryArray::from(vec![&b"\x00\xff"[..]]));
    let batch = RecordBatch::try_from_iter([("b", column)]).unwrap();
    assert_eq!(text(Format::Csv, std::slice::from_ref(&batch), &TableOptions::default()), "b\n00ff\n");
    assert_eq!(text(Format::Ndjson, &[batch], &TableOptions::default()), "{\"b\":\"00ff\"}\n");
}

struct Gone;

impl io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_known_in_every_format() {
    for format in Format::ALL {
        let batch = answer();
        let result =
            encoder(format, batch.schema(), Box::new(Gone), &TableOptions::default()).and_then(|mut encoder| {
                encoder.write(&batch)?;
                encoder.finish()
            });
        assert_eq!(result.unwrap_err().kind(), Kind::ClosedPipe, "{format}");
    }
    assert_eq!(Format::of_path(Path::new("a.csv")), Some(Format::Csv));
}
