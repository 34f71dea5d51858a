//! Answers show as they come, with progress before the first rows and a last word under them.

use std::time::Duration;

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use crate::s3::Bucket;
use crate::s3_landing::landings::{item_key, serve_slowly, wide_records};

/// One request at a time, so that a scan takes as long as its objects are many.
const ONE_BY_ONE: &str =
    "[tables.item.columns]\nn = \"bigint\"\npadding = \"varchar\"\n[storage]\nrequests_in_flight = 1\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_first_rows_show_before_the_last_object_is_read() {
    let bucket = Bucket::memory();
    let (objects, records) = (12, 9_000);
    for number in 0..objects {
        bucket.insert(&item_key(0, number), wide_records(number * records, records));
    }
    let server = serve_slowly(&bucket, Duration::from_millis(400)).await;
    let mut terminal = Terminal::prompt(80, &Setup::served(&server, ONE_BY_ONE).env("PAGER", "cat"));
    terminal.type_line("select n from raw.item;");
    terminal.press(Key::Enter);
    terminal.wait_for("rows", |screen| screen.count("│") > 10);
    let counts = server.counts();
    assert!(counts.gets < objects as u64, "{counts}");
    let progress = terminal.when(|screen| screen.contains(" objects, ") && !screen.contains("│ "));
    let rows = terminal.when(|screen| screen.contains("│ "));
    assert!(progress.is_some() && progress < rows, "no progress before the first rows");
}

#[test]
fn rows_and_time_stand_under_an_answer_unless_that_is_turned_off() {
    let mut terminal = Terminal::prompt(80, &Setup::samples());
    let summaries = |terminal: &Terminal| terminal.look(|screen| screen.count(" ms"));
    terminal.ask("select 42 as answer;");
    assert_eq!(summaries(&terminal), 1, "{}", terminal.screen_text());
    terminal.ask("\\timing off");
    terminal.ask("select 43 as answer;");
    assert_eq!(summaries(&terminal), 1, "{}", terminal.screen_text());
}
