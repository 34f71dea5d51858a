//! What a run asks the server for: how often, how much at once, and that it says so itself.

use std::time::Duration;

use super::landings::{
    COUNT, DECLARED, aligned_records, counted, item_key, items, sample_objects, samples, serve, serve_slowly,
};
use super::program::Pinq;
use crate::s3::Bucket;

#[tokio::test]
async fn a_run_lists_once_and_gets_each_object_once() {
    let server = serve(&samples()).await;
    let one = "select count(*) from raw.pin";
    let finished = Pinq::against(&server).in_root().sql(&format!("{one}; {one}")).run().await;
    finished.answer();
    let counts = server.counts();
    assert_eq!(counts.gets, sample_objects("pin"), "{counts}");
    // The landing, the topic, and each of its two partitions.
    assert_eq!((counts.lists, counts.heads, counts.others, counts.errors), (4, 0, 0, 0), "{counts}");
    let summary = format!("{} requests", counts.requests());
    assert!(finished.stderr.contains(&summary), "`{summary}` is not in: {}", finished.stderr);
}

#[tokio::test]
async fn a_join_of_cleaned_views_gets_each_object_once() {
    let server = serve(&samples()).await;
    let question = "queries/01_most_popular_category_by_country.sql";
    let pinq = Pinq::against(&server).in_root().args(["run", question, "--landing", "s3://landing/topics/"]);
    pinq.run().await.answer();
    let counts = server.counts();
    assert_eq!(counts.gets, sample_objects("pin") + sample_objects("geo"), "{counts}");
    assert_eq!((counts.lists, counts.heads, counts.errors), (7, 0, 0), "{counts}");
}

#[tokio::test]
async fn eleven_questions_share_one_listing_and_one_reading() {
    let server = serve(&samples()).await;
    let pinq = Pinq::against(&server).in_root().args(["run", "--questions", "--landing", "s3://landing/topics/"]);
    pinq.run().await.answer();
    let counts = server.counts();
    // The landing, and of each topic itself and two partitions.
    assert_eq!((counts.lists, counts.heads, counts.errors), (10, 0, 0), "{counts}");
    let once: u64 = ["pin", "geo", "user"].iter().map(|table| sample_objects(table)).sum();
    assert_eq!(counts.gets, once, "{counts}");
}

#[tokio::test]
async fn a_setting_between_two_statements_costs_no_second_reading() {
    let server = serve(&items(&[30, 20])).await;
    let text = format!("{COUNT}; set datafusion.execution.batch_size = 7; {COUNT}");
    let finished = Pinq::against(&server).config(DECLARED).sql(&text).run().await;
    assert_eq!(finished.answer(), format!("{0}\n{0}", counted(50)));
    assert_eq!(server.counts().gets, 50, "{}", server.counts());
}

#[tokio::test]
async fn a_self_join_gets_each_object_once() {
    let server = serve(&items(&[30, 20])).await;
    for join in [
        "select count(*) as records, sum(a.n) as total from raw.item as a join raw.item as b on a.n = b.n",
        "select count(*) as records, sum(n) as total from (select n from raw.item where n < 25 union all \
         select n from raw.item where n >= 25)",
    ] {
        let before = server.counts().gets;
        assert_eq!(Pinq::against(&server).config(DECLARED).sql(join).run().await.answer(), counted(50));
        assert_eq!(server.counts().gets - before, 50, "{join}: {}", server.counts());
    }
}

#[tokio::test]
async fn a_limit_neither_fills_nor_hinders() {
    let server = serve(&items(&[30, 20])).await;
    let limited = "select count(*) as some from (select n from raw.item limit 3)";
    let finished = Pinq::against(&server).config(DECLARED).sql(&format!("{limited}; {COUNT}; {COUNT}; {limited}"));
    let some = "some\n3\n";
    assert_eq!(finished.run().await.answer(), format!("{some}\n{0}\n{0}\n{some}", counted(50)));
}

#[tokio::test]
async fn listings_go_on_beyond_a_thousand_keys() {
    let bucket = items(&[1_200, 1_000, 300]);
    let server = serve(&bucket).await;
    assert_eq!(Pinq::against(&server).config(DECLARED).sql(COUNT).run().await.answer(), counted(2_500));
    let counts = server.counts();
    // The landing, the topic, and the pages of three partitions: two, one and one.
    assert_eq!((counts.lists, counts.gets, counts.heads), (6, 2_500, 0), "{counts}");
}

#[tokio::test]
async fn a_large_object_is_read_whole_in_pieces() {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), aligned_records(24 << 10));
    let server = serve(&bucket).await;
    let finished = Pinq::against(&server).config(DECLARED).sql(COUNT).run().await;
    assert_eq!(finished.answer(), "records,total\n24576,24576\n");
    assert_eq!(server.counts().gets, 3, "{}", server.counts());
}

#[tokio::test]
async fn a_schema_costs_a_sample_once() {
    let server = serve(&items(&[300, 200])).await;
    let finished = Pinq::against(&server).sql(&format!("{COUNT}; {COUNT}")).run().await;
    assert_eq!(finished.answer(), format!("{0}\n{0}", counted(500)));
    let counts = server.counts();
    // What the sample fetched is not fetched again.
    assert_eq!(counts.gets, 500, "{counts}");
    assert_eq!((counts.lists, counts.heads), (4, 0), "{counts}");
}

#[tokio::test]
async fn many_requests_are_in_flight() {
    let server = serve_slowly(&items(&[300, 200]), Duration::from_millis(50)).await;
    assert_eq!(Pinq::against(&server).config(DECLARED).sql(COUNT).run().await.answer(), counted(500));
    let counts = server.counts();
    assert_eq!(counts.gets, 500, "{counts}");
    assert!(counts.peak_in_flight > 50, "{counts}");
}

#[tokio::test]
async fn requests_in_flight_are_as_few_as_configured() {
    let server = serve_slowly(&items(&[60]), Duration::from_millis(20)).await;
    let config = format!("{DECLARED}[storage]\nrequests_in_flight = 4\n");
    assert_eq!(Pinq::against(&server).config(&config).sql(COUNT).run().await.answer(), counted(60));
    let counts = server.counts();
    assert!(counts.peak_in_flight <= 4, "{counts}");
}

#[tokio::test]
async fn a_sample_keeps_to_the_requests_in_flight_too() {
    let server = serve_slowly(&items(&[60]), Duration::from_millis(20)).await;
    let pinq = Pinq::against(&server).config("[storage]\nrequests_in_flight = 4\n");
    assert_eq!(pinq.sql(COUNT).run().await.answer(), counted(60));
    let counts = server.counts();
    assert!(counts.peak_in_flight <= 4, "{counts}");
}
