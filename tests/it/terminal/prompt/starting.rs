//! The start: when a prompt opens, what it waits for, and what the terminal has to be able to.

use std::fs;
use std::time::Duration;

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::screen::Style;
use super::super::setup::Setup;
use super::WIDTHS;
use crate::s3_landing::landings::{DECLARED, items, serve_slowly};

#[test]
fn pinq_alone_opens_it() {
    for columns in WIDTHS {
        let mut terminal = Terminal::start(columns, 24, [""; 0], &Setup::samples());
        terminal.wait_for_prompt();
        terminal.ask("select count(*) > 100 as enough from raw.pin;");
        assert!(terminal.screen_text().contains("│ true"), "{}", terminal.screen_text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_stands_before_any_listing() {
    let server = serve_slowly(&items(&[3]), Duration::from_secs(600)).await;
    let mut terminal = Terminal::prompt(80, &Setup::served(&server, DECLARED));
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
    terminal.press(Key::Ctrl('d'));
    assert_eq!(terminal.exit_code(), 0, "a listing that is not answered holds nobody up");
}

#[test]
fn it_stands_where_there_is_no_landing() {
    let mut terminal = Terminal::start(80, 24, ["repl", "--landing", "nowhere/"], &Setup::new());
    terminal.wait_for_prompt();
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
}

#[test]
fn no_color_is_respected() {
    let mut terminal = Terminal::prompt(80, &Setup::samples().env("NO_COLOR", "1"));
    terminal.ask("select 'text' as t, null as nothing, (42) as number;");
    terminal.ask("select nothing from raw.pin;");
    terminal.type_line("select 'text'");
    assert!(terminal.look(|screen| screen.is_plain()), "{}", terminal.written().escape_debug());
}

#[test]
fn null_is_visible_and_dim() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.ask("select null as nothing, 1 as one;");
    terminal.wait_for_text("│ NULL");
    assert_ne!(terminal.look(|screen| screen.style_of("NULL ")), Style::PLAIN);
}

#[test]
fn a_dumb_terminal_is_written_to_line_by_line() {
    let setup = Setup::new().env("TERM", "dumb").unanswering();
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.type_text("select 42\r");
    terminal.wait_for_text("  ..>");
    terminal.type_text("as answer;\r");
    terminal.wait_for_text("│     42 │");
    terminal.wait_for_prompt();
    assert!(!terminal.written().contains('\u{1b}'), "{}", terminal.written().escape_debug());
    terminal.press(Key::Ctrl('d'));
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn standard_input_that_is_no_terminal_is_run() {
    let setup = Setup::samples().file("work/statements.sql", "select 42 as answer;\nselect 'é' as text;\n");
    let pinq = env!("CARGO_BIN_EXE_pinq");
    let shown = |arguments: &str| {
        let script = format!("'{pinq}' {arguments} < statements.sql");
        let mut terminal = Terminal::start_program(80, 24, ["/bin/sh", "-c", &script], &setup);
        (terminal.exit_code(), terminal.screen_text())
    };
    let (code, screen) = shown("run - --quiet");
    assert!(code == 0 && screen.contains("│     42 │") && screen.contains("│ é"), "{screen}");
    for arguments in ["repl --quiet", "--quiet"] {
        assert_eq!(shown(arguments), (code, screen.clone()), "{arguments}");
    }
}

#[test]
fn init_files_are_run_first() {
    let setup = Setup::new()
        .file("config/pinq/init.sql", "create view mine as select 41 as n;")
        .file("work/init.sql", "create view ours as select n + 1 as answer from mine;");
    let setup = setup.config("[landing]\nlocation = \"landing/\"\n");
    fs::create_dir(setup.path("work/landing")).expect("a scratch folder");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select * from ours;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
    let mut terminal = Terminal::start(80, 24, ["repl", "--no-init"], &setup);
    terminal.wait_for_prompt();
    terminal.ask("select * from ours;");
    assert!(terminal.screen_text().contains("error"), "{}", terminal.screen_text());
}
