//! What was wrong once, by the seed that found it or by its smallest form.

use super::landing::PATIENCE;
use super::mixes::Mix;
use super::station::{Outcome, QUESTIONS, Run, Station, fair, options};
use crate::s3::{Checksums, Fault, FaultKind, Faults, FaultyOperation, FaultyWhen};

async fn outcome(fault: Fault, checksums: Checksums, storage: &str) -> Outcome {
    let told = format!("--fault {fault} with {checksums:?}");
    let station = Station::start(options(Faults(vec![fault]), checksums)).await;
    station.judge(&Run { told, questions: vec![QUESTIONS - 1], cache: None, storage }).await
}

/// The body of a LIST that broke off was an error at once, where that of a GET was gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_breaks_off_is_asked_for_again() {
    for kind in [FaultKind::Reset, FaultKind::Cut] {
        let once = Fault { when: FaultyWhen::Number(2), ..Fault::always(kind).on(FaultyOperation::List) };
        assert_eq!(outcome(once, Checksums::Untold, PATIENCE).await, Outcome::Right, "{kind:?}");
    }
}

/// An answer that is too short or too long was an error at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_another_length_is_asked_for_again() {
    for kind in [FaultKind::Short, FaultKind::Long] {
        let once = Fault { when: FaultyWhen::Number(5), ..Fault::always(kind) };
        assert_eq!(outcome(once, Checksums::Untold, PATIENCE).await, Outcome::Right, "{kind:?}");
    }
}

/// Without a comparison a flipped bit is another answer now and then, and so it is shown that the tests would see one.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_another_answer_where_nothing_is_compared() {
    let (mut others, right) = (0, fair().await);
    for offset in [70, 72, 73, 135, 136, 138, 139, 148, 149] {
        let key = Some(format!("user+{}+{offset:010}.json", offset % 2));
        let fault = Fault { key, times: Some(1), ..Fault::always(FaultKind::Flip) };
        let station = Station::start(options(Faults(vec![fault.clone()]), Checksums::Untold)).await;
        let off = format!("{PATIENCE}verify = \"off\"\n");
        let run = Run { told: fault.to_string(), questions: vec![6], cache: None, storage: &off };
        let answer = station.ask(&run).await.pop().expect("an answer");
        others += usize::from(answer.is_ok_and(|answer| answer != right[6]));
        station.server.set_faults(&Faults(vec![fault]));
        assert_eq!(station.judge(&Run { storage: PATIENCE, ..run }).await, Outcome::Right);
    }
    assert!(others > 0);
}

/// A record that was damaged in one of the ranges of its object was told before the object was known to be damaged.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_of_a_range_is_told_by_its_place() {
    let flip = Fault::at_rate(FaultKind::Flip, 0.2, 753);
    let told = format!("--fault {flip} with a cache");
    let (faults, checksums) = (Faults(vec![flip]), Checksums::Crc32c);
    Mix { faults, checksums, questions: vec![4, 10], has_cache: true, told }.run().await;
}

/// Bytes that followed one answer late were taken for the next one, which was an error at once.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_before_an_answer_are_no_answer() {
    let once = Fault { when: FaultyWhen::Number(5), ..Fault::always(FaultKind::Stray) };
    assert_eq!(outcome(once, Checksums::Untold, PATIENCE).await, Outcome::Right);
}
