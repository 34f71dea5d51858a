//! Configurations: any text is read, or refused at a place within it by an error that is no bug.

use crate::config::{Config, Environment};
use crate::error::Kind;
use crate::sql;

/// The path of a file that is not there.
const PATH: &str = "/project/pinq.toml";

/// The bytes as the text of a `pinq.toml`.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let environment = Environment::empty("/project").with_home("/home/me").with_machine(8 << 30, 4);
    let error = match Config::of_text(PATH, text, &environment, &sql::parse_type) {
        Ok(config) => return check_bounds(&config),
        Err(error) => error,
    };
    assert_eq!(error.kind(), Kind::Usage, "{text:?}: {}", error.render());
    let rest = error.message().strip_prefix(&format!("`{PATH}`, line ")).expect("the error names the file");
    let (line, rest) = rest.split_once(", column ").expect("the error names a column");
    let (column, what) = rest.split_once(": ").expect("the error says something");
    let (line, column): (usize, usize) = (line.parse().expect("a number"), column.parse().expect("a number"));
    // The name of a type says nothing to anybody, unless it is quoted.
    assert!(
        !what.trim().is_empty() && (!what.contains("struct Raw") || text.contains("struct Raw")),
        "{text:?}: {what}"
    );
    // What is missing at the end stands behind the last character, perhaps of no line.
    let found = text.split('\n').nth(line.checked_sub(1).expect("lines count from 1"));
    let found = found.unwrap_or_else(|| panic!("{text:?} has no line {line}: {what}"));
    assert!((1..=found.chars().count() + 1).contains(&column), "{text:?}: {line}:{column}: {what}");
}

/// What was let through keeps the limits that the documentation gives.
fn check_bounds(config: &Config) {
    assert!(config.session.threads >= 1 && config.session.threads <= 1024);
    assert!((1..=4096).contains(&config.storage.requests_in_flight));
    assert!((4 << 10..=16 << 20).contains(&config.storage.range_bytes));
    for table in &config.tables {
        assert!(!table.name.trim().is_empty() && table.line >= 1);
        assert!(table.policy.max_record_bytes > 0 && table.policy.max_object_bytes > 0);
    }
    for report in &config.reports {
        // The name is a folder's.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(report.name.chars().all(is_plain) && !report.name.is_empty(), "{:?}", report.name);
        assert!(report.keep >= 1 && report.retries <= 100 && !report.questions.is_empty());
    }
}
