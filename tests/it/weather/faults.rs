//! The text of faults, and when they strike.

use std::time::Duration;

use crate::s3::{Fault, FaultKind, FaultyOperation, FaultyWhen};

fn read(text: &str) -> Fault {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

#[test]
fn a_fault_is_read_with_all_that_it_may_have() {
    assert_eq!(read("gone"), Fault::always(FaultKind::Gone));
    assert_eq!(read("reset:rate=0.01,seed=7"), Fault::at_rate(FaultKind::Reset, 0.01, 7));
    let slow = Fault { operation: Some(FaultyOperation::List), ..Fault::always(FaultKind::SlowDown) };
    assert_eq!(read("slow-down:op=LIST,n=3,times=2"), Fault { when: FaultyWhen::Number(3), times: Some(2), ..slow });
    let keyed = Fault { key: Some("partition=1/".to_owned()), ..Fault::always(FaultKind::ExpiredToken) };
    assert_eq!(read("expired-token:key=partition=1/,from=20"), Fault { when: FaultyWhen::From(20), ..keyed });
    assert_eq!(read("delay:ms=5").kind, FaultKind::Delay(Duration::from_millis(5)));
}

#[test]
fn every_kind_is_written_as_it_is_read() {
    assert_eq!(FaultKind::all().count(), 23);
    for kind in FaultKind::all() {
        for fault in [Fault::always(kind), Fault::at_rate(kind, 0.25, 9).on(FaultyOperation::Any)] {
            assert_eq!(read(&fault.to_string()), fault, "{fault}");
        }
    }
}

#[test]
fn what_can_not_be_read_is_said() {
    for (text, part) in [
        ("rest", "`rest` is no fault; there are internal, slow-down"),
        ("reset:rate", "`rate` is not of the form"),
        ("reset:rate=2", "`2` is not a share"),
        ("reset:seed=2", "`seed` needs `rate`"),
        ("reset:rate=0.1,n=2", "`rate` can not stand beside"),
        ("reset:ms=2", "`ms` is for `delay` alone"),
        ("reset:op=COPY", "`COPY` is no operation; there are GET, LIST"),
        ("reset:n=x", "`x` is not a whole number"),
        ("reset:when=x", "`when` is no setting"),
    ] {
        let error = text.parse::<Fault>().expect_err(text);
        assert!(error.contains(part), "{text}: {error}");
    }
}
