//! Random weather by seed: several faults at random rates, a random cache, random questions.
//!
//! `PINQ_SEEDS=500 PINQ_SEED=1000` runs the seeds from 1000 to 1499 and prints how often each fault was healed and told.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;

use super::station::{Outcome, QUESTIONS, Run, Station, options};
use crate::caching::dice::{Dice, wished};
use crate::s3::{Checksums, Fault, FaultKind, Faults, FaultyOperation, FaultyWhen};

/// Seeds of a usual run of the tests.
const SEEDS: u64 = 24;
/// Less patience than elsewhere, so that both ends are reached in short.
const MIXED: &str = "request_timeout = \"900ms\"\nretries = 3\n";
/// Runs at once; most of their time is waiting.
const AT_ONCE: usize = 8;

/// What one seed makes.
pub(super) struct Mix {
    pub(super) faults: Faults,
    pub(super) checksums: Checksums,
    pub(super) questions: Vec<usize>,
    pub(super) has_cache: bool,
    pub(super) told: String,
}

impl Mix {
    pub(super) fn of(seed: u64) -> Mix {
        let mut dice = Dice::new(seed);
        let kinds: Vec<FaultKind> = FaultKind::all().collect();
        let faults: Vec<Fault> = (0..=dice.below(3)).map(|_| fault(dice.of(&kinds), &mut dice)).collect();
        let checksums = dice.of(&[Checksums::Untold, Checksums::Crc64Nvme, Checksums::Crc32c]);
        let mut questions: Vec<usize> = (0..=dice.below(2)).map(|_| dice.below(QUESTIONS)).collect();
        questions.dedup();
        let has_cache = dice.one_in(3);
        let flags: Vec<String> = faults.iter().map(|fault| format!("--fault {fault}")).collect();
        let told = format!("seed {seed}: {} with {checksums:?}, cache: {has_cache}", flags.join(" "));
        Mix { faults: Faults(faults), checksums, questions, has_cache, told }
    }

    /// Runs it; with a cache again in fair weather, and in the same weather.
    pub(super) async fn run(&self) -> Outcome {
        let station = Station::start(options(self.faults.clone(), self.checksums)).await;
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let cache = self.has_cache.then(|| scratch.path());
        let run = |told: String| Run { told, questions: self.questions.clone(), cache, storage: MIXED };
        let outcome = station.judge(&run(self.told.clone())).await;
        if self.has_cache {
            // Once more on what the first left, then with clear sky on what both left.
            station.judge(&run(format!("{}, again", self.told))).await;
            station.judge_fair(&run(format!("{}, then fair weather with the same cache", self.told))).await;
        }
        outcome
    }
}

fn fault(kind: FaultKind, dice: &mut Dice) -> Fault {
    let kind = match kind {
        FaultKind::Delay(_) => FaultKind::Delay(Duration::from_millis(10 + dice.below(300) as u64)),
        kind => kind,
    };
    let when = match dice.below(8) {
        0 => FaultyWhen::Number(1 + dice.below(60) as u64),
        1 if !matches!(kind, FaultKind::StallHead | FaultKind::StallBody | FaultKind::Drip) => {
            FaultyWhen::From(1 + dice.below(60) as u64)
        }
        2..5 => FaultyWhen::Rate { share: dice.of(&[0.2, 0.4, 0.7]), seed: dice.next() % 1_000 },
        _ => FaultyWhen::Rate { share: dice.of(&[0.01, 0.03, 0.08]), seed: dice.next() % 1_000 },
    };
    let is_of_either = matches!(
        kind,
        FaultKind::Internal
            | FaultKind::SlowDown
            | FaultKind::Delay(_)
            | FaultKind::StallHead
            | FaultKind::StallBody
            | FaultKind::Reset
            | FaultKind::Cut
            | FaultKind::ExpiredToken
            | FaultKind::Skewed
            | FaultKind::Redirect
    );
    let operation = match dice.below(4) {
        0 if is_of_either => Some(FaultyOperation::Get),
        1 if is_of_either => Some(FaultyOperation::List),
        _ => None,
    };
    Fault { operation, when, ..Fault::always(kind) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn random_mixes_heal_or_are_told() {
    let (first, count) = (Dice::seed(20_261_123), wished("PINQ_SEEDS").unwrap_or(SEEDS));
    println!("the seeds are {first} to {}", first + count - 1);
    let runs = (first..first + count).map(|seed| async move {
        let mix = Mix::of(seed);
        let outcome = tokio::spawn(async move {
            let outcome = mix.run().await;
            (mix, outcome)
        });
        outcome.await
    });
    let ended: Vec<_> = futures::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    let mut counts: BTreeMap<&'static str, [usize; 2]> = BTreeMap::new();
    let mut all = [0_usize; 2];
    let mut failed = Vec::new();
    for run in ended {
        match run {
            Ok((mix, outcome)) => {
                let column = usize::from(outcome == Outcome::Told);
                all[column] += 1;
                for fault in &mix.faults.0 {
                    counts.entry(fault.kind.name()).or_default()[column] += 1;
                }
            }
            Err(error) => failed.push(error.to_string()),
        }
    }
    println!("{:>16} {:>7} {:>7}", "fault", "healed", "told");
    for (name, [healed, told]) in counts {
        println!("{name:>16} {healed:>7} {told:>7}");
    }
    println!("{:>16} {:>7} {:>7}", "runs", all[0], all[1]);
    assert!(failed.is_empty(), "{} runs failed:\n{}", failed.len(), failed.join("\n"));
}
