//! What a run found wrong in the records, in words: for the summary.
//!
//! Owns the sentences. What is found is `engine`'s.

use std::collections::BTreeMap;
use std::error::Error as _;

use crate::engine::{BadPlace, CacheNews, Engine, LateKeyCount, Place, TableFindings};
use crate::printable;
use crate::ui::{Ui, human};

/// Groups of keys that are told one by one.
const GROUPS: usize = 5;
/// Keys of a group that are named.
const NAMES: usize = 20;

/// Tells what was found in each table. Records that were skipped and values that became NULL are
/// warnings; keys that no column holds are part of the summary.
pub fn tell(ui: &Ui, engine: &Engine) {
    for findings in engine.findings() {
        tell_lost(ui, &findings);
        if let Some(text) = late_keys(&findings) {
            ui.summary(&text);
        }
    }
}

/// Tells how many records of all tables made no row, because they were no more than `null`.
pub fn tell_of_tombstones(ui: &Ui, engine: &Engine) {
    let tombstones = engine.findings().iter().fold(0_u64, |sum, table| sum.saturating_add(table.found.tombstones));
    if tombstones > 0 {
        let counted = human::counted(tombstones, "record was", "records were");
        ui.warning(&format!("{counted} a bare `null` (a tombstone) and made no row"));
    }
}

/// Tells what a run lost before a statement of it failed.
pub fn tell_of_failure(ui: &Ui, engine: &Engine) {
    for findings in engine.findings() {
        tell_lost(ui, &findings);
    }
}

/// Tells what went wrong with the cache, without which the answers are the same.
pub fn tell_of_cache(ui: &Ui, engine: &Engine) {
    let CacheNews { trouble, damaged, is_index_replaced } = engine.cache_news();
    if let Some(trouble) = trouble {
        let cause = trouble.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        ui.warning(&format!("the cache is off for this run: {trouble}{cause}"));
    }
    if is_index_replaced {
        ui.warning("the index of the cache was damaged or gone, so the cache was begun anew");
    }
    if damaged > 0 {
        let were = human::counted(damaged, "file of the cache was", "files of the cache were");
        ui.warning(&format!("{were} damaged and dropped; the objects were fetched again"));
    }
}

fn tell_lost(ui: &Ui, findings: &TableFindings) {
    if let Some(text) = bad_records(findings) {
        ui.warning(&text);
    }
    for (column, values) in &findings.found.nulled {
        let values = human::counted(*values, "value", "values");
        let table = &findings.table;
        ui.warning(&format!("`{table}`: {values} did not fit `{column}` and became NULL, as `on_bad_value` says"));
    }
}

/// `pin`: 1 of 13 records could not be read and was skipped ...
fn bad_records(findings: &TableFindings) -> Option<String> {
    let TableFindings { table, found, kept_rejects } = findings;
    if found.bad_records == 0 {
        return None;
    }
    let (bad, records) = (human::count(found.bad_records), human::counted(found.records, "record", "records"));
    let was = if found.bad_records == 1 { "was" } else { "were" };
    let kept = if *kept_rejects < found.bad_records {
        format!("`pinq.rejects` is full and holds {} of them", human::count(*kept_rejects))
    } else {
        "see `pinq.rejects`".to_owned()
    };
    let first = found.first_bad.as_ref().map(|BadPlace { place, byte, reason, .. }| {
        format!("; the first: `{}`, line {} (byte {byte}): {reason}", place.object, place.line)
    });
    let first = first.unwrap_or_default();
    let text = format!("`{table}`: {bad} of {records} could not be read and {was} skipped: {kept}{first}");
    // A name in it must not begin a line that looks like another message.
    Some(printable::one_line(&text).into_owned())
}

/// `pin`: 2 keys are in none of its columns: `a`, `b` (3 records each, such as `object`, line 1) ...
fn late_keys(findings: &TableFindings) -> Option<String> {
    let TableFindings { table, found, .. } = findings;
    if found.late_keys.is_empty() {
        return None;
    }
    // Keys that one stray record brought along belong together.
    let mut groups: BTreeMap<(std::cmp::Reverse<u64>, &Place), Vec<&str>> = BTreeMap::new();
    for (name, LateKeyCount { records, first }) in &found.late_keys {
        groups.entry((std::cmp::Reverse(*records), first)).or_default().push(name);
    }
    let told: Vec<String> = groups
        .iter()
        .take(GROUPS)
        .map(|((records, place), names)| {
            let more = match names.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let each = if names.len() == 1 { "" } else { " each" };
            let named = names.iter().take(NAMES).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let records = human::counted(records.0, "record", "records");
            format!("{named}{more} ({records}{each}, such as `{}`, line {})", place.object, place.line)
        })
        .collect();
    let others: usize = groups.values().skip(GROUPS).map(Vec::len).sum();
    let others = if others > 0 { format!("; and {} more", human::count(others as u64)) } else { String::new() };
    let beyond = match found.other_late_keys {
        0 => String::new(),
        count => format!("; further names occurred {}", human::counted(count, "time", "times")),
    };
    let keys = human::counted(found.late_keys.len() as u64, "key is", "keys are");
    let text = format!("`{table}`: {keys} in none of its columns: {}{others}{beyond}", told.join("; "));
    Some(printable::one_line(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Findings;

    fn findings() -> TableFindings {
        TableFindings { table: "pin".to_owned(), found: Findings::default(), kept_rejects: 0 }
    }

    fn late(records: u64, object: &str) -> LateKeyCount {
        LateKeyCount { records, first: Place { object: object.to_owned(), line: 2 } }
    }

    #[test]
    fn nothing_wrong_says_nothing() {
        assert_eq!((bad_records(&findings()), late_keys(&findings())), (None, None));
    }

    #[test]
    fn bad_records_say_how_many_and_where() {
        let mut one = findings();
        one.found.records = 13;
        one.found.bad_records = 1;
        one.kept_rejects = 1;
        let place = Place { object: "o.json".to_owned(), line: 2 };
        one.found.first_bad = Some(BadPlace { place, byte: 31, reason: "r".to_owned(), snippet: "s".to_owned() });
        let text = bad_records(&one).unwrap();
        assert_eq!(
            text,
            "`pin`: 1 of 13 records could not be read and was skipped: see `pinq.rejects`; the first: `o.json`, line 2 (byte 31): r"
        );
        one.found.bad_records = 100_001;
        assert!(bad_records(&one).unwrap().contains("is full and holds 1 of them"));
    }

    #[test]
    fn keys_of_one_stray_are_told_together() {
        let mut one = findings();
        one.found.late_keys.insert("b".to_owned(), late(1, "x"));
        one.found.late_keys.insert("a".to_owned(), late(1, "x"));
        one.found.late_keys.insert("z".to_owned(), late(7, "y"));
        one.found.other_late_keys = 4;
        assert_eq!(
            late_keys(&one).unwrap(),
            "`pin`: 3 keys are in none of its columns: `z` (7 records, such as `y`, line 2); `a`, `b` (1 record each, such as `x`, line 2); further names occurred 4 times"
        );
    }

    #[test]
    fn many_keys_are_cut_and_counted() {
        let mut one = findings();
        for number in 0..40 {
            one.found.late_keys.insert(format!("k{number:02}"), late(1, "x"));
        }
        for number in 0..9 {
            one.found.late_keys.insert(format!("n{number}"), late(1, &format!("y{number}")));
        }
        let text = late_keys(&one).unwrap();
        assert!(text.contains("`k19` and 20 more (1 record each") && text.ends_with("; and 5 more"), "{text}");
    }
}
