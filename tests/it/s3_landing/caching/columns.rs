//! Columns are kept as they are asked for, and what is kept with them says where each row came from.

use std::fmt::Write as _;

use super::super::landings::{item_key, serve};
use super::home::Home;
use crate::s3::Bucket;

const THREE: &str = "[tables.item.columns]\na = \"bigint\"\nb = \"varchar\"\nc = \"double\"\n";

/// Objects of a few records in two partitions, some of which are exact repeats of others.
fn bucket() -> Bucket {
    let bucket = Bucket::memory();
    for object in 0..12 {
        let text = (0..5).fold("\n".repeat(object % 3), |mut text, record| {
            let number = object * 4 + record;
            let _ = writeln!(text, "{{\"a\":{number},\"b\":\"text {number}\",\"c\":{number}.5}}");
            text
        });
        bucket.insert(&item_key(object % 2, object * 10), text);
    }
    bucket
}

#[tokio::test]
async fn one_more_column_is_one_more_reading() {
    let server = serve(&bucket()).await;
    let home = Home::new(THREE);
    let (a, ab, abc, c) = (
        "select sum(a) as a from raw.item",
        "select sum(a) as a, max(b) as b from raw.item",
        "select sum(a) as a, max(b) as b, sum(c) as c from raw.item",
        "select sum(c) as c from raw.item",
    );
    for (sql, gets) in [(a, 12), (a, 0), (ab, 12), (ab, 0), (a, 0), (c, 12), (c, 0), (ab, 0), (abc, 0), (a, 0)] {
        home.ask(&server, sql).await.asks_for(gets);
    }
}

#[tokio::test]
async fn a_new_object_is_read_for_the_columns_of_all_questions() {
    let bucket = bucket();
    let server = serve(&bucket).await;
    let home = Home::new(THREE);
    home.ask(&server, "select sum(a) as a, max(b) as b from raw.item").await.asks_for(12);
    bucket.insert(&item_key(0, 500), "{\"a\":1,\"b\":\"x\",\"c\":3}");
    home.ask(&server, "select sum(a) as a from raw.item").await.asks_for(1);
    home.ask(&server, "select max(b) as b from raw.item").await.asks_for(0);
}

#[tokio::test]
async fn rows_say_where_they_came_from() {
    let server = serve(&bucket()).await;
    let home = Home::new(THREE);
    let origin = "select a, b, _topic, _partition, _object, _line, _offset, _size, _last_modified \
                  from landed.item order by _object, _line";
    for gets in [12, 0] {
        home.ask(&server, origin).await.asks_for(gets);
    }
    for sql in [
        "select _object, _size, _last_modified, count(*) as n from landed.item group by 1, 2, 3 order by 1",
        "select count(*) as n, min(_line) as first, max(_line) as last from landed.item where _partition = 1",
        "select a, _offset from landed.item where _offset between 20 and 43 order by 1, 2",
        "select _offset, _line from landed.item order by 1, 2",
        "select count(*) as n from landed.item where _object like '%+0+%'",
        "select _topic from landed.item where a = 7 order by 1",
    ] {
        home.ask(&server, sql).await.asks_for(0);
    }
}

#[tokio::test]
async fn repeats_are_the_same() {
    let bucket = bucket();
    let server = serve(&bucket).await;
    let home = Home::new(THREE);
    let sql =
        "select a, count(*) filter (where _repeat) as repeats, count(*) as n from landed.item group by a order by a";
    for gets in [12, 0, 0] {
        home.ask(&server, sql).await.asks_for(gets);
    }
    // What is a repeat depends on what else is read.
    let pruned =
        "select count(*) filter (where _repeat) as repeats, count(*) as n from landed.item where _partition = 1";
    home.ask(&server, pruned).await.answers("repeats,n\n0,30\n", 0);
    home.ask(&server, pruned).await.answers("repeats,n\n0,30\n", 0);
    bucket.insert(&item_key(1, 900), "{\"a\":0,\"b\":\"text 0\",\"c\":0.5}\n{\"a\":4,\"b\":\"text 4\",\"c\":4.5}\n");
    home.ask(&server, sql).await.asks_for(1);
    home.ask(&server, pruned).await.answers("repeats,n\n1,32\n", 0);
    home.ask(&server, sql).await.asks_for(0);
    assert!(bucket.remove(&item_key(0, 0)));
    home.refreshed(&server, sql).await.asks_for(0);
    home.ask(&server, sql).await.asks_for(0);
}

#[tokio::test]
async fn keys_beyond_the_columns_are_kept_where_they_are_asked_for() {
    let bucket = bucket();
    let server = serve(&bucket).await;
    let mut home = Home::new("[tables.item]\nrest = true\ncolumns = { a = \"bigint\" }\n");
    home.ask(&server, "select sum(a) as a from raw.item").await.asks_for(12);
    let rest = "select a, _rest from raw.item order by a, _rest";
    for gets in [12, 0] {
        home.ask(&server, rest).await.asks_for(gets);
    }
    // The same segments do not serve where another key is a column.
    home.config = "[tables.item]\nrest = true\ncolumns = { a = \"bigint\", b = \"varchar\" }\n".into();
    for gets in [12, 0] {
        home.ask(&server, rest).await.asks_for(gets);
    }
}
