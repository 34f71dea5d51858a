//! What predicates and limits save: LISTs of folders that are decided, GETs of objects that are ruled out.

use super::landings::{DECLARED, aligned_records, counted, item_key, items, serve};
use super::program::Pinq;
use crate::s3::{Bucket, Counts, S3Server};

/// Two years of two months of two days, two one-record objects each, numbered from 0.
fn calendar() -> Bucket {
    let bucket = Bucket::memory();
    let mut number = 0;
    for year in [2023, 2024] {
        for month in [5, 6] {
            for day in [1, 2] {
                for _ in 0..2 {
                    let folder = format!("topics/demo.item/year={year}/month={month:02}/day={day:02}");
                    bucket.insert(&format!("{folder}/demo.item+0+{number:010}.json"), format!("{{\"n\":{number}}}"));
                    number += 1;
                }
            }
        }
    }
    bucket
}

fn count(filter: &str) -> String {
    format!("select count(*) as records, sum(n) as total from landed.item where {filter}")
}

async fn asked(server: &S3Server, sql: &str) -> (String, Counts) {
    server.reset_counts();
    let finished = Pinq::against(server).config(DECLARED).sql(sql).run().await;
    let answer = finished.answer().to_owned();
    let counts = server.counts();
    assert_eq!((counts.heads, counts.others, counts.errors), (0, 0, 0), "{counts}");
    (answer, counts)
}

#[tokio::test]
async fn a_decided_folder_is_listed_and_the_others_are_not() {
    let server = serve(&calendar()).await;
    let (answer, counts) = asked(&server, &count("year = 2024 and month = 5")).await;
    assert_eq!(answer, "records,total\n4,38\n");
    // The landing, the topic, a look at the first year, the levels of 2024, and the month.
    assert_eq!((counts.lists, counts.gets), (5, 4), "{counts}");
    let (answer, counts) = asked(&server, &count("year = 2024 and month = 5 and day = 2")).await;
    assert_eq!(answer, "records,total\n2,21\n");
    assert_eq!((counts.lists, counts.gets), (6, 2), "{counts}");
    // Where no year is decided, each year is asked for its months.
    let (answer, counts) = asked(&server, &count("year = 2023 or (year = 2024 and month = 6)")).await;
    assert_eq!((answer.as_str(), counts.gets), ("records,total\n12,82\n", 12), "{counts}");
}

#[tokio::test]
async fn a_run_without_predicates_lists_no_more_than_flat_folders() {
    let server = serve(&calendar()).await;
    let all = "select count(*) as records, sum(n) as total from landed.item";
    let (answer, counts) = asked(&server, all).await;
    // The landing, the topic, and each year: the look at the first one was its listing.
    assert_eq!((answer, counts.lists, counts.gets), (counted(16), 4, 16), "{counts}");
    // All statements share what was listed, whichever came first, and read what the ones before left in the cache.
    let one = count("year = 2024 and month = 5");
    for (sql, lists) in [(format!("{all}; {one}"), 4), (format!("{one}; {all}"), 6)] {
        let (answer, counts) = asked(&server, &sql).await;
        assert!(answer.contains(&counted(16)) && answer.contains("4,38"), "{answer}");
        assert_eq!((counts.lists, counts.gets), (lists, 16), "{counts}");
    }
}

#[tokio::test]
async fn a_large_first_folder_is_looked_at_and_not_listed() {
    let server = serve(&items(&[2_500, 3])).await;
    let (answer, counts) = asked(&server, &count("_partition = 1")).await;
    assert_eq!(answer, "records,total\n3,7503\n");
    // The landing, the topic, one page of three of the first partition, and the other partition.
    assert_eq!((counts.lists, counts.gets), (4, 3), "{counts}");
    let (answer, counts) = asked(&server, "select count(*) as records, sum(n) as total from landed.item").await;
    // All three pages now, and one that was asked for together with the third, in vain.
    assert_eq!((answer, counts.lists, counts.gets), (counted(2_503), 7, 2_503), "{counts}");
}

#[tokio::test]
async fn objects_are_ruled_out_by_their_keys_before_they_are_fetched() {
    let server = serve(&items(&[300, 300])).await;
    let (answer, counts) = asked(&server, &count("_offset = 250 and _partition = 0")).await;
    assert_eq!(answer, "records,total\n1,250\n");
    // An object of nine bytes may hold nine records, so the eight objects before it are read, too.
    assert_eq!(counts.gets, 9, "{counts}");
    let (answer, counts) = asked(&server, &count("_object like '%+0+0000000007.json'")).await;
    assert_eq!((answer.as_str(), counts.gets), ("records,total\n1,7\n", 1), "{counts}");
    let (_, counts) = asked(&server, &count("_size > 100 or _last_modified < timestamp '1999-01-01 00:00:00'")).await;
    assert_eq!(counts.gets, 0, "{counts}");
}

#[tokio::test]
async fn an_object_that_overlaps_the_next_one_is_not_ruled_out() {
    let bucket = Bucket::memory();
    let records = |from: usize, to: usize| (from..to).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>();
    bucket.insert(&item_key(0, 0), records(0, 100));
    bucket.insert(&item_key(0, 50), records(50, 120));
    let server = serve(&bucket).await;
    let (answer, _) = asked(&server, &count("_offset = 70")).await;
    assert_eq!(answer, "records,total\n2,140\n");
}

#[tokio::test]
async fn a_small_limit_starts_a_few_requests() {
    let server = serve(&items(&[6_000, 4_000])).await;
    for sql in ["select n from raw.item limit 5", "select n from landed.item where _partition = 1 limit 5"] {
        let (answer, counts) = asked(&server, sql).await;
        assert_eq!(answer.lines().count(), 6, "{answer}");
        assert!(counts.gets <= 64, "{counts}");
    }
    let (answer, counts) = asked(&server, "select n from raw.item limit 300").await;
    assert_eq!(answer.lines().count(), 301);
    assert!(counts.gets >= 300 && counts.gets <= 2_000, "{counts}");
}

#[tokio::test]
async fn a_limit_beyond_the_rows_yields_them_all() {
    let server = serve(&items(&[60, 40])).await;
    let (answer, counts) = asked(&server, "select count(*) as rows from (select n from raw.item limit 500)").await;
    assert_eq!((answer.as_str(), counts.gets), ("rows\n100\n", 100), "{counts}");
}

#[tokio::test]
async fn the_plan_says_what_was_ruled_out() {
    let server = serve(&calendar()).await;
    let sql = format!("explain analyze {}", count("year = 2024 and month = 5"));
    let (answer, _) = asked(&server, &sql).await;
    for part in
        ["pruning=year = Int32(2024) AND month = Int32(5)", "objects_listed=4", "objects_pruned=0", "folders_pruned=2"]
    {
        assert!(answer.contains(part), "`{part}` is not in: {answer}");
    }
}

#[tokio::test]
async fn offsets_go_on_through_the_parts_of_a_large_object() {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 100), format!("null\n\n{}", aligned_records(6 << 10)));
    let server = serve(&bucket).await;
    let sql = "select count(*) as records, count(distinct _offset) as offsets, min(_offset) as first, max(_offset) as last \
               from landed.item";
    let (answer, _) = asked(&server, sql).await;
    assert_eq!(answer, "records,offsets,first,last\n6144,6144,101,6244\n");
}
