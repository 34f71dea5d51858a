//! Keys as the sink, its time partitioners, other tools and consoles make them.

use super::*;

fn parse(key: &str) -> LandingKey {
    LandingKey::parse(key).unwrap_or_else(|reason| panic!("{key}: {reason}"))
}

fn sink(key: &str) -> (Option<String>, Option<i32>, Option<u64>) {
    let key = parse(key);
    (key.topic, key.partition, key.start_offset)
}

fn is(topic: &str, partition: i32, offset: u64) -> (Option<String>, Option<i32>, Option<u64>) {
    (Some(topic.to_owned()), Some(partition), Some(offset))
}

#[test]
fn reads_the_default_partitioner() {
    let key = parse("0a1b.pin/partition=3/0a1b.pin+3+0000000042.json");
    assert_eq!(key.topic.as_deref(), Some("0a1b.pin"));
    assert_eq!((key.partition, key.start_offset), (Some(3), Some(42)));
    assert_eq!(key.folders, [Folder { name: "partition".into(), value: "3".into() }]);
    assert_eq!(key.compression, Compression::None);
    assert_eq!(sink("partition=0/a.b+0+0000000000.json.gz"), is("a.b", 0, 0));
    assert_eq!(sink("a+b+0+0000000007.ndjson"), is("a+b", 0, 7), "a topic may hold the delimiter");
    assert_eq!(sink("_schemas/partition=0/_schemas+0+0000000000.json"), is("_schemas", 0, 0));
}

#[test]
fn reads_time_partitioners() {
    let key = parse("t.geo/year=2024/month=05/day=01/hour=13/t.geo+1+0000000009.json");
    let names: Vec<_> = key.folders.iter().map(|folder| format!("{}={}", folder.name, folder.value)).collect();
    assert_eq!(names, ["year=2024", "month=05", "day=01", "hour=13"]);
    assert_eq!((key.partition, key.start_offset), (Some(1), Some(9)));
    assert_eq!(sink("t.geo/dt=2024-05-01/t.geo+1+0000000009.json"), is("t.geo", 1, 9));
    let odd = parse("t/name=a=b%20/=x/x.json");
    assert_eq!(odd.folders, [Folder { name: "name".into(), value: "a=b%20".into() }], "never decoded");
    assert_eq!(odd.topic.as_deref(), Some("=x"));
}

#[test]
fn reads_other_delimiters_only_where_they_are_certain() {
    assert_eq!(sink("t-1/partition=0/t-1-0-0000000012.json"), is("t-1", 0, 12));
    assert_eq!(sink("t/partition=4/t--4--12.json"), is("t", 4, 12));
    assert_eq!(sink("t_2_0000000012.json"), is("t", 2, 12));
    assert_eq!(sink("2024-05-01.json"), (None, None, None));
    assert_eq!(sink("t/partition=0/2024-05-01.json"), (Some("t".into()), Some(0), None));
    assert_eq!(sink("plain.json"), (None, None, None));
    assert_eq!(sink("t+0+99999999999999999999999.json"), (None, None, None), "no offset is that large");
    assert_eq!(sink("日本+0+0000000001.json"), is("日本", 0, 1));
    assert_eq!(sink("a日0日0000000001.json"), is("a", 0, 1));
}

#[test]
fn the_folder_of_a_partition_wins_over_the_name() {
    assert_eq!(sink("t/partition=0/t+1+0000000007.json"), is("t", 0, 7));
    assert_eq!(sink("t/partition=x/t+1+0000000007.json"), is("t", 1, 7), "the folder names none");
    assert_eq!(sink("t/partition=-1/t+1+0000000007.json"), is("t", 1, 7));
    assert_eq!(sink("t/partition=3000000000/t+1+0000000007.json"), is("t", 1, 7), "Kafka has no such partition");
    assert_eq!(sink("t+3000000000+0000000007.json"), (None, None, None));
}

#[test]
fn knows_data_by_extension() {
    for (key, compression) in [
        ("x.JSON", Compression::None),
        ("x.jsonl", Compression::None),
        ("x.ndjson.GZ", Compression::Gzip),
        ("x.json.gzip", Compression::Gzip),
        ("x.json.zst", Compression::Zstd),
        ("x.jsonl.zstd", Compression::Zstd),
    ] {
        assert_eq!(parse(key).compression, compression, "{key}");
    }
}

#[test]
fn tells_apart_what_is_not_data() {
    for (key, reason) in [
        ("a/", NotData::FolderMarker),
        ("", NotData::FolderMarker),
        ("a//b.json", NotData::BrokenName),
        ("/b.json", NotData::BrokenName),
        ("a/../b.json", NotData::BrokenName),
        ("_SUCCESS", NotData::Bookkeeping("_SUCCESS".into())),
        ("_temporary/0/part-0.json", NotData::Bookkeeping("_temporary".into())),
        ("_delta_log/00000000000000000000.json", NotData::Bookkeeping("_delta_log".into())),
        ("a/_committed_12.json", NotData::Bookkeeping("_committed_12.json".into())),
        (".x.json.crc", NotData::Hidden(".x.json.crc".into())),
        (".git/x.json", NotData::Hidden(".git".into())),
        ("x.json.crc", NotData::Checksum("crc".into())),
        ("x.json.tmp", NotData::Unfinished("tmp".into())),
        ("x.json~", NotData::Unfinished("~".into())),
        ("x.json.bz2", NotData::UnknownCompression("bz2".into())),
        ("x.gz", NotData::OtherFormat("gz".into())),
        ("x.parquet", NotData::OtherFormat("parquet".into())),
        ("a.pin+0+0000000000", NotData::NoExtension),
        ("README", NotData::NoExtension),
    ] {
        assert_eq!(LandingKey::parse(key), Err(reason), "{key}");
    }
}
