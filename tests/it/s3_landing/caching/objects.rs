//! Which objects a run asks for that an earlier one read, or did not, or that are others now.

use super::super::landings::{COUNT, DECLARED, counted, item_key, items, serve};
use super::home::Home;
use crate::s3::Bucket;

fn in_partition(partition: u32) -> String {
    format!("select count(*) as records, sum(n) as total from landed.item where _partition = {partition}")
}

#[tokio::test]
async fn the_second_run_asks_for_no_object() {
    let server = serve(&items(&[30, 20])).await;
    let home = Home::new(DECLARED);
    home.ask(&server, COUNT).await.answers(&counted(50), 50);
    let ran = home.ask(&server, COUNT).await;
    ran.answers(&counted(50), 0);
    assert!(ran.summary.contains("50 objects with 50 records from the cache"), "{}", ran.summary);
    for sql in [
        "select count(*) as n from raw.item",
        "select n from raw.item order by n",
        "select max(n) as n from landed.item where _partition = 1",
        "select n from raw.item order by n limit 3",
        "select count(*) as n from (select n from raw.item limit 7)",
        "select a.n from raw.item as a join raw.item as b on b.n = a.n + 49",
    ] {
        home.ask(&server, sql).await.asks_for(0);
    }
}

#[tokio::test]
async fn inferred_columns_and_what_they_are_inferred_from_are_kept_too() {
    let server = serve(&items(&[30, 20])).await;
    let home = Home::new("");
    home.ask(&server, COUNT).await.answers(&counted(50), 50);
    home.ask(&server, COUNT).await.answers(&counted(50), 0);
}

#[tokio::test]
async fn only_a_new_object_is_asked_for() {
    let bucket = items(&[30, 20]);
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    home.ask(&server, COUNT).await.answers(&counted(50), 50);
    for n in 50..54 {
        bucket.insert(&item_key(n % 2, n), format!("{{\"n\":{n}}}"));
        home.ask(&server, COUNT).await.answers(&counted(n + 1), 1);
    }
    home.ask(&server, COUNT).await.answers(&counted(54), 0);
    // A partition that there was not.
    bucket.insert(&item_key(7, 0), "{\"n\":54}");
    home.ask(&server, COUNT).await.answers(&counted(55), 1);
    home.ask(&server, COUNT).await.answers(&counted(55), 0);
}

#[tokio::test]
async fn many_new_objects_one_by_one_become_few_segments() {
    let bucket = items(&[10]);
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    for n in 10..50 {
        bucket.insert(&item_key(0, n), format!("{{\"n\":{n}}}"));
        let ran = home.run(&server, COUNT, &[]).await;
        ran.answers(&counted(n + 1), if n == 10 { 11 } else { 1 });
    }
    assert!(home.segments().len() <= 20, "{:?}", home.segments());
    home.ask(&server, COUNT).await.answers(&counted(50), 0);
}

#[tokio::test]
async fn segments_are_put_together_while_new_objects_are_read() {
    const RECORDS: usize = 20_000;
    let records = |from: usize| (from..from + RECORDS).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>();
    let bucket = Bucket::memory();
    let server = serve(&bucket).await;
    let home = Home::new(&format!("{DECLARED}[session]\nthreads = 1\n"));
    // More rows in small segments than one takes; what is new at the end is less than a batch.
    for run in 0..17 {
        bucket.insert(&item_key(0, run * RECORDS), records(run * RECORDS));
        home.run(&server, COUNT, &[]).await.answers(&counted((run + 1) * RECORDS), 1);
    }
    bucket.insert(&item_key(0, 17 * RECORDS), format!("{{\"n\":{}}}", 17 * RECORDS));
    for gets in [1, 0] {
        home.run(&server, COUNT, &[]).await.answers(&counted(17 * RECORDS + 1), gets);
    }
    assert!(home.segments().len() <= 3, "{:?}", home.segments());
    let last = format!("select n from landed.item where _offset = {}", 17 * RECORDS);
    home.ask(&server, &last).await.went_well();
    bucket.remove(&item_key(0, 0));
    let sql = format!("select min(n) as first, count(*) as n from raw.item where n <> {}", 17 * RECORDS);
    home.refreshed(&server, &sql).await.answers(&format!("first,n\n{RECORDS},{}\n", 16 * RECORDS), 0);
}

#[tokio::test]
async fn a_replaced_object_is_asked_for_again() {
    let bucket = items(&[10, 5]);
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    home.ask(&server, COUNT).await.answers(&counted(15), 15);
    // The first body has as many bytes as the one before it.
    for (body, total) in [("{\"n\":3}", 106), ("{\"n\":1000}", 1_103), ("{\"n\":1}", 104)] {
        // It was number 2; the one that a partition was listed up to is always looked at again.
        bucket.insert(&item_key(0, 2), body);
        home.refreshed(&server, COUNT).await.answers(&format!("records,total\n15,{total}\n"), 1);
        home.ask(&server, COUNT).await.asks_for(0);
    }
    bucket.insert(&item_key(1, 4), "{\"n\":15}");
    home.ask(&server, COUNT).await.answers("records,total\n15,105\n", 1);
}

#[tokio::test]
async fn a_deleted_object_is_gone_from_the_answer() {
    let bucket = items(&[10, 5]);
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    home.ask(&server, COUNT).await.answers(&counted(15), 15);
    assert!(bucket.remove(&item_key(0, 3)) && bucket.remove(&item_key(1, 4)));
    home.refreshed(&server, COUNT).await.answers("records,total\n13,88\n", 0);
    home.ask(&server, COUNT).await.answers("records,total\n13,88\n", 0);
    for n in 0..10 {
        bucket.remove(&item_key(0, n));
    }
    home.refreshed(&server, COUNT).await.answers("records,total\n4,46\n", 0);
}

#[tokio::test]
async fn a_listing_that_is_found_wrong_is_believed_no_more() {
    let bucket = items(&[10, 5]);
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    home.ask(&server, "select count(*) as n from raw.item").await.answers("n\n15\n", 15);
    // Nobody lists that far back, and the rows of which it is known how many they are do not say what is in them.
    assert!(bucket.remove(&item_key(0, 3)));
    bucket.insert(&item_key(1, 1), "{\"n\":1000}");
    let failed = home.run(&server, COUNT, &[]).await;
    let told = failed.told.concat();
    assert!(
        failed.code == Some(1) && told.contains("after it was listed") && told.contains("run it again"),
        "{failed:?}"
    );
    home.ask(&server, COUNT).await.asks_for(14);
    home.ask(&server, COUNT).await.answers("records,total\n14,1091\n", 0);
}

#[tokio::test]
async fn a_landing_of_which_nothing_is_left_is_empty() {
    let bucket = items(&[3]);
    bucket.insert("topics/demo.item/partition=0/_SUCCESS", "");
    let server = serve(&bucket).await;
    let home = Home::new(DECLARED);
    home.ask(&server, COUNT).await.answers(&counted(3), 3);
    for n in 0..3 {
        bucket.remove(&item_key(0, n));
    }
    home.refreshed(&server, COUNT).await;
}

#[tokio::test]
async fn a_pruned_question_keeps_its_own_objects() {
    let server = serve(&items(&[10, 5])).await;
    let home = Home::new(DECLARED);
    home.ask(&server, &in_partition(0)).await.answers("records,total\n10,45\n", 10);
    home.ask(&server, &in_partition(0)).await.answers("records,total\n10,45\n", 0);
    home.ask(&server, COUNT).await.answers(&counted(15), 5);
    home.ask(&server, &in_partition(1)).await.answers("records,total\n5,60\n", 0);
    home.ask(&server, "select count(*) as n from raw.item").await.answers("n\n15\n", 0);
}

#[tokio::test]
async fn rows_without_columns_are_kept() {
    let server = serve(&items(&[10, 5])).await;
    let home = Home::new(DECLARED);
    for gets in [15, 0] {
        home.ask(&server, "select count(*) as n from raw.item").await.answers("n\n15\n", gets);
    }
    home.ask(&server, COUNT).await.answers(&counted(15), 15);
    home.ask(&server, "select count(*) as n from raw.item").await.answers("n\n15\n", 0);
}

#[tokio::test]
async fn a_limit_leaves_nothing_half_kept() {
    let server = serve(&items(&[300, 200])).await;
    let home = Home::new(DECLARED);
    let ran = home.run(&server, "select n from raw.item limit 5", &[]).await;
    assert_eq!((ran.code, ran.answer.lines().count()), (Some(0), 6));
    home.ask(&server, COUNT).await.answers(&counted(500), 500);
    let ran = home.run(&server, "select n from raw.item limit 5", &[]).await;
    assert_eq!((ran.code, ran.answer.lines().count(), ran.counts.gets), (Some(0), 6, 0));
}

#[tokio::test]
async fn statements_of_a_run_share_the_cache() {
    let server = serve(&items(&[10, 5])).await;
    let home = Home::new(DECLARED);
    let sql = format!("{}; {COUNT}; {COUNT}; {}", in_partition(0), in_partition(1));
    let answer = format!("records,total\n10,45\n\n{0}\n{0}\nrecords,total\n5,60\n", counted(15));
    home.ask(&server, &sql).await.answers(&answer, 15);
    home.ask(&server, &sql).await.answers(&answer, 0);
}

#[tokio::test]
async fn landings_of_the_same_name_are_told_apart() {
    let (one, other) = (items(&[3]), Bucket::memory());
    other.insert(&item_key(0, 0), "{\"n\":41}");
    let (one, other) = (serve(&one).await, serve(&other).await);
    let home = Home::new(DECLARED);
    for gets in [(3, 1), (0, 0)] {
        home.ask(&one, COUNT).await.answers(&counted(3), gets.0);
        home.ask(&other, COUNT).await.answers("records,total\n1,41\n", gets.1);
    }
}
