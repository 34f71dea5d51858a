//! Memory stays within its limit, whatever is asked.

use super::Place;

/// What a process may have beyond the limit: the program itself, what is read ahead, and what the allocator keeps.
const BESIDE: u64 = 150;

#[test]
fn statements_that_spill_stay_within_the_limit() {
    let place = Place::with("memory_limit = \"24MB\"\nthreads = 2\nspill_folder = \"spill\"");
    let rows = "select value % 5 as k, (value * 7919) % 1000003 as x, 'a text for row ' || value as t \
                from generate_series(1, 400000)";
    for (statement, answer) in [
        (format!("select k, median(x) as m, count(*) as n from ({rows}) group by k order by k limit 1"), "0,"),
        (format!("select count(*) as n from ({rows}) a join ({rows}) b on a.t = b.t"), "400000"),
        (format!("select count(*) as n, max(c) from (select t, count(*) as c from ({rows}) group by t)"), "400000,1"),
        (format!("select t from ({rows}) order by x, t limit 1 offset 399999"), "a text for row "),
    ] {
        let ran = place.run(&format!("exec pinq sql -q --no-cache -f csv \"{statement}\""));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{statement}");
        assert!(ran.stdout.lines().nth(1).is_some_and(|line| line.starts_with(answer)), "{statement}: {}", ran.stdout);
        assert!(ran.peak <= 24 + BESIDE, "{statement} took {} MB", ran.peak);
        assert_eq!(place.names("spill"), [""; 0], "{statement} left files behind");
    }
}

#[test]
fn what_can_not_spill_says_who_asked_for_how_much_and_what_helps() {
    let place = Place::with("memory_limit = \"8MB\"\nthreads = 2\nspill_folder = \"spill\"");
    let statement = "select array_length(array_agg(value)) from generate_series(1, 4000000)";
    let ran = place.run(&format!("exec pinq sql -q --no-cache -f csv \"{statement}\""));
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    for part in
        ["the memory limit of 8.0 MB is reached: ", "an aggregation", "asked for ", "`memory_limit` under `[session]`"]
    {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(ran.peak <= 8 + BESIDE, "{} MB", ran.peak);
    assert_eq!(place.names("spill"), [""; 0]);
}

#[test]
fn rows_stream_in_constant_memory() {
    let place = Place::with("memory_limit = \"1GB\"\nthreads = 2");
    for format in ["csv", "ndjson", "arrow"] {
        let peaks = [200_000, 2_000_000].map(|rows| {
            let statement = format!("select value, 'row ' || value as t from generate_series(1, {rows})");
            let ran = place.run(&format!("exec pinq sql -q --no-cache -f {format} \"{statement}\" > /dev/null"));
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{format}");
            ran.peak
        });
        assert!(peaks[1] <= peaks[0] + 24, "{format}: {peaks:?} MB");
    }
}
