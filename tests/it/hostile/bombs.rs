//! Little bytes that become many: bombs, lines and values without an end.

use super::landing::{Landing, gzip, zstd};

/// What a run may hold where what it reads has 200 MiB. A debug build takes some 100 before it reads anything.
const MOST_MIB: u64 = 190;

const MIB: usize = 200;

#[tokio::test]
async fn bombs_stop_at_what_an_object_may_grow_to() {
    for (name, bomb) in
        [("b.json.gz", gzip("{\"id\":1}", b'\n', MIB, "")), ("b.json.zst", zstd("{\"id\":1}", b'\n', MIB, ""))]
    {
        assert!(bomb.len() < 4 << 20, "{}", bomb.len());
        let landing = Landing::new().object(name, bomb).policy("max_object_size = '10MB'");
        let (finished, peak) = landing.ask("select count(*) as n from t").await;
        finished.assert_refused(1, &[name, "holds more than the 10000000 bytes", "`max_object_size`"]);
        assert!(peak < MOST_MIB, "{peak} MiB");
    }
}

#[tokio::test]
async fn bombs_within_the_limit_are_read_in_little_memory() {
    for (name, bomb) in [
        ("lines.json.zst", zstd("{\"id\":1}", b'\n', 20, "{\"id\":1}")),
        ("line.json.gz", gzip("{\"id\":1}", b' ', 30, "{\"id\":1}")),
        ("array.json.gz", gzip("[{\"id\":1},\n", b' ', 30, "{\"id\":1}]")),
        ("array.json.zst", zstd("[", b'\n', 30, "{\"id\":1},{\"id\":1}]")),
    ] {
        let landing = Landing::new().object(name, bomb).policy("columns = { id = 'bigint' }");
        let (finished, peak) = landing.policy("max_record_size = '8MiB'").ask("select sum(id) as n from t").await;
        assert_eq!(finished.answer(), "n\n2\n", "{name}");
        assert!(peak < MOST_MIB, "{name}: {peak} MiB");
    }
}

#[tokio::test]
async fn a_line_without_an_end_is_one_bad_record_and_held_by_nobody() {
    let (head, tail) = ("{\"id\":1}\n{\"id\":2,\"a\":\"", "\"}\n{\"id\":3}\n");
    let line = MIB * (1 << 20) + 15;
    for skip in [false, true] {
        let mut landing = Landing::new().object("l.json", plain(head, tail));
        landing = landing.policy("max_record_size = '8MiB'");
        if skip {
            landing = landing.policy("on_bad_record = 'skip'");
        }
        let (finished, peak) = landing.ask("select id, _line, _offset from landed.t order by id").await;
        let said = format!("the record has {line} bytes, more than the 8388608 of `max_record_size`");
        if skip {
            assert_eq!(finished.answer(), "id,_line,_offset\n1,1,\n3,3,\n");
            assert!(finished.stderr.contains("1 of 3 records could not be read"), "{}", finished.stderr);
            assert!(finished.stderr.contains(&said), "{}", finished.stderr);
        } else {
            finished.assert_refused(1, &["`partition=0/l.json`, line 2, column 1 (byte 9)", &said]);
        }
        assert!(peak < MOST_MIB, "{peak} MiB");
    }
}

#[tokio::test]
async fn the_records_of_a_line_without_an_end_are_all_read() {
    let record = format!("{{\"id\":1,\"a\":\"{}\"}}", "]},{[".repeat(20_000));
    for text in [record.repeat(300), format!("[{}]", vec![record.as_str(); 300].join(","))] {
        let landing = Landing::new().object("l.json", text).policy("columns = { id = 'bigint' }");
        let (finished, _) = landing.policy("max_record_size = '1MiB'").ask("select count(id) as n from t").await;
        assert_eq!(finished.answer(), "n\n300\n");
    }
}

#[tokio::test]
async fn a_sample_looks_no_further_than_a_record_may_reach() {
    let endless = plain("{\"id\":1,\"a\":\"", "\"}\n{\"id\":3}\n");
    let landing = Landing::new().object("a.json", "{\"id\":5}\n").object("l.json", endless);
    let landing = landing.policy("max_record_size = '8MiB'").policy("on_bad_record = 'skip'");
    let (finished, peak) = landing.ask("select id from t order by id").await;
    assert_eq!(finished.answer(), "id\n3\n5\n");
    assert!(peak < MOST_MIB, "{peak} MiB");
}

/// `head`, `x` so often that there are as many bytes as [`MIB`] says, and `tail`.
fn plain(head: &str, tail: &str) -> Vec<u8> {
    [head.as_bytes(), &vec![b'x'; MIB << 20], tail.as_bytes()].concat()
}
