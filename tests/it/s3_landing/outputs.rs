//! `--output s3://`: a file for each answer, one file for all, whole or not at all.

use std::fs::{self, File};
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

use super::landings::{COUNT, DECLARED, insert_items, item_key, serve};
use super::program::{Pinq, names};
use crate::s3::{Bucket, S3Server};

/// A bucket over a scratch folder, so that a test can read what was written.
async fn writable() -> (TempDir, Bucket, S3Server) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let bucket = Bucket::folder(folder.path()).expect("an empty folder");
    insert_items(&bucket, &[3, 2]);
    let server = serve(&bucket).await;
    (folder, bucket, server)
}

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("`{name}`: {error}"))
}

/// `pinq sql TEXT --output s3://landing/NAME`, with no word on the format.
fn writing(server: &S3Server, sql: &str, name: &str) -> Pinq {
    let output = format!("s3://landing/{name}");
    Pinq::against(server).config(DECLARED).args(["sql", sql, "--landing", "s3://landing/topics/", "--output", &output])
}

#[tokio::test]
async fn a_folder_gets_a_file_for_each_question() {
    let (folder, _, server) = writable().await;
    let questions = ["queries/01_most_popular_category_by_country.sql", "queries/07_users_joined_by_year.sql"];
    let run = |output: &str| {
        let landing = ["run", "--landing", "data-samples/topics/", "--output", output];
        Pinq::against(&server).in_root().args(landing).args(questions)
    };
    run("s3://landing/answers/").run().await.answer();
    let beside = tempfile::tempdir().expect("a scratch folder");
    run(beside.path().to_str().expect("a path of text")).run().await.answer();
    let written = names(&folder.path().join("answers"));
    assert_eq!(written, ["01_most_popular_category_by_country.csv", "07_users_joined_by_year.csv"]);
    for name in written {
        let expected = fs::read_to_string(beside.path().join(&name)).expect("the same answer on disk");
        assert_eq!(text(&folder, &format!("answers/{name}")), expected);
    }
    assert_eq!(server.counts().puts, 2);
}

#[tokio::test]
async fn a_name_without_extension_is_a_folder_and_further_answers_are_numbered() {
    let (folder, _, server) = writable().await;
    for (output, name) in [("answers", "answers"), ("x.unknown/", "x.unknown")] {
        assert_eq!(writing(&server, &format!("{COUNT}; {COUNT}"), output).run().await.answer(), "");
        assert_eq!(names(&folder.path().join(name)), ["sql.2.csv", "sql.csv"]);
    }
}

#[tokio::test]
async fn the_extension_says_the_format() {
    let (folder, _, server) = writable().await;
    writing(&server, COUNT, "deep/er/x.parquet").run().await.answer();
    let file = File::open(folder.path().join("deep/er/x.parquet")).expect("the answer");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build().expect("a reader");
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.expect("a batch")).collect();
    let cell = |column: usize| batches[0].column(column).as_primitive::<Int64Type>().value(0);
    assert_eq!((batches.len(), cell(0), cell(1)), (1, 5, 10));

    writing(&server, COUNT, "x.ndjson").run().await.answer();
    assert_eq!(text(&folder, "x.ndjson"), "{\"records\":5,\"total\":10}\n");
    writing(&server, COUNT, "x.csv").args(["--format", "json"]).run().await.answer();
    assert!(text(&folder, "x.csv").starts_with('['), "`--format` wins");
}

#[tokio::test]
async fn a_failure_leaves_the_old_object_whole() {
    let (folder, bucket, server) = writable().await;
    bucket.insert("answers/x.csv", "old");
    let second = writing(&server, &format!("{COUNT}; select nothing from item"), "answers/x.csv").run().await;
    second.assert_refused(1, &["`nothing`"]);
    bucket.insert(&item_key(1, 9), "{\"n\":9}\n{\"n\":");
    let late = writing(&server, "select n from item", "answers/x.csv").run().await;
    late.assert_refused(1, &["demo.item+1+0000000009.json"]);
    assert_eq!(text(&folder, "answers/x.csv"), "old");
    assert_eq!(server.counts().puts, 0);
    assert_eq!(late.left_behind(), ["pinq.toml"]);

    let folder_output = writing(&server, "select 1 as one; select n from item", "answers/").run().await;
    folder_output.assert_refused(1, &["demo.item+1+0000000009.json"]);
    assert_eq!(names(&folder.path().join("answers")), ["sql.csv", "x.csv"]);
    assert_eq!(text(&folder, "answers/sql.csv"), "one\n1\n", "the first answer was whole");
}

#[tokio::test]
async fn a_missing_bucket_is_told() {
    let (_folder, _, server) = writable().await;
    let arguments = ["sql", "select 1 as one", "--output", "s3://nowhere/x.csv"];
    let finished = Pinq::against(&server).args(arguments).run().await;
    finished.assert_refused(1, &["can not write `s3://nowhere/x.csv`", "the bucket `nowhere` does not exist"]);
}

#[tokio::test]
async fn a_large_answer_goes_up_in_parts() {
    let (folder, _, server) = writable().await;
    let sql = "select value, repeat('x', 1000) as padding from generate_series(1, 20000)";
    writing(&server, sql, "large.csv").run().await.answer();
    let written = text(&folder, "large.csv");
    assert_eq!(written.lines().count(), 20_001);
    assert!(written.lines().last().is_some_and(|line| line.starts_with("20000,xxx")));
    let counts = server.counts();
    assert!(counts.puts > 1 && counts.errors == 0, "{counts}");
    assert_eq!(names(folder.path()), ["large.csv", "topics"]);
    assert!(Path::new(&folder.path().join("large.csv")).metadata().expect("a file").len() > 20_000_000);
}
