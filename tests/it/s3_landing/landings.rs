//! Buckets for the tests: the samples, and a topic `demo.item` of numbered records.
//!
//! The table `item` has the one column `n`, from 0 on, so that count and sum tell whether each record came once.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::s3::{Bucket, Counts, S3Server, ServerOptions};

use super::program::ROOT;

/// A `pinq.toml` that declares the columns of `item`, so that no sample of it is read.
pub(crate) const DECLARED: &str = "[tables.item.columns]\nn = \"bigint\"\n";

/// The statement that shows whether each record came once.
pub(crate) const COUNT: &str = "select count(*) as records, sum(n) as total from raw.item";

/// The samples as the bucket's `topics/`.
pub(crate) fn samples() -> Bucket {
    Bucket::folder(Path::new(ROOT).join("data-samples")).expect("the samples can be read")
}

/// How many objects of the samples a topic has, by the last part of its name.
pub(crate) fn sample_objects(table: &str) -> u64 {
    let part = format!(".{table}/");
    samples().keys().iter().filter(|key| key.contains(&part)).count() as u64
}

/// A server with the default options.
pub(crate) async fn serve(bucket: &Bucket) -> S3Server {
    S3Server::start(bucket.clone(), ServerOptions::default()).await.expect("a free port")
}

/// A server whose requests take that long.
pub(crate) async fn serve_slowly(bucket: &Bucket, latency: Duration) -> S3Server {
    let options = ServerOptions { latency, ..ServerOptions::default() };
    S3Server::start(bucket.clone(), options).await.expect("a free port")
}

/// The key of an object of `item`, as the sink writes it.
pub(crate) fn item_key(partition: usize, offset: usize) -> String {
    format!("topics/demo.item/partition={partition}/demo.item+{partition}+{offset:010}.json")
}

/// One-record objects of `item`, so many in each partition.
pub(crate) fn items(partitions: &[usize]) -> Bucket {
    let bucket = Bucket::memory();
    insert_items(&bucket, partitions);
    bucket
}

/// Adds what [`items`] holds to a bucket.
pub(crate) fn insert_items(bucket: &Bucket, partitions: &[usize]) {
    let mut number = 0;
    for (partition, objects) in partitions.iter().enumerate() {
        for offset in 0..*objects {
            bucket.insert(&item_key(partition, offset), format!("{{\"n\":{number}}}"));
            number += 1;
        }
    }
}

/// What [`COUNT`] prints for records 0, 1, 2 and so on.
pub(crate) fn counted(records: usize) -> String {
    format!("records,total\n{records},{}\n", records * records.saturating_sub(1) / 2)
}

/// An object of `item` with that many records of about 200 bytes, numbered from `first`.
pub(crate) fn wide_records(first: usize, records: usize) -> String {
    let padding = "x".repeat(180);
    (first..first + records).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{{\"n\":{number},\"padding\":\"{padding}\"}}");
        text
    })
}

/// An object of `item` whose records, each with an `n` of 1, take exactly 1 KiB, so that every piece of it ends where a
/// record does.
pub(crate) fn aligned_records(records: usize) -> String {
    let start = "{\"n\":1,\"padding\":\"";
    let end = "\"}\n";
    format!("{start}{}{end}", "x".repeat(1_024 - start.len() - end.len())).repeat(records)
}

/// Waits until the counts are as wanted; requests that sleep are counted already.
pub(crate) async fn until(server: &S3Server, wanted: impl Fn(&Counts) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !wanted(&server.counts()) {
        assert!(Instant::now() < deadline, "the server has seen {} only", server.counts());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
