//! Answers and what changed between them: tables of cases, and a naive comparison that must agree.
//!
//! Owns nothing else. Answers are one column of years, then texts, then numbers.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use proptest::prelude::*;

use super::*;

type Row<'a> = (i64, Option<&'a str>, f64);

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn years(rows: &[Row<'_>]) -> Vec<RecordBatch> {
    let batch = batch(vec![
        ("year", Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()) as ArrayRef),
        ("category", Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>())),
        ("mean", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
    ]);
    // In two parts, so that rows are counted through batches.
    let middle = batch.num_rows() / 2;
    vec![batch.slice(0, middle), batch.slice(middle, batch.num_rows() - middle)]
}

fn whole(batches: &[RecordBatch]) -> Answer<'_> {
    let total = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    Answer { schema: batches[0].schema_ref(), batches, total }
}

fn compared(now: &[RecordBatch], before: &[RecordBatch], key: &[&str]) -> Changes {
    let key: Vec<String> = key.iter().map(|column| (*column).to_owned()).collect();
    changes(whole(now), Some(whole(before)), (!key.is_empty()).then_some(&key)).unwrap().unwrap()
}

fn changed(key: &str, now: &str, before: &str) -> Change {
    Change::Changed(key.into(), now.into(), before.into())
}

#[test]
fn tells_the_change_of_a_year() {
    let now = years(&[(2019, Some("travel"), 5.0), (2020, Some("home-decor"), 8.0), (2021, None, 1.0)]);
    let before = years(&[(2018, Some("art"), 2.5), (2019, Some("travel"), 5.0), (2020, Some("christmas"), 9.0)]);
    let changes = compared(&now, &before, &[]);
    assert_eq!(changes.key, ["year"]);
    assert_eq!((changes.new, changes.gone, changes.changed), (1, 1, 1));
    assert_eq!(
        changes.listed,
        [
            changed("2020", "home-decor 8.0", "christmas 9.0"),
            Change::New("2021: NULL 1.0".into()),
            Change::Gone("2018: art 2.5".into()),
        ]
    );
    assert_eq!(compared(&now, &now, &[]).listed, []);
}

#[test]
fn the_shortest_columns_that_tell_rows_apart_are_the_key() {
    let ties = years(&[(2020, Some("art"), 8.0), (2020, Some("travel"), 8.0)]);
    let other = years(&[(2020, Some("art"), 9.0), (2020, Some("beauty"), 9.0)]);
    let changes = compared(&ties, &other, &[]);
    assert_eq!(changes.key, ["year", "category"]);
    assert_eq!(
        changes.listed,
        [
            changed("2020, art", "8.0", "9.0"),
            Change::New("2020, travel: 8.0".into()),
            Change::Gone("2020, beauty: 9.0".into())
        ]
    );
    // A single row is the same row, whatever it says.
    let (now, before) = (years(&[(2020, Some("art"), 8.0)]), years(&[(2021, Some("art"), 9.0)]));
    let changes = compared(&now, &before, &[]);
    assert_eq!((changes.key.len(), changes.listed), (0, vec![changed("", "2020 art 8.0", "2021 art 9.0")]));
}

#[test]
fn rows_that_nothing_tells_apart_are_counted() {
    let twice = years(&[(2020, None, 8.0), (2020, None, 8.0), (2021, Some(""), 1.0)]);
    let thrice = years(&[(2020, None, 8.0), (2020, None, 8.0), (2020, None, 8.0), (2021, None, 1.0)]);
    let changes = compared(&twice, &thrice, &[]);
    assert_eq!((changes.new, changes.gone, changes.changed), (1, 2, 0));
    assert_eq!(
        changes.listed,
        [
            Change::New("2021, , 1.0".into()),
            Change::Gone("2020, NULL, 8.0".into()),
            Change::Gone("2021, NULL, 1.0".into())
        ]
    );
}

#[test]
fn a_key_of_ones_own_may_be_shared_by_rows() {
    let now = years(&[(2020, Some("art"), 8.0), (2020, Some("travel"), 8.0), (2021, Some("art"), 1.0)]);
    let before = years(&[(2020, Some("art"), 8.0), (2020, Some("beauty"), 8.0), (2021, Some("art"), 2.0)]);
    // Of the rows of 2020 one stayed, so the other is what it was.
    let changes = compared(&now, &before, &["YEAR"]);
    assert_eq!(changes.key, ["year"]);
    assert_eq!(changes.listed, [changed("2020", "travel 8.0", "beauty 8.0"), changed("2021", "art 1.0", "art 2.0")]);
    let changes = compared(&now, &before, &["category", "year"]);
    assert_eq!(changes.key, ["category", "year"]);
    assert_eq!(changes.listed[1], changed("art, 2021", "1.0", "2.0"));
}

#[test]
fn a_key_that_is_no_column_is_an_error() {
    let now = years(&[]);
    let error = |column: &str| changes(whole(&now), None, Some(&[column.to_owned()])).unwrap_err().render();
    assert_eq!(
        error("categry"),
        "error: the key names `categry`, which is no column of the answer\nhint: did you mean `category`?"
    );
    assert!(error("xxxxxxxx").ends_with("the columns are `year`, `category`, `mean`"));
    assert_eq!(changes(whole(&now), None, Some(&["year".to_owned()])).unwrap(), None);
}

#[test]
fn columns_that_came_or_went_are_told_and_not_compared() {
    let number = |name, number: i64| (name, Arc::new(Int64Array::from(vec![number, 7])) as ArrayRef);
    let now = [batch(vec![number("a", 1), number("new", 2), number("b", 3)])];
    let before = [batch(vec![number("b", 4), number("old", 2), number("a", 1)])];
    let changes = compared(&now, &before, &[]);
    assert_eq!((&changes.added[..], &changes.removed[..]), (&["new".to_owned()][..], &["old".to_owned()][..]));
    assert_eq!(changes.listed, [changed("1", "3", "4")]);
    let elsewhere = [batch(vec![number("x", 1)])];
    let reason = |before: &[RecordBatch], key: &[&str]| compared(&now, before, key).incomparable.unwrap();
    assert_eq!(reason(&elsewhere, &[]), "the answers have no column in common");
    assert_eq!(reason(&before, &["new"]), "the answer before has no column `new`, by which rows are told apart");
}

#[test]
fn answers_that_are_too_large_or_not_whole_are_not_compared() {
    let rows = [batch(vec![("n", Arc::new(Int64Array::from_iter_values(0..3)) as ArrayRef)])];
    let told = |total| {
        let before = Answer { total, ..whole(&rows) };
        changes(whole(&rows), Some(before), None).unwrap().unwrap().incomparable
    };
    assert_eq!(told(3), None);
    assert_eq!(told(4).as_deref(), Some("not all rows of the answer before were kept"));
    assert_eq!(told(100_001).as_deref(), Some("the answer before has more than 100,000 rows"));
}

#[test]
fn counts_all_and_lists_the_first() {
    let rows =
        |from: i64| [batch(vec![("n", Arc::new(Int64Array::from_iter_values(from..from + 40_000)) as ArrayRef)])];
    let changes = compared(&rows(0), &rows(39_000), &[]);
    assert_eq!((changes.new, changes.gone, changes.listed.len()), (39_000, 39_000, MOST_LISTED));
}

#[test]
fn of_many_values_those_that_differ_are_told_by_name() {
    let wide = |values: [i64; 5]| {
        let column = |value: i64| Arc::new(Int64Array::from(vec![value, 100])) as ArrayRef;
        let names = ["key", "a", "b", "c", "d"];
        [batch(names.into_iter().zip(values.map(column)).collect())]
    };
    let changes = compared(&wide([1, 2, 3, 4, 5]), &wide([1, 2, 0, 4, 6]), &[]);
    assert_eq!(changes.listed, [changed("1", "b 3, d 5", "b 0, d 6")]);
}

#[test]
fn reads_keys() {
    assert_eq!(key_columns("country, year").unwrap(), ["country", "year"]);
    assert_eq!(key_columns(r#" "of ""the, year" "#).unwrap(), ["of \"the, year"]);
    for wrong in ["", " ", "a,", "a,,b", "\"a"] {
        assert!(key_columns(wrong).is_err(), "{wrong}");
    }
}

/// Rows that are equal are taken away in pairs; of what is left, a row that is alone with its key on both sides has
/// changed.
fn naive(now: &[Vec<String>], before: &[Vec<String>], key: usize) -> (u64, u64, u64) {
    let (mut left, mut gone): (Vec<&Vec<String>>, Vec<&Vec<String>>) = (Vec::new(), before.iter().collect());
    for row in now {
        match gone.iter().position(|other| *other == row) {
            Some(position) => drop(gone.remove(position)),
            None => left.push(row),
        }
    }
    let alone =
        |row: &Vec<String>, rows: &[&Vec<String>]| rows.iter().filter(|other| other[..key] == row[..key]).count();
    let changed = left.iter().filter(|row| alone(row, &left) == 1 && alone(row, &gone) == 1).count() as u64;
    (left.len() as u64 - changed, gone.len() as u64 - changed, changed)
}

proptest! {
    #[test]
    fn agrees_with_a_naive_comparison(
        now in prop::collection::vec((0..5_i64, prop::option::of("[ab]{0,1}"), 0..3_u8), 0..14),
        before in prop::collection::vec((0..5_i64, prop::option::of("[ab]{0,1}"), 0..3_u8), 0..14),
        key in 0..4_usize,
    ) {
        let shown = |rows: &[(i64, Option<String>, u8)]| -> Vec<Vec<String>> {
            rows.iter().map(|(year, text, mean)| vec![year.to_string(), format!("{text:?}"), mean.to_string()]).collect()
        };
        let batches = |rows: &[(i64, Option<String>, u8)]| {
            years(&rows.iter().map(|(year, text, mean)| (*year, text.as_deref(), f64::from(*mean))).collect::<Vec<_>>())
        };
        let names = ["year", "category", "mean"];
        let changes = compared(&batches(&now), &batches(&before), &names[..key]);
        let (ours, theirs) = (shown(&now), shown(&before));
        let unique = |rows: &[Vec<String>], width: usize| {
            rows.iter().enumerate().all(|(at, row)| rows[..at].iter().all(|other| other[..width] != row[..width]))
        };
        let width = match key {
            0 => (0..3).find(|width| unique(&ours, *width) && unique(&theirs, *width)).unwrap_or(3),
            key => key,
        };
        prop_assert_eq!(changes.key.len(), width);
        prop_assert_eq!((changes.new, changes.gone, changes.changed), naive(&ours, &theirs, width));
        let total = changes.new + changes.gone + changes.changed;
        prop_assert_eq!(changes.listed.len() as u64, total);
    }
}
