//! The same for buckets: what is not permitted is not asked for.

use crate::s3::Bucket;
use crate::s3_landing::landings::serve;
use crate::s3_landing::program::Pinq;

const ROWS: &str = "n\n1\n2\n";

fn bucket() -> Bucket {
    let bucket = Bucket::memory();
    for key in ["in/a.csv", "in/b c.csv", "in2/a.csv", "a.csv"] {
        bucket.insert(key, ROWS);
    }
    bucket.insert("topics/x.pin/partition=0/x.pin+0+0000000000.json", "{\"index\":1}");
    bucket
}

#[tokio::test]
async fn a_prefix_permits_what_is_below_it() {
    let bucket = bucket();
    let server = serve(&bucket).await;
    let sql = |text: &str, location: &str| {
        Pinq::against(&server).args(["sql", text, "-f", "csv", "-q", "--allow-read", location])
    };
    for (location, file) in [
        ("s3://landing/in/", "s3://landing/in/a.csv"),
        ("s3://landing/in", "S3A://landing/in/a.csv"),
        ("s3://landing", "s3://landing/a.csv"),
        ("s3://landing/in/b c.csv", "s3://landing/in/b%20c.csv"),
    ] {
        let answer = sql(&format!("select sum(n) as n from '{file}'"), location).run().await;
        assert_eq!(answer.answer(), "n\n3\n", "{file}");
    }
    let before = server.counts().requests();
    for file in ["in2/a.csv", "a.csv", "in/../a.csv", "in/%2e%2e/a.csv", "in%2F..%2Fa.csv", "IN/a.csv"] {
        let refused = sql(&format!("select * from 's3://landing/{file}'"), "s3://landing/in/").run().await;
        assert_eq!(refused.code, Some(1), "{file}: {}", refused.stderr);
    }
    for file in ["s3://other/in/a.csv", "s3://landing.in/a.csv", "https://landing/in/a.csv"] {
        let refused = sql(&format!("select * from '{file}'"), "s3://landing/in/").run().await;
        refused.assert_refused(1, &["is refused"]);
    }
    assert_eq!(server.counts().requests(), before, "nothing was asked for");
}

#[tokio::test]
async fn a_bucket_that_one_statement_opened_is_no_wider_for_the_next() {
    let bucket = bucket();
    let server = serve(&bucket).await;
    let text = "copy (select 1 as a) to 's3://landing/out/x.csv'; copy (select 2 as a) to 's3://landing/other/x.csv'";
    let ran = Pinq::against(&server).args(["sql", text, "-q", "--allow-write", "s3://landing/out/"]).run().await;
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("<sql>:1:51: `COPY TO` is refused"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--allow-write s3://landing/other/x.csv"), "{}", ran.stderr);
    let keys = bucket.keys();
    assert!(keys.iter().any(|key| key == "out/x.csv") && !keys.iter().any(|key| key.starts_with("other")), "{keys:?}");
    let text =
        "create external table t stored as csv location 's3://landing/in/a.csv'; select * from 's3://landing/a.csv'";
    let ran = Pinq::against(&server)
        .args(["sql", text, "-q", "--allow-read", "s3://landing/in/", "--landing", "s3://landing/topics/"])
        .run()
        .await;
    ran.assert_refused(1, &["`SELECT` is refused", "--allow-read s3://landing/a.csv"]);
}
