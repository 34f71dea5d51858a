//! Profiles over the samples, against what SQL says of the same columns.

use super::*;
use crate::engine::samples::engine;

async fn answer(engine: &Engine, text: &str) -> Vec<String> {
    let batches: Vec<RecordBatch> = engine.query(text).await.unwrap().try_collect().await.unwrap();
    batches[0].columns().iter().map(|cell| super::text(cell).unwrap_or("NULL".to_owned())).collect()
}

#[tokio::test]
async fn a_profile_says_what_sql_says() {
    let engine = engine();
    for (table, column) in
        [("pin", "follower_count"), ("user", "date_joined"), ("raw.geo", "country"), ("landed.pin", "_offset")]
    {
        let profile = engine.profile(table).await.unwrap();
        let found = profile.iter().find(|found| found.name == column).unwrap();
        let text = format!(
            "select count(*), count(*) - count({column}), count(distinct {column}), min({column}), max({column}) from {table}"
        );
        let expected = answer(&engine, &text).await;
        let distinct = found.distinct.clone().unwrap();
        let said = [
            found.rows.to_string(),
            found.nulls.to_string(),
            distinct.value.to_string(),
            found.minimum.clone().unwrap(),
            found.maximum.clone().unwrap(),
        ];
        assert_eq!((said.as_slice(), distinct.exactness), (expected.as_slice(), Exactness::Exact), "{table}.{column}");
        let each = format!("select count(*) as n from {table} where {column} is not null group by {column}");
        let expected = answer(&engine, &format!("select max(n) from ({each})")).await;
        let most = found.frequent.first().map_or(1, |(_, count)| count.value);
        assert_eq!([most.to_string()], expected.as_slice(), "{table}.{column}");
        let in_ranges: u64 = found.histogram.iter().sum();
        assert!(found.histogram.is_empty() || in_ranges == found.rows - found.nulls);
    }
}

#[tokio::test]
async fn objects_are_read_once_for_both_statements() {
    let engine = engine();
    let profile = engine.profile("raw.pin").await.unwrap();
    assert!(profile.iter().any(|column| column.median.is_some()));
    assert_eq!(engine.totals().scans.objects, 11);
}

#[tokio::test]
async fn a_misspelt_name_has_a_near_one() {
    let error = engine().profile("pins").await.unwrap_err();
    assert_eq!(error.message(), "there is no table or view `pins`");
    assert!(error.hints()[0].starts_with("did you mean `pin`?"));
}

#[test]
fn memory_is_bounded_and_what_is_frequent_stays() {
    use arrow::array::{ArrayRef, StringViewArray};
    let mut counting = Counting::new(Measure::Text, &Aggregates::default());
    for batch in 0..40 {
        let values = (0..1000).map(|row| match row % 4 {
            0 => Some("often".to_owned()),
            _ => Some(format!("value {batch} {row}")),
        });
        let array: ArrayRef = std::sync::Arc::new(values.collect::<StringViewArray>());
        counting.push(&array).unwrap();
    }
    let found = counting.finish(&DataType::Utf8View).unwrap();
    assert!(found.distinct.is_none());
    let [(value, count)] = found.frequent.as_slice() else { panic!("{:?}", found.frequent) };
    assert_eq!((value.as_str(), count.exactness), ("often", Exactness::About));
    assert!((9_000..=10_000).contains(&count.value));
}
