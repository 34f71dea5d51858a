//! `pinq report run` from S3 to S3: what lands between two runs is what their pages differ in, and what fails is
//! recorded without becoming the latest.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::landings::{insert_items, item_key, serve};
use super::program::{Finished, Pinq, ROOT, names};
use crate::s3::{Bucket, S3Server};

const CONFIG: &str = r#"
[landing]
location = "s3://landing/topics/"

[tables.item]
key = "n"

[tables.item.columns]
n = "bigint"

[reports.items]
title = "Items <so far>"
questions = ["questions/*.sql"]
checks = ["checks/*.sql"]
schedule = "0 6 * * *"
destination = "s3://landing/reports/"
formats = ["html", "csv"]
params = { least = 0 }
"#;

const COUNTED: &str = "-- title: Items by half\n-- about: Of each half as many as landed.\n-- chart: bar x=half y=items\n\
                       select case when n < 100 then 'low' else 'high' end as half, count(*) as items from raw.item \
                       where n >= $least group by half order by half desc";

/// A bucket over a scratch folder, so that a test can read what was written.
async fn writable() -> (TempDir, Bucket, S3Server) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let bucket = Bucket::folder(folder.path()).expect("an empty folder");
    insert_items(&bucket, &[3, 2]);
    let server = serve(&bucket).await;
    (folder, bucket, server)
}

async fn report(server: &S3Server, check: &str, arguments: &[&str]) -> Finished {
    let files = Pinq::against(server).config(CONFIG).file("work/questions/halves.sql", COUNTED);
    files.file("work/checks/small.sql", check).args(["report"]).args(arguments).run().await
}

fn json(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("`{name}`: {error}"));
    serde_json::from_str(&text).expect("JSON")
}

const NONE_LARGE: &str = "select n from raw.item where n >= 1000";

#[tokio::test]
async fn what_lands_between_two_runs_is_what_changed() {
    let (folder, bucket, server) = writable().await;
    let run = async |time: &str| report(&server, NONE_LARGE, &["run", "items", "--at", time]).await;
    let first = run("2026-11-01 06:00").await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stderr.contains("published: s3://landing/reports/items/2026-11-01T06-00-00Z/index.html"));
    let items = folder.path().join("reports/items");
    let record = json(&items, "2026-11-01T06-00-00Z/run.json");
    let table = &record["tables"][0];
    assert_eq!((&table["objects"], &table["records"], &table["repeats"]), (&5.into(), &5.into(), &0.into()));
    let last = |record: &Value| -> Vec<i64> {
        let partitions = record["tables"][0]["partitions"].as_array().expect("partitions");
        partitions.iter().map(|partition| partition["last_offset"].as_i64().expect("an offset")).collect()
    };
    assert_eq!(last(&record), [2, 1]);

    bucket.insert(&item_key(0, 3), "{\"n\":7}\n{\"n\":7}\n{\"m\":1}\n");
    bucket.insert(&item_key(1, 2), "{\"n\":100}\n");
    let second = run("2026-11-02 06:00").await;
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let record = json(&items, "2026-11-02T06-00-00Z/run.json");
    let table = &record["tables"][0];
    assert_eq!(record["bytes_fetched"], table["bytes"], "question, check and count read each object once");
    let counts = ["objects", "records", "repeats", "strays"].map(|count| table[count].as_u64());
    assert_eq!(counts, [Some(7), Some(9), Some(1), Some(1)]);
    assert_eq!(last(&record), [5, 2], "the last record's, not the last object's");
    assert_eq!(json(&items, "latest.json")["run"], "2026-11-02T06-00-00Z");
    let page = fs::read_to_string(items.join("2026-11-02T06-00-00Z/index.html")).expect("a page");
    for shown in ["1 row is new, 1 has changed", "Items &lt;so far&gt;", "<svg", "Of each half as many as landed."] {
        assert!(page.contains(shown), "{shown}");
    }
    let plain: String = page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain.contains("low: 7, was 5"), "{plain}");
    let answer = fs::read_to_string(items.join("2026-11-02T06-00-00Z/halves.csv")).expect("an answer");
    assert_eq!(answer, "half,items\nlow,7\nhigh,1\n");
}

#[tokio::test]
async fn what_fails_is_recorded_and_not_the_latest() {
    let (folder, _, server) = writable().await;
    let good = report(&server, NONE_LARGE, &["run", "items", "--at", "2026-11-01"]).await;
    assert_eq!(good.code, Some(0), "{}", good.stderr);
    let bad = report(&server, "select n from raw.item where n > 2", &["run", "items", "--at", "2026-11-02"]).await;
    assert_eq!(bad.code, Some(1), "{}", bad.stderr);
    assert!(bad.stderr.contains("the check `small` found 2 rows where there must be none\n  n: "), "{}", bad.stderr);
    let items = folder.path().join("reports/items");
    let record = json(&items, "2026-11-02T00-00-00Z/run.json");
    assert_eq!((&record["outcome"], &record["checks"][0]["rows"]), (&"failed".into(), &2.into()));
    assert_eq!(json(&items, "latest.json")["run"], "2026-11-01T00-00-00Z");
    assert_eq!(names(&items), ["2026-11-01T00-00-00Z", "2026-11-02T00-00-00Z", "latest", "latest.json"]);
}

#[tokio::test]
async fn of_two_hosts_that_run_what_is_due_one_publishes() {
    let (folder, _, server) = writable().await;
    let due = async || report(&server, NONE_LARGE, &["run", "items", "--due"]).await;
    let (one, other) = tokio::join!(due(), due());
    assert_eq!((one.code, other.code), (Some(0), Some(0)), "{}\n{}", one.stderr, other.stderr);
    let published = [&one, &other].iter().filter(|host| host.stderr.contains("published: ")).count();
    assert_eq!(published, 1, "{}\n{}", one.stderr, other.stderr);
    let again = due().await;
    assert!(again.stderr.contains("`items` was run for ") && again.code == Some(0), "{}", again.stderr);
    let runs = names(&folder.path().join("reports/items"));
    assert_eq!(runs.iter().filter(|name| name.starts_with("20")).count(), 1, "{runs:?}");
}

#[tokio::test]
async fn ctrl_c_leaves_nothing_of_a_run() {
    let landing = format!("[landing]\nlocation = \"{ROOT}/data-samples/topics/\"\n");
    // An answer that is computed faster than it is written, so that nothing ever waits.
    let formats = r#"["html", "csv", "json", "arrow", "parquet", "ndjson", "markdown"]"#;
    let config = format!("[reports.long]\nquestions = [\"long.sql\"]\ndestination = \"out/\"\nformats = {formats}\n");
    let long = "select a.country as c1, b.country as c2, c.country as c3, a.latitude as l1, b.latitude as l2, \
                c.latitude as l3, a.longitude as g1, b.longitude as g2 \
                from raw.geo as a cross join raw.geo as b cross join raw.geo as c";
    let pinq = Pinq::alone().config(&format!("{landing}{config}")).file("work/long.sql", long);
    let report = pinq.path("work/out/long");
    let running = pinq.args(["report", "run", "long", "--no-cache"]).start();
    let deadline = Instant::now() + Duration::from_secs(30);
    let is_writing = || {
        let begun = fs::read_dir(&report).into_iter().flatten().flatten();
        begun.map(|entry| entry.path().join("files/long.csv")).any(|file| file.metadata().is_ok_and(|it| it.len() > 0))
    };
    while !is_writing() {
        assert!(Instant::now() < deadline, "nothing is written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.interrupt();
    let finished = running.wait().await;
    assert_eq!(finished.code, Some(130), "{}", finished.stderr);
    let left: Vec<_> = fs::read_dir(finished.path("work/out/long")).expect("the report's folder").flatten().collect();
    let left: Vec<_> = left.iter().map(|entry| entry.file_name()).filter(|name| name != ".pinq-lock").collect();
    assert!(left.is_empty(), "{left:?}");
}
