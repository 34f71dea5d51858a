//! Ctrl-C: ends what runs and nothing else, and gives up what is typed.

use std::time::{Duration, Instant};

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::WIDTHS;
use crate::s3::S3Server;
use crate::s3_landing::landings::{COUNT, DECLARED, items, serve_slowly, until};

/// One request at a time, so that a scan takes as long as its objects are many.
const ONE_BY_ONE: &str = "[tables.item.columns]\nn = \"bigint\"\n[storage]\nrequests_in_flight = 1\n";

/// How long the prompt may keep a user waiting, with room for a debug build on a busy machine. Without cancelling, every
/// statement here takes ten times as long.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A scan that would take half a minute.
async fn slow() -> S3Server {
    serve_slowly(&items(&[300]), Duration::from_millis(100)).await
}

/// Presses Ctrl-C and waits for the prompt, which must come at once.
#[track_caller]
fn cancel(terminal: &mut Terminal) {
    let pressed = Instant::now();
    terminal.press(Key::Ctrl('c'));
    terminal.wait_for_prompt();
    let elapsed = pressed.elapsed();
    assert!(elapsed < AT_ONCE, "the prompt took {elapsed:?}\n{}", terminal.screen_text());
}

/// Shows that the prompt still answers.
#[track_caller]
fn goes_on(terminal: &mut Terminal) {
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_long_scan() {
    for columns in WIDTHS {
        let server = slow().await;
        let mut terminal = Terminal::prompt(columns, &Setup::served(&server, ONE_BY_ONE));
        terminal.type_line(&format!("{COUNT};"));
        terminal.press(Key::Enter);
        until(&server, |counts| counts.gets > 3).await;
        terminal.wait_for("progress", |screen| screen.contains("objects"));
        cancel(&mut terminal);
        assert!(!terminal.screen_text().contains(" objects, "), "progress is left:\n{}", terminal.screen_text());
        let gets = server.counts().gets;
        goes_on(&mut terminal);
        assert!(server.counts().gets <= gets + 2, "the scan goes on: {}", server.counts());
        terminal.press(Key::Ctrl('d'));
        assert_eq!(terminal.exit_code(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_same_scan_can_be_asked_again() {
    let server = serve_slowly(&items(&[30]), Duration::from_millis(50)).await;
    let mut terminal = Terminal::prompt(80, &Setup::served(&server, ONE_BY_ONE));
    for _ in 0..2 {
        server.reset_counts();
        terminal.type_line(&format!("{COUNT};"));
        terminal.press(Key::Enter);
        until(&server, |counts| counts.gets > 3).await;
        cancel(&mut terminal);
    }
    terminal.ask(&format!("{COUNT};"));
    assert!(terminal.screen_text().contains("│      30 ┆   435 │"), "{}", terminal.screen_text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_that_does_not_answer() {
    let server = serve_slowly(&items(&[3]), Duration::from_secs(600)).await;
    let mut terminal = Terminal::prompt(80, &Setup::served(&server, DECLARED));
    terminal.type_line(&format!("{COUNT};"));
    terminal.press(Key::Enter);
    until(&server, |counts| counts.lists > 0).await;
    terminal.wait_for("the statement under way", |screen| screen.contains("objects"));
    cancel(&mut terminal);
    goes_on(&mut terminal);
}

#[test]
fn a_long_computation() {
    let mut terminal = Terminal::prompt(80, &Setup::samples());
    terminal.type_line(
        "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000) b where a.value < b.value;",
    );
    terminal.press(Key::Enter);
    terminal.wait_for("the statement under way", |screen| screen.contains("objects"));
    cancel(&mut terminal);
    goes_on(&mut terminal);
}

#[test]
fn statements_that_were_to_follow() {
    let mut terminal = Terminal::prompt(80, &Setup::samples());
    let long =
        "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000) b where a.value < b.value;";
    terminal.type_line(&format!("{long} select 'after' as seen;"));
    terminal.press(Key::Enter);
    terminal.wait_for("the statement under way", |screen| screen.contains("objects"));
    cancel(&mut terminal);
    assert!(!terminal.screen_text().contains("│ after │"), "{}", terminal.screen_text());
}

#[test]
fn a_line_that_is_half_typed() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        terminal.type_line("select nonsense");
        cancel(&mut terminal);
        goes_on(&mut terminal);
    }
}

#[test]
fn a_statement_of_several_lines_that_is_half_typed() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_open_line("select 'nonsense");
    terminal.type_line("more");
    cancel(&mut terminal);
    goes_on(&mut terminal);
}

#[test]
fn an_empty_line_is_no_reason_to_leave() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    for count in 2..4 {
        terminal.press(Key::Ctrl('c'));
        terminal.wait_for("another prompt", |screen| screen.count("pinq>") == count);
    }
    goes_on(&mut terminal);
}
