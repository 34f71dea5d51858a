//! What holds for any schedule, zone and instant, and what a plain walk over the minutes makes of the change of clocks.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::{Pace, Schedule};
use super::schedule;

const ZONES: [Tz; 12] = [
    Tz::UTC,
    Tz::Europe__London,
    Tz::Europe__Dublin,
    Tz::America__New_York,
    Tz::America__St_Johns,
    Tz::America__Santiago,
    Tz::America__Havana,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Casablanca,
    Tz::Africa__Cairo,
    Tz::Asia__Kolkata,
    Tz::Pacific__Apia,
];

fn text() -> impl Strategy<Value = String> {
    let minute = prop::sample::select(vec!["0", "30", "0,30", "15,45", "*/15", "*/7", "59", "1-3", "*/31"]);
    let hour =
        prop::sample::select(vec!["*", "*/2", "*/5", "0", "1", "2", "3", "23", "0-3", "1,2", "22-23", "0-23", "12"]);
    let day = prop::sample::select(vec!["*", "*", "*", "1", "29", "L", "*/2", "15W"]);
    let month = prop::sample::select(vec!["*", "*", "*", "3,10", "2-4", "11"]);
    let weekday = prop::sample::select(vec!["*", "*", "0", "SAT-SUN", "1-5", "0#1", "7L"]);
    (minute, hour, day, month, weekday).prop_map(|(a, b, c, d, e)| format!("{a} {b} {c} {d} {e}"))
}

/// Any second of 2026, Samoa's missing day, and more often the days round a change of the zone's clocks.
fn place() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    let changes =
        (prop::sample::select(ZONES.to_vec()), 0_usize..4, -200_000_i64..200_000).prop_map(|(zone, nth, by)| {
            let change = changes(zone).into_iter().cycle().nth(nth).unwrap_or_default();
            (zone, change + TimeDelta::seconds(by))
        });
    let begin = super::instant("2026-01-01T00:00:00Z");
    let any = (prop::sample::select(ZONES.to_vec()), 0_i64..365 * 86_400)
        .prop_map(move |(zone, by)| (zone, begin + TimeDelta::seconds(by)));
    prop_oneof![3 => changes, 1 => any]
}

/// The instants at which clocks change, to the minute: in 2026, and round Samoa's missing day.
fn changes(zone: Tz) -> Vec<DateTime<Utc>> {
    let begin = if zone == Tz::Pacific__Apia { "2011-12-01T00:00:00Z" } else { "2026-01-01T00:00:00Z" };
    let begin = super::instant(begin);
    let half_hours = (0..365 * 48).map(|half| begin + TimeDelta::minutes(30 * half));
    let changed = |time: &DateTime<Utc>| offset(zone, *time) != offset(zone, *time - TimeDelta::minutes(30));
    let found: Vec<_> = half_hours.filter(changed).collect();
    if found.is_empty() { vec![begin] } else { found }
}

fn offset(zone: Tz, time: DateTime<Utc>) -> TimeDelta {
    TimeDelta::seconds(i64::from(zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc()))
}

/// Every time within a window, found minute by minute along the real time and never by the calendar.
fn walked(schedule: &Schedule, begin: DateTime<Utc>, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let matches = |local: NaiveDateTime| {
        schedule.cron.is_time_matching(&local.and_utc()).unwrap_or_else(|error| panic!("{error}"))
    };
    let local = |time: DateTime<Utc>| time.naive_utc() + offset(schedule.zone, time);
    let minute = TimeDelta::minutes(1);
    // What is repeated is known from what was seen, so the walk begins a day and an hour early.
    let mut time = begin - TimeDelta::hours(25);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while time <= end {
        let now = local(time);
        let is_first = seen.insert(now);
        let skipped = std::iter::successors(Some(local(time - minute) + minute), |local| Some(*local + minute));
        let skipped = skipped.take_while(|local| *local < now).any(matches);
        let comes = match schedule.pace {
            Pace::Stepping => matches(now),
            Pace::Fixed => skipped || (is_first && matches(now)),
        };
        if comes && time > begin {
            found.push(time);
        }
        time += minute;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn next_and_latest_agree((zone, time) in place(), text in text()) {
        let schedule = schedule(&text, zone);
        let mut before = time;
        for _ in 0..6 {
            let Some(next) = schedule.next(before) else { panic!("{text} ends") };
            prop_assert!(next > before, "{text} in {zone}: {next} is not after {before}");
            prop_assert_eq!(schedule.latest(next), Some(next));
            let second_before = schedule.latest(next - TimeDelta::seconds(1));
            prop_assert!(second_before < Some(next));
            // Between two times that follow one another there is none.
            let between = before + (next - before) / 2;
            prop_assert_eq!(schedule.latest(between), schedule.latest(before));
            prop_assert_eq!(schedule.next(next - TimeDelta::nanoseconds(1)), Some(next));
            before = next;
        }
    }

    #[test]
    fn a_plain_walk_finds_the_same_times((zone, time) in place(), text in text()) {
        let schedule = schedule(&text, zone);
        let begin = time - TimeDelta::seconds(time.timestamp().rem_euclid(60));
        let end = begin + TimeDelta::hours(30);
        let times = std::iter::successors(schedule.next(begin), |time| schedule.next(*time));
        let times: Vec<_> = times.take_while(|time| *time <= end).collect();
        prop_assert_eq!(times, walked(&schedule, begin, end), "{} in {}", text, zone);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_within_it(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "0", "6", "59", "*", "/", "-", ",", " ", " ", "  ", "\t", "L", "W", "#", "MON", "jan", "?", "+", "é", "@", "@daily",
                "99999", "7", "31", "\u{a0}",
            ]),
            0..14,
        ),
    ) {
        let text = pieces.concat();
        if let Err(error) = Schedule::parse(&text, Tz::Europe__London) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?}");
            prop_assert!(!error.message.is_empty() && !error.message.ends_with('.'));
            // The cron library has nothing to object to what was let through.
            prop_assert!(!error.message.contains("can not be read"), "{text:?}: {error:?}");
        }
    }
}
