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
        for part in ["read item", "1 object fetched", "keeps rows where n > 1: 1 left out", "◀"] {
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
fn answers_outlive_a_place_that_does_not_take_them() {
    let setup = Setup::new();
    let place = setup.path("work/all.csv");
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("\\o all.csv");
    terminal.ask("select 1 as n;");
    fs::create_dir(&place).unwrap();
    terminal.ask("\\o");
    let shown = terminal.screen_text();
    assert!(shown.contains("could not be written") && shown.contains("`\\o` tries again"), "{shown}");
    fs::remove_dir(&place).unwrap();
    terminal.ask("\\o");
    assert!(terminal.screen_text().contains("1 row, 4 B written to"), "{}", terminal.screen_text());
    assert_eq!(fs::read_to_string(&place).unwrap(), "n\n1\n");
    // The bucket can't be reached, and the user leaves.
    terminal.ask("\\o s3://nobucket/last.csv");
    terminal.ask("select 2 as n;");
    terminal.press(Key::Ctrl('d'));
    assert_ne!(terminal.exit_code(), 0);
    assert!(terminal.written().contains("the answers are kept in `"), "{}", terminal.screen_text());
    let kept = fs::read_dir(setup.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.extension().is_some_and(|extension| extension == "csv")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), "n\n2\n");
}

#[test]
fn files_of_answers_make_no_folders() {
    let setup = Setup::new();
    let mut terminal = Terminal::prompt(80, &setup);
    terminal.ask("select 1 as n;");
    for line in ["\\copy nowhere/x.csv", "\\o nowhere/y.csv"] {
        terminal.ask(line);
        let shown: String = terminal.screen_text().split_whitespace().collect();
        assert!(shown.contains("thereisnofolder`") && shown.contains("work/nowhere`"), "{shown}");
    }
    assert!(!setup.path("work/nowhere").exists());
}

#[test]
fn a_landing_that_is_not_there_is_not_asked_for_counts() {
    let config = "[landing]\nlocation = \"nowhere/\"\n[tables.item.columns]\nn = \"bigint\"\n";
    let mut terminal = Terminal::prompt(80, &Setup::new().config(config));
    terminal.ask("\\d");
    let shown = terminal.screen_text();
    assert!(shown.contains("raw.item") && shown.contains("could not be listed"), "{shown}");
    assert!(!shown.contains("select count(*)"), "{shown}");
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
