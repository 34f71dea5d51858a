//! Small segments that are put together hold what a segment would that was written now.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use pinq::config::{CacheConfig, Config, Environment, Overrides, Relisting};
use pinq::engine::Engine;

use super::questions::Question;

/// So many small segments that they are put together.
const SEGMENTS: usize = 16;
/// So many with so many rows that together they fill one, and the rows of each fit into a batch.
const FILLING_SEGMENTS: usize = 33;
const ROWS: usize = 8_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_became_a_column_is_no_longer_among_the_rest() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let scratch = scratch.path();
    let (before, after) = ("n = \"bigint\"", "n = \"bigint\", late = \"bigint\"");
    for number in 0..SEGMENTS {
        put(scratch, number, "{\"n\":1,\"late\":1,\"other\":2}\n");
        ask(scratch, before, "select _rest, n from landed.item").await;
    }
    ask(scratch, after, "select n from landed.item").await;
    let rows = ask(scratch, after, "select count(*), min(_rest), max(_rest) from landed.item").await;
    assert_eq!(rows, ["0: 16 | {\"other\":2} | {\"other\":2}"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_wait_for_their_batch_go_with_their_object() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (scratch, columns) = (scratch.path(), "n = \"bigint\"");
    let text = "select count(*), sum(n) from landed.item";
    let many = "{\"n\":1}\n".repeat(ROWS);
    for number in 0..FILLING_SEGMENTS {
        put(scratch, number, &many);
        // What reads a part of the table puts nothing together.
        ask(scratch, columns, &format!("{text} where _partition = 0")).await;
    }
    // What is put together now fills a segment while this record is decoded and not yet in a batch.
    put(scratch, FILLING_SEGMENTS, "{\"n\":1}\n");
    let right = format!("0: {0} | {0}", FILLING_SEGMENTS * ROWS + 1);
    for run in 0..3 {
        assert_eq!(ask(scratch, columns, text).await, [right.as_str()], "run {run}");
    }
}

fn put(scratch: &Path, number: usize, body: &str) {
    let path = scratch.join(format!("topics/demo.item/partition=0/demo.item+0+{number:010}.json"));
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, body).expect("an object");
    let modified = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options().write(true).open(&path).expect("an object").set_modified(modified).expect("a time");
}

async fn ask(scratch: &Path, columns: &str, text: &str) -> Vec<String> {
    let file = scratch.join("pinq.toml");
    fs::write(&file, format!("[tables.item]\ncolumns = {{ {columns} }}\nrest = true\n")).expect("a configuration");
    let environment = Environment::empty(scratch).with_machine(4 << 30, 1).with_began(1_800_000_000);
    let landing = Some(scratch.join("topics").display().to_string());
    let overrides = Overrides { file: Some(file), landing, ..Overrides::default() };
    let mut config = Config::load(&overrides, &environment, &pinq::sql::parse_type).expect("a configuration");
    let path = scratch.join("cache");
    config.cache = Some(CacheConfig { path, max_bytes: Some(1 << 30), relisting: Relisting::Always });
    let engine = Engine::open(&config, &environment).expect("an engine");
    let question = Question { text: text.to_owned(), reads_all: true };
    question.ask(&engine).await.expect("an answer")
}
