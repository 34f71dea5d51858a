//! Fetching large, compressed and replaced objects, and from a service that asks for fewer requests.

use std::io::Write as _;
use std::time::Duration;

use super::landings::{COUNT, DECLARED, aligned_records, counted, item_key, items, serve, serve_slowly, until};
use super::program::Pinq;
use crate::s3::{Bucket, S3Server, ServerOptions};

/// Smaller than some of the records.
const TINY_RANGES: &str = "[storage]\nrange_size = \"16KiB\"\n";

fn tiny_ranges() -> String {
    format!("{DECLARED}{TINY_RANGES}")
}

/// Numbered records whose text does not compress well; every thousandth is longer than a tiny range.
fn noise(records: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = String::new();
    for number in 0..records {
        text.push_str(&format!("{{\"n\":{number},\"padding\":\""));
        for _ in 0..if number % 1_000 == 999 { 2_500 } else { 16 } {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(&format!("{state:016x}"));
        }
        text.push_str("\"}\n");
    }
    text
}

fn gzip(text: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(text).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

async fn one(key: &str, body: impl Into<Vec<u8>>) -> S3Server {
    let bucket = Bucket::memory();
    bucket.insert(key, body.into());
    serve(&bucket).await
}

#[tokio::test]
async fn a_service_that_asks_for_fewer_requests_gets_fewer() {
    let bucket = items(&[1_500, 1_500]);
    let options =
        ServerOptions { latency: Duration::from_millis(10), slow_down_above: Some(32), ..ServerOptions::default() };
    let server = S3Server::start(bucket, options).await.expect("a free port");
    let running = Pinq::against(&server).config(DECLARED).sql(COUNT).start();
    until(&server, |counts| counts.gets >= 1_500).await;
    let beginning = server.counts();
    assert!(beginning.errors > 0, "the first burst is beyond what the service takes: {beginning}");
    server.reset_counts();
    let finished = running.wait().await;
    assert_eq!(finished.answer(), counted(3_000));
    let settled = server.counts();
    assert!(settled.peak_in_flight <= 40, "{settled}");
    assert!(settled.errors < 150, "{settled}");
    // Each refusal was followed by another try. The landing, the topic and two pages of each partition are listed.
    let refused = beginning.errors + settled.errors;
    assert_eq!(beginning.requests() + settled.requests(), 3_006 + refused, "{beginning}, {settled}");
    let told = format!("({refused} retries, {refused} slow-downs)");
    assert!(finished.stderr.contains(&told), "`{told}` is not in: {}", finished.stderr);
}

#[tokio::test]
async fn listings_are_held_back_too() {
    let options = ServerOptions { slow_down_above: Some(0), ..ServerOptions::default() };
    let server = S3Server::start(items(&[3]), options).await.expect("a free port");
    let config = format!("{DECLARED}[storage]\nretries = 2\n");
    let finished = Pinq::against(&server).config(&config).sql(COUNT).run().await;
    finished.assert_refused(1, &["can not list", "asks for fewer requests", "requests_in_flight"]);
    // The first try and two more, of the listing and of what looks for places nearby.
    let counts = server.counts();
    assert_eq!((counts.lists, counts.errors), (6, 6), "{counts}");
}

#[tokio::test]
async fn a_large_object_in_tiny_ranges_loses_no_record() {
    let text = noise(40_000);
    let ranges = text.len().div_ceil(16 << 10) as u64;
    assert!(ranges > 500, "{ranges}");
    let server = serve_slowly(
        &{
            let bucket = Bucket::memory();
            bucket.insert(&item_key(0, 0), text.clone());
            bucket
        },
        Duration::from_millis(2),
    )
    .await;
    let finished = Pinq::against(&server).config(&tiny_ranges()).sql(COUNT).run().await;
    assert_eq!(finished.answer(), counted(40_000));
    let counts = server.counts();
    assert_eq!((counts.gets, counts.errors), (ranges, 0), "{counts}");
    assert!(counts.peak_in_flight > 2, "{counts}");

    let lines = Pinq::against(&server).config(&tiny_ranges());
    let lines = lines.args(["sql", "select count(*) as wrong from landed.item where _line <> n + 1"]);
    let finished = lines.args(["--landing", "s3://landing/topics/", "--format", "csv"]).run().await;
    assert_eq!(finished.answer(), "wrong\n0\n");
}

#[tokio::test]
async fn a_bad_record_in_a_range_is_told_with_its_place() {
    let mut text = noise(30_000);
    let byte = text.find("{\"n\":23456,").expect("a record");
    text.replace_range(byte..=byte, "?");
    let server = one(&item_key(0, 0), text).await;
    let finished = Pinq::against(&server).config(&tiny_ranges()).sql(COUNT).run().await;
    finished.assert_refused(1, &[&format!("line 23457, column 1 (byte {byte})")]);
}

#[tokio::test]
async fn ranges_of_an_object_that_is_replaced_are_never_mixed() {
    let bucket = Bucket::memory();
    let key = item_key(0, 0);
    bucket.insert(&key, aligned_records(8 << 10));
    let server = serve_slowly(&bucket, Duration::from_millis(50)).await;
    let config = format!("{DECLARED}[storage]\nrange_size = \"64KiB\"\n");
    let running = Pinq::against(&server).config(&config).sql(COUNT).start();
    until(&server, |counts| counts.gets > 20).await;
    bucket.insert(&key, aligned_records(8 << 10).replace(":1", ":2"));
    running.wait().await.assert_refused(1, &[&format!("s3://landing/{key}"), "replaced after it was listed"]);
}

#[tokio::test]
async fn large_compressed_objects_stream_whatever_they_are_called() {
    let text = noise(40_000);
    let (first, second) = text.as_bytes().split_at(text.len() / 2 + 1);
    let gzip = [gzip(first, 1), gzip(second, 1)].concat();
    let zstd = [first, second].map(|part| zstd::encode_all(part, 1).expect("memory takes bytes")).concat();
    for body in [gzip, zstd] {
        assert!(body.len() > 5 << 20, "{}", body.len());
        for (key, config) in [
            (item_key(0, 0), DECLARED.to_owned()),
            (item_key(0, 0) + ".gz", format!("{DECLARED}[storage]\nrange_size = \"64KiB\"\n")),
            (item_key(0, 0) + ".gz", String::new()),
        ] {
            let server = one(&key, body.clone()).await;
            assert_eq!(Pinq::against(&server).config(&config).sql(COUNT).run().await.answer(), counted(40_000));
        }
    }
}

#[tokio::test]
async fn a_large_compressed_object_that_is_cut_short_is_an_error() {
    let mut body = gzip(noise(40_000).as_bytes(), 1);
    body.truncate(body.len() - 100);
    let server = one(&(item_key(0, 0) + ".gz"), body).await;
    let finished = Pinq::against(&server).config(DECLARED).sql(COUNT).run().await;
    finished.assert_refused(1, &["table `item`", "could not be decompressed"]);
}

#[tokio::test]
async fn what_grows_beyond_its_limit_is_refused() {
    let config = format!("{DECLARED}[tables.item]\nmax_object_size = \"20MB\"\n");
    let config = config.replace("[tables.item.columns]\nn = \"bigint\"\n", "");
    let config = format!("{config}columns = {{ n = \"bigint\" }}\n");
    let bomb = gzip(&vec![b'\n'; 64 << 20], 1);
    assert!(bomb.len() < 1 << 20);
    // One that is fetched whole, and one that is large as it is stored.
    let large = [gzip(noise(20_000).as_bytes(), 0), bomb.clone()].concat();
    assert!(large.len() > 5 << 20);
    for body in [bomb, large] {
        let server = one(&(item_key(0, 0) + ".gz"), body).await;
        let finished = Pinq::against(&server).config(&config).sql(COUNT).run().await;
        let hint = "raise `max_object_size` under `[tables.item]`";
        finished.assert_refused(1, &["table `item`", "more than the 20000000 bytes that are allowed", hint]);
    }
}
