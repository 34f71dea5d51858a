//! Keys with every odd byte, on S3 and on disk; keys that seem to lead elsewhere.

use std::fs;

use super::landing::Landing;
use crate::s3::Bucket;
use crate::s3_landing::landings::{DECLARED, serve};
use crate::s3_landing::program::{Finished, Pinq};

/// Every character of ASCII that a name can hold, each in a name of its own, and others that tools trip over.
fn odd_names() -> Vec<String> {
    let mut names: Vec<String> =
        (1..128_u8).map(char::from).filter(|one| *one != '/').map(|one| format!("a{one}b.json")).collect();
    names.extend(
        [
            " lead and trail .json",
            "-rf.json",
            "%2e%2e%2f.json",
            "%252F.json",
            "+++ .json",
            "a+0+1.json",
            "e\u{301}.json",
            "\u{202e}gpj.json",
            "\u{feff}.json",
            "\u{2028}.json",
            "💩👩\u{200d}💻.json",
            "\u{1b}[31mred\u{1b}[0m.json",
            "CON.json",
            "select.json",
            "'; drop table t; --.json",
            "<script>alert(1)<b>.json",
            "&amp;&#x41;]]>.json",
            "{\"json\":1}.json",
            "$(x)`y`${z}.json",
        ]
        .into_iter()
        .filter(|name| !name.contains('/'))
        .map(str::to_owned),
    );
    names.push(format!("{}.json", "x".repeat(250)));
    names
}

#[tokio::test]
async fn every_odd_name_on_disk_is_read_once() {
    let names = odd_names();
    let mut landing = Landing::new().policy("columns = { n = 'bigint' }");
    for (number, name) in names.iter().enumerate() {
        landing = landing.object(name, format!("{{\"n\":{number}}}"));
    }
    let (finished, _) =
        landing.ask("select count(*) as n, count(distinct _object) as o, sum(n) as s from landed.t").await;
    let (count, sum) = (names.len(), names.len() * (names.len() - 1) / 2);
    assert_eq!(finished.answer(), format!("n,o,s\n{count},{count},{sum}\n"));
}

#[tokio::test]
async fn every_odd_key_on_s3_is_read_once() {
    // The client asks for none that has control characters; see below.
    let mut names = odd_names();
    names.retain(|name| !name.contains(|one: char| one.is_ascii_control()));
    names.push(format!("{}a.json", "long/".repeat(180)));
    let finished = read_all(&names).await;
    let read: Vec<String> = finished
        .answer()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a JSON object"))
        .map(|row| row["_object"].as_str().expect("a key").trim_start_matches("partition=0/").to_owned())
        .collect();
    assert_eq!(read, names);
}

#[tokio::test]
async fn a_key_on_s3_with_a_control_character_is_named_and_one_that_is_no_data_is_in_nobodys_way() {
    let plain = "a.json".to_owned();
    for control in (1..32).chain([127]).map(char::from) {
        let finished = read_all(&[plain.clone(), format!("b{control}.txt")]).await;
        assert!(finished.answer().contains("a.json"), "{control:?}");
    }
    for (control, shown) in [('\u{1b}', "\\u{1b}"), ('\n', "\\n"), ('\u{7f}', "\\u{7f}")] {
        let finished = read_all(&[plain.clone(), format!("b{control}.json")]).await;
        finished.assert_refused(1, &[&format!("partition=0/b{shown}.json` has a key that pinq can not ask for")]);
    }
}

/// What a run says that reads objects with these names, each with its number.
async fn read_all(names: &[String]) -> Finished {
    let bucket = Bucket::memory();
    for (number, name) in names.iter().enumerate() {
        bucket.insert(&format!("topics/demo.item/partition=0/{name}"), format!("{{\"n\":{number}}}"));
    }
    let server = serve(&bucket).await;
    let statement = "select n, _object from landed.item order by n";
    let arguments = ["sql", statement, "--landing", "s3://landing/topics/", "--format", "ndjson"];
    Pinq::against(&server).config(DECLARED).args(arguments).run().await
}

#[tokio::test]
async fn keys_that_seem_to_lead_elsewhere_lead_nowhere() {
    let bucket = Bucket::memory();
    bucket.insert("topics/demo.item/partition=0/demo.item+0+0000000000.json", "{\"n\":0}");
    bucket.insert("secret/x.json", "{\"n\":1000}");
    let odd =
        ["../../secret/x.json", "partition=0/../../../secret/x.json", "./x.json", "/x.json", "a//x.json", "..json"];
    for key in odd {
        bucket.insert(&format!("topics/demo.item/{key}"), "{\"n\":100}");
    }
    let server = serve(&bucket).await;
    let pinq = || Pinq::against(&server).config(DECLARED).env("PINQ_X", "").args(["--landing", "s3://landing/topics/"]);
    let finished = pinq().args(["sql", "select n, _object from landed.item", "-f", "csv"]).run().await;
    assert_eq!(finished.answer(), "n,_object\n0,partition=0/demo.item+0+0000000000.json\n");
    let finished = pinq().args(["tables"]).run().await;
    finished.answer();
    assert!(finished.stderr.contains("6 keys are not data and passed over"), "{}", finished.stderr);
    // Nothing was written beside the program's own folders.
    assert!(fs::read_dir(finished.path("work")).expect("a folder").count() == 1, "{:?}", finished.left_behind());
}
