//! The tables of a run are looked at together, not one after another: told by how many requests are unanswered at once.

use std::time::Duration;

use super::landings::serve_slowly;
use super::program::Pinq;
use crate::s3::Bucket;

/// Long enough that two requests which are sent together are seen together.
const LATENCY: Duration = Duration::from_millis(100);

/// Topics of one object each, so that a table alone never has two requests to send.
fn single_objects(tables: &[&str]) -> Bucket {
    let bucket = Bucket::memory();
    for table in tables {
        bucket.insert(&format!("topics/demo.{table}/partition=0/demo.{table}+0+0000000000.json"), r#"{"n":1}"#);
    }
    bucket
}

#[tokio::test]
async fn one_table_alone_sends_one_request_at_a_time() {
    let server = serve_slowly(&single_objects(&["one"]), LATENCY).await;
    Pinq::against(&server).sql("select n from raw.one").run().await.answer();
    let counts = server.counts();
    assert_eq!((counts.gets, counts.lists, counts.peak_in_flight), (1, 3, 1), "{counts}");
}

#[tokio::test]
async fn the_tables_of_a_join_are_listed_together() {
    let server = serve_slowly(&single_objects(&["one", "two", "three"]), LATENCY).await;
    let join = "select a.n from raw.one as a join landed.two as b on b.n = a.n join three as c on c.n = a.n";
    assert_eq!(Pinq::against(&server).sql(join).run().await.answer(), "n\n1\n");
    let counts = server.counts();
    assert_eq!((counts.gets, counts.lists, counts.peak_in_flight), (3, 7, 3), "{counts}");
}

#[tokio::test]
async fn the_tables_of_a_run_are_listed_together_and_those_behind_views_too() {
    let server = serve_slowly(&single_objects(&["one", "two"]), LATENCY).await;
    let run = "select n from raw.one; select n from doubled";
    let pinq = Pinq::against(&server).file("work/queries/views/doubled.sql", "select n * 2 as n from landed.two");
    assert_eq!(pinq.sql(run).run().await.answer(), "n\n1\n\nn\n2\n");
    let counts = server.counts();
    assert_eq!((counts.gets, counts.lists, counts.peak_in_flight), (2, 5, 2), "{counts}");
}
