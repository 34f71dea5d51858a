//! The eleven answers over the samples are the same from a bucket and from the folder, in every format.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::ipc::reader::StreamReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::landings::{samples, serve};
use super::program::{Finished, Pinq, ROOT, names};

/// Runs the eleven questions with these arguments, over the folder or over the server.
async fn questions(pinq: Pinq, landing: &str, arguments: &[&str]) -> Finished {
    let files: Vec<String> =
        names(&Path::new(ROOT).join("queries")).into_iter().filter(|name| name.ends_with(".sql")).collect();
    assert_eq!(files.len(), 11);
    let files = files.iter().map(|name| format!("queries/{name}"));
    pinq.in_root().args(["run", "--quiet", "--landing", landing]).args(files).args(arguments).run().await
}

async fn assert_same_text(format: &str) {
    let server = serve(&samples()).await;
    let arguments = ["--format", format, "--max-rows", "all"];
    let folder = questions(Pinq::alone(), "data-samples/topics/", &arguments).await;
    let bucket = questions(Pinq::against(&server), "s3://landing/topics/", &arguments).await;
    assert!(folder.answer().len() > 1_000, "{format}: {}", folder.answer());
    assert_eq!(bucket.answer(), folder.answer(), "{format}");
}

/// The answers of a folder of files, decoded, under the names of the files.
async fn decoded(format: &str, decode: fn(File) -> Vec<RecordBatch>) -> [Vec<(String, RecordBatch)>; 2] {
    let server = serve(&samples()).await;
    let runs = [(Pinq::alone(), "data-samples/topics/"), (Pinq::against(&server), "s3://landing/topics")];
    let mut answers = [Vec::new(), Vec::new()];
    for ((pinq, landing), answers) in runs.into_iter().zip(&mut answers) {
        let output = pinq.path("work/answers/");
        let output = output.to_str().expect("a path of text");
        let finished = questions(pinq, landing, &["--format", format, "--output", output]).await;
        assert_eq!(finished.answer(), "", "answers go to the files");
        let folder = finished.path("work/answers");
        for name in names(&folder) {
            let batches = decode(File::open(folder.join(&name)).expect("an answer that can be read"));
            let schema = batches.first().expect("an answer with rows").schema();
            answers.push((name, concat_batches(&schema, &batches).expect("batches of one schema")));
        }
    }
    answers
}

fn assert_same_batches([folder, bucket]: [Vec<(String, RecordBatch)>; 2], extension: &str) {
    assert_eq!(folder.len(), 11);
    assert!(folder[0].0.starts_with("01_") && folder[0].0.ends_with(extension), "{}", folder[0].0);
    assert!(folder.iter().all(|(_, rows)| rows.num_rows() > 0));
    assert_eq!(bucket, folder);
}

#[tokio::test]
async fn csv_is_the_same_byte_for_byte() {
    assert_same_text("csv").await;
}

#[tokio::test]
async fn tables_and_markdown_are_the_same() {
    assert_same_text("table").await;
    assert_same_text("markdown").await;
}

#[tokio::test]
async fn json_ndjson_and_tsv_are_the_same() {
    assert_same_text("json").await;
    assert_same_text("ndjson").await;
    assert_same_text("tsv").await;
}

#[tokio::test]
async fn arrow_streams_hold_the_same_rows() {
    let decode = |file| {
        let reader = StreamReader::try_new(file, None).expect("an Arrow stream");
        reader.map(|batch| batch.expect("a batch")).collect()
    };
    assert_same_batches(decoded("arrow", decode).await, ".arrows");
}

#[tokio::test]
async fn parquet_files_hold_the_same_rows() {
    let decode = |file| {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build();
        reader.expect("a reader").map(|batch| batch.expect("a batch")).collect()
    };
    assert_same_batches(decoded("parquet", decode).await, ".parquet");
}
