//! Keys that clients are known to spoil, and compressed objects beside plain ones.

use std::io::Write;

use super::landings::{COUNT, DECLARED, counted, serve};
use super::program::Pinq;
use crate::s3::Bucket;

/// Each stands for one object; what a client decodes or encodes once too often is not found.
const ODD: [&str; 13] = [
    "topics/demo.item/partition=0/demo.item+0+0000000000.json",
    "topics/demo.item/partition=0/demo.item%2B0%2B0000000000.json",
    "topics/demo.item/partition=0/demo.item 0 0000000000.json",
    "topics/demo.item/partition=0/demo.item%200%200000000000.json",
    "topics/demo.item/partition=0/100%.json",
    "topics/demo.item/partition=0/a=b&c=d?e#f.json",
    "topics/demo.item/partition=0/grüße 世界 🎈.json",
    "topics/demo.item/partition=0/e\u{301}.json",
    "topics/demo.item/partition=0/é.json",
    "topics/demo.item/partition=1/quote'\"<>&amp;~*!().json",
    "topics/demo.item/année=2020 +1/x.json",
    "topics/demo.item/année=2020%20%2B1/x.json",
    "topics/demo.item/top.json",
];

#[tokio::test]
async fn odd_keys_are_read_each_once() {
    let bucket = Bucket::memory();
    for (number, key) in ODD.iter().enumerate() {
        bucket.insert(key, format!("{{\"n\":{number}}}"));
    }
    let server = serve(&bucket).await;
    assert_eq!(Pinq::against(&server).config(DECLARED).sql(COUNT).run().await.answer(), counted(ODD.len()));
    let counts = server.counts();
    assert_eq!((counts.gets, counts.errors), (ODD.len() as u64, 0), "{counts}");

    let named = Pinq::against(&server).config(DECLARED);
    let text = "select n, _object from landed.item order by n";
    let finished = named.args(["sql", text, "--landing", "s3://landing/topics/", "--format", "ndjson"]).run().await;
    let rows: Vec<serde_json::Value> =
        finished.answer().lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect();
    for (row, key) in rows.iter().zip(ODD) {
        let object = row["_object"].as_str().expect("the object's name");
        assert!(key.ends_with(object) && !object.is_empty(), "`{object}` stands for `{key}`");
    }
    assert_eq!(rows.len(), ODD.len());
}

#[tokio::test]
async fn a_topic_and_a_prefix_may_be_odd_too() {
    let bucket = Bucket::memory();
    let folder = "land ing+é=%2B/my topic+ü.item/partition=0/";
    for number in 0..3 {
        bucket.insert(&format!("{folder}my topic+ü.item+0+{number:010}.json"), format!("{{\"n\":{number}}}"));
    }
    let server = serve(&bucket).await;
    let pinq = Pinq::against(&server);
    let landing = "s3://landing/land ing+é=%2B";
    let finished = pinq.args(["sql", COUNT, "--landing", landing, "--format", "csv"]).run().await;
    assert_eq!(finished.answer(), counted(3));
}

#[tokio::test]
async fn plain_and_compressed_objects_stand_in_one_prefix() {
    let bucket = Bucket::memory();
    let gzip = |text: String| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory takes bytes");
        encoder.finish().expect("memory takes bytes")
    };
    let lines = |first: usize, last: usize| (first..last).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>();
    bucket.insert("topics/demo.item/partition=0/demo.item+0+0000000000.json", lines(0, 10));
    bucket.insert("topics/demo.item/partition=0/demo.item+0+0000000010.json.gz", gzip(lines(10, 300)));
    // Two members, as where compressed files were appended to each other.
    let members = [gzip(lines(300, 310)), gzip(lines(310, 320))].concat();
    bucket.insert("topics/demo.item/partition=1/demo.item+1+0000000000.json.gz", members);
    // The bytes tell, where a tool has left the extension out or decompressed without renaming.
    bucket.insert("topics/demo.item/partition=1/demo.item+1+0000000020.json", gzip(lines(320, 330)));
    bucket.insert("topics/demo.item/partition=1/demo.item+1+0000000030.json.gz", lines(330, 331));
    let server = serve(&bucket).await;
    assert_eq!(Pinq::against(&server).sql(COUNT).run().await.answer(), counted(331));
    assert_eq!(Pinq::against(&server).config(DECLARED).sql(COUNT).run().await.answer(), counted(331));
}
