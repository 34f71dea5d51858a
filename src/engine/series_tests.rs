//! Series over the samples: what is kept between statements, and what plans know that are made side by side.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::{StreamExt, TryStreamExt};

use super::*;
use crate::engine::samples::{engine, engine_over};

#[tokio::test]
async fn what_is_kept_goes_with_the_last_statement_that_wants_it() {
    let engine = engine();
    let kept = || engine.context.runtime_env().memory_pool.reserved();
    let text = "select count(category) from pin; select max(title) from pin; select 1; select count(country) from geo";
    let statements = sql::split(text, "<sql>").unwrap();
    let parameters = Parameters::new();
    let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
    let mut reserved = Vec::new();
    for _ in &statements {
        let batches: Vec<_> = series.start_next().await.unwrap().try_collect().await.unwrap();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
        reserved.push(kept() > 0);
    }
    assert_eq!(reserved, [true, false, false, false]);
    let geo = engine.query("select count(*) from raw.geo").await.unwrap();
    geo.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(kept(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_come_in_the_order_of_their_statements() {
    let engine = engine();
    let text: Vec<_> = (0..40).map(|number| format!("select {number} as n, count(*) as r from pin")).collect();
    let statements = sql::split(&text.join("; "), "<sql>").unwrap();
    let parameters = Parameters::new();
    let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
    for number in 0..40 {
        let batches: Vec<_> = series.start_next().await.unwrap().try_collect().await.unwrap();
        let numbers = batches[0].column(0).as_primitive::<Int64Type>();
        assert_eq!(numbers.values(), &[number]);
    }
}

#[tokio::test]
async fn plans_that_are_made_side_by_side_know_the_same_of_a_table() {
    for _ in 0..100 {
        let engine = engine();
        let table = engine.catalog.tables.table("pin").await.unwrap().unwrap();
        let snapshot = table.snapshot().await.unwrap();
        let known = || async {
            snapshot.list_soon().await;
            snapshot.listed().is_some()
        };
        let (first, second) = tokio::join!(known(), known());
        assert_eq!(first, second);
    }
}

#[tokio::test]
async fn what_does_not_answer_is_asked_once_for_what_is_planned_ahead() {
    let engine = engine_over("/there/is/no/such/folder/");
    let text = "select 1; select count(*) from pin; select 2; select count(*) from geo; create view v as select 3";
    let statements = sql::split(text, "<sql>").unwrap();
    let parameters = Parameters::new();
    let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
    series.start_next().await.unwrap();
    assert_eq!((series.settled, series.planned.keys().collect::<Vec<_>>()), (2, vec![&1]));
    assert!(series.start_next().await.is_err());
    series.start_next().await.unwrap();
    assert_eq!((series.settled, series.planned.keys().collect::<Vec<_>>()), (4, vec![&3]));
    assert!(series.start_next().await.is_err());
    series.start_next().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_answer_leaves_nothing_behind() {
    let engine = engine();
    let statements = sql::split("select title from raw.pin; select title from raw.pin", "<sql>").unwrap();
    let parameters = Parameters::new();
    let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
    drop(series.start_next().await.unwrap());
    let whole: Vec<_> = series.start_next().await.unwrap().try_collect().await.unwrap();
    let alone: Vec<_> = engine.query("select title from raw.pin").await.unwrap().try_collect().await.unwrap();
    let rows = |batches: &[arrow::array::RecordBatch]| batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
    assert_eq!(rows(&whole), rows(&alone));
    drop(series);
    assert_eq!(engine.context.runtime_env().memory_pool.reserved(), 0);
}

#[tokio::test]
async fn who_reads_rows_that_are_kept_gives_way() {
    let engine = engine();
    let statements = sql::split("select max(title) from raw.pin; select min(title) from raw.pin", "<sql>").unwrap();
    let parameters = Parameters::new();
    let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
    series.start_next().await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    let objects = engine.totals().scans.objects;
    let planned = series.planned.remove(&1).unwrap();
    let mut scan = planned.outcome.unwrap().physical;
    while let Some(child) = scan.children().first().map(|child| Arc::clone(child)) {
        scan = child;
    }
    let mut rows = scan.execute(0, engine.context.task_ctx()).unwrap();
    assert!(futures::poll!(rows.next()).is_pending());
    assert!(rows.next().await.unwrap().unwrap().num_rows() > 0);
    assert_eq!(engine.totals().scans.objects, objects, "they were read again");
}

/// How many objects were read in all, after each statement.
async fn objects_read(text: &str) -> Vec<u64> {
    let statements = sql::split(text, "<sql>").unwrap();
    let (engine, parameters) = (engine(), Parameters::new());
    let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
    let mut objects = Vec::new();
    for _ in &statements {
        series.start_next().await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        objects.push(engine.totals().scans.objects);
    }
    objects
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scans_that_begin_side_by_side_leave_one_another_what_is_kept() {
    let text = "select max(a.title) from raw.pin as a join raw.pin as b on a.\"index\" = b.\"index\"; \
                select max(category) from raw.pin; \
                select count(*) from (select \"index\", max(title) as t from raw.pin group by \"index\") as a \
                join (select \"index\", min(poster_name) as p from raw.pin group by \"index\") as b \
                on a.\"index\" = b.\"index\" and t <> p; \
                select max(category) from raw.pin";
    for _ in 0..50 {
        let objects = objects_read(text).await;
        assert_eq!(objects, [objects[0]; 4], "objects were read again");
    }
}

#[tokio::test]
async fn who_was_not_announced_still_finds_what_is_kept() {
    let text = "select max(title) from raw.pin; \
                create table t as select title from raw.pin; \
                select max(title) from (select title from raw.pin limit 3); \
                select max(category) from raw.pin";
    let objects = objects_read(text).await;
    assert_eq!(objects, [objects[0]; 4], "objects were read again");
}
