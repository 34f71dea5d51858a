//! An object that changes between its listing and its reading: an error that names it, never a mixed answer.

use std::time::Duration;

use super::landings::{COUNT, DECLARED, aligned_records, counted, item_key, items, serve, serve_slowly, until};
use super::program::{Finished, Pinq};
use crate::s3::Bucket;

/// Long enough for a test to act while the first GETs sleep, before the server looks at their objects.
const LATENCY: Duration = Duration::from_millis(600);

/// Runs a count and lets `change` happen when objects were listed and none was read.
async fn counting_while(bucket: &Bucket, config: &str, change: impl FnOnce(&Bucket)) -> Finished {
    let server = serve_slowly(bucket, LATENCY).await;
    let running = Pinq::against(&server).config(config).sql(COUNT).start();
    until(&server, |counts| counts.gets > 0).await;
    change(bucket);
    running.wait().await
}

#[tokio::test]
async fn an_object_that_was_replaced_is_named() {
    let key = item_key(0, 2);
    // Of the same length, so that only the ETag tells.
    for body in ["{\"n\":7}", "{\"n\":700000}", ""] {
        let finished = counting_while(&items(&[4]), DECLARED, |bucket| bucket.insert(&key, body)).await;
        finished
            .assert_refused(1, &[&format!("s3://landing/{key}"), "replaced after it was listed", "hint: run it again"]);
    }
}

#[tokio::test]
async fn an_object_that_is_gone_is_named() {
    let key = item_key(0, 2);
    let finished = counting_while(&items(&[4]), DECLARED, |bucket| assert!(bucket.remove(&key))).await;
    finished.assert_refused(1, &[&format!("s3://landing/{key}"), "deleted after it was listed", "hint: run it again"]);
}

#[tokio::test]
async fn the_sample_for_a_schema_watches_too() {
    let key = item_key(0, 2);
    let finished = counting_while(&items(&[4]), "", |bucket| bucket.insert(&key, "{\"n\":\"seven\"}")).await;
    finished.assert_refused(1, &[&format!("s3://landing/{key}"), "replaced after it was listed"]);
}

#[tokio::test]
async fn an_object_that_arrives_late_is_for_the_next_run() {
    let bucket = items(&[4]);
    let finished = counting_while(&bucket, DECLARED, |bucket| bucket.insert(&item_key(0, 4), "{\"n\":4}")).await;
    assert_eq!(finished.answer(), counted(4));
    let server = serve(&bucket).await;
    assert_eq!(Pinq::against(&server).config(DECLARED).sql(COUNT).run().await.answer(), counted(5));
}

#[tokio::test]
async fn an_object_in_pieces_is_watched_from_piece_to_piece() {
    let bucket = Bucket::memory();
    let key = item_key(0, 0);
    // More than two pieces of 8 MiB, of which two are asked for at once.
    bucket.insert(&key, aligned_records(24 << 10));
    let server = serve_slowly(&bucket, LATENCY).await;
    let running = Pinq::against(&server).config(DECLARED).sql(COUNT).start();
    until(&server, |counts| counts.gets >= 3).await;
    bucket.insert(&key, aligned_records(24 << 10).replace(":1", ":2"));
    let finished = running.wait().await;
    finished.assert_refused(1, &[&format!("s3://landing/{key}"), "replaced after it was listed"]);
}
