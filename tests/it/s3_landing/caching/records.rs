//! Objects of every sort, and what is told of them: a run that reads the cache tells it as the run did that read them.

use std::io::Write as _;

use super::super::landings::{aligned_records, item_key, serve};
use super::home::Home;
use crate::s3::Bucket;

const COLUMNS: &str = "columns = { n = \"bigint\", name = \"varchar\" }\n";

const QUESTIONS: [&str; 7] = [
    "select count(*) as n, sum(n) as total, count(name) as names from raw.item",
    "select count(*) as n from raw.item",
    "select sum(n) as n from landed.item where _partition = 0",
    "select _object, count(*) as n, sum(n) as total, min(_line) as first, max(_offset) as last from landed.item group by 1 order by 1",
    "select count(*) as n, max(name) as name from raw.item; select object, line, byte, reason, text from pinq.rejects order by 1, 2, 3",
    "select sum(n) as n from raw.item; select max(name) as name from landed.item where _partition = 1; \
     select count(*) as n from raw.item; select count(*) as n, min(line) as line from pinq.rejects",
    "select _repeat, count(*) as n, count(distinct n) as numbers from landed.item where _partition = 1 group by 1 order by 1",
];

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

/// Records whose text does not get small by compression, numbered from 0.
fn noise(records: u64) -> String {
    let word = |n: u64| {
        format!(
            "{:032x}",
            u128::from(2 * n + 1).wrapping_pow(23).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        )
    };
    let text = |n: u64| (0..4).map(|part| word(n * 4 + part)).collect::<String>();
    (0..records).map(|n| format!("{{\"n\":{n},\"name\":\"{}\"}}\n", text(n))).collect()
}

fn records(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|n| format!("{{\"n\":{n},\"name\":\"name {n}\"}}\n")).collect()
}

/// Whole and readable objects of every sort.
fn sound() -> Bucket {
    let bucket = Bucket::memory();
    let pretty = "[\n  {\n    \"n\": 1,\n    \"name\": \"x\"\n  },\n  {\n    \"n\": 2\n  }\n]\n";
    for (number, body) in [
        records(0..10).into_bytes(),
        Vec::new(),
        b"null\nnull\n".to_vec(),
        gzip(&records(10..20)),
        zstd::encode_all(records(20..30).as_bytes(), 1).expect("memory takes bytes"),
        pretty.as_bytes().to_vec(),
        b"\xef\xbb\xbf{\"n\":3}\r\n\r\n{\"n\":4}{\"n\":5}\nnull\n".to_vec(),
        b"{\"n\":6,\"late\":1,\"later\":{\"x\":1}}\n{\"n\":7,\"late\":null}\n".to_vec(),
        b"\n\n".to_vec(),
        b"[]".to_vec(),
    ]
    .into_iter()
    .enumerate()
    {
        bucket.insert(&item_key(number % 2, number * 100), body);
    }
    bucket
}

/// As many more in which something is wrong.
fn insert_unsound(bucket: &Bucket) {
    let torn = [&gzip(&records(0..2_000))[..3_000], b"no more"].concat();
    for (number, body) in [
        b"{\"n\":1}\n[1]\n{\"n\":2}\n{\"n\":\n".to_vec(),
        b"{\"n\":\"one\",\"name\":\"a\"}\n{\"n\":2.5}\n{\"n\":3}\nnull\n{\"n\":{},\"late\":1}".to_vec(),
        torn,
        b"not json".to_vec(),
        b"{\"n\":1,\"name\":\"\xff\"}\n{\"n\":8}".to_vec(),
        format!("{{\"n\":9,\"name\":\"{}\"}}\n{{\"n\":10}}\n", "x".repeat(5_000)).into_bytes(),
    ]
    .into_iter()
    .enumerate()
    {
        bucket.insert(&item_key(number % 2, 5_000 + number * 100), body);
    }
}

/// Asks everything twice; the second time no object is asked for.
async fn ask_all(bucket: &Bucket, config: &str) {
    let server = serve(bucket).await;
    let home = Home::new(config);
    for sql in QUESTIONS {
        home.ask(&server, sql).await.went_well();
        home.ask(&server, sql).await.asks_for(0);
    }
    for sql in QUESTIONS {
        home.ask(&server, sql).await.asks_for(0);
    }
}

#[tokio::test]
async fn objects_of_every_sort_are_kept() {
    ask_all(&sound(), &format!("[tables.item]\n{COLUMNS}")).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_again() {
    let bucket = sound();
    insert_unsound(&bucket);
    let options = "on_bad_record = \"skip\"\non_bad_value = \"null\"\nmax_record_size = \"4KiB\"\n";
    ask_all(&bucket, &format!("[tables.item]\n{options}{COLUMNS}")).await;
}

#[tokio::test]
async fn keys_in_no_column_are_kept_with_records_that_are_skipped() {
    let bucket = sound();
    insert_unsound(&bucket);
    let options = "on_bad_record = \"skip\"\non_bad_value = \"null\"\nrest = true\n";
    let home = Home::new(&format!("[tables.item]\n{options}{COLUMNS}"));
    let server = serve(&bucket).await;
    for gets in [16, 0] {
        home.ask(&server, "select n, name, _rest from raw.item order by 1, 2, 3").await.asks_for(gets);
    }
}

#[tokio::test]
async fn large_objects_are_kept_in_their_parts() {
    let bucket = Bucket::memory();
    let noise = noise(60_000);
    bucket.insert(&item_key(0, 0), format!("null\n\n{}", aligned_records(6 << 10)));
    bucket.insert(&item_key(1, 0), noise.clone());
    let zipped = gzip(&noise);
    assert!(zipped.len() > 4 << 20, "{}", zipped.len());
    bucket.insert(&item_key(0, 90_000), zipped);
    bucket.insert(&item_key(1, 90_000), zstd::encode_all(noise.as_bytes(), 1).expect("memory takes bytes"));
    bucket.insert(&item_key(1, 190_000), records(0..9));
    ask_all(&bucket, &format!("[tables.item]\n{COLUMNS}")).await;
}

#[tokio::test]
async fn an_object_that_was_large_and_is_small_now_and_the_other_way_round() {
    let bucket = Bucket::memory();
    (1..20).for_each(|n| bucket.insert(&item_key(0, n), format!("{{\"n\":{n}}}")));
    let server = serve(&bucket).await;
    let home = Home::new(&format!("[tables.item]\n{COLUMNS}"));
    let large = aligned_records(5 << 10);
    for body in [large.clone(), "{\"n\":2}".into(), large.replace(":1", ":3"), large.replace(":1", ":4"), large] {
        bucket.insert(&item_key(0, 0), body);
        assert!(home.refreshed(&server, QUESTIONS[0]).await.counts.gets > 0);
        home.ask(&server, QUESTIONS[0]).await.asks_for(0);
    }
}

#[tokio::test]
async fn what_is_wrong_in_large_objects_is_told_again() {
    let bucket = Bucket::memory();
    let noise = noise(60_000).replace("{\"n\":50000,", "{\"n\":\"x\",").replace("{\"n\":777,", "?");
    bucket.insert(&item_key(1, 0), noise.clone());
    let mut zipped = gzip(&noise);
    zipped.truncate(zipped.len() - 100_000);
    assert!(zipped.len() > 4 << 20, "{}", zipped.len());
    bucket.insert(&item_key(0, 90_000), zipped);
    let options = "on_bad_record = \"skip\"\non_bad_value = \"null\"\n";
    ask_all(&bucket, &format!("[tables.item]\n{options}{COLUMNS}")).await;
}

#[tokio::test]
async fn too_many_bad_records_fail_from_the_cache_too() {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), "{\"n\":1}\n?\n{\"n\":2}\n");
    bucket.insert(&item_key(0, 9), "?");
    let server = serve(&bucket).await;
    let mut home = Home::new("[tables.item]\non_bad_record = \"skip\"\ncolumns = { n = \"bigint\" }\n");
    for gets in [2, 0] {
        home.ask(&server, "select sum(n) as n from raw.item").await.answers("n\n3\n", gets);
    }
    home.config = "[tables.item]\non_bad_record = \"skip\"\nmax_bad_records = 1\ncolumns = { n = \"bigint\" }\n".into();
    let ran = home.run(&server, "select sum(n) as n from raw.item", &[]).await;
    assert!(ran.code == Some(1) && ran.told.concat().contains("max_bad_records = 1"), "{ran:?}");
}

#[tokio::test]
async fn a_bad_value_fails_those_questions_that_read_it() {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), records(0..10));
    bucket.insert(&item_key(0, 10), records(10..20));
    let server = serve(&bucket).await;
    let home = Home::new("[tables.item.columns]\nn = \"bigint\"\nname = \"varchar\"\nm = \"bigint\"\n");
    let (good, bad) = ("select max(name) as name from raw.item", "select sum(m) as m, max(name) as name from raw.item");
    home.ask(&server, good).await.asks_for(2);
    // All columns are asked for, so that those to come are decoded for all of them.
    home.ask(&server, bad).await.asks_for(2);
    bucket.insert(&item_key(0, 20), "{\"name\":\"x\",\"m\":\"many\"}");
    for gets in [1, 0] {
        home.ask(&server, good).await.answers("name\nx\n", gets);
    }
    for _ in 0..2 {
        let failed = home.ask(&server, bad).await;
        assert!(failed.code == Some(1) && failed.told.concat().contains("does not fit its type BIGINT"), "{failed:?}");
    }
    home.ask(&server, good).await.answers("name\nx\n", 0);
    bucket.insert(&item_key(0, 20), "{\"name\":\"x\",\"m\":5}");
    home.ask(&server, bad).await.answers("m,name\n5,x\n", 1);
}
