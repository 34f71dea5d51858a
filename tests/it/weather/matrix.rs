//! The eleven questions under each fault alone: at a rate where another try heals, and where none does.

use std::fmt::Write as _;

use futures::StreamExt as _;

use super::landing::PATIENCE;
use super::station::{Outcome, QUESTIONS, Run, Station, options};
use crate::caching::dice::wished;
use crate::s3::{Checksums, Fault, FaultKind, Faults, FaultyOperation};

/// Runs at once; most of their time is waiting.
const AT_ONCE: usize = 6;

/// A fault, and how it must end where it strikes now and then, and where it strikes each time; none where either way is
/// right.
fn cells() -> Vec<(Fault, Option<Outcome>, Option<Outcome>)> {
    use FaultKind::*;
    use Outcome::{Right, Told};
    let mut cells = Vec::new();
    for kind in FaultKind::all() {
        let (now_and_then, each_time) = match kind {
            // What another try heals.
            Internal | SlowDown | StallHead | StallBody | Drip | Reset | Cut | Stray | Short | Long | Flip => {
                (Some(Right), Some(Told))
            }
            Delay(_) | Surplus | ListRepeat | ListReorder => (Some(Right), Some(Right)),
            // What stays, once it has happened. Where it strikes is up to the dice.
            Gone | Replaced | Swapped | ExpiredToken | Redirect | Skewed | ListLost => (None, Some(Told)),
            // A page that leads back to the start once repeats names, which come once all the same.
            ListLoop => (None, Some(Told)),
        };
        let operations: &[FaultyOperation] = match kind {
            Internal | SlowDown | StallHead | StallBody | Reset | Cut => &[FaultyOperation::Get, FaultyOperation::List],
            ListRepeat | ListReorder | ListLoop | ListLost => &[FaultyOperation::List],
            _ => &[FaultyOperation::Get],
        };
        for operation in operations {
            cells.push((Fault::always(kind).on(*operation), now_and_then, each_time));
        }
    }
    cells
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_fault_alone_heals_or_is_told() {
    let mut runs = Vec::new();
    for (number, (fault, now_and_then, each_time)) in cells().into_iter().enumerate() {
        let checksums = [Checksums::Untold, Checksums::Crc64Nvme, Checksums::Crc32c][number % 3];
        let rare = Fault { when: Fault::at_rate(fault.kind, 0.06, 400 + number as u64).when, ..fault.clone() };
        runs.push((rare, checksums, now_and_then, PATIENCE, (0..QUESTIONS).collect()));
        // Each time costs every try of every request: a question or two of all for each fault are enough, and all of them
        // where more is asked for.
        let questions: Vec<usize> = match wished("PINQ_SEEDS") {
            Some(_) => (0..QUESTIONS).collect(),
            None => vec![number % (QUESTIONS - 1), QUESTIONS - 1],
        };
        // What must go wrong may do so by a slow machine, too; what must go right has the time that one takes.
        let storage = match each_time {
            Some(Outcome::Right) => PATIENCE,
            _ => "request_timeout = \"300ms\"\nretries = 1\n",
        };
        runs.push((fault, checksums, each_time, storage, questions));
    }
    let judged = futures::stream::iter(runs).map(|(fault, checksums, wanted, storage, questions)| async move {
        let told = format!("--fault {fault} with {checksums:?}");
        let station = Station::start(options(Faults(vec![fault.clone()]), checksums)).await;
        let run = Run { told: told.clone(), questions, cache: None, storage };
        let outcome = station.judge(&run).await;
        let strikes: u64 = station.server.strikes().iter().sum();
        assert!(wanted.is_none_or(|wanted| wanted == outcome), "{told}: {outcome:?} after {strikes} strikes");
        (told, outcome, strikes)
    });
    let judged: Vec<_> = judged.buffer_unordered(AT_ONCE).collect().await;
    let mut table = String::new();
    for (told, outcome, strikes) in judged {
        let _ = writeln!(table, "{told}: {outcome:?}, {strikes} strikes");
    }
    println!("{table}");
}
