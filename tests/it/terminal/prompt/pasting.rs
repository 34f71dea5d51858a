//! Pasting: many lines at once are one text, which nothing in it submits early.

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::{FIRST, WIDTHS};

/// Pastes, waits until the end of it stands there, and submits.
#[track_caller]
fn paste(terminal: &mut Terminal, text: &str) {
    terminal.paste(text);
    let last = text.split_whitespace().next_back().expect("a word").to_owned();
    terminal.wait_for(&format!("the pasted `{last}`"), |screen| screen.contains(&last));
    terminal.press(Key::Enter);
}

/// Shows that the texts stand one after the other in what was printed since the start.
#[track_caller]
fn assert_in_order(everything: &str, texts: &[String]) {
    let mut from = 0;
    for text in texts {
        let found = everything[from..].find(text.as_str());
        from += found.unwrap_or_else(|| panic!("`{text}` is missing or too early:\n{everything}")) + text.len();
    }
}

#[test]
fn many_statements_all_run_in_their_order() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        let statements: Vec<String> = (1..=12).map(|n| format!("select {n} as n{n}; -- {n}th")).collect();
        paste(&mut terminal, &statements.join("\n"));
        terminal.wait_for_text("│ n12 │");
        terminal.wait_for_prompt();
        let everything = terminal.look(|screen| screen.everything());
        let headers: Vec<String> = (1..=12).map(|n| format!("│ n{n} ")).collect();
        assert_in_order(&everything, &headers);
        assert!(!everything.contains("error"), "{everything}");
    }
}

#[test]
fn the_last_newline_of_a_paste_loses_nothing() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    paste(&mut terminal, "select 1 as one;\nselect 2 as two; -- end\n");
    terminal.wait_for_text("│ two │");
    terminal.wait_for_prompt();
    assert_eq!(terminal.look(|screen| screen.count("│ one │")), 1, "{}", terminal.screen_text());
}

#[test]
fn a_statement_over_many_lines() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    let lines: Vec<String> = (1..=15).map(|number| format!("  {number} +")).collect();
    paste(&mut terminal, &format!("select\n{}\n  0 as total; -- end", lines.join("\n")));
    terminal.wait_for_text("│ total │");
    terminal.wait_for_text("│   120 │");
}

#[test]
fn a_paste_that_is_higher_than_the_screen() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    let lines: Vec<String> = (1..=60).map(|number| format!("  {number} +")).collect();
    paste(&mut terminal, &format!("select\n{}\n  0 as total; -- end", lines.join("\n")));
    terminal.wait_for_text("│ total │");
    terminal.wait_for_text("│  1830 │");
    terminal.wait_for_prompt();
}

#[test]
fn commands_among_statements() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    paste(&mut terminal, "select 1 as one;\n\\timing off\nselect 2 as two; -- end");
    terminal.wait_for_text("│ two │");
    terminal.wait_for_prompt();
    assert!(terminal.screen_text().contains("│ one │"), "{}", terminal.screen_text());
}

#[test]
fn tabs_and_marks_of_commands_in_text_stay_text() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    paste(&mut terminal, "select\t'\n\\q\n'\tas answer; -- end");
    terminal.wait_for_text("answer │");
    terminal.wait_for_prompt();
    assert!(terminal.is_alive());
}

#[test]
fn a_terminal_that_does_not_mark_pastes_runs_them_as_well() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_text("select 1 as one;\rselect 2\r as two;\rselect 3 as three;\r");
    terminal.wait_for_text("│ three │");
    terminal.wait_for_prompt();
    let everything = terminal.look(|screen| screen.everything());
    assert_in_order(&everything, &["│ one │", "│ two │", "│ three │"].map(str::to_owned));
    assert!(everything.contains(FIRST.trim_end()) && !everything.contains("error"), "{everything}");
}
