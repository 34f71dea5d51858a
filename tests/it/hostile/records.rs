//! Records that are deep, or wide.

use super::landing::Landing;

#[tokio::test]
async fn nesting_of_a_hundred_thousand_is_a_bad_record() {
    const DEEP: usize = 100_000;
    let array = format!("{{\"id\":1,\"a\":{}{}}}", "[".repeat(DEEP), "]".repeat(DEEP));
    let object = format!("{{\"id\":2,\"a\":{}1{}}}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let open = format!("{{\"id\":3,\"a\":{}", "[{\"a\":".repeat(DEEP));
    let text = format!("{{\"id\":0}}\n{array}\n{object}\n{open}\n{{\"id\":4}}\n");
    let (finished, _) = Landing::new().object("a.json", &text).ask("select id from t").await;
    finished.assert_refused(1, &["`partition=0/a.json`, line 2", "recursion limit exceeded"]);
    let skipping = Landing::new().object("a.json", &text).policy("on_bad_record = 'skip'");
    let (finished, _) = skipping.ask("select id from t order by id").await;
    assert_eq!(finished.answer(), "id\n0\n4\n");
    assert!(finished.stderr.contains("3 of 5 records could not be read"), "{}", finished.stderr);
}

/// A record of so many keys, `k0` to the last, each with its number.
fn wide(keys: usize) -> String {
    let keys: Vec<String> = (0..keys).map(|key| format!("\"k{key}\":{key}")).collect();
    format!("{{{}}}\n", keys.join(","))
}

#[tokio::test]
async fn a_record_of_a_million_keys_is_read() {
    let (record, keys) = (wide(1_000_000), "columns = { k5 = 'bigint', k999999 = 'bigint' }");
    let landing = Landing::new().object("a.json", format!("{{\"k5\":7}}\n{record}")).policy(keys);
    let (finished, peak) = landing.ask("select k5, k999999 from t order by k5").await;
    assert_eq!(finished.answer(), "k5,k999999\n5,999999\n7,\n");
    assert!(peak < 400, "{peak} MiB");
}

#[tokio::test]
async fn a_million_keys_are_inferred_as_a_thousand_columns_and_the_rest_is_told() {
    let landing = Landing::new().object("a.json", wide(1_000_000));
    let (finished, peak) = landing.ask("select k5, k999 from t").await;
    assert_eq!(finished.answer(), "k5,k999\n5,999\n");
    assert!(finished.stderr.contains("keys are in none of its columns"), "{}", finished.stderr);
    assert!(peak < 600, "{peak} MiB");
}
