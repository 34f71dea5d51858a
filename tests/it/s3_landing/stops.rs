//! The end before the end: Ctrl-C, and a reader that goes away.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use super::landings::{COUNT, DECLARED, insert_items, item_key, items, serve, serve_slowly, until, wide_records};
use super::program::{Finished, Pinq, Running};
use crate::s3::{Bucket, S3Server};

/// One request at a time, so that a run takes as long as its objects are many.
const ONE_BY_ONE: &str =
    "[tables.item.columns]\nn = \"bigint\"\npadding = \"varchar\"\n[storage]\nrequests_in_flight = 1\n";

/// A scan that would take half a minute.
async fn slow() -> S3Server {
    serve_slowly(&items(&[300]), Duration::from_millis(100)).await
}

/// Interrupts the run and checks that it ends at once, with the exit code of shells.
async fn interrupt(running: Running) -> Finished {
    running.interrupt();
    let since = Instant::now();
    let finished = running.wait().await;
    let elapsed = since.elapsed();
    assert_eq!(finished.code, Some(130), "{}", finished.stderr);
    assert!(elapsed < Duration::from_secs(1), "it took {elapsed:?}");
    assert!(finished.stderr.contains("interrupted"), "{}", finished.stderr);
    finished
}

#[tokio::test]
async fn ctrl_c_during_a_scan_leaves_nothing_half_written() {
    let server = slow().await;
    for output in ["answer.csv", "answers/"] {
        server.reset_counts();
        let arguments = ["sql", "select n from item", "--landing", "s3://landing/topics/", "--output", output];
        let running = Pinq::against(&server).config(ONE_BY_ONE).args(arguments).start();
        until(&server, |counts| counts.gets > 3).await;
        let finished = interrupt(running).await;
        finished.refusal(130);
        let left = finished.left_behind();
        assert!(left == ["pinq.toml"] || left == ["answers", "pinq.toml"], "{left:?}");
        assert!(server.counts().gets < 100, "{}", server.counts());
    }
}

#[tokio::test]
async fn ctrl_c_leaves_the_old_answer_on_s3() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let bucket = Bucket::folder(folder.path()).expect("an empty folder");
    insert_items(&bucket, &[200]);
    bucket.insert("answer.csv", "old");
    let server = serve_slowly(&bucket, Duration::from_millis(100)).await;
    let arguments = ["sql", COUNT, "--landing", "s3://landing/topics/", "--output", "s3://landing/answer.csv"];
    let running = Pinq::against(&server).config(ONE_BY_ONE).args(arguments).start();
    until(&server, |counts| counts.gets > 3).await;
    interrupt(running).await;
    assert_eq!(server.counts().puts, 0);
    assert_eq!(std::fs::read_to_string(folder.path().join("answer.csv")).expect("the old answer"), "old");
}

#[tokio::test]
async fn ctrl_c_works_while_a_server_does_not_answer() {
    let server = serve_slowly(&items(&[3]), Duration::from_secs(60)).await;
    let running = Pinq::against(&server).config(DECLARED).sql(COUNT).start();
    until(&server, |counts| counts.lists > 0).await;
    interrupt(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_works_while_nobody_reads_the_answer() {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), wide_records(0, 20_000));
    let server = serve(&bucket).await;
    let mut running = Pinq::against(&server).config(ONE_BY_ONE).sql("select * from item").start();
    let mut unread = BufReader::new(running.take_stdout());
    let mut line = String::new();
    unread.read_line(&mut line).expect("the first line");
    assert_eq!(line, "n,padding\n");
    // What the pipe does not take holds the program up.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(running.is_alive(), "the answer is larger than a pipe");
    interrupt(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_has_enough_ends_the_run() {
    let bucket = Bucket::memory();
    let objects = 12;
    for number in 0..objects {
        bucket.insert(&item_key(0, number), wide_records(number * 6_000, 6_000));
    }
    let server = serve_slowly(&bucket, Duration::from_millis(150)).await;
    let mut running = Pinq::against(&server).config(ONE_BY_ONE).sql("select * from item").start();
    let mut reader = BufReader::new(running.take_stdout());
    let mut line = String::new();
    reader.read_line(&mut line).expect("the first line");
    assert_eq!(line, "n,padding\n");
    drop(reader);
    let finished = running.wait().await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert!(server.counts().gets < objects as u64, "{}", server.counts());
}

#[tokio::test]
async fn a_reader_that_was_never_there_is_no_failure() {
    let server = serve(&items(&[3])).await;
    let mut running = Pinq::against(&server).config(DECLARED).sql("select * from item").start();
    drop(running.take_stdout());
    let finished = running.wait().await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
}
