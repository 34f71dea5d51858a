//! The formats and settings that are compared: how each writes a segment and reads it back.
//!
//! It owns their names, which say what differs from the candidate before. It must not time anything.

use std::collections::HashSet;
use std::io::Cursor;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, FileReader, read_footer_length};
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use arrow::ipc::{CompressionType, root_as_footer};
use arrow::row::{RowConverter, SortField};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::schema::types::ColumnPath;

use crate::tables::{BATCH, FINGERPRINT};

type Properties = Box<dyn Fn(&[RecordBatch]) -> WriterPropertiesBuilder>;
type Write = Box<dyn Fn(&[RecordBatch]) -> Bytes>;
/// Hands every batch of the file on, with all columns or those at these positions.
type Read = fn(&Bytes, Option<&[usize]>, &mut dyn FnMut(RecordBatch));

pub struct Candidate {
    pub name: String,
    pub write: Write,
    pub read: Read,
    /// Reads what must be known before rows are read: the footer, and the schema in it.
    pub open: fn(&Bytes),
}

pub fn candidates() -> Vec<Candidate> {
    let (lz4, zstd) = (Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD));
    let mut all = vec![
        ipc("ipc plain, reader", None, read_ipc),
        ipc("ipc plain, zero copy", None, read_ipc_in_place),
        ipc("ipc lz4, reader", lz4, read_ipc),
        ipc("ipc lz4, in place", lz4, read_ipc_in_place),
        ipc("ipc zstd, in place", zstd, read_ipc_in_place),
    ];
    for (name, codec) in codecs() {
        all.push(parquet(format!("parquet {name}"), move |_| usual(codec)));
        all.push(parquet(format!("parquet {name}, no dictionary"), move |_| {
            usual(codec).set_dictionary_enabled(false)
        }));
        all.push(parquet(format!("parquet {name}, sampled"), move |batches| sampled(batches, codec)));
        all.push(parquet(format!("parquet {name}, chosen"), move |batches| chosen(batches, codec)));
    }
    all.extend(variations());
    all
}

fn codecs() -> [(&'static str, Compression); 5] {
    let zstd = |level| Compression::ZSTD(ZstdLevel::try_new(level).expect("a level of zstd"));
    [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("lz4_raw", Compression::LZ4_RAW),
        ("zstd(1)", zstd(1)),
        ("zstd(3)", zstd(3)),
    ]
}

/// One setting other than in `chosen` with LZ4.
fn variations() -> Vec<Candidate> {
    let lz4 = Compression::LZ4_RAW;
    let base = move |batches: &[RecordBatch]| chosen(batches, lz4);
    let one = |name: &str, properties: Properties| parquet(format!("parquet lz4_raw, chosen, {name}"), properties);
    let all_text = |encoding| move |batches: &[RecordBatch]| with_text(batches, base(batches), encoding);
    vec![
        one("dictionaries 64 KiB", Box::new(move |all| base(all).set_dictionary_page_size_limit(64 << 10))),
        one("dictionaries 4 MiB", Box::new(move |all| base(all).set_dictionary_page_size_limit(4 << 20))),
        one("pages 8k rows", Box::new(move |all| base(all).set_data_page_row_count_limit(BATCH))),
        one("pages 64k rows", Box::new(move |all| base(all).set_data_page_row_count_limit(1 << 16))),
        one("write batch 8192", Box::new(move |all| base(all).set_write_batch_size(BATCH))),
        one("version 2", Box::new(move |all| base(all).set_writer_version(WriterVersion::PARQUET_2_0))),
        one("offset index", Box::new(move |all| base(all).set_offset_index_disabled(false))),
        one("codec for varied text", Box::new(move |all| only_varied(all, base(all)))),
        one("no statistics", Box::new(move |all| base(all).set_statistics_enabled(EnabledStatistics::None))),
        one("statistics of text", Box::new(move |all| with_statistics(all, base(all)))),
        one("text plain", Box::new(all_text(Encoding::PLAIN))),
        one("text delta bytes", Box::new(all_text(Encoding::DELTA_BYTE_ARRAY))),
        one("integers plain", Box::new(move |all| with_plain_integers(all, base(all)))),
    ]
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
    let open = |file: &Bytes| drop(ArrowReaderMetadata::load(file, ArrowReaderOptions::new()).expect("a footer"));
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
    for (path, _) in columns(batches).filter(|(_, column)| is_varied(column)) {
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    properties
}

/// As `sampled`, but statistics for integers alone, deltas for what has no dictionary, and no index of pages.
fn chosen(batches: &[RecordBatch], codec: Compression) -> WriterPropertiesBuilder {
    let mut properties =
        sampled(batches, codec).set_statistics_enabled(EnabledStatistics::None).set_offset_index_disabled(true);
    for (path, column) in columns(batches) {
        if column.data_type().is_integer() {
            properties = properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk);
        }
        // Where there is a dictionary, this is what follows when it grows too large.
        let encoding = match column.data_type() {
            data_type if data_type.is_integer() => Encoding::DELTA_BINARY_PACKED,
            DataType::Utf8View => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            _ => continue,
        };
        properties = properties.set_column_encoding(path, encoding);
    }
    properties
}

/// The codec for varied text alone, since positions in a dictionary and packed deltas have little left to take away.
fn only_varied(batches: &[RecordBatch], mut properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    let is_packed = |column: &ArrayRef| column.data_type().is_integer() || !is_varied(column);
    for (path, _) in columns(batches).filter(|(_, column)| is_packed(column)) {
        properties = properties.set_column_compression(path, Compression::UNCOMPRESSED);
    }
    properties
}

fn with_text(
    batches: &[RecordBatch],
    mut properties: WriterPropertiesBuilder,
    encoding: Encoding,
) -> WriterPropertiesBuilder {
    for (path, _) in columns(batches).filter(|(_, column)| column.data_type() == &DataType::Utf8View) {
        properties = properties.set_column_encoding(path, encoding);
    }
    properties
}

fn with_statistics(batches: &[RecordBatch], mut properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    for (path, _) in columns(batches).filter(|(_, column)| column.data_type() == &DataType::Utf8View) {
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
    }
    properties
}

fn with_plain_integers(batches: &[RecordBatch], mut properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    for (path, _) in columns(batches).filter(|(_, column)| column.data_type().is_integer()) {
        properties = properties.set_column_encoding(path, Encoding::PLAIN);
    }
    properties
}

fn columns(batches: &[RecordBatch]) -> impl Iterator<Item = (ColumnPath, &ArrayRef)> {
    let names = batches[0].schema_ref().fields().iter().map(|field| ColumnPath::from(field.name().as_str()));
    names.zip(batches[0].columns())
}

/// Whether more than one value in two is new in the first batch.
fn is_varied(column: &ArrayRef) -> bool {
    let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())]);
    let rows = converter.and_then(|converter| converter.convert_columns(std::slice::from_ref(column)));
    column.len() < rows.expect("a type that can be compared").iter().collect::<HashSet<_>>().len() * 2
}
