//! Which file format keeps decoded rows best: Parquet and Arrow IPC, with their codecs and settings, in one run.
//!
//! It owns the timing and the table: size, seconds to write and seconds to read back, on one thread and in memory, as
//! a cache in the page cache is read. The seconds are CPU seconds per million rows. The candidates take turns, round
//! after round, so that a busy machine is busy for all, and each one's best round is shown: the work is the same in
//! every round, so that all above it is disturbance. It is a package of its own, `benches/segments/`, so that its
//! dependencies stay out of pinq's build:
//!
//! ```sh
//! cd benches/segments
//! cargo bench                                             # rows that it makes itself
//! cargo bench -- --rows 2000000 --rounds 5 --only zstd    # part of a name; several with commas between them
//! cargo bench -- pin.arrow=716 geo.arrow=113              # answers of `pinq sql -f arrow`, and bytes of JSON a record
//! ```

#[path = "segments/candidates.rs"]
mod candidates;
#[path = "decode/categories.rs"]
mod categories;
#[path = "segments/rows.rs"]
mod rows;
#[path = "segments/tables.rs"]
mod tables;
#[path = "segments/types.rs"]
mod types;

use std::hint::black_box;

use bytes::Bytes;
use candidates::{Candidate, candidates};
use rustix::time::{ClockId, clock_gettime};
use tables::Table;

struct Arguments {
    rows: usize,
    rounds: usize,
    only: Vec<String>,
    files: Vec<String>,
}

/// What one candidate needs for one table: bytes, and the best seconds of all rounds.
#[derive(Clone, Copy)]
struct Cost {
    bytes: usize,
    write: f64,
    read_all: f64,
    read_two: f64,
    open: f64,
}

fn main() {
    let arguments = arguments();
    types::check();
    let tables = if arguments.files.is_empty() {
        tables::made(arguments.rows)
    } else {
        arguments.files.iter().map(|file| tables::from_file(file, arguments.rows)).collect()
    };
    let is_wanted = |one: &Candidate| {
        arguments.only.is_empty() || arguments.only.iter().any(|only| one.name.contains(only.as_str()))
    };
    let candidates: Vec<_> = candidates().into_iter().filter(is_wanted).collect();
    println!("{} rounds, segments of {} rows, batches of {} rows", arguments.rounds, tables::SEGMENT, tables::BATCH);
    for table in &tables {
        let mut costs = vec![None; candidates.len()];
        for _ in 0..arguments.rounds {
            for (candidate, best) in candidates.iter().zip(&mut costs) {
                let cost = measured(candidate, table);
                *best = Some(best.map_or(cost, |best: Cost| best.least(cost)));
            }
        }
        print_table(table, &candidates, &costs);
    }
}

impl Cost {
    fn least(self, other: Self) -> Self {
        Self {
            bytes: self.bytes,
            write: self.write.min(other.write),
            read_all: self.read_all.min(other.read_all),
            read_two: self.read_two.min(other.read_two),
            open: self.open.min(other.open),
        }
    }
}

fn measured(candidate: &Candidate, table: &Table) -> Cost {
    let began = cpu_seconds();
    let files: Vec<Bytes> = table.segments.iter().map(|segment| (candidate.write)(segment)).collect();
    let write = cpu_seconds() - began;
    let read = |columns: Option<&[usize]>| {
        let began = cpu_seconds();
        let mut rows = 0;
        for file in &files {
            (candidate.read)(file, columns, &mut |batch| rows += black_box(batch).num_rows());
        }
        assert_eq!(rows, table.rows, "`{}` loses rows of `{}`", candidate.name, table.name);
        cpu_seconds() - began
    };
    let (read_all, read_two) = (read(None), read(Some(&table.two)));
    let began = cpu_seconds();
    for file in &files {
        (candidate.open)(file);
    }
    let open = (cpu_seconds() - began) / files.len() as f64;
    Cost { bytes: files.iter().map(Bytes::len).sum(), write, read_all, read_two, open }
}

/// What this thread has had of the processor, in which others' work does not count.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn arguments() -> Arguments {
    let mut arguments = Arguments { rows: 2 * tables::SEGMENT, rounds: 3, only: Vec::new(), files: Vec::new() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("`{word}` needs a value"));
        match word.as_str() {
            "--rows" => arguments.rows = value().parse().expect("`--rows` takes a number"),
            "--rounds" => arguments.rounds = value().parse().expect("`--rounds` takes a number"),
            "--only" => arguments.only.extend(value().split(',').map(str::to_owned)),
            // What cargo says to every benchmark.
            "--bench" => {}
            _ if word.starts_with('-') => panic!("`{word}` is no option: `--rows N`, `--rounds N`, `--only TEXT`"),
            _ => arguments.files.push(word),
        }
    }
    assert!(arguments.rows > 0 && arguments.rounds > 0, "there must be something to measure");
    arguments
}

fn print_table(table: &Table, candidates: &[Candidate], costs: &[Option<Cost>]) {
    let million_rows = table.rows as f64 / 1e6;
    let json = table.rows * table.json_bytes;
    println!(
        "\n{}: {} rows, {} columns, {:.1} MB in memory, {:.1} MB as JSON",
        table.name,
        table.rows,
        table.schema.fields().len(),
        table.memory() as f64 / 1e6,
        json as f64 / 1e6,
    );
    println!(
        "{:<46} {:>8} {:>8} {:>9} {:>9} {:>9} {:>10} {:>8}",
        "", "MB", "of JSON", "write s/M", "read s/M", "two s/M", "read Mrow/s", "open µs"
    );
    for (candidate, cost) in candidates.iter().zip(costs) {
        let Some(cost) = cost else { continue };
        println!(
            "{:<46} {:>8.2} {:>7.2}% {:>9.3} {:>9.4} {:>9.4} {:>11.1} {:>8.1}",
            candidate.name,
            cost.bytes as f64 / 1e6,
            cost.bytes as f64 / json as f64 * 100.0,
            cost.write / million_rows,
            cost.read_all / million_rows,
            cost.read_two / million_rows,
            million_rows / cost.read_all,
            cost.open * 1e6,
        );
    }
}
