//! What was decoded under other options is never met again.

use super::super::landings::{item_key, serve};
use super::home::Home;
use crate::s3::Bucket;

const SUM: &str = "select count(*) as n, count(v) as values, max(v) as most from raw.item";

/// Three objects, whose second has values that fit no number and a record of more than 40 bytes.
fn bucket() -> Bucket {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), "{\"v\":1}\n{\"v\":2}\n");
    bucket.insert(&item_key(0, 2), "{\"v\":\"3\"}\n{\"v\":\"many\"}\n{\"v\":4,\"w\":\"a text that makes it long\"}\n");
    bucket.insert(&item_key(0, 5), "{\"v\":5}");
    bucket
}

fn config(options: &str, kind: &str) -> String {
    format!("[tables.item]\n{options}\ncolumns = {{ v = \"{kind}\" }}\n")
}

#[tokio::test]
async fn other_options_read_anew_and_the_first_ones_find_their_own_again() {
    let server = serve(&bucket()).await;
    let mut home = Home::new("");
    let null = "on_bad_value = \"null\"";
    let skip = "on_bad_record = \"skip\"\nmax_record_size = \"30B\"\non_bad_value = \"null\"";
    for gets in [3, 0] {
        for config in [config("", "varchar"), config(null, "bigint"), config(skip, "bigint")] {
            home.config = config;
            home.ask(&server, SUM).await.asks_for(gets);
        }
    }
    home.config = config("", "bigint");
    for _ in 0..2 {
        let failed = home.ask(&server, SUM).await;
        assert_eq!(failed.code, Some(1), "{failed:?}");
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_another_column() {
    let bucket = Bucket::memory();
    bucket.insert(&item_key(0, 0), "{\"v\":1}\n{\"v\":2}\n");
    let server = serve(&bucket).await;
    let mut home = Home::new("");
    // The last type takes the place of the one before it.
    for kind in ["bigint", "varchar", "double", "bigint"] {
        home.config = config("", kind);
        for gets in [1, 0] {
            home.ask(&server, SUM).await.asks_for(gets);
        }
    }
}

#[tokio::test]
async fn a_key_that_is_a_column_now_is_told_no_more_and_the_other_way_round() {
    let server = serve(&bucket()).await;
    let mut home = Home::new("");
    let (narrow, wide) =
        (config("", "varchar"), "[tables.item.columns]\nv = \"varchar\"\nw = \"varchar\"\n".to_owned());
    for config in [&narrow, &wide, &narrow, &wide] {
        home.config.clone_from(config);
        let ran = home.ask(&server, SUM).await;
        assert_eq!(ran.told.iter().any(|line| line.contains("`w`")), config == &narrow, "{ran:?}");
    }
    home.ask(&server, SUM).await.asks_for(0);
}

#[tokio::test]
async fn a_cache_that_is_off_is_not_there() {
    let server = serve(&bucket()).await;
    for (config, arguments) in [("[cache]\nenabled = false\n", &[][..]), ("", &["--no-cache"])] {
        let home = Home::new(&format!("{config}{}", self::config("", "varchar")));
        for _ in 0..2 {
            let ran = home.run(&server, SUM, arguments).await;
            ran.asks_for(3);
        }
        assert!(!home.cache().join("v1").exists());
    }
}
