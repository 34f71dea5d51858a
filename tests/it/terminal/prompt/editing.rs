//! Typing: a statement is submitted when it is whole, and can be mended until then.

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::screen::Style;
use super::super::setup::Setup;
use super::{NEXT, WIDTHS};

#[test]
fn a_statement_is_answered() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        terminal.ask("select 42 as answer;");
        let screen = terminal.screen_text();
        assert!(screen.contains("│ answer │") && screen.contains("│     42 │"), "{screen}");
        assert!(screen.contains("1 row"), "{screen}");
    }
}

#[test]
fn a_long_statement_wraps_and_is_answered() {
    let words: Vec<String> = (1..=40).map(|number| format!("'{number}'")).collect();
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        terminal.ask(&format!("select concat({}) as all_of_them;", words.join(", ")));
        terminal.wait_for_text("1234567891011");
    }
}

#[test]
fn a_statement_goes_over_lines_until_its_end() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        terminal.type_open_line("select");
        terminal.type_open_line("  42");
        terminal.ask("  as answer;");
        assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
    }
}

#[test]
fn a_semicolon_in_text_or_comment_ends_nothing() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    for (open, end, shown) in [
        ("select 'a;", "b' as t;", "b"),
        ("select 21 -- ;", "* 2 as n;", "42"),
        ("select 22 /* ;", "*/ * 2 as n;", "44"),
        ("select $$c;", "d$$ as t;", "d"),
        ("select $tag$e;$$;", "f$tag$ as t;", "f"),
        ("select 23 as \"n;", "m\";", "23"),
    ] {
        terminal.type_open_line(open);
        terminal.ask(end);
        let screen = terminal.screen_text();
        assert!(screen.contains(shown) && !screen.contains("error"), "{open}\n{screen}");
        terminal.press(Key::Ctrl('l'));
        terminal.wait_for("a cleared screen", |screen| screen.row(0) == "pinq>");
    }
}

#[test]
fn letters_can_be_mended_within_a_line() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("select 1 as answwr;");
    for key in [Key::Left, Key::Left, Key::Backspace] {
        terminal.press(key);
    }
    terminal.type_line("e");
    terminal.press(Key::Enter);
    terminal.wait_for_text("│ answer │");
}

#[test]
fn words_and_ends_of_lines_have_their_keys() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("1 as wrong_word");
    terminal.press(Key::Ctrl('w'));
    terminal.type_line("answer;");
    terminal.press(Key::Ctrl('a'));
    terminal.wait_for("the cursor at the start", |screen| screen.cursor().1 == 6);
    terminal.type_text("select ");
    terminal.wait_for_text("pinq> select 1 as answer;");
    terminal.press(Key::Ctrl('e'));
    terminal.press(Key::Enter);
    terminal.wait_for_text("│ answer │");
}

#[test]
fn letters_can_be_taken_from_the_start_of_a_line() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("xselect 1 as answer;");
    terminal.press(Key::Home);
    terminal.press(Key::Delete);
    terminal.wait_for_text("pinq> select 1 as answer;");
    terminal.press(Key::Enter);
    terminal.wait_for_text("│ answer │");
}

#[test]
fn a_whole_statement_can_go_on_in_another_line() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("select 1 as one;");
    terminal.press(Key::AltEnter);
    terminal.wait_for("another line", |screen| screen.cursor_row() == NEXT.trim_end());
    terminal.ask("select 2 as answer;");
    let screen = terminal.screen_text();
    assert!(screen.contains("│ one │") && screen.contains("│ answer │"), "{screen}");
}

#[test]
fn an_earlier_line_of_a_statement_can_be_mended() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_open_line("select 7 as answ");
    terminal.type_line(";");
    terminal.press(Key::Up);
    terminal.press(Key::End);
    terminal.wait_for("the cursor on the first line", |screen| screen.cursor_row().starts_with("pinq> select"));
    terminal.type_line("er");
    terminal.press(Key::Enter);
    terminal.wait_for_text("│ answer │");
}

#[test]
fn wide_letters_keep_their_places() {
    let mut terminal = Terminal::prompt(40, &Setup::new());
    terminal.type_line("select '日本語の長い文字列、日本語の長い文字列' as t");
    terminal.press(Key::Backspace);
    terminal.type_line("answer;");
    terminal.press(Key::Enter);
    terminal.wait_for_text("│ answer");
    terminal.wait_for_prompt();
    assert!(terminal.screen_text().contains("│ 日本語の長い文字列"), "{}", terminal.screen_text());
}

#[test]
fn words_are_coloured_by_what_they_are() {
    let mut terminal = Terminal::prompt(80, &Setup::new());
    terminal.type_line("select 'text', 42, (x");
    let style = |text| terminal.look(|screen| screen.style_of(text));
    let (keyword, text, number) = (style("select"), style("'text'"), style("42"));
    for (one, other) in [(keyword, text), (text, number), (keyword, number), (keyword, Style::PLAIN)] {
        assert_ne!(one, other);
    }
    assert_ne!(style("(x"), style(", (x"), "a bracket that nothing closes stands out");
}

#[test]
fn an_error_shows_the_place_and_the_prompt_goes_on() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::samples());
        terminal.ask("select titel from pin;");
        let screen = terminal.screen_text();
        assert!(screen.contains("^^^^^") && screen.contains("title"), "{screen}");
        terminal.ask("select 42 as answer;");
        assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
    }
}
