//! Listings that no service should send: each name counts once, and each listing ends.

use super::landing::PATIENCE;
use super::station::{Outcome, QUESTIONS, Run, Station, options};
use crate::s3::{Checksums, Fault, FaultKind, Faults, FaultyWhen};

async fn outcome(faults: Vec<Fault>) -> Outcome {
    let told = format!("{faults:?}");
    let station = Station::start(options(Faults(faults), Checksums::Untold)).await;
    station.judge(&Run { told, questions: vec![QUESTIONS - 1], cache: None, storage: PATIENCE }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_come_twice_or_in_no_order_count_once() {
    for kind in [FaultKind::ListRepeat, FaultKind::ListReorder] {
        assert_eq!(outcome(vec![Fault::always(kind)]).await, Outcome::Right, "{kind:?}");
    }
    for seed in 0..6 {
        let faults = [FaultKind::ListRepeat, FaultKind::ListReorder].map(|kind| Fault::at_rate(kind, 0.5, seed));
        assert_eq!(outcome(faults.to_vec()).await, Outcome::Right, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_starts_again_ends() {
    for number in 1..8 {
        let once = Fault { when: FaultyWhen::Number(number), ..Fault::always(FaultKind::ListLoop) };
        // Whether it is told or its names count once, it is no other answer and no listing without an end.
        outcome(vec![once]).await;
    }
}
