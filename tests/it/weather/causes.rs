//! What a person reads where a fault does not heal: the object or the listing, the cause, and what to do.

use super::landing::PATIENCE;
use super::station::{QUESTIONS, Run, Station, assert_clear, options};
use crate::s3::{Checksums, Fault, FaultKind, Faults, FaultyOperation};

/// Little patience: it does not help.
const SHORT: &str = "request_timeout = \"700ms\"\nretries = 1\n";

/// The error of a run over everything, in which the fault strikes each time.
async fn told(fault: Fault, checksums: Checksums, storage: &str) -> String {
    let text = format!("--fault {fault} with {checksums:?}");
    let station = Station::start(options(Faults(vec![fault]), checksums)).await;
    let run = Run { told: text.clone(), questions: vec![QUESTIONS - 1], cache: None, storage };
    let error = station.ask(&run).await.pop().expect("an answer").expect_err(&text);
    assert_clear(&error, &text);
    error.render()
}

#[track_caller]
fn assert_said(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_wrong_is_named_with_its_cause() {
    use FaultKind::*;
    let key = "s3://landing/topics/0a1b2c3d4e5f.";
    for (kind, parts) in [
        (Internal, &[key, "InternalError"][..]),
        (SlowDown, &[key, "asks for fewer requests", "hint: lower `requests_in_flight`"]),
        (StallHead, &[key, "no answer from", "in time", "hint: raise `request_timeout`"]),
        (StallBody, &[key, "in time", "hint: raise `request_timeout`"]),
        (Gone, &[key, "it was deleted after it was listed", "hint: run it again"]),
        (Replaced, &[key, "it was replaced after it was listed", "hint: run it again"]),
        (Swapped, &[key, "it was replaced after it was listed", "hint: run it again"]),
        (Short, &[key, "bytes where", "were listed"]),
        (Long, &[key, "bytes where", "were listed"]),
        (ExpiredToken, &[key, "the credentials of the environment have expired", "hint: get new ones"]),
        (Redirect, &[key, "the bucket is in the region `ap-south-1`", "hint: set `region"]),
        (Skewed, &[key, "clock differs", "hint: set the clock"]),
        (Flip, &[key, "is not what the service says it is", "hint: "]),
    ] {
        let fault = Fault::always(kind).on(FaultyOperation::Get);
        assert_said(&told(fault, Checksums::Untold, SHORT).await, parts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_stays_wrong_is_named_with_its_cause() {
    use FaultKind::*;
    let location = "s3://landing/topics/";
    for (kind, parts) in [
        (Internal, &[location, "InternalError"][..]),
        (SlowDown, &[location, "asks for fewer requests"]),
        (StallHead, &[location, "in time"]),
        (StallBody, &[location, "in time"]),
        (Reset, &[location, "can not list"]),
        (Cut, &[location, "can not list"]),
        (ListLost, &[location, "does not say where they begin"]),
        (ListLoop, &[location, "goes in circles"]),
        (ExpiredToken, &[location, "the credentials of the environment have expired"]),
    ] {
        let fault = Fault::always(kind).on(FaultyOperation::List);
        assert_said(&told(fault, Checksums::Untold, SHORT).await, parts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_by_checksums_and_by_etags_in_whole_objects_and_in_ranges() {
    for checksums in [Checksums::Untold, Checksums::Crc64Nvme, Checksums::Crc32c] {
        let sum = if checksums == Checksums::Untold { "MD5" } else { "checksum" };
        // The first object of each topic is read in ranges; a range alone can not be told to be wrong.
        let large = Fault { key: Some("pin+0+0000000000.json".to_owned()), ..Fault::always(FaultKind::Flip) };
        let tiny = Fault { key: Some("+0+0000000070.json".to_owned()), ..Fault::always(FaultKind::Flip) };
        let text = told(tiny, checksums, PATIENCE).await;
        assert_said(&text, &["+0+0000000070.json", sum, "is not what the service says it is"]);
        let declared =
            "[tables.pin]\ncolumns = { index = \"bigint\", title = \"varchar\" }\non_bad_record = \"skip\"\n";
        let text = told(large, checksums, &format!("{PATIENCE}{declared}")).await;
        assert_said(&text, &[".pin+0+0000000000.json", sum, "is not what the service says it is"]);
    }
}
