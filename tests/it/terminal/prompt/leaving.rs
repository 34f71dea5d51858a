//! Leaving: Ctrl-D, `\q`, and a window that is closed.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::{FIRST, WIDTHS};
use crate::s3_landing::landings::{COUNT, items, serve_slowly, until};

#[test]
fn ctrl_d_leaves() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        terminal.press(Key::Ctrl('d'));
        assert_eq!(terminal.exit_code(), 0);
        let left = terminal.look(|screen| (screen.marks_pastes(), screen.hides_cursor()));
        assert_eq!(left, (false, false), "{columns} columns: {}", terminal.written().escape_debug());
    }
}

#[test]
fn the_shell_behind_finds_its_terminal_as_it_was() {
    let pinq = env!("CARGO_BIN_EXE_pinq");
    let script = format!("before=$(stty -g); '{pinq}' repl; [ \"$before\" = \"$(stty -g)\" ] && echo 'all is'' well'");
    let mut terminal = Terminal::start_program(80, 24, ["/bin/sh", "-c", &script], &Setup::new());
    terminal.wait_for_prompt();
    terminal.ask("select 42 as answer;");
    terminal.press(Key::Ctrl('d'));
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen_text());
    assert!(terminal.screen_text().contains("all is well"), "{}", terminal.screen_text());
}

#[test]
fn ctrl_d_in_a_line_does_not_leave() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("select 42 as answer;");
    terminal.press(Key::Ctrl('d'));
    terminal.press(Key::Enter);
    terminal.wait_for_text("│     42 │");
}

#[test]
fn a_command_leaves() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("\\q");
    terminal.press(Key::Enter);
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn a_closed_terminal_ends_a_prompt() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("select 'half");
    terminal.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_closed_terminal_ends_a_scan() {
    let server = serve_slowly(&items(&[300]), Duration::from_millis(100)).await;
    let tables = "[tables.item.columns]\nn = \"bigint\"\n[storage]\nrequests_in_flight = 1\n";
    let mut terminal = Terminal::prompt(80, &Setup::served(&server, tables));
    terminal.type_line(&format!("{COUNT};"));
    terminal.press(Key::Enter);
    until(&server, |counts| counts.gets > 3).await;
    assert!(terminal.is_alive());
    terminal.close();
    assert!(server.counts().gets < 200, "{}", server.counts());
}

#[test]
fn a_request_to_end_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let mut terminal = Terminal::prompt(80, &Setup::new());
        assert!(terminal.look(|screen| screen.marks_pastes()));
        terminal.type_line("select 'half");
        terminal.signal(signal);
        assert_eq!(terminal.exit_code(), 130);
        let left = terminal.look(|screen| (screen.marks_pastes(), screen.hides_cursor()));
        assert_eq!(left, (false, false), "{}", terminal.written().escape_debug());
        let screen = terminal.screen_text();
        assert!(screen.contains(&format!("{FIRST}select 'half\nerror: interrupted\n")), "{screen}");
    }
}

#[test]
fn a_request_to_end_reaches_the_programs_that_have_the_terminal() {
    // It spoils the terminal as pagers do, and does not put it right.
    let reading = "stty -echo -icanon < /dev/tty; printf '\\033[?25lreads keys'; read answer < /dev/tty; echo read on";
    let pager = format!("head -n 1 > /dev/null; {reading}");
    for (variable, script, line) in
        [("PAGER", pager.as_str(), "select * from generate_series(1, 1000);"), ("EDITOR", reading, "\\e")]
    {
        let setup = Setup::new().script("reader", script).env(variable, "reader");
        let pinq = env!("CARGO_BIN_EXE_pinq");
        // Job control, so that pinq has a group of its own and the shell lives on.
        let around = format!(
            "set -m; before=$(stty -g); sh -c 'echo $$ > \"$HOME/id\"; exec \"$0\" repl' '{pinq}'; [ \"$before\" = \"$(stty -g)\" ] && echo 'all is'' well'"
        );
        let mut terminal = Terminal::start_program(80, 24, ["/bin/sh", "-c", &around], &setup);
        terminal.wait_for_prompt();
        terminal.type_line(line);
        terminal.press(Key::Enter);
        terminal.wait_for_text("reads keys");
        let id = std::fs::read_to_string(setup.path("home/id")).expect("the number of a process");
        let pinq = id.trim().parse().ok().and_then(Pid::from_raw).expect("the number of a process");
        kill_process(pinq, Signal::TERM).expect("a program that still runs");
        terminal.exit_code();
        let screen = terminal.screen_text();
        assert!(screen.contains("all is well") && !screen.contains("read on"), "{variable}: {screen}");
    }
}
