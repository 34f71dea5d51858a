//! What `pinq doctor` brings of large, compressed and unreadable objects, and that it blames none for how it was cut.

use std::fmt::Write as _;
use std::io::Write as _;

use super::doctor::{LANDING, examined};
use super::landings::{items, serve, wide_records};
use super::program::Pinq;
use crate::s3::{Bucket, Fault, FaultKind, Faults};

fn insert(bucket: &Bucket, topic: &str, offset: usize, extension: &str, body: impl Into<bytes::Bytes>) {
    let key = format!("topics/demo.{topic}/partition=0/demo.{topic}+0+{offset:010}.json{extension}");
    bucket.insert(&key, body);
}

/// Larger than its plain bytes, as nothing is compressed.
fn stored(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn large_objects_of_every_kind_are_sampled_and_well() {
    let bucket = Bucket::memory();
    let wide = |first| wide_records(first, 10_000);
    for first in [0, 10_000, 20_000] {
        insert(&bucket, "lines", first, "", wide(first));
    }
    let twenty_megabytes = stored(wide_records(0, 110_000).as_bytes());
    assert!(twenty_megabytes.len() > 20 << 20);
    insert(&bucket, "gzip", 0, ".gz", twenty_megabytes);
    let lines = wide(0);
    let items: Vec<&str> = lines.lines().collect();
    insert(&bucket, "array", 0, "", format!("[\n{}\n]\n", items.join(",\n")));
    insert(&bucket, "row", 0, "", format!("[{}]", items.join(",")));
    insert(&bucket, "squeezed", 0, ".gz", stored(format!("[{}]", items.join(",")).as_bytes()));
    let pretty = items.iter().fold(String::new(), |mut text, item| {
        let _ = writeln!(text, "{}", item.replace(',', ",\n  "));
        text
    });
    insert(&bucket, "pretty", 0, "", pretty);
    let server = serve(&bucket).await;
    let found = examined(Pinq::against(&server), LANDING).await;
    for step in ["read", "sample", "offsets"] {
        assert_eq!(found.status(step), "ok", "{:#}", found.document);
    }
    assert_eq!(found.code, Some(0), "{:#}", found.document);
    let details = found.step("sample")["details"].to_string();
    for table in ["lines", "gzip", "array", "row", "squeezed", "pretty"] {
        let told = details.split_once(&format!("`raw.{table}`: ")).map(|(_, told)| told).unwrap_or_default();
        let records = told.split(' ').next().unwrap_or_default().replace(',', "");
        assert!(records.parse().is_ok_and(|records: u64| records > 4_000), "{table}: {details}");
    }
}

#[tokio::test]
async fn an_object_that_can_not_be_read_does_not_keep_others_from_being_looked_at() {
    let bucket = items(&[5]);
    for offset in [0, 1] {
        insert(&bucket, "other", offset, "", "{\"n\":1}\n");
    }
    let server = serve(&bucket).await;
    let key = Some("demo.other+0+0000000000".to_owned());
    server.set_faults(&Faults(vec![Fault { key, ..Fault::always(FaultKind::Gone) }]));
    let found = examined(Pinq::against(&server), LANDING).await;
    found.assert_failed("read", &["it was deleted after it was listed", "run it again"]);
    for step in ["sample", "offsets", "questions"] {
        assert_ne!(found.status(step), "skipped", "{:#}", found.document);
    }
    let details = found.step("sample")["details"].to_string();
    assert!(details.contains("`raw.item`: 5 records") && details.contains("`raw.other`: 1 record"), "{details}");
}

#[tokio::test]
async fn an_object_that_is_one_long_record_is_passed_over_with_a_word() {
    let bucket = items(&[5]);
    insert(&bucket, "long", 0, "", format!("{{\"n\":\"{}\"}}", "x".repeat(17 << 20)));
    let server = serve(&bucket).await;
    let found = examined(Pinq::against(&server), LANDING).await;
    assert_eq!((found.status("read"), found.code), ("warning", Some(0)), "{:#}", found.document);
    assert!(found.step("read").to_string().contains("`raw.long`: 1 object passed over"), "{:#}", found.step("read"));
    assert_eq!(found.status("sample"), "ok", "{:#}", found.document);
}
