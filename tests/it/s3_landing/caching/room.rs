//! The bound on the cache holds after every run, and answers are right below it.

use super::super::landings::{item_key, serve};
use super::home::Home;
use crate::s3::Bucket;

const CONFIG: &str = "[cache]\nmax_size = \"100KB\"\n[tables.item]\ncolumns = { n = \"bigint\", name = \"varchar\" }\n";

/// Objects of about 30 kB that do not get much smaller.
fn insert(bucket: &Bucket, objects: std::ops::Range<usize>) {
    for object in objects {
        let text: String = (0..500u64)
            .map(|n| {
                let number = (object as u64 * 1_000 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                format!("{{\"n\":{},\"name\":\"{number:016x}{:016x}\"}}\n", number >> 8, number.wrapping_pow(3))
            })
            .collect();
        bucket.insert(&item_key(object % 3, object * 500), text);
    }
}

#[tokio::test]
async fn the_bound_holds_after_every_run() {
    let bucket = Bucket::memory();
    let server = serve(&bucket).await;
    let home = Home::new(CONFIG);
    let mut kept = 0;
    for run in 0..8 {
        insert(&bucket, run * 2..run * 2 + 2);
        for sql in [
            "select count(*) as n, sum(n % 1000) as total, max(name) as name from raw.item",
            "select count(distinct name) as names from landed.item where _partition = 1",
        ] {
            let ran = home.ask(&server, sql).await;
            assert!(ran.code == Some(0) && ran.told.is_empty(), "{ran:?}");
            assert!(home.segment_bytes() <= 100_000, "{} bytes after run {run}", home.segment_bytes());
            kept = kept.max(home.segment_bytes());
        }
    }
    assert!(kept > 20_000, "nothing was kept: {kept}");
}

#[tokio::test]
async fn no_room_at_all_keeps_nothing() {
    let bucket = Bucket::memory();
    insert(&bucket, 0..4);
    let server = serve(&bucket).await;
    let home = Home::new(&CONFIG.replace("100KB", "1KB"));
    for _ in 0..2 {
        let ran = home.ask(&server, "select sum(n % 1000) as total from raw.item").await;
        ran.asks_for(4);
        assert_eq!(home.segment_bytes(), 0);
    }
}
