//! A cache that was damaged: the answer is right, it is told, and the run after is whole again.

use std::fs;
use std::path::Path;

use super::super::landings::{DECLARED, aligned_records, item_key, serve};
use super::home::{Home, Ran};
use crate::s3::{Bucket, S3Server};

const SQL: &str = "select count(*) as n, sum(n) as total, count(*) filter (where _repeat) as repeats from landed.item";

/// A large object and small ones, so that some are kept in parts and some together.
async fn served() -> S3Server {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), aligned_records(6 << 10));
    for n in 0..20 {
        bucket.insert(&item_key(1, n), format!("{{\"n\":{}}}", n / 2));
    }
    serve(&bucket).await
}

/// Damages a cache, and checks that the next run is right and tells of it, and that the one after it asks for nothing.
async fn survives(damage: impl Fn(&Home), told: &str) -> Ran {
    let server = served().await;
    let home = Home::new(DECLARED);
    let first = home.ask(&server, SQL).await;
    assert!(first.code == Some(0) && first.counts.gets > 20, "{first:?}");
    home.ask(&server, SQL).await.answers(&first.answer, 0);
    damage(&home);
    let damaged = home.run(&server, SQL, &[]).await;
    assert_eq!((damaged.code, &damaged.answer), (Some(0), &first.answer), "{damaged:?}");
    assert!(damaged.told.iter().any(|line| line.starts_with("warning: ") && line.contains(told)), "{damaged:?}");
    home.ask(&server, SQL).await.answers(&first.answer, 0);
    damaged
}

fn change(file: &Path, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("a file");
    change(&mut bytes);
    fs::write(file, bytes).expect("a file");
}

fn in_each_segment(damage: impl Fn(&mut Vec<u8>)) -> impl Fn(&Home) {
    move |home| home.segments().iter().for_each(|file| change(file, &damage))
}

#[tokio::test]
async fn a_flipped_byte_is_noticed() {
    survives(in_each_segment(|bytes| *bytes.last_mut().expect("a byte") ^= 1), "damaged").await;
    survives(
        in_each_segment(|bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x40;
        }),
        "damaged",
    )
    .await;
}

#[tokio::test]
async fn a_segment_that_was_cut_or_is_gone_is_noticed() {
    survives(in_each_segment(|bytes| bytes.truncate(bytes.len() / 2)), "damaged").await;
    survives(in_each_segment(Vec::clear), "damaged").await;
    survives(|home| home.segments().iter().for_each(|file| fs::remove_file(file).expect("a file")), "damaged").await;
}

#[tokio::test]
async fn one_damaged_segment_of_several_costs_its_own_objects() {
    let bucket = Bucket::memory();
    for n in 0..20 {
        bucket.insert(&item_key(0, n), format!("{{\"n\":{n}}}"));
    }
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    home.ask(&server, SQL).await.asks_for(20);
    bucket.insert(&item_key(0, 20), "{\"n\":1}");
    home.ask(&server, SQL).await.asks_for(1);
    let newest = home.segments().into_iter().max_by_key(|file| number(file)).expect("a segment");
    change(&newest, |bytes| bytes[10] ^= 1);
    let ran = home.run(&server, SQL, &[]).await;
    ran.answers("n,total,repeats\n21,191,1\n", 1);
    home.ask(&server, SQL).await.answers("n,total,repeats\n21,191,1\n", 0);
}

fn number(file: &Path) -> u64 {
    file.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok()).expect("a numbered file")
}

#[tokio::test]
async fn an_index_that_is_garbage_or_gone_is_begun_anew() {
    let garbage = |home: &Home| fs::write(home.index(), "garbage ".repeat(2_000)).expect("a file");
    let ran = survives(garbage, "index").await;
    assert!(ran.counts.gets > 20, "{ran:?}");
    survives(|home| fs::remove_file(home.index()).expect("a file"), "index").await;
    survives(|home| change(&home.index(), |bytes| bytes.truncate(5_000)), "index").await;
}

#[tokio::test]
async fn a_page_of_the_index_that_is_garbage_harms_no_answer() {
    let server = served().await;
    for page in 0..12 {
        let home = Home::new(DECLARED);
        let first = home.run(&server, SQL, &[]).await;
        let pages = fs::metadata(home.index()).expect("a file").len() / 4_096;
        if page >= pages {
            break;
        }
        let start = usize::try_from(page * 4_096).expect("a small file");
        change(&home.index(), |bytes| bytes[start..start + 4_096].fill(0xa5));
        for _ in 0..3 {
            let ran = home.run(&server, SQL, &[]).await;
            assert_eq!((ran.code, &ran.answer), (Some(0), &first.answer), "page {page}: {ran:?}");
        }
        home.ask(&server, SQL).await.answers(&first.answer, 0);
    }
}

#[tokio::test]
async fn a_folder_that_can_not_be_used_turns_the_cache_off() {
    let server = served().await;
    let home = Home::new(DECLARED);
    fs::create_dir_all(home.cache().parent().expect("a folder")).expect("a scratch folder");
    fs::write(home.cache(), "a file").expect("a scratch file");
    let without = home.run(&server, SQL, &["--no-cache"]).await;
    for _ in 0..2 {
        let ran = home.run(&server, SQL, &[]).await;
        ran.answers(&without.answer, without.counts.gets);
        let told: Vec<_> = ran.told.iter().filter(|line| line.starts_with("warning: the cache is off")).collect();
        assert_eq!(told.len(), 1, "{ran:?}");
    }
    fs::remove_file(home.cache()).expect("a scratch file");
    home.ask(&server, SQL).await.answers(&without.answer, without.counts.gets);
    home.ask(&server, SQL).await.answers(&without.answer, 0);
}
