//! What is offered where: texts with `|` for the cursor, and the first candidates.

use super::*;
use crate::engine::{KnownSetting, NameKind};

fn table(schema: Option<&str>, name: &str, kind: NameKind, columns: &[&str]) -> KnownName {
    let column = |name: &&str| KnownColumn { name: (*name).to_owned(), kind: Some("BIGINT".to_owned()) };
    let columns = columns.iter().map(column).collect();
    KnownName { schema: schema.map(str::to_owned), name: name.to_owned(), kind, columns }
}

fn vocabulary() -> Vocabulary {
    let function = |name: &str, kind| KnownFunction {
        name: name.to_owned(),
        signature: format!("{name}(expression)"),
        kind,
        about: "Does it".to_owned(),
    };
    let setting = |name: &str, value: &str| KnownSetting {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        about: "What it does".to_owned(),
    };
    Vocabulary {
        schemas: ["raw", "landed", "pinq", "information_schema"].map(str::to_owned).to_vec(),
        tables: vec![
            table(None, "geo", NameKind::View, &["ind", "country", "timestamp"]),
            table(None, "pin", NameKind::View, &["ind", "title", "follower_count", "category"]),
            table(None, "user", NameKind::View, &["ind", "age", "from"]),
            table(Some("information_schema"), "tables", NameKind::View, &["table_name"]),
            table(Some("landed"), "pin", NameKind::Table, &["index", "_repeat"]),
            table(Some("raw"), "Odd", NameKind::Table, &["A b"]),
            table(Some("raw"), "pin", NameKind::Table, &["index"]),
        ],
        functions: vec![
            function("avg", FunctionKind::Aggregate),
            function("count", FunctionKind::Aggregate),
            function("coalesce", FunctionKind::Scalar),
            function("range", FunctionKind::Table),
            function("to_timestamp", FunctionKind::Scalar),
        ],
        settings: vec![
            setting("datafusion.catalog.information_schema", "true"),
            setting("datafusion.execution.batch_size", "8192"),
        ],
        parameters: vec!["year".to_owned()],
    }
}

fn offered(marked: &str) -> Vec<Candidate> {
    let cursor = marked.find('|').unwrap();
    complete(&marked.replacen('|', "", 1), cursor, &vocabulary())
}

#[test]
fn the_first_candidates_are_what_fits_the_place() {
    let mut wrong = Vec::new();
    for (marked, first) in [
        ("SEL|", "SELECT"),
        ("sel|", "select"),
        ("Sel|", "SELECT"),
        ("|", "select, with, describe"),
        ("select * from |", "geo, pin, user, raw., landed., pinq., information_schema."),
        ("select * from pi|", "pin, pinq., landed.pin, raw.pin"),
        ("select * from raw.|", "\"Odd\", pin"),
        ("select * from RAW.p|", "pin"),
        ("select * from raw.\"O|", "\"Odd\""),
        ("with mine as (select 1) select * from m|", "mine"),
        ("select * from information_schema.|", "tables"),
        ("select cat| from pin", "category"),
        ("select | from pin", "ind, title, follower_count, category, pin., avg("),
        ("select p.| from pin p", "ind, title, follower_count, category"),
        ("select p.| from pin p join user u using (ind)", "ind, title, follower_count, category"),
        ("select pin.ca| from pin", "category"),
        ("select in| from pin p join user u on true", "p.ind, u.ind, interval"),
        ("select ag| from pin p join user u on true", "age"),
        ("select count| from pin", "count(, follower_count"),
        ("select fcn| from pin", "follower_count"),
        ("select co| from geo", "country, count(, coalesce("),
        ("SELECT CO| FROM geo", "country, COUNT(, COALESCE("),
        ("select fr| from user", "\"from\""),
        ("select \"fr| from user", "\"from\""),
        ("select time| from geo", "timestamp, to_timestamp("),
        ("select a| from raw.\"Odd\"", "\"A b\", avg("),
        ("select title fr|", "from"),
        ("select title from pin wh|", "where"),
        ("select title from pin gr|", "group by"),
        ("select title from pin group |", "by"),
        ("select title from pin left |", "join, outer join, semi join, anti join"),
        ("select title from pin join |", "geo, pin, user"),
        ("select x.| from (select title, ind + 1 as more, * from pin) x", "title, more, ind, follower_count, category"),
        ("with a as (select title t from pin) select | from a", "t, a., avg("),
        ("select * from pin p where exists (select 1 from geo g where in|)", "ind, p.ind"),
        ("select cat|", "category"),
        ("set |", "datafusion.catalog.information_schema, datafusion.execution.batch_size"),
        ("set datafusion.ex|", "datafusion.execution.batch_size"),
        ("set batch|", "datafusion.execution.batch_size"),
        ("set datafusion.catalog.information_schema = |", "false, true"),
        ("select cast(title as va|", "varchar"),
        ("select $y|", "year"),
        ("select 'cat|", ""),
        ("select title as |", ""),
        ("describe g|", "geo"),
        ("update user set a|", "age, avg("),
    ] {
        let expected: Vec<&str> = first.split(", ").filter(|text| !text.is_empty()).collect();
        let offered: Vec<String> = offered(marked).into_iter().map(|candidate| candidate.text).collect();
        let (count, is_none) = (expected.len(), expected.is_empty());
        let shown: Vec<&str> = offered.iter().take(if is_none { 1 } else { count }).map(String::as_str).collect();
        if shown != expected {
            wrong.push(format!("{marked}: {shown:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_candidate_says_what_it_is_and_what_it_replaces() {
    let title = &offered("select p.ti| from pin p")[0];
    assert_eq!((title.text.as_str(), title.replaces.clone()), ("title", 9..11));
    assert_eq!((title.description.as_deref(), title.appends_blank), (Some("BIGINT"), false));
    assert_eq!(offered("select ti| from pin p")[0].description.as_deref(), Some("BIGINT of p"));
    assert_eq!(offered("select av| from pin p")[0].description.as_deref(), Some("avg(expression): Does it"));
    assert_eq!(offered("select * from ge|")[0].description.as_deref(), Some("view, 3 columns"));
    assert!(offered("sel|")[0].appends_blank);
    let batch = &offered("set datafusion.execution.ba|")[0];
    assert_eq!((batch.replaces.clone(), batch.description.as_deref()), (4..27, Some("8192: What it does")));
}

#[test]
fn nothing_is_offered_twice() {
    for marked in ["select | from pin a, pin b, geo", "select i| from pin", "select * from |", "|"] {
        let mut texts: Vec<String> = offered(marked).into_iter().map(|candidate| candidate.text).collect();
        let all = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), all, "{marked}");
    }
}
