//! Whether the columns that a cache keeps come back as they were written, type for type and value for value.
//!
//! It owns one batch of the types that decoded rows and the questions' answers have. It must not time anything.

use std::sync::Arc;

use arrow::array::builder::{
    Decimal128Builder, FixedSizeBinaryBuilder, Int64Builder, ListBuilder, MapBuilder, StringViewBuilder, StructBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, NullArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};

use crate::candidates::candidates;

/// Writes the batch with every candidate, and says which columns differ when read. The metadata of fields is compared;
/// that of the schema is not, since Parquet's reader has it in its own schema and not in that of its batches.
pub fn check() {
    let written = batch();
    for candidate in candidates() {
        let file = (candidate.write)(std::slice::from_ref(&written));
        (candidate.read)(&file, None, &mut |read| {
            for (position, field) in written.schema().fields().iter().enumerate() {
                let (schema, name) = (read.schema(), field.name());
                let back = schema.field(position);
                assert_eq!(back, field.as_ref(), "`{}` changes the type of `{name}`", candidate.name);
                assert!(read.column(position) == written.column(position), "`{}` changes `{name}`", candidate.name);
            }
        });
    }
    println!("all types come back as written: {}", type_names(&written));
}

fn type_names(batch: &RecordBatch) -> String {
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    names.join(", ")
}

/// Two rows of values and one of NULLs.
fn batch() -> RecordBatch {
    let columns = [
        ("utf8view", texts()),
        ("fixedsizebinary", fingerprints()),
        ("decimal128", decimals()),
        ("timestamp_us", moments(None)),
        ("timestamp_us_utc", moments(Some("UTC"))),
        ("list", lists()),
        ("struct", structs()),
        ("map", maps()),
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("float64", Arc::new(Float64Array::from(vec![Some(f64::MIN_POSITIVE), Some(-0.0), None]))),
        ("null", Arc::new(NullArray::new(3))),
    ];
    let noted = |(name, column): &(&str, ArrayRef)| {
        let note = ("note".to_owned(), (*name).to_owned());
        Field::new(*name, column.data_type().clone(), true).with_metadata([note].into())
    };
    let fields: Vec<_> = columns.iter().map(noted).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.map(|(_, column)| column).to_vec()).expect("a batch")
}

fn texts() -> ArrayRef {
    let mut texts = StringViewBuilder::new();
    texts.append_value("");
    texts.append_value("longer than twelve bytes, …\u{a0}");
    texts.append_null();
    Arc::new(texts.finish())
}

fn fingerprints() -> ArrayRef {
    let mut fingerprints = FixedSizeBinaryBuilder::new(16);
    fingerprints.append_value([0; 16]).expect("16 bytes");
    fingerprints.append_value([255; 16]).expect("16 bytes");
    fingerprints.append_null();
    Arc::new(fingerprints.finish())
}

fn decimals() -> ArrayRef {
    let mut decimals = Decimal128Builder::new().with_data_type(DataType::Decimal128(38, 9));
    decimals.append_value(99_999_999_999_999_999_999_999_999_999_999_999_999);
    decimals.append_value(-1);
    decimals.append_null();
    Arc::new(decimals.finish())
}

fn moments(zone: Option<&str>) -> ArrayRef {
    let mut moments = TimestampMicrosecondBuilder::new().with_timezone_opt(zone);
    moments.append_value(1_614_852_367_123_456);
    moments.append_value(-1);
    moments.append_null();
    Arc::new(moments.finish())
}

fn lists() -> ArrayRef {
    let mut lists = ListBuilder::new(StringViewBuilder::new());
    lists.append_value([Some("a"), None]);
    lists.append_value([] as [Option<&str>; 0]);
    lists.append_null();
    Arc::new(lists.finish())
}

fn structs() -> ArrayRef {
    let fields = vec![Field::new("number", DataType::Int64, true), Field::new("text", DataType::Utf8View, true)];
    let mut structs = StructBuilder::from_fields(fields, 3);
    for (number, is_valid) in [(Some(7), true), (None, true), (None, false)] {
        structs.field_builder::<Int64Builder>(0).expect("numbers").append_option(number);
        structs.field_builder::<StringViewBuilder>(1).expect("texts").append_option(number.map(|_| "seven"));
        structs.append(is_valid);
    }
    Arc::new(structs.finish())
}

fn maps() -> ArrayRef {
    let mut maps = MapBuilder::new(None, StringViewBuilder::new(), Int64Builder::new());
    maps.keys().append_value("a key longer than twelve bytes");
    maps.values().append_null();
    maps.append(true).expect("as many keys as values");
    maps.append(true).expect("an empty map");
    maps.append(false).expect("no map");
    Arc::new(maps.finish())
}
