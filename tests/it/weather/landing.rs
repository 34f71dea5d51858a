//! A small landing with all that matters for requests: many tiny objects, some compressed, some read in ranges.
//!
//! It is made once for all tests: servers spoil what they send, never what they hold.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use clap::Parser as _;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::s3::Bucket;
use crate::samples::generator::{Arguments, generate};

/// Where it is.
pub(super) const LOCATION: &str = "s3://landing/topics/";

/// How runs are configured: limits and pauses so short that a test can wait for them, ranges so small that a record
/// lies across two of them.
pub(super) const STORAGE: &str = "[storage]\nrange_size = \"16KiB\"\nconnect_timeout = \"2s\"\n\
     requests_in_flight = 24\n";

/// What runs wait for and how often they try again, where they are told nothing else.
pub(super) const PATIENCE: &str = "request_timeout = \"1500ms\"\nretries = 5\n";

/// Records of each topic in its objects, one after another: some by themselves, some together, plain or compressed.
const OBJECTS: [(usize, &str); 14] = [
    (70, "json"),
    (1, "json"),
    (1, "json.gz"),
    (1, "json"),
    (2, "json"),
    (60, "json.gz"),
    (1, "json"),
    (1, "json"),
    (1, "json.gz"),
    (1, "json"),
    (9, "json"),
    (1, "json"),
    (1, "json"),
    (50, "json"),
];

/// The bucket with the three topics.
pub(super) fn bucket() -> Bucket {
    static BUCKET: OnceLock<Bucket> = OnceLock::new();
    BUCKET.get_or_init(make).clone()
}

fn make() -> Bucket {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().to_str().expect("a folder of text");
    let options = ["--posts", "190", "--records-per-object", "1000", "--id", "0a1b2c3d4e5f", "--seed", "11"];
    generate(&Arguments::parse_from(["landing", out].into_iter().chain(options))).expect("a landing");
    let bucket = Bucket::memory();
    for (topic, lines) in records(&scratch.path().join("topics")) {
        let mut lines = lines.iter();
        let mut offset = 0;
        for (count, ending) in OBJECTS.iter().cycle() {
            let body: String = lines.by_ref().take(*count).map(|line| format!("{line}\n")).collect();
            if body.is_empty() {
                break;
            }
            // Two partitions in turns, so that there is more than one folder.
            let partition = offset % 2;
            let key = format!("topics/{topic}/partition={partition}/{topic}+{partition}+{offset:010}.{ending}");
            bucket.insert(&key, stored(&body, ending));
            offset += count;
        }
    }
    bucket
}

/// The lines of each topic.
fn records(topics: &Path) -> BTreeMap<String, Vec<String>> {
    let mut records = BTreeMap::new();
    for topic in fs::read_dir(topics).expect("topics") {
        let topic = topic.expect("a topic");
        let object = fs::read_dir(topic.path().join("partition=0")).expect("a partition").next();
        let text = fs::read_to_string(object.expect("one object").expect("one object").path()).expect("records");
        let name = topic.file_name().into_string().expect("a name of text");
        records.insert(name, text.lines().map(str::to_owned).collect());
    }
    records
}

fn stored(body: &str, ending: &str) -> Vec<u8> {
    if ending == "json" {
        return body.as_bytes().to_vec();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}
