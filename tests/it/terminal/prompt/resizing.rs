//! A terminal that changes its size: what is typed stays whole, and the next answer fits.

use unicode_width::UnicodeWidthStr as _;

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;

/// Wider than any terminal here.
const WIDE: &str = "select unique_id, category, save_location from raw.pin where index < 5 order by 1;";

#[test]
fn while_a_statement_is_typed() {
    for (before, after) in [(80, 40), (40, 80), (80, 200), (200, 40)] {
        let mut terminal = Terminal::prompt(before, &Setup::new());
        terminal.type_line("select 'a text of some length' as first_column, 'and another' as ");
        terminal.resize(after, 24);
        terminal.type_line("second_column;");
        terminal.press(Key::Enter);
        terminal.wait_for("the answer", |screen| screen.contains("second_column") && screen.contains("1 row"));
        terminal.wait_for_prompt();
        let screen = terminal.screen_text();
        assert!(screen.contains("and another") && !screen.contains("error"), "{before} to {after}:\n{screen}");
    }
}

#[test]
fn between_answers() {
    let mut terminal = Terminal::prompt(80, &Setup::samples());
    for columns in [40, 200, 80] {
        terminal.resize(columns, 40);
        terminal.ask(&format!("select {columns} as size;"));
        terminal.ask(WIDE);
        let screen = terminal.screen_text();
        let edge = screen.lines().rfind(|row| row.starts_with('└')).expect("a table");
        // What does not fit goes on in the next row, without an edge of its own.
        assert!(edge.ends_with('┘'), "the table is wider than {columns} columns:\n{screen}");
        assert!(edge.width() > usize::from(columns).min(90) - 10, "the table leaves room:\n{screen}");
        terminal.press(Key::Ctrl('l'));
        terminal.wait_for("a cleared screen", |screen| screen.row(0) == "pinq>");
    }
}

#[test]
fn while_nothing_is_typed() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    for (columns, rows) in [(40, 10), (200, 50), (80, 24), (20, 5), (80, 24)] {
        terminal.resize(columns, rows);
    }
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
}
