//! Tab: what may stand at the cursor, by what stands around it.

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::WIDTHS;

/// A prompt over the samples that has met their tables.
#[track_caller]
fn prompt(columns: u16) -> Terminal {
    let mut terminal = Terminal::prompt(columns, &Setup::samples());
    terminal.ask("select count(*) as n from raw.pin;");
    terminal
}

/// Types the text and presses Tab; waits until what is typed ends in what was to come.
#[track_caller]
fn completes(columns: u16, typed: &str, completed: &str) {
    let mut terminal = prompt(columns);
    terminal.type_line(typed);
    terminal.press(Key::Tab);
    terminal.wait_for(&format!("`{completed}` for `{typed}`"), |screen| screen.ends_typed(completed));
}

#[test]
fn tables_after_from_and_join() {
    for columns in WIDTHS {
        completes(columns, "select * from raw.us", "from raw.user");
    }
    completes(80, "select * from pin join raw.ge", "join raw.geo");
}

#[test]
fn a_view_before_the_table_of_its_name() {
    for columns in WIDTHS {
        let mut terminal = prompt(columns);
        terminal.type_line("select count(*) as users from us");
        terminal.press(Key::Tab);
        terminal.wait_for("the choice", |screen| screen.contains("landed.user") && screen.contains("raw.user"));
        terminal.press(Key::Enter);
        terminal.wait_for("the view", |screen| !screen.contains("landed.user") && screen.ends_typed("from user"));
        terminal.ask(";");
        terminal.wait_for_text("│ users │");
    }
}

#[test]
fn columns_of_the_statement_through_its_aliases() {
    for columns in WIDTHS {
        completes(columns, "select 1 from raw.pin p where p.uni", "p.unique_id");
    }
    completes(80, "select 1 from raw.geo where latit", "where latitude");
}

#[test]
fn columns_before_the_table_that_has_them() {
    let mut terminal = prompt(80);
    terminal.type_line("select p.uni from raw.pin p");
    for _ in " from raw.pin p".chars() {
        terminal.press(Key::Left);
    }
    terminal.wait_for("the cursor behind `uni`", |screen| usize::from(screen.cursor().1) == "pinq> select p.uni".len());
    terminal.press(Key::Tab);
    terminal.wait_for("the column", |screen| screen.cursor_row().contains("select p.unique_id from raw.pin p"));
}

#[test]
fn commands_and_functions() {
    for columns in WIDTHS {
        completes(columns, "\\tim", "\\timing");
    }
    completes(80, "select date_tru", "date_trunc(");
}

#[test]
fn a_menu_where_there_is_a_choice() {
    for columns in WIDTHS {
        let mut terminal = prompt(columns);
        terminal.type_line("select * from raw.");
        terminal.press(Key::Tab);
        terminal.wait_for("all tables below", |screen| {
            let (row, _) = screen.cursor();
            let below = screen.rows().split_off(usize::from(row) + 1).join("\n");
            ["geo", "pin", "user"].iter().all(|table| below.contains(table))
        });
        terminal.press(Key::Escape);
        terminal.wait_for("no menu", |screen| !screen.contains("user") && screen.cursor_row().starts_with("pinq>"));
        terminal.press(Key::Ctrl('c'));
        terminal.wait_for_prompt();
        terminal.ask("select 42 as answer;");
        assert!(!terminal.screen_text().contains("error"), "{}", terminal.screen_text());
    }
}

#[test]
fn a_hint_from_earlier_lines_is_grey_and_is_taken_by_the_right_arrow() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.ask("select 42 as answer;");
    terminal.type_text("select 4");
    terminal.wait_for("the hint", |screen| screen.cursor_row() == "pinq> select 42 as answer;");
    assert_ne!(
        terminal.look(|screen| screen.style_of("2 as answer;")),
        terminal.look(|screen| screen.style_of("4")),
        "{}",
        terminal.screen_text()
    );
    terminal.press(Key::Right);
    terminal.wait_for("the line", |screen| usize::from(screen.cursor().1) == "pinq> select 42 as answer;".len());
    terminal.press(Key::Enter);
    terminal.wait_for("two answers", |screen| screen.count("│ answer │") == 2);
}
