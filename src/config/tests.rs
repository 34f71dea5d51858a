//! The configuration from files in scratch folders; nothing of the process enters.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::error::Error;

fn parse_type(text: &str) -> Result<ColumnType> {
    match text {
        "bigint" => Ok(ColumnType::BigInt),
        "varchar" => Ok(ColumnType::Varchar),
        other => Err(Error::usage(format!("`{other}` is no type")).hint("types: `bigint`")),
    }
}

fn load(text: &str) -> (TempDir, Result<Config>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let environment = Environment::empty(folder.path()).with_machine(1000, 3);
    let config = Config::load(&Overrides::default(), &environment, &parse_type);
    (folder, config)
}

fn wrong(text: &str) -> String {
    let (folder, config) = load(text);
    let error = config.unwrap_err();
    assert_eq!(error.kind().exit_code(), 2);
    error.render().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn reads_every_key() {
    let (folder, config) = load(
        r#"
[landing]
location = "topics/"
[tables.zebra]
topic = "0a.pin"
columns = { z = "bigint", a = "varchar", m = "bigint" }
key = "z"
max_object_size = "2GB"
on_bad_value = "null"
on_bad_record = "skip"
max_bad_records = "1%"
max_record_size = "2MiB"
rest = true
[tables.ant]
location = "s3://bucket/x/"
[tables.bee]
[views]
path = "v"
[storage]
region = "eu-west-1"
endpoint = "https://s3.example.com"
profile = "work"
path_style = false
allow_http = true
anonymous = true
requests_in_flight = 12
range_size = "1MiB"
connect_timeout = "500ms"
request_timeout = "2m"
retries = 0
verify = "always"
[cache]
path = "kept"
max_size = "3GB"
relist_after = "0s"
[session]
memory_limit = "2GiB"
spill_folder = "spill"
threads = 7
"#,
    );
    let config = config.unwrap();
    let base = folder.path();
    assert_eq!(config.landing, Some(Location::Folder(base.join("topics/"))));
    let names: Vec<_> = config.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["zebra", "ant", "bee"], "as ordered in the file");
    let zebra = config.table("zebra").unwrap();
    assert_eq!(zebra.source, TableSource::Topic("0a.pin".into()));
    assert_eq!(zebra.line, 4);
    let columns: Vec<_> = zebra.columns.iter().flatten().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["z", "a", "m"], "as ordered in the file");
    let policy = RecordPolicy {
        on_bad_value: OnBadValue::Null,
        on_bad_record: OnBadRecord::Skip,
        max_bad_records: BadRecordLimit::Share(10_000),
        max_record_bytes: 2 << 20,
        max_object_bytes: 2_000_000_000,
        rest: Rest::Kept,
    };
    assert_eq!((zebra.key.as_deref(), zebra.policy), (Some("z"), policy));
    let policy = RecordPolicy {
        on_bad_value: OnBadValue::Fail,
        on_bad_record: OnBadRecord::Fail,
        max_bad_records: BadRecordLimit::Unlimited,
        max_record_bytes: 64 << 20,
        max_object_bytes: 16 << 30,
        rest: Rest::Left,
    };
    assert_eq!(config.table("bee").unwrap().policy, policy);
    let bucket = Location::S3 { bucket: "bucket".into(), prefix: "x/".into() };
    assert_eq!(config.table("ant").unwrap().source, TableSource::Location(bucket));
    assert_eq!(config.table("bee").unwrap().source, TableSource::TopicOfThatName);
    assert_eq!(config.views, ViewsConfig { path: base.join("v"), origin: ViewsOrigin::Declared });
    assert_eq!(
        config.storage,
        StorageConfig {
            region: Some("eu-west-1".into()),
            endpoint: Some("https://s3.example.com".into()),
            profile: Some("work".into()),
            addressing: Some(Addressing::VirtualHost),
            plain_http: Some(PlainHttp::Allowed),
            signing: Signing::Anonymous,
            requests_in_flight: 12,
            range_bytes: 1 << 20,
            connect_timeout: Duration::from_millis(500),
            request_timeout: Duration::from_secs(120),
            retries: 0,
            verification: Verification::Always,
        }
    );
    let relisting = Relisting::After(Duration::ZERO);
    assert_eq!(config.cache, Some(CacheConfig { path: base.join("kept"), max_bytes: Some(3_000_000_000), relisting }));
    let session = SessionConfig { memory_limit: 2 << 30, spill_folder: Some(base.join("spill")), threads: 7 };
    assert_eq!(config.session, session);
}

#[test]
fn an_empty_file_and_no_file_are_the_defaults() {
    let (folder, config) = load("");
    let config = config.unwrap();
    assert_eq!(config.session, SessionConfig { memory_limit: 600, spill_folder: None, threads: 3 });
    assert_eq!(config.storage, StorageConfig::default());
    assert_eq!(config.cache, None, "there is no folder for it");
    let (_folder, off) = load("[cache]\nenabled = false\npath = 'kept'\n");
    assert_eq!(off.unwrap().cache, None);
    assert_eq!(config.views.path, folder.path().join("queries/views"));

    let empty = tempfile::tempdir().unwrap();
    let overrides = Overrides { landing: Some("there".into()), ..Overrides::default() };
    let environment = Environment::empty(empty.path());
    let config = Config::load(&overrides, &environment, &parse_type).unwrap();
    assert_eq!(config.landing, Some(Location::Folder(empty.path().join("there"))));
    assert_eq!(config.views.origin, ViewsOrigin::Default);
}

#[test]
fn the_command_line_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("other.toml"), "[landing]\nlocation = 'a'\n").unwrap();
    let environment = Environment::empty(folder.path());
    let overrides =
        Overrides { file: Some("other.toml".into()), landing: Some("s3://b/t/".into()), cache: CacheUse::default() };
    let config = Config::load(&overrides, &environment, &parse_type).unwrap();
    assert_eq!(config.landing.unwrap().to_string(), "s3://b/t/");
    assert_eq!(config.file, Some(folder.path().join("other.toml")));
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest() {
    let text = wrong("[landing]\nlocaton = 'x'\n");
    assert!(text.contains("`pinq.toml`, line 2, column 1: unknown key `locaton`"), "{text}");
    assert!(text.contains("did you mean `location`?"), "{text}");
    let text = wrong("[storage]\n  endpiont = 'x'\n");
    assert!(text.contains("line 2, column 3: unknown key `endpiont`") && text.contains("`endpoint`?"), "{text}");
    let text = wrong("[tables.pin]\ntopic = 'a'\n\n[tables.geo]\ncolums = {}\n");
    assert!(text.contains("line 5, column 1: unknown key `colums`") && text.contains("`columns`?"), "{text}");
    let text = wrong("[sesion]\n");
    assert!(text.contains("line 1, column 2: unknown key `sesion`") && text.contains("`session`?"), "{text}");
    let text = wrong("[landing]\nzzzzz = 1\n");
    assert!(text.contains("known here: `location`") && !text.contains("did you mean"), "{text}");
    let text = wrong("[tables.a]\non_bad_value = 'nul'\n");
    assert!(text.contains("unknown value `nul`") && text.contains("`null`?"), "{text}");
}

#[test]
fn a_wrong_value_names_its_place() {
    for (file, expected) in [
        ("[landing]\nlocation = 3\n", "line 2, column 12: invalid type: integer `3`, expected a string"),
        ("[storage]\nretries = 'x'\n", "line 2, column 11: invalid type: string"),
        ("[storage]\nretries = -1\n", "line 2, column 11: invalid value: integer `-1`"),
        ("[storage]\nrequests_in_flight = 0\n", "line 2, column 22: 0 is not between 1 and 4096"),
        ("[storage]\nconnect_timeout = '5'\n", "line 2, column 19: `5` is no span of time"),
        ("[storage]\nendpoint = 'localhost:9000'\n", "line 2, column 12: the endpoint `localhost:9000` has no scheme"),
        ("[cache]\nenabled = false\nrelist_after = 'x'\n", "line 3, column 16: `x` is no span of time"),
        ("[cache]\nmax_size = '10%'\n", "line 2, column 12: `10%` is no size"),
        ("[session]\nmemory_limit = 'much'\n", "line 2, column 16: `much` is no amount of memory"),
        ("[session]\nthreads = 0\n", "line 2, column 11: 0 is not between"),
        ("[landing]\nlocation = 'gs://b'\n", "line 2, column 12: `gs://b` has the unknown scheme"),
        ("[landing]\nlocation = ''\n", "line 2, column 12: a location is empty"),
        ("[tables.a]\ntopic = 'x'\nlocation = 'y'\n", "line 2, column 9: `[tables.a]` has both"),
        (
            "[tables.a]\ncolumns = { x = 'bigind' }\n",
            "line 2, column 17: column `x` of `[tables.a]`: `bigind` is no type",
        ),
        ("[tables.a]\ncolumns = { x = 1 }\n", "line 2, column 17: invalid type: integer `1`"),
        ("[tables.a]\ncolumns = { x = 'bigint' }\nkey = 'y'\n", "line 3, column 7: `[tables.a]` has the key `y`"),
        ("[landing\nlocation = 'x'\n", "line 1, column 9: "),
        ("[landing]\nlocation = 'x'\nlocation = 'y'\n", "line 3, column 1: "),
    ] {
        let text = wrong(file);
        assert!(text.contains(expected), "{file}\n{text}");
    }
}
