//! SQL: any text is split, or refused at a place within it; statements lie in the text one after another.

use crate::error::{Error, Kind};
use crate::sql::{self, Heading, SourceStatement};

/// The first byte chooses where the cursor stands, the rest is the text.
pub fn check(bytes: &[u8]) {
    let [cursor, rest @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    check_split(text);
    check_prompt(text, usize::from(*cursor));
    if let Err(error) = sql::parse_type(text) {
        assert_eq!(error.kind(), Kind::Usage, "{text:?}: {}", error.render());
    }
    let _ = sql::parse_value(text);
    let _ = sql::parse_parameter(text);
}

fn check_split(text: &str) {
    let heading = Heading::of_text(text);
    match sql::split(text, "q.sql") {
        Ok(statements) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let mut end = 0;
            for (number, statement) in (1..).zip(&statements) {
                assert_eq!(statement.number, number, "{text:?}");
                // Between statements are comments, blanks and `;`, which are none.
                let between = text.get(end..statement.range.start).expect("statements lie in order, at characters");
                check_nothing(between);
                check_statement(text, statement);
                end = statement.range.end;
            }
            check_nothing(text.get(end..).expect("the last statement lies in the text"));
            let first = statements.first();
            // What stands before a `;` is no heading of what comes behind it.
            assert!(first.is_none_or(|first| text.trim_start().starts_with(';')
                || first.heading == heading
                || text.contains(';')));
        }
        Err(error) => check_error(text, &error),
    }
}

fn check_statement(text: &str, statement: &SourceStatement) {
    let own = statement.text();
    assert_eq!(text.get(statement.range.clone()), Some(own));
    assert!(!own.is_empty() && own.trim() == own, "{own:?} of {text:?}");
    // The statement alone is the same statement.
    let alone = sql::split(own, "q.sql").unwrap_or_else(|error| panic!("{own:?} of {text:?}: {}", error.render()));
    let [alone] = alone.as_slice() else { panic!("{own:?} of {text:?} is {} statements", alone.len()) };
    assert_eq!(sql::parameters(&alone.parsed), sql::parameters(&statement.parsed), "{own:?}");
    assert_eq!(sql::kind(&alone.parsed), sql::kind(&statement.parsed), "{own:?}");
    let _ = (sql::references(&statement.parsed), sql::explained(statement));
    for (key, value) in &statement.heading.others {
        assert!(!key.is_empty() && value.trim() == value, "{text:?}");
    }
}

fn check_nothing(between: &str) {
    let statements = sql::split(between, "q.sql").unwrap_or_else(|error| panic!("{between:?}: {}", error.render()));
    assert!(statements.is_empty(), "{between:?} is no statement");
}

fn check_error(text: &str, error: &Error) {
    assert_eq!(error.kind(), Kind::Statement, "{text:?}: {}", error.render());
    let place = error.message().strip_prefix("q.sql:").expect("the error names the text");
    let mut numbers = place.splitn(3, ':');
    let mut number = || numbers.next().and_then(|number| number.parse::<usize>().ok()).expect("a line and a column");
    let (line, column) = (number(), number());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = text.split('\n').nth(line.checked_sub(1).expect("lines count from 1"));
    let found = found.unwrap_or_else(|| panic!("{text:?} has no line {line}"));
    // A carriage return ends a line for the tokenizer, too, hence no bound by `found` alone.
    assert!(column >= 1 && column <= found.chars().count() + 2, "{text:?}: {line}:{column} of {found:?}");
    for line in error.message().lines().skip(1) {
        assert!(!line.chars().any(char::is_control), "{text:?}: an excerpt moves the cursor: {line:?}");
    }
}

fn check_prompt(text: &str, cursor: usize) {
    let _ = sql::is_complete(text);
    let mut end = 0;
    for (range, _) in sql::highlight(text, &|name| name.len() % 2 == 0) {
        assert_eq!(range.start, end, "the colours of {text:?} have a gap");
        assert!(text.get(range.clone()).is_some(), "{text:?}: {range:?}");
        end = range.end;
    }
    assert_eq!(end, text.len(), "the colours of {text:?} end early");
    let expected = sql::expected_at(text, cursor);
    assert!(text.get(expected.replaces.clone()).is_some(), "{text:?} at {cursor}: {:?}", expected.replaces);
}
