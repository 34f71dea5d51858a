//! The rows that are kept: made, or read from Arrow streams, in batches and segments as the cache gets them.
//!
//! It owns their cut and adds to every table the fingerprint of its records. It must not time anything.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::reader::StreamReader;

use crate::rows;

pub const SEGMENT: usize = 262_144;
pub const BATCH: usize = 8_192;
pub const FINGERPRINT: &str = "fingerprint";

pub struct Table {
    pub name: String,
    pub schema: SchemaRef,
    pub rows: usize,
    /// Each one's batches, of [`BATCH`] rows but for the last.
    pub segments: Vec<Vec<RecordBatch>>,
    /// Of one record with its line end, all its keys included.
    pub json_bytes: usize,
    /// The positions of the columns that a narrow question reads.
    pub two: [usize; 2],
}

impl Table {
    pub fn memory(&self) -> usize {
        let columns = self.segments.iter().flatten().flat_map(RecordBatch::columns);
        columns.map(|column| column.to_data().get_slice_memory_size().expect("buffers of a known size")).sum()
    }
}

/// The three topics with the columns that the questions need, and the posts with all columns.
pub fn made(rows: usize) -> Vec<Table> {
    let wide_rows = rows.min(2 * SEGMENT);
    vec![
        table("pin", 716, &rows::pins(rows)),
        table("geo", 113, &rows::places(rows)),
        table("user", 104, &rows::users(rows)),
        table("fingerprints as integers", 16, &rows::halves(rows)),
        table("pin, all columns", 716, &rows::wide_pins(wide_rows)),
    ]
}

/// `argument` is a path, perhaps with `=BYTES` of a record as JSON.
pub fn from_file(argument: &str, rows: usize) -> Table {
    let (path, json_bytes) = argument.split_once('=').unwrap_or((argument, "100"));
    let json_bytes = json_bytes.parse().expect("bytes a record has as JSON");
    let file = File::open(path).unwrap_or_else(|error| panic!("`{path}`: {error}"));
    let reader = StreamReader::try_new_buffered(file, None).expect("an Arrow IPC stream");
    let schema = reader.schema();
    let mut batches = Vec::new();
    let mut left = rows;
    for batch in reader {
        let batch = batch.expect("a readable batch");
        let taken = batch.num_rows().min(left);
        batches.push(batch.slice(0, taken));
        left -= taken;
        if left == 0 {
            break;
        }
    }
    let whole = concat_batches(&schema, &batches).expect("the batches have one schema");
    let name = Path::new(path).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    table(&name, json_bytes, &whole)
}

fn table(name: &str, json_bytes: usize, whole: &RecordBatch) -> Table {
    let rows = whole.num_rows();
    let mut fields = Vec::new();
    for field in whole.schema().fields() {
        fields.push(Field::new(field.name(), as_kept(field.data_type()), field.is_nullable()));
    }
    fields.push(Field::new(FINGERPRINT, DataType::FixedSizeBinary(16), false));
    let schema = Arc::new(Schema::new(fields));
    let mut segments = Vec::new();
    for first in (0..rows).step_by(SEGMENT) {
        let end = rows.min(first + SEGMENT);
        let batch = |from: usize| batch(whole, from, BATCH.min(end - from), &schema);
        segments.push((first..end).step_by(BATCH).map(batch).collect());
    }
    let narrow = ["category", "country", "age"];
    let second = schema.fields().iter().position(|field| narrow.contains(&field.name().as_str())).unwrap_or(1);
    Table { name: name.to_owned(), schema, rows, segments, json_bytes, two: [0, second] }
}

/// Rows of `whole` that share no buffer with it: the formats write buffers, not what views need of them.
fn batch(whole: &RecordBatch, from: usize, count: usize, schema: &SchemaRef) -> RecordBatch {
    let mut columns: Vec<ArrayRef> = Vec::new();
    for column in whole.slice(from, count).columns() {
        let column = cast(column, &as_kept(column.data_type())).expect("text becomes text");
        let column = column.as_string_view_opt().map_or(column.clone(), |texts| Arc::new(texts.gc()));
        columns.push(column);
    }
    let mut fingerprints = FixedSizeBinaryBuilder::with_capacity(count, 16);
    for row in from..from + count {
        let halves = [rows::mixed(row as u64), rows::mixed(!row as u64)];
        fingerprints.append_value(halves.map(u64::to_le_bytes).as_flattened()).expect("16 bytes");
    }
    columns.push(Arc::new(fingerprints.finish()));
    RecordBatch::try_new(schema.clone(), columns).expect("the columns are as the schema says")
}

fn as_kept(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        other => other.clone(),
    }
}
