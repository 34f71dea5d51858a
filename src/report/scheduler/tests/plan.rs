//! The rules of the plan, instant by instant.

use chrono::TimeDelta;
use chrono_tz::UTC;

use super::world::{at, schedule};
use crate::report::scheduler::Standing;
use crate::report::scheduler::plan::{Due, Ended, Plan};

fn due(plan: &mut Plan, now: &str) -> Vec<(String, String)> {
    let due = plan.due(at(now));
    due.iter().for_each(|due| plan.started(due));
    due.into_iter().map(|due| (due.report, due.scheduled_for.format("%d %H:%M").to_string())).collect()
}

fn said(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(report, time)| ((*report).to_owned(), (*time).to_owned())).collect()
}

fn end(plan: &mut Plan, report: &str, time: &str, ended: Ended, now: &str) {
    plan.ended(&Due { scheduled_for: at(time), report: report.to_owned() }, ended, at(now));
}

fn hourly(at_once: usize, now: &str) -> Plan {
    let mut plan = Plan::new(at_once);
    plan.set([("hourly".to_owned(), schedule("0 * * * *", UTC))], at(now));
    plan
}

#[test]
fn a_missed_time_is_caught_up_with_once_and_the_next_waits_for_its_hour() {
    let mut plan = hourly(1, "2024-01-01T09:30:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T09:30:00Z"), said(&[("hourly", "01 09:00")]));
    assert_eq!(due(&mut plan, "2024-01-01T09:31:00Z"), []);
    end(&mut plan, "hourly", "2024-01-01T09:00:00Z", Ended::Settled, "2024-01-01T09:40:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T09:59:59Z"), []);
    assert_eq!(plan.wake(), Some(at("2024-01-01T10:00:00Z")));
    assert_eq!(due(&mut plan, "2024-01-01T10:00:00Z"), said(&[("hourly", "01 10:00")]));
}

#[test]
fn times_that_come_while_a_report_runs_collapse_into_the_latest_which_runs_right_after() {
    let mut plan = hourly(2, "2024-01-01T09:00:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T09:00:00Z"), said(&[("hourly", "01 09:00")]));
    for now in ["2024-01-01T10:00:00Z", "2024-01-01T11:00:00Z", "2024-01-01T12:30:00Z"] {
        assert_eq!(due(&mut plan, now), []);
    }
    end(&mut plan, "hourly", "2024-01-01T09:00:00Z", Ended::Settled, "2024-01-01T12:40:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T12:40:00Z"), said(&[("hourly", "01 12:00")]));
    end(&mut plan, "hourly", "2024-01-01T12:00:00Z", Ended::Settled, "2024-01-01T12:50:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T12:50:00Z"), []);
}

#[test]
fn another_hosts_run_is_asked_for_again_soon_and_when_its_claim_expires() {
    let mut plan = hourly(2, "2024-01-01T09:00:00Z");
    due(&mut plan, "2024-01-01T09:00:00Z");
    let until = at("2024-01-01T09:10:00Z");
    end(&mut plan, "hourly", "2024-01-01T09:00:00Z", Ended::Theirs { until }, "2024-01-01T09:00:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T09:00:29Z"), []);
    // It may end long before its claim does.
    assert_eq!(plan.wake(), Some(at("2024-01-01T09:00:30Z")));
    assert_eq!(due(&mut plan, "2024-01-01T09:00:30Z"), said(&[("hourly", "01 09:00")]));
    end(&mut plan, "hourly", "2024-01-01T09:00:00Z", Ended::Theirs { until }, "2024-01-01T09:09:50Z");
    assert_eq!(plan.wake(), Some(until));
    assert_eq!(due(&mut plan, "2024-01-01T09:10:00Z"), said(&[("hourly", "01 09:00")]));
    end(&mut plan, "hourly", "2024-01-01T09:00:00Z", Ended::Stopped, "2024-01-01T09:11:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T09:11:00Z"), said(&[("hourly", "01 09:00")]), "it is still to be run");
}

#[test]
fn so_many_reports_run_at_once_and_the_rest_wait_in_the_order_in_which_they_were_due() {
    let mut plan = Plan::new(2);
    let hours = [("a", "0 8 * * *"), ("b", "0 7 * * *"), ("c", "0 9 * * *"), ("d", "0 6 * * *")];
    plan.set(hours.map(|(name, cron)| (name.to_owned(), schedule(cron, UTC))), at("2024-01-01T10:00:00Z"));
    assert_eq!(due(&mut plan, "2024-01-01T10:00:00Z"), said(&[("d", "01 06:00"), ("b", "01 07:00")]));
    let standing = |plan: &Plan, report: &str| plan.standings().find(|(name, ..)| *name == report).map(|it| it.2);
    assert_eq!(standing(&plan, "a"), Some(Standing::Waiting(at("2024-01-01T08:00:00Z"))));
    end(&mut plan, "b", "2024-01-01T07:00:00Z", Ended::Settled, "2024-01-01T10:20:00Z");
    assert!(plan.is_overdue(at("2024-01-01T10:20:00Z")), "there is a place, and nobody took it");
    assert_eq!(due(&mut plan, "2024-01-01T10:20:00Z"), said(&[("a", "01 08:00")]));
    assert!(!plan.is_overdue(at("2024-01-01T10:20:00Z")), "who waits for a place is not overdue");
}

#[test]
fn a_new_configuration_leaves_what_runs_alone() {
    let mut plan = hourly(3, "2024-01-01T09:00:00Z");
    due(&mut plan, "2024-01-01T09:00:00Z");
    let now = at("2024-01-01T09:20:00Z");
    plan.set([("daily".to_owned(), schedule("0 6 * * *", UTC))], now);
    assert_eq!(due(&mut plan, "2024-01-01T09:20:00Z"), said(&[("daily", "01 06:00")]), "as after a start");
    assert_eq!(due(&mut plan, "2024-01-01T10:00:00Z"), [], "what is gone from the file is not begun");
    // It comes back while it still runs, at another minute.
    plan.set([("hourly".to_owned(), schedule("15 * * * *", UTC))], now + TimeDelta::hours(1));
    assert_eq!(due(&mut plan, "2024-01-01T10:20:00Z"), []);
    end(&mut plan, "hourly", "2024-01-01T09:00:00Z", Ended::Settled, "2024-01-01T10:21:00Z");
    assert_eq!(due(&mut plan, "2024-01-01T10:21:00Z"), said(&[("hourly", "01 10:15")]));
    // The same again changes nothing.
    plan.set([("hourly".to_owned(), schedule("15 * * * *", UTC))], at("2024-01-01T10:22:00Z"));
    assert_eq!(due(&mut plan, "2024-01-01T10:22:00Z"), []);
}
