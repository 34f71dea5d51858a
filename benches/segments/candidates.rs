//! The formats and settings that are compared: how each writes a segment and reads it back.
//!
//! It owns their names, which say what differs from the candidate before. It must not time anything.

use std::collections::HashSet;
use std::io::Cursor;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, FileReader, read_footer_length};
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use arrow::ipc::{CompressionType, root_as_footer};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use crate::tables::{BATCH, FINGERPRINT};

type Write = Box<dyn Fn(&[RecordBatch]) -> Bytes>;
/// Hands every batch of the file on, with all columns or those at these positions.
type Read = fn(&Bytes, Option<&[usize]>, &mut dyn FnMut(RecordBatch));

pub struct Candidate {
    pub name: String,
    pub write: Write,
    pub read: Read,
    /// Reads what must be known before rows are read: the footer.
    pub open: fn(&Bytes),
}

pub fn candidates() -> Vec<Candidate> {
    let (lz4, zstd) = (Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD));
    let zstd_level = |level| Compression::ZSTD(ZstdLevel::try_new(level).expect("a level of zstd"));
    let mut all = vec![
        ipc("ipc plain, reader", None, read_ipc),
        ipc("ipc plain, zero copy", None, read_ipc_in_place),
        ipc("ipc lz4, reader", lz4, read_ipc),
        ipc("ipc lz4, in place", lz4, read_ipc_in_place),
        ipc("ipc zstd, in place", zstd, read_ipc_in_place),
    ];
    for (name, codec) in [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("lz4_raw", Compression::LZ4_RAW),
        ("zstd(1)", zstd_level(1)),
        ("zstd(3)", zstd_level(3)),
    ] {
        all.push(parquet(format!("parquet {name}"), move |_| usual(codec)));
        all.push(parquet(format!("parquet {name}, no dictionary"), move |_| usual(codec).set_dictionary_enabled(false)));
        all.push(parquet(format!("parquet {name}, sampled"), move |batches| sampled(batches, codec)));
        let big = move |batches: &[RecordBatch]| sampled(batches, codec).set_write_batch_size(BATCH);
        all.push(parquet(format!("parquet {name}, sampled, batch 8192"), big));
    }
    let lz4 = Compression::LZ4_RAW;
    let small = move |_: &[RecordBatch]| usual(lz4).set_dictionary_page_size_limit(64 << 10);
    all.push(parquet("parquet lz4_raw, dictionary 64 KiB".to_owned(), small));
    let pages = move |batches: &[RecordBatch]| sampled(batches, lz4).set_data_page_row_count_limit(65_536);
    all.push(parquet("parquet lz4_raw, sampled, pages 64k rows".to_owned(), pages));
    let pages = move |batches: &[RecordBatch]| sampled(batches, lz4).set_data_page_row_count_limit(BATCH);
    all.push(parquet("parquet lz4_raw, sampled, pages 8k rows".to_owned(), pages));
    let silent = move |batches: &[RecordBatch]| sampled(batches, lz4).set_statistics_enabled(EnabledStatistics::None);
    all.push(parquet("parquet lz4_raw, sampled, no statistics".to_owned(), silent));
    for (name, encoding) in
        [("delta length", Encoding::DELTA_LENGTH_BYTE_ARRAY), ("delta bytes", Encoding::DELTA_BYTE_ARRAY)]
    {
        let delta = move |batches: &[RecordBatch]| encoded(batches, sampled(batches, lz4), encoding);
        all.push(parquet(format!("parquet lz4_raw, sampled, {name}"), delta));
    }
    let packed = move |batches: &[RecordBatch]| integers_packed(batches, sampled(batches, lz4));
    all.push(parquet("parquet lz4_raw, sampled, int delta".to_owned(), packed));
    let packed = move |batches: &[RecordBatch]| integers_packed(batches, sampled(batches, zstd_level(1)));
    all.push(parquet("parquet zstd(1), sampled, int delta".to_owned(), packed));
    all
}

fn ipc(name: &str, codec: Option<CompressionType>, read: Read) -> Candidate {
    let write = move |batches: &[RecordBatch]| {
        let options = IpcWriteOptions::default().try_with_compression(codec).expect("the codec is built in");
        let schema = batches[0].schema();
        let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options).expect("a writer");
        for batch in batches {
            writer.write(batch).expect("a written batch");
        }
        Bytes::from(writer.into_inner().expect("a footer"))
    };
    Candidate { name: name.to_owned(), write: Box::new(write), read, open: |file| drop(ipc_decoder(file)) }
}

fn read_ipc(file: &Bytes, columns: Option<&[usize]>, take: &mut dyn FnMut(RecordBatch)) {
    let reader = FileReader::try_new(Cursor::new(file), columns.map(<[usize]>::to_vec)).expect("a file");
    for batch in reader {
        take(batch.expect("a batch"));
    }
}

/// The arrays are views of the file's bytes, where these are not compressed.
fn read_ipc_in_place(file: &Bytes, columns: Option<&[usize]>, take: &mut dyn FnMut(RecordBatch)) {
    let (mut decoder, blocks) = ipc_decoder(file);
    if let Some(columns) = columns {
        decoder = decoder.with_projection(columns.to_vec());
    }
    let whole = Buffer::from(file.clone());
    for block in blocks {
        let length = block.metaDataLength() as usize + block.bodyLength() as usize;
        let data = whole.slice_with_length(block.offset() as usize, length);
        take(decoder.read_record_batch(&block, &data).expect("a batch").expect("rows"));
    }
}

fn ipc_decoder(file: &Bytes) -> (FileDecoder, Vec<arrow::ipc::Block>) {
    let trailer = file.len() - 10;
    let length = read_footer_length(file[trailer..].try_into().expect("ten bytes")).expect("a trailer");
    let footer = root_as_footer(&file[trailer - length..trailer]).expect("a footer");
    let schema = fb_to_schema(footer.schema().expect("a schema"));
    let blocks = footer.recordBatches().expect("batches").iter().copied().collect();
    (FileDecoder::new(schema.into(), footer.version()), blocks)
}

fn parquet(name: String, properties: impl Fn(&[RecordBatch]) -> WriterPropertiesBuilder + 'static) -> Candidate {
    let write = move |batches: &[RecordBatch]| {
        let properties = Some(properties(batches).build());
        let mut writer = ArrowWriter::try_new(Vec::new(), batches[0].schema(), properties).expect("a writer");
        for batch in batches {
            writer.write(batch).expect("a written batch");
        }
        Bytes::from(writer.into_inner().expect("a footer"))
    };
    let open = |file: &Bytes| drop(ParquetMetaDataReader::new().parse_and_finish(file).expect("a footer"));
    Candidate { name, write: Box::new(write), read: read_parquet, open }
}

fn read_parquet(file: &Bytes, columns: Option<&[usize]>, take: &mut dyn FnMut(RecordBatch)) {
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).expect("a file");
    if let Some(columns) = columns {
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    for batch in builder.with_batch_size(BATCH).build().expect("a reader") {
        take(batch.expect("a batch"));
    }
}

/// The crate's defaults, but statistics of chunks alone, and nothing done to what cannot be compressed.
fn usual(codec: Compression) -> WriterPropertiesBuilder {
    let fingerprint = || ColumnPath::from(FINGERPRINT);
    WriterProperties::builder()
        .set_compression(codec)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_dictionary_enabled(fingerprint(), false)
        .set_column_compression(fingerprint(), Compression::UNCOMPRESSED)
        .set_column_statistics_enabled(fingerprint(), EnabledStatistics::None)
}

/// A dictionary only for columns of which one value in two, or fewer, is new in the first batch.
fn sampled(batches: &[RecordBatch], codec: Compression) -> WriterPropertiesBuilder {
    let mut properties = usual(codec);
    let batch = &batches[0];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if column.len() < distinct(column) * 2 {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
        }
    }
    properties
}

fn distinct(column: &dyn Array) -> usize {
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().iter().collect::<HashSet<_>>().len(),
        DataType::Int64 => {
            let numbers = column.as_primitive::<arrow::datatypes::Int64Type>();
            numbers.iter().collect::<HashSet<_>>().len()
        }
        _ => column.len(),
    }
}

fn encoded(
    batches: &[RecordBatch],
    mut properties: WriterPropertiesBuilder,
    encoding: Encoding,
) -> WriterPropertiesBuilder {
    for field in batches[0].schema().fields().iter().filter(|field| field.data_type() == &DataType::Utf8View) {
        properties = properties.set_column_encoding(ColumnPath::from(field.name().as_str()), encoding);
    }
    properties
}

fn integers_packed(batches: &[RecordBatch], mut properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    for field in batches[0].schema().fields().iter().filter(|field| field.data_type().is_integer()) {
        let path = ColumnPath::from(field.name().as_str());
        properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    properties
}
