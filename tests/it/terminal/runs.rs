//! `pinq run` and `pinq sql` on a terminal: answers fit it, progress leaves no trace, and Ctrl-C and a closed window end
//! it.

use std::time::Duration;

use unicode_width::UnicodeWidthStr as _;

use super::device::Terminal;
use super::keys::Key;
use super::setup::Setup;
use crate::s3::S3Server;
use crate::s3_landing::landings::{COUNT, items, serve_slowly, until};

/// One request at a time, so that a run takes as long as its objects are many.
const ONE_BY_ONE: &str = "[tables.item.columns]\nn = \"bigint\"\n[storage]\nrequests_in_flight = 1\n";

/// More rows than the screen has, and columns wider than it.
const LONG: &str =
    "select index, unique_id, category, save_location, image_src, tag_list from raw.pin order by 1 limit 100;\n";

/// What tables are drawn with.
const FRAME: [char; 4] = ['┌', '╞', '│', '└'];

/// A landing of so many objects, each of which takes a tenth of a second.
async fn slow(objects: usize) -> S3Server {
    serve_slowly(&items(&[objects]), Duration::from_millis(100)).await
}

/// Starts a scan that takes half a minute, and waits until it is under way.
async fn scanning(server: &S3Server) -> Terminal {
    let mut terminal = Terminal::start(80, 24, ["sql", COUNT], &Setup::served(server, ONE_BY_ONE));
    until(server, |counts| counts.gets > 3).await;
    terminal.wait_for("progress", |screen| screen.contains(" objects, ") && screen.contains(" records"));
    terminal
}

#[test]
fn a_long_answer_fits_the_terminal() {
    let setup = Setup::samples().file("work/long.sql", LONG);
    for columns in [40, 80, 200] {
        let mut terminal = Terminal::start(columns, 24, ["run", "long.sql"], &setup);
        assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen_text());
        let everything = terminal.look(|screen| screen.everything());
        let table: Vec<&str> = everything.lines().filter(|row| row.starts_with(FRAME)).collect();
        assert!(table.len() > 30, "{everything}");
        // A row that did not fit would go on in the next, without its own edge.
        assert!(table.iter().all(|row| row.ends_with(['┐', '╡', '│', '┘'])), "{everything}");
        assert!(table.iter().all(|row| row.width() == table[0].width()), "{everything}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn progress_comes_before_the_answer_and_leaves_no_trace() {
    let server = slow(12).await;
    let mut terminal = Terminal::start(80, 24, ["sql", COUNT], &Setup::served(&server, ONE_BY_ONE));
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen_text());
    let progress = terminal.when(|screen| screen.contains(" objects, ") && !screen.contains("records | total"));
    let answer = terminal.when(|screen| screen.contains("records") && screen.contains("total"));
    assert!(progress.is_some() && progress < answer, "{}", terminal.written().escape_debug());
    let screen = terminal.screen_text();
    let [.., count, summary] = screen.lines().collect::<Vec<_>>()[..] else { panic!("{screen}") };
    assert!(count == "1 row" && summary.contains(" 12 objects, "), "{screen}");
    assert_eq!(screen.matches("objects").count(), 1, "{screen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn ctrl_c_ends_a_scan_and_cleans_the_screen() {
    let server = slow(300).await;
    let mut terminal = scanning(&server).await;
    terminal.press(Key::Ctrl('c'));
    assert_eq!(terminal.exit_code(), 130);
    let screen = terminal.screen_text();
    assert_eq!(screen, "error: interrupted\n", "{}", terminal.written().escape_debug());
    assert!(!terminal.look(|screen| screen.hides_cursor()), "the cursor is hidden");
    assert!(server.counts().gets < 200, "{}", server.counts());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_closed_terminal_ends_a_scan() {
    let server = slow(300).await;
    let mut terminal = scanning(&server).await;
    assert!(terminal.is_alive());
    terminal.close();
    let gets = server.counts().gets;
    assert!(gets < 200, "{}", server.counts());
}
