//! A disk without room: a clear error or a warning, and what stood before still stands.

use std::fs;

use super::Place;

/// No file may become larger than so many blocks of 512 bytes; a write beyond it fails, as on a full disk.
fn limited(blocks: u32, pinq: &str) -> String {
    format!("trap '' XFSZ; ulimit -f {blocks}; exec {pinq}")
}

#[test]
fn an_output_that_does_not_fit_leaves_the_old_one() {
    let place = Place::with("threads = 2");
    fs::create_dir(place.path("answers")).expect("a folder");
    for format in ["csv", "tsv", "json", "ndjson", "markdown", "table", "vertical", "arrow", "parquet"] {
        let output = format!("answers/numbers.{format}");
        fs::write(place.path(&output), "old").expect("a file");
        let statement = "select value, random() as r from generate_series(1, 100000)";
        let pinq = format!("pinq sql -q --no-cache --max-rows all -f {format} -o {output} '{statement}'");
        let ran = place.run(&limited(64, &pinq));
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        for part in [&*format!("/{output}` could not be written"), "caused by: File too large", "`--output`"] {
            assert!(ran.stderr.contains(part), "{format}, {part}: {}", ran.stderr);
        }
        assert_eq!(fs::read_to_string(place.path(&output)).expect("a file"), "old");
        assert_eq!(place.names("answers"), [output.trim_start_matches("answers/")], "nothing else is left");
        fs::remove_file(place.path(&output)).expect("a file");
    }
}

#[test]
fn standard_output_that_takes_no_more_is_named() {
    let place = Place::with("threads = 2");
    let ran = place.run("exec pinq sql -q --no-cache -f csv 'select * from generate_series(1, 100000)' > /dev/full");
    assert_eq!(ran.code, Some(1));
    let expected = "error: standard output could not be written\n  caused by: No space left on device (os error 28)\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn a_spill_folder_without_room_is_named_with_its_setting() {
    let place = Place::with("memory_limit = \"12MB\"\nthreads = 2\nspill_folder = \"spill\"");
    let rows = "select value, 'a text that is longer than a view holds ' || value as t from generate_series(1, 300000)";
    for statement in [
        format!("select t from ({rows}) order by t limit 5 offset 250000"),
        format!("select count(*) from (select t, count(*) from ({rows}) group by t)"),
        format!("select count(*) from ({rows}) a join ({rows}) b on a.t = b.t"),
        format!("select median(value) from ({rows} union all {rows} union all {rows} union all {rows})"),
    ] {
        let pinq = format!("pinq sql -q --no-cache -f csv \"{statement}\"");
        let ran = place.run(&limited(16, &pinq));
        assert_eq!(ran.code, Some(1), "{statement}: {}{}", ran.stdout, ran.stderr);
        for part in ["spill/pinq-spill-", "caused by: File too large", "`spill_folder` under `[session]`"] {
            assert!(ran.stderr.contains(part), "{statement}, {part}: {}", ran.stderr);
        }
        assert_eq!(place.names("spill"), [""; 0], "{statement} left files behind");
    }
}

#[test]
fn a_cache_without_room_is_a_warning_and_no_less_of_an_answer() {
    let place = Place::with("threads = 2");
    let pinq = "pinq sql -f csv 'select count(*) as n, max(length(title)) as l from raw.pin'";
    let whole = place.run(&format!("exec {pinq} --no-cache"));
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    for blocks in [8, 16, 40, 80] {
        let full = place.run(&limited(blocks, pinq));
        assert_eq!((full.code, &full.stdout), (Some(0), &whole.stdout), "{blocks} blocks: {}", full.stderr);
        if blocks < 40 {
            assert!(full.stderr.contains("warning: the cache is off for this run: "), "{blocks}: {}", full.stderr);
        }
    }
    // With room again it is what it would have been.
    for _ in 0..2 {
        let again = place.run(&format!("exec {pinq}"));
        assert_eq!((again.code, &again.stdout), (Some(0), &whole.stdout), "{}", again.stderr);
    }
    let cached = place.run(&format!("exec {pinq}"));
    assert!(cached.stderr.contains("from the cache"), "{}", cached.stderr);
}

#[test]
fn a_report_that_does_not_fit_leaves_the_one_before() {
    let place = Place::with("threads = 2");
    let mut config = fs::read_to_string(place.path("pinq.toml")).expect("a configuration");
    config += "\n[reports.daily]\nquestions = [\"daily.sql\"]\ndestination = \"published\"\n";
    fs::write(place.path("pinq.toml"), config).expect("a configuration");
    fs::write(place.path("daily.sql"), "select * from generate_series(1, 20000);\n").expect("a question");
    let first = place.run("exec pinq report run daily --no-cache");
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let latest = || fs::read_to_string(place.path("published/daily/latest.json")).expect("the latest run");
    let (before, names) = (latest(), place.names("published/daily"));
    for blocks in [1, 16, 128] {
        let ran = place.run(&limited(blocks, "pinq report run daily -q --no-cache"));
        assert_eq!(ran.code, Some(1), "{blocks}: {}", ran.stderr);
        assert!(ran.stderr.contains("File too large"), "{blocks}: {}", ran.stderr);
        assert_eq!(latest(), before);
    }
    let shown = place.run("exec pinq report history daily -q -f csv");
    let complete = shown.stdout.lines().filter(|line| line.contains("complete")).count();
    assert_eq!(complete, 1, "{}", shown.stdout);
    assert!(names.iter().all(|name| place.names("published/daily").contains(name)));
}
