//! How fast landed JSON becomes Arrow arrays: pinq's decoder beside other libraries that do the same job, in one run.
//!
//! It owns the timing and the tables. The candidates take turns, round after round, so that a busy machine is busy for
//! all; each one's median is shown also as a share of one validation pass of simdutf8 over the same bytes, the
//! practical ceiling. There are two tables, because the fastest wait for memory before they wait for the processor: one
//! over as many bytes as a scan keeps before its decoders, which were just read from a file and are still near the
//! processor, and one over bytes that come from far away. It is a package of its own, `benches/decode/`, so that its dependencies stay out of pinq's build:
//!
//! ```sh
//! cd benches/decode
//! cargo bench                                             # as pinq is shipped: CPU features chosen at run time
//! RUSTFLAGS="-C target-cpu=native" cargo bench            # sonic-rs chooses its SIMD at compile time: its best
//! cargo bench -- --megabytes 64 --rounds 31 --only pinq   # one table; part of a name
//! ```

#[path = "decode/candidates.rs"]
mod candidates;
#[path = "decode/categories.rs"]
mod categories;
#[path = "decode/pins.rs"]
mod pins;
#[path = "decode/rows.rs"]
mod rows;

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use arrow::array::ArrayRef;
use arrow::compute::{cast, concat};
use arrow::datatypes::DataType;
use candidates::{CEILING, Candidate, candidates};

/// What a scan of a disk holds before two decoders, and what no cache of a core holds.
const MEGABYTES: [usize; 2] = [12, 32];

struct Arguments {
    megabytes: Vec<usize>,
    rounds: usize,
    only: Option<String>,
}

fn main() {
    let arguments = arguments();
    let wanted = |one: &Candidate| arguments.only.as_ref().is_none_or(|only| one.name.contains(only));
    let mut candidates: Vec<_> = candidates().into_iter().filter(|one| one.name == CEILING || wanted(one)).collect();
    println!("compiled for {}", compiled_for());
    for (number, megabytes) in arguments.megabytes.iter().enumerate() {
        let pieces = pins::pieces(megabytes << 20);
        if number == 0 {
            check(&mut candidates, &pieces[..pieces.len().min(8)]);
        }
        measure(&mut candidates, &pieces, arguments.rounds);
    }
}

fn measure(candidates: &mut [Candidate], pieces: &[Vec<u8>], rounds: usize) {
    let bytes: usize = pieces.iter().map(Vec::len).sum();
    let records: usize = pieces.iter().map(|piece| memchr::memchr_iter(b'\n', piece).count()).sum();
    println!("\n{records} pin records, {bytes} bytes in {} pieces, {rounds} rounds", pieces.len());
    let mut seconds = vec![Vec::with_capacity(rounds); candidates.len()];
    for _ in 0..rounds {
        for (candidate, seconds) in candidates.iter_mut().zip(&mut seconds) {
            let began = Instant::now();
            (candidate.run)(pieces, &mut |rows, arrays| drop(black_box((rows, arrays))));
            seconds.push(began.elapsed().as_secs_f64());
        }
    }
    print_table(candidates, &mut seconds, bytes);
}

fn arguments() -> Arguments {
    let mut arguments = Arguments { megabytes: MEGABYTES.to_vec(), rounds: 21, only: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("`{word}` needs a value"));
        match word.as_str() {
            "--megabytes" => arguments.megabytes = vec![value().parse().expect("`--megabytes` takes a number")],
            "--rounds" => arguments.rounds = value().parse().expect("`--rounds` takes a number"),
            "--only" => arguments.only = Some(value()),
            // What cargo says to every benchmark.
            "--bench" => {}
            _ => panic!("`{word}` is no option: `--megabytes N`, `--rounds N`, `--only TEXT`"),
        }
    }
    assert!(
        arguments.megabytes.iter().all(|one| *one > 0) && arguments.rounds > 0,
        "there must be something to measure"
    );
    arguments
}

/// What the compiler was allowed to use; libraries that choose at run time do not depend on it.
fn compiled_for() -> String {
    let features = [
        ("sse4.2", cfg!(target_feature = "sse4.2")),
        ("avx2", cfg!(target_feature = "avx2")),
        ("avx512bw", cfg!(target_feature = "avx512bw")),
        ("neon", cfg!(target_feature = "neon")),
    ];
    let named: Vec<_> = features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let named = if named.is_empty() { "the baseline alone".to_owned() } else { named.join(", ") };
    format!("{}: {named}", std::env::consts::ARCH)
}

/// Checks, before anything is timed, that all that read the same columns build the same arrays.
fn check(candidates: &mut [Candidate], pieces: &[Vec<u8>]) {
    let mut expected: HashMap<usize, (&str, Vec<ArrayRef>)> = HashMap::new();
    for candidate in candidates.iter_mut().filter(|one| !one.columns.is_empty()) {
        let mut batches: Vec<Vec<ArrayRef>> = Vec::new();
        (candidate.run)(pieces, &mut |_, arrays| batches.push(arrays));
        let whole = |position: usize| {
            let parts: Vec<_> = batches.iter().map(|batch| batch[position].as_ref()).collect();
            let whole = concat(&parts).expect("the batches have one type");
            let kind = if whole.data_type() == &DataType::Utf8 { &DataType::Utf8View } else { whole.data_type() };
            cast(&whole, kind).expect("text becomes text")
        };
        let arrays: Vec<_> = (0..candidate.columns.len()).map(whole).collect();
        match expected.get(&arrays.len()) {
            None => _ = expected.insert(arrays.len(), (candidate.name, arrays)),
            Some((first, expected)) => {
                assert!(*expected == arrays, "`{}` and `{first}` disagree", candidate.name);
            }
        }
    }
}

fn print_table(candidates: &[Candidate], seconds: &mut [Vec<f64>], bytes: usize) {
    for seconds in &mut *seconds {
        seconds.sort_by(f64::total_cmp);
    }
    let speed = |seconds: f64| bytes as f64 / seconds / 1e9;
    let median = |seconds: &[f64]| speed(seconds[seconds.len() / 2]);
    let of = |name: &str| {
        let found = candidates.iter().zip(&*seconds).find(|(candidate, _)| candidate.name == name);
        found.map(|(_, seconds)| median(seconds))
    };
    let ceiling = of(CEILING).expect("the ceiling is always measured");
    println!("{:<36} {:>11} {:>9} {:>12}", "", "median GB/s", "best GB/s", "of simdutf8");
    for (candidate, seconds) in candidates.iter().zip(&*seconds) {
        let median = median(seconds);
        let best = speed(seconds[0]);
        println!("{:<36} {median:>11.3} {best:>9.3} {:>12.3}", candidate.name, median / ceiling);
    }
    println!();
    for columns in ["3 of 12", "12 of 12"] {
        let Some(pinq) = of(&format!("pinq, {columns}")) else { continue };
        for peer in candidates {
            let is_peer = !peer.name.starts_with("pinq") && peer.name.ends_with(&format!(", {columns}"));
            if let Some(speed) = of(peer.name).filter(|_| is_peer) {
                println!("pinq, {columns:<9} {:>6.2} x {}", pinq / speed, peer.name);
            }
        }
    }
}
