//! Lines of earlier sessions come back, and only those that were meant to be kept.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::WIDTHS;

/// A session in which these are asked.
#[track_caller]
fn session(columns: u16, setup: &Setup, lines: &[&str]) {
    let mut terminal = Terminal::prompt(columns, setup);
    for line in lines {
        terminal.ask(line);
    }
    leave(terminal);
}

#[track_caller]
fn leave(mut terminal: Terminal) {
    terminal.press(Key::Ctrl('d'));
    assert_eq!(terminal.exit_code(), 0);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn up_goes_back_over_sessions() {
    for columns in WIDTHS {
        let setup = Setup::new();
        session(columns, &setup, &["select 1 as one;", "select 2 as two;"]);
        let mut terminal = Terminal::prompt(columns, &setup);
        for line in ["pinq> select 2 as two;", "pinq> select 1 as one;"] {
            terminal.press(Key::Up);
            terminal.wait_for(line, |screen| screen.cursor_row() == line);
        }
        terminal.press(Key::Down);
        terminal.wait_for("the later line", |screen| screen.cursor_row() == "pinq> select 2 as two;");
        terminal.press(Key::Enter);
        terminal.wait_for_text("│ two │");
    }
}

#[test]
fn ctrl_r_searches_earlier_sessions() {
    for columns in WIDTHS {
        let setup = Setup::new();
        session(columns, &setup, &["select 1 as needle;", "select 2 as hay;", "select 3 as straw;"]);
        let mut terminal = Terminal::prompt(columns, &setup);
        terminal.press(Key::Ctrl('r'));
        terminal.type_text("need");
        terminal.wait_for("the line that was searched", |screen| screen.contains("select 1 as needle;"));
        terminal.press(Key::Enter);
        terminal
            .wait_for("the line at the prompt, or its answer", |screen| screen.contains("pinq> select 1 as needle;"));
        if !terminal.look(|screen| screen.contains("│ needle │")) {
            terminal.press(Key::Enter);
        }
        terminal.wait_for_text("│ needle │");
    }
}

#[test]
fn an_entry_of_several_lines_comes_back_whole() {
    let setup = Setup::new();
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.type_open_line("select 'first");
    terminal.ask("second' as answer;");
    leave(terminal);
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.press(Key::Up);
    terminal.wait_for("both lines", |screen| {
        screen.contains("pinq> select 'first") && screen.contains("  ..> second' as answer;")
    });
    terminal.press(Key::End);
    terminal.press(Key::Enter);
    terminal.wait_for("the answer", |screen| screen.contains("answer") && screen.contains("1 row"));
}

#[test]
fn a_line_that_comes_again_is_kept_once() {
    let setup = Setup::new();
    session(80, &setup, &["select 1 as one;", "select 2 as two;", "select 1 as one;", "select 1 as one;"]);
    session(80, &setup, &["select 1 as one;"]);
    let mut terminal = Terminal::prompt(80, &setup);
    for line in ["pinq> select 1 as one;", "pinq> select 2 as two;"] {
        terminal.press(Key::Up);
        terminal.wait_for(line, |screen| screen.cursor_row() == line);
    }
    // There is nothing above.
    terminal.press(Key::Up);
    terminal.press(Key::End);
    terminal.type_line(" -- last");
    assert_eq!(terminal.look(|screen| screen.cursor_row()), "pinq> select 2 as two; -- last");
}

#[test]
fn a_line_that_begins_with_a_blank_is_not_kept() {
    let setup = Setup::new();
    session(80, &setup, &["select 1 as one;", " select 'secret' as two;"]);
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.press(Key::Up);
    terminal.wait_for("the line before", |screen| screen.cursor_row() == "pinq> select 1 as one;");
    for file in files(&setup.path("state")) {
        let text = fs::read_to_string(&file).expect("a history of text");
        assert!(!text.contains("secret"), "{}: {text}", file.display());
    }
}

#[test]
fn what_an_editor_makes_of_a_private_line_is_not_kept() {
    let setup = Setup::new().script("ed", "sed -i \"s/ as / || 'x' as /\" \"$1\"").env("EDITOR", "ed");
    let unmarked = ["select 'kept' as one;", "\\e"];
    let marked = [" select 'secret' as two;", "\\timing off", "\\e", "\\e"];
    session(80, &setup, &[&unmarked[..], &marked[..]].concat());
    let texts: Vec<String> =
        files(&setup.path("state")).iter().map(|file| fs::read_to_string(file).expect("a history of text")).collect();
    let text = texts.concat();
    assert!(text.contains("select 'kept' || 'x' as one;"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn an_unfinished_text_that_an_editor_makes_of_a_private_line_stays_private() {
    let setup = Setup::new().script("ed", "sed -i 's/;//' \"$1\"").env("EDITOR", "ed");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask(" select 'secret' as two;");
    terminal.type_line("\\e");
    terminal.press(Key::Enter);
    terminal.wait_for_text("the statement has no end yet");
    terminal.wait_for("the text", |screen| screen.cursor_row().ends_with("as two"));
    terminal.ask(";");
    leave(terminal);
    for file in files(&setup.path("state")) {
        let text = fs::read_to_string(&file).expect("a history of text");
        assert!(!text.contains("secret"), "{}: {text}", file.display());
    }
}

#[test]
fn nobody_else_can_read_it() {
    let setup = Setup::new();
    session(80, &setup, &["select 1 as one;"]);
    let files = files(&setup.path("state"));
    assert!(!files.is_empty(), "the history stands in the state folder");
    for file in files {
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    assert!(self::files(&setup.path("home")).is_empty(), "nothing is written to the home folder");
}

#[test]
fn a_history_that_others_could_read_is_closed_to_them() {
    let setup = Setup::new();
    session(80, &setup, &["select 1 as one;"]);
    for file in files(&setup.path("state")) {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    }
    session(80, &setup, &["select 2 as two;"]);
    for file in files(&setup.path("state")) {
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn a_closed_terminal_loses_no_line() {
    let setup = Setup::new();
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select 1 as one;");
    terminal.close();
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.press(Key::Up);
    terminal.wait_for("the line", |screen| screen.cursor_row() == "pinq> select 1 as one;");
}

#[test]
fn a_prompt_without_a_state_folder_works() {
    let setup = Setup::new().env("XDG_STATE_HOME", "/proc/nowhere");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
}
