//! What changed between two answers to the same question.
//!
//! Owns by which columns rows are taken for the same one: the first few that tell all rows of both answers apart, or
//! none, and rows are only compared as a whole. It must not show anything.

use std::collections::{HashMap, HashSet};

/// The cells of a row; none is NULL.
pub type Row = Vec<Option<String>>;

/// An answer as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// For each column its name and whether it holds numbers.
    pub columns: Vec<(String, ColumnSort)>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// What a column can serve as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnSort {
    /// Names something, more often than not.
    Name,
    /// Measures something, more often than not.
    Number,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    New(Row),
    /// It was there before.
    Gone(Row),
    /// Some of its cells are others: the cells by which it is known, and each column that changed.
    Changed {
        /// The cells by which it is known.
        key: Row,
        /// Column, value before, value now.
        cells: Vec<(String, Option<String>, Option<String>)>,
    },
}

/// The changes from one answer to the next: those of rows that are there, in their order, then what is gone.
pub fn changes(before: &Seen, now: &Seen) -> Vec<Change> {
    let same_columns = before.columns == now.columns;
    match key(before, now).filter(|_| same_columns) {
        Some(key) => by_key(before, now, &key),
        None => as_wholes(before, now),
    }
}

/// The columns that tell all rows of both apart: names before numbers, as few of the first ones as do.
fn key(before: &Seen, now: &Seen) -> Option<Vec<usize>> {
    let of = |sort| {
        let columns = now.columns.iter().enumerate();
        columns.filter(move |(_, column)| column.1 == sort).map(|(place, _)| place)
    };
    let mut key = Vec::new();
    for column in of(ColumnSort::Name) {
        key.push(column);
        if tells_apart(before, &key) && tells_apart(now, &key) {
            return Some(key);
        }
    }
    // A number that stands first is an identity; one behind names is a measure.
    let first = of(ColumnSort::Number).next().filter(|place| *place == 0)?;
    key.insert(0, first);
    let alone = vec![first];
    [alone, key].into_iter().find(|key| tells_apart(before, key) && tells_apart(now, key))
}

fn tells_apart(seen: &Seen, key: &[usize]) -> bool {
    let mut known = HashSet::with_capacity(seen.rows.len());
    seen.rows.iter().all(|row| known.insert(cells(row, key)))
}

fn cells<'a>(row: &'a Row, key: &[usize]) -> Vec<Option<&'a str>> {
    key.iter().map(|place| row.get(*place).and_then(Option::as_deref)).collect()
}

fn by_key(before: &Seen, now: &Seen, key: &[usize]) -> Vec<Change> {
    let known: HashMap<_, _> = before.rows.iter().map(|row| (cells(row, key), row)).collect();
    let mut changes = Vec::new();
    let mut still = HashSet::new();
    for row in &now.rows {
        let own = cells(row, key);
        match known.get(&own) {
            None => changes.push(Change::New(row.clone())),
            Some(old) if *old != row => {
                let pairs = now.columns.iter().zip(old.iter().zip(row)).filter(|(_, (old, new))| old != new);
                let cells = pairs.map(|((name, _), (old, new))| (name.clone(), old.clone(), new.clone())).collect();
                let key = own.iter().map(|cell| cell.map(str::to_owned)).collect();
                changes.push(Change::Changed { key, cells });
            }
            Some(_) => {}
        }
        still.insert(own);
    }
    let gone = before.rows.iter().filter(|row| !still.contains(&cells(row, key)));
    changes.extend(gone.map(|row| Change::Gone(row.clone())));
    changes
}

/// Equal rows cancel out, as often as both answers have them.
fn as_wholes(before: &Seen, now: &Seen) -> Vec<Change> {
    let mut counts: HashMap<&Row, usize> = HashMap::new();
    for row in &before.rows {
        *counts.entry(row).or_default() += 1;
    }
    let mut changes = Vec::new();
    for row in &now.rows {
        match counts.get_mut(row).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => changes.push(Change::New(row.clone())),
        }
    }
    for row in &before.rows {
        if let Some(count) = counts.get_mut(row).filter(|count| **count > 0) {
            *count -= 1;
            changes.push(Change::Gone(row.clone()));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(columns: &[(&str, ColumnSort)], rows: &[&[&str]]) -> Seen {
        let cell = |cell: &&str| Some((*cell).to_owned()).filter(|cell| cell != "NULL");
        Seen {
            columns: columns.iter().map(|(name, sort)| ((*name).to_owned(), *sort)).collect(),
            rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        }
    }

    fn shown(changes: &[Change]) -> Vec<String> {
        let row = |row: &Row| row.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join(" ");
        let one = |change: &Change| match change {
            Change::New(new) => format!("+ {}", row(new)),
            Change::Gone(gone) => format!("- {}", row(gone)),
            Change::Changed { key, cells } => {
                let cell = |(name, old, new): &(String, Option<String>, Option<String>)| {
                    format!("{name} {}", row(&vec![old.clone(), new.clone()]))
                };
                format!("~ {}: {}", row(key), cells.iter().map(cell).collect::<Vec<_>>().join(", "))
            }
        };
        changes.iter().map(one).collect()
    }

    const COUNTED: &[(&str, ColumnSort)] = &[("country", ColumnSort::Name), ("posts", ColumnSort::Number)];

    #[test]
    fn rows_are_known_by_their_names() {
        let before = seen(COUNTED, &[&["US", "10"], &["FR", "3"], &["NULL", "1"]]);
        let now = seen(COUNTED, &[&["GB", "7"], &["NULL", "2"], &["US", "10"]]);
        assert_eq!(shown(&changes(&before, &now)), ["+ GB 7", "~ NULL: posts 1 2", "- FR 3"]);
        assert!(changes(&now, &now).is_empty());
    }

    #[test]
    fn a_number_that_stands_first_is_a_name() {
        let columns = &[("ind", ColumnSort::Number), ("title", ColumnSort::Name)];
        let before = seen(columns, &[&["1", "a"], &["2", "a"]]);
        let now = seen(columns, &[&["1", "a"], &["2", "b"]]);
        assert_eq!(shown(&changes(&before, &now)), ["~ 2: title a b"]);
        let single = &[("count", ColumnSort::Number)];
        assert_eq!(shown(&changes(&seen(single, &[&["1"]]), &seen(single, &[&["2"]]))), ["+ 2", "- 1"]);
    }

    #[test]
    fn rows_that_nothing_tells_apart_are_compared_as_wholes() {
        let before = seen(COUNTED, &[&["US", "1"], &["US", "1"], &["US", "2"]]);
        let now = seen(COUNTED, &[&["US", "1"], &["US", "2"], &["US", "3"]]);
        assert_eq!(shown(&changes(&before, &now)), ["+ US 3", "- US 1"]);
    }
}
