//! Commands that look at what is there and at what was asked: `\d`, `\df`, `\explain`, `\watch`, `\copy`, `\o`.

use std::fs;

use super::super::device::Terminal;
use super::super::keys::Key;
use super::super::setup::Setup;
use super::WIDTHS;

/// A landing of one topic in the scratch folder; its only object has these records.
fn one_topic(records: &str) -> Setup {
    Setup::new()
        .config("[landing]\nlocation = \"topics/\"\n[tables.item.columns]\nname = \"varchar\"\nn = \"bigint\"\n")
        .file("work/topics/x.item/partition=0/x.item+0+0000000000.json", records)
}

#[test]
fn what_there_is_at_every_width() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &one_topic("{\"name\":\"a\",\"n\":1}\n"));
        terminal.ask("\\d");
        let shown = terminal.screen_text();
        assert!(shown.contains("raw.item") && shown.contains('?'), "nothing was counted yet:\n{shown}");
        terminal.ask("select count(*) from item;");
        terminal.ask("\\d raw.it*");
        assert!(terminal.screen_text().contains("table"), "{}", terminal.screen_text());
        terminal.ask("\\d item");
        let shown = terminal.screen_text();
        assert!(shown.contains("BIGINT") && shown.contains("declared"), "{shown}");
        terminal.ask("\\d itm");
        let shown: String = terminal.screen_text().split_whitespace().collect();
        assert!(shown.contains("didyoumean"), "{shown}");
        terminal.press(Key::Ctrl('d'));
        assert_eq!(terminal.exit_code(), 0);
    }
}

#[test]
fn a_view_shows_how_it_is_written() {
    let setup =
        one_topic("{\"name\":\"a\",\"n\":1}\n").file("work/queries/views/big.sql", "select n from item where n > 9\n");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("\\d big");
    let shown = terminal.screen_text();
    assert!(shown.contains("select n from item where n > 9") && shown.contains("big.sql"), "{shown}");
}

#[test]
fn a_function_and_one_that_is_misspelt() {
    for columns in WIDTHS {
        let mut terminal = Terminal::prompt(columns, &Setup::new());
        terminal.ask("\\df parse_cont");
        assert!(terminal.screen_text().contains("`parse_count`"), "{}", terminal.screen_text());
        terminal.ask("\\df date_bin");
        assert!(terminal.written().contains("date_bin("), "{}", terminal.screen_text());
    }
}

#[test]
fn the_plan_of_the_last_statement() {
    for columns in WIDTHS {
        let mut terminal =
            Terminal::prompt(columns, &one_topic("{\"name\":\"a\",\"n\":1}\n{\"name\":\"b\",\"n\":2}\n"));
        terminal.ask("\\explain");
        assert!(terminal.screen_text().contains("nothing was asked yet"), "{}", terminal.screen_text());
        terminal.ask("select n from item where n > 1;");
        terminal.ask("\\explain");
        let shown = terminal.screen_text();
        for part in ["keep rows where n > 1", "read item", "1 object fetched", "◀"] {
            assert!(shown.contains(part), "{part} at {columns}:\n{shown}");
        }
    }
}

#[test]
fn answers_into_files() {
    let setup = one_topic("{\"name\":\"a\",\"n\":1}\n").file("work/old.csv", "old");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select name, n from item;");
    terminal.ask("\\copy old.csv");
    assert!(terminal.screen_text().contains("1 row, 11 B written to"), "{}", terminal.screen_text());
    assert_eq!(fs::read_to_string(setup.path("work/old.csv")).unwrap(), "name,n\na,1\n");
    terminal.ask("\\copy old");
    assert!(terminal.screen_text().contains("does not say which format"), "{}", terminal.screen_text());
    terminal.ask("\\o all.ndjson");
    terminal.ask("select n from item;");
    terminal.ask("select n + 1 as n from item;");
    assert!(!setup.path("work/all.ndjson").exists(), "it is whole when it is closed");
    terminal.ask("\\o");
    assert_eq!(fs::read_to_string(setup.path("work/all.ndjson")).unwrap(), "{\"n\":1}\n{\"n\":2}\n");
    terminal.ask("\\o last.csv");
    terminal.ask("select 3 as n;");
    terminal.press(Key::Ctrl('d'));
    assert_eq!(terminal.exit_code(), 0);
    assert_eq!(fs::read_to_string(setup.path("work/last.csv")).unwrap(), "n\n3\n", "leaving closes it");
}

#[test]
fn what_changes_is_marked() {
    let setup = one_topic("{\"name\":\"a\",\"n\":1}\n{\"name\":\"b\",\"n\":2}\n");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select name, sum(n) as n from item group by name order by name;");
    terminal.type_line("\\watch 0.3");
    terminal.press(Key::Enter);
    terminal.wait_for_text("nothing changed since the run before");
    let second = setup.path("work/topics/x.item/partition=0/x.item+0+0000000002.json");
    fs::write(&second, "{\"name\":\"c\",\"n\":3}\n{\"name\":\"b\",\"n\":5}\n").unwrap();
    terminal.wait_for("a row that changed", |screen| screen.contains("~ b  n: 2 → 7") && screen.contains("+ c  3"));
    fs::remove_file(&second).unwrap();
    terminal.wait_for_text("- c  3");
    terminal.press(Key::Ctrl('c'));
    terminal.wait_for_prompt();
    terminal.ask("select 42 as answer;");
    assert!(terminal.screen_text().contains("│     42 │"), "{}", terminal.screen_text());
}
