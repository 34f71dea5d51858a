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

#[tokio::test]
async fn arrays_and_objects_that_only_open_are_read_in_time() {
    let text = format!("[\n{}", "{\"a\":[\n".repeat(100_000));
    let (finished, _) = Landing::new().object("a.json", &text).ask("select count(*) from t").await;
    finished.assert_refused(1, &["`partition=0/a.json`, line 2", "EOF while parsing"]);
    let skipping = Landing::new().object("a.json", &text).policy("on_bad_record = 'skip'").policy(A);
    let (finished, _) = skipping.ask("select count(*) as n from t").await;
    assert_eq!(finished.answer(), "n\n0\n");
    assert!(finished.stderr.contains("100,000 of 100,000 records could not be read"), "{}", finished.stderr);
}

const A: &str = "columns = { a = 'varchar' }";

#[tokio::test]
async fn a_record_over_lines_that_is_too_long_is_read_in_time() {
    let inside = "}{} ".repeat(1_000_000);
    let text = format!("{{\n  \"a\": \"{inside}\"\n}}\n{{\n  \"a\": \"x\"\n}}\n");
    let landing = Landing::new().object("a.json", &text).policy("max_record_size = '1MiB'").policy(A);
    let (finished, peak) = landing.policy("on_bad_record = 'skip'").ask("select count(*) as n from t").await;
    assert!(finished.code == Some(1) || finished.stderr.contains("could not be read"), "{}", finished.stderr);
    assert!(peak < 300, "{peak} MiB");
    // It took minutes. A debug build on a busy machine needs some seconds.
    assert!(finished.elapsed.as_secs() < 30, "{:?}", finished.elapsed);
}

#[tokio::test]
async fn a_long_array_that_is_cut_off_between_items_is_told() {
    let item = format!("{{\"a\":\"{}\"}},\n", "x".repeat(117));
    let text = format!("[\n{}", item.repeat((8 << 20) / item.len()));
    let landing = || Landing::new().object("a.json", &text).policy("max_record_size = '1MiB'").policy(A);
    let (finished, _) = landing().ask("select count(*) as n from t").await;
    finished.assert_refused(1, &["`partition=0/a.json`", "the array is not closed"]);
    let (finished, _) = landing().policy("on_bad_record = 'skip'").ask("select count(*) as n from t").await;
    assert_eq!(finished.answer(), format!("n\n{}\n", (8 << 20) / item.len()));
    assert!(finished.stderr.contains("1 of 6"), "{}", finished.stderr);
}
