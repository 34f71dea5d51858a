//! Answers that are longer than the screen go through the user's pager, and no others.

use std::fs;

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::WIDTHS;

/// More rows than any screen here.
const LONG: &str = "select value as number from generate_series(1, 1000) order by 1;";

/// A pager that keeps what it is given, and says that it was there.
const RECORDING: &str = "cat >> \"$HOME/paged\"; echo 'the pager was here'";

#[test]
fn a_long_answer_is_given_to_it_whole() {
    for columns in WIDTHS {
        let setup = Setup::samples().script("recording", RECORDING).env("PAGER", "recording");
        let mut terminal = Terminal::prompt(columns, &setup);
        terminal.ask(LONG);
        terminal.wait_for_text("the pager was here");
        let paged = fs::read_to_string(setup.path("home/paged")).expect("what the pager was given");
        for number in [1, 24, 500, 1000] {
            assert!(paged.contains(&format!(" {number} │")), "{number} is missing:\n{paged}");
        }
        assert!(!paged.contains("pinq>"), "{paged}");
        terminal.ask("select 42 as answer;");
    }
}

#[test]
fn a_short_answer_is_not() {
    let setup = Setup::samples().script("recording", RECORDING).env("PAGER", "recording");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select 42 as answer;");
    assert!(!setup.path("home/paged").exists());
}

#[test]
fn whoever_leaves_it_early_is_back_at_the_prompt() {
    let setup = Setup::samples().script("impatient", "head -n 3; exit 0").env("PAGER", "impatient");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select value as number, repeat('x', 500) as wide from generate_series(1, 1000000);");
    let screen = terminal.screen_text();
    assert!(!screen.contains("error"), "{screen}");
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
}

#[test]
fn it_reads_keys_from_the_terminal() {
    let script = "cat > /dev/null; printf 'a key please '; read answer < /dev/tty; echo \"got $answer\"";
    let setup = Setup::samples().script("asking", script).env("PAGER", "asking");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.type_line(LONG);
    terminal.press(Key::Enter);
    terminal.wait_for_text("a key please");
    terminal.type_text("yes\r");
    terminal.wait_for_text("got yes");
    terminal.wait_for_prompt();
}

#[test]
fn ctrl_c_in_it_does_not_end_the_prompt() {
    // In some shells the signal ends the first reading, in others it goes on.
    let script = "cat > /dev/null; trap 'echo interrupted here' INT; echo waiting; \
                  read answer < /dev/tty || read answer < /dev/tty; echo left";
    let setup = Setup::samples().script("asking", script).env("PAGER", "asking");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.type_line(LONG);
    terminal.press(Key::Enter);
    terminal.wait_for_text("waiting");
    terminal.press(Key::Ctrl('c'));
    terminal.wait_for_text("interrupted here");
    terminal.press(Key::Enter);
    terminal.wait_for_prompt();
    terminal.ask("select 42 as answer;");
}

#[test]
fn a_pager_that_is_not_there_loses_no_answer() {
    let setup = Setup::samples().env("PAGER", "no-such-pager");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask(LONG);
    let everything = terminal.look(|screen| screen.everything());
    assert!(everything.contains(" 1000 │") || everything.contains("no-such-pager"), "{everything}");
    terminal.ask("select 42 as answer;");
}

#[test]
fn without_it_the_answer_scrolls_by() {
    let setup = Setup::samples().script("recording", RECORDING).env("PAGER", "recording");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("\\pager off");
    terminal.ask(LONG);
    let everything = terminal.look(|screen| screen.everything());
    assert!(everything.contains("    1 │") && everything.contains(" 1000 │"), "{everything}");
    assert!(!setup.path("home/paged").exists());
}
