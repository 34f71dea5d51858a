//! `pinq.runs`: what SQL sees of the runs of reports.

use arrow::util::display::array_value_to_string;
use futures::TryStreamExt;
use pinq::config::{Config, Environment, Overrides};
use pinq::engine::Engine;

use super::place::{Place, daily, fail, minute, publish};

/// The answer, a row a line, cells apart by `|`.
async fn answer(engine: &Engine, text: &str) -> String {
    let mut batches = engine.query(text).await.expect("a statement");
    let mut lines = Vec::new();
    while let Some(batch) = batches.try_next().await.expect("an answer") {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("a cell"));
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    lines.join("\n")
}

fn engine(place: &Place) -> Engine {
    let environment = place
        .variables()
        .into_iter()
        .fold(Environment::empty("/nowhere"), |environment, (name, value)| environment.with_variable(name, value));
    let mut config =
        Config::load(&Overrides::default(), &environment, &pinq::sql::parse_type).expect("no configuration");
    let mut weekly = daily(&place.destination(), 30);
    weekly.name = "weekly".to_owned();
    config.reports = vec![daily(&place.destination(), 30), weekly];
    Engine::open(&config, &environment).expect("an engine")
}

#[tokio::test]
async fn each_run_is_a_row_as_it_is_when_it_is_read() {
    for place in Place::each().await {
        let engine = engine(&place);
        assert_eq!(answer(&engine, "select * from pinq.runs").await, "");
        let publications = place.open(30).await;
        let first = publish(&publications, minute(0), None).await.unwrap();
        fail(&publications, minute(1), "the bucket is gone").await;
        let text = "select report, scheduled_for, finished, outcome, error, tries, questions, failed_questions, \
                    checks, failed_checks, rows, version from pinq.runs where report = 'daily' order by scheduled_for";
        assert_eq!(
            answer(&engine, text).await,
            "daily|2027-01-15T08:00:00|2027-01-15T08:00:02|complete||1|3|0|0|0|23|0\n\
             daily|2027-01-15T08:01:00|2027-01-15T08:01:02|failed|the bucket is gone|1|3|0|0|0|23|0"
        );
        let path = answer(&engine, "select path from pinq.runs where outcome = 'complete'").await;
        assert_eq!(path, format!("{}/daily/{first}/", place.destination().trim_end_matches('/')));
        place.insert(&format!("{first}/run.json"), "{");
        let damaged = answer(&engine, "select outcome, tries, error from pinq.runs where run like '%08-00-00Z'").await;
        assert!(damaged.starts_with("damaged||error: `") && damaged.contains("/run.json` is no record"), "{damaged}");
        assert_eq!(answer(&engine, "select count(*) from pinq.runs").await, "2");
    }
}
