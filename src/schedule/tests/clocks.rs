//! The change of clocks, as a table: every time of a schedule within a window, by UTC.
//!
//! The changes themselves were looked up by another program (Python's `zoneinfo`).

use chrono_tz::Tz;

use super::{instant, schedule};

/// A schedule, its zone, the window (without its begin, with its end), and every time in it as `MM-DDTHH:MM`.
type Row = (&'static str, Tz, &'static str, &'static str, &'static [&'static str]);

const YEAR: &str = "2026";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // London goes from 01:00 to 02:00 at 01:00 UTC on 29 March, and from 02:00 back to 01:00 at 01:00 UTC on 25 October.
    ("30 1 * * *", Tz::Europe__London, "03-28T00:00", "03-31T00:00", &["03-28T01:30", "03-29T01:00", "03-30T00:30"]),
    ("0 1 * * *", Tz::Europe__London, "03-28T00:00", "03-30T12:00", &["03-28T01:00", "03-29T01:00", "03-30T00:00"]),
    ("0,30 1 * * *", Tz::Europe__London, "03-28T12:00", "03-30T12:00", &["03-29T01:00", "03-30T00:00", "03-30T00:30"]),
    ("*/15 1 * * *", Tz::Europe__London, "03-28T12:00", "03-29T12:00", &["03-29T01:00"]),
    ("0 1,2 * * *", Tz::Europe__London, "03-28T12:00", "03-29T12:00", &["03-29T01:00"]),
    ("30 1,2 * * *", Tz::Europe__London, "03-28T12:00", "03-29T12:00", &["03-29T01:00", "03-29T01:30"]),
    ("0 6 * * *", Tz::Europe__London, "03-28T00:00", "03-30T12:00", &["03-28T06:00", "03-29T05:00", "03-30T05:00"]),
    ("30 1 * * SUN", Tz::Europe__London, "03-24T00:00", "04-06T00:00", &["03-29T01:00", "04-05T00:30"]),
    ("0 * * * *", Tz::Europe__London, "03-28T23:00", "03-29T03:00", &["03-29T00:00", "03-29T01:00", "03-29T02:00", "03-29T03:00"]),
    ("30 * * * *", Tz::Europe__London, "03-28T23:30", "03-29T02:00", &["03-29T00:30", "03-29T01:30"]),
    ("30 1 * * *", Tz::Europe__London, "10-24T00:00", "10-27T00:00", &["10-24T00:30", "10-25T00:30", "10-26T01:30"]),
    ("0 1 * * *", Tz::Europe__London, "10-24T12:00", "10-26T12:00", &["10-25T00:00", "10-26T01:00"]),
    ("0 2 * * *", Tz::Europe__London, "10-24T12:00", "10-26T12:00", &["10-25T02:00", "10-26T02:00"]),
    ("*/30 1 * * *", Tz::Europe__London, "10-24T12:00", "10-25T12:00", &["10-25T00:00", "10-25T00:30"]),
    ("0 0-3 * * *", Tz::Europe__London, "10-24T12:00", "10-25T12:00", &["10-24T23:00", "10-25T00:00", "10-25T02:00", "10-25T03:00"]),
    ("0 * * * *", Tz::Europe__London, "10-24T22:00", "10-25T02:00", &["10-24T23:00", "10-25T00:00", "10-25T01:00", "10-25T02:00"]),
    ("*/30 * * * *", Tz::Europe__London, "10-24T23:30", "10-25T02:00", &["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]),
    // New York: from 02:00 to 03:00 at 07:00 UTC on 8 March, back from 02:00 to 01:00 at 06:00 UTC on 1 November.
    ("30 2 * * *", Tz::America__New_York, "03-07T00:00", "03-10T00:00", &["03-07T07:30", "03-08T07:00", "03-09T06:30"]),
    ("0 3 * * *", Tz::America__New_York, "03-08T00:00", "03-09T00:00", &["03-08T07:00"]),
    ("0 */2 * * *", Tz::America__New_York, "03-08T04:30", "03-08T10:30", &["03-08T05:00", "03-08T08:00", "03-08T10:00"]),
    ("0 2-23/2 * * *", Tz::America__New_York, "03-08T04:30", "03-08T10:30", &["03-08T07:00", "03-08T08:00", "03-08T10:00"]),
    ("30 1 * * *", Tz::America__New_York, "10-31T00:00", "11-03T00:00", &["10-31T05:30", "11-01T05:30", "11-02T06:30"]),
    ("15 * * * *", Tz::America__New_York, "11-01T04:30", "11-01T07:30", &["11-01T05:15", "11-01T06:15", "11-01T07:15"]),
    // Lord Howe changes by half an hour: from 02:00 back to 01:30 at 15:00 UTC on 4 April, from 02:00 to 02:30 at 15:30
    // UTC on 3 October.
    ("45 1 * * *", Tz::Australia__Lord_Howe, "04-03T20:00", "04-05T20:00", &["04-04T14:45", "04-05T15:15"]),
    ("15 1 * * *", Tz::Australia__Lord_Howe, "04-03T20:00", "04-05T20:00", &["04-04T14:15", "04-05T14:45"]),
    ("0 2 * * *", Tz::Australia__Lord_Howe, "04-03T20:00", "04-05T20:00", &["04-04T15:30", "04-05T15:30"]),
    ("*/15 * * * *", Tz::Australia__Lord_Howe, "04-04T14:15", "04-04T15:30", &["04-04T14:30", "04-04T14:45", "04-04T15:00", "04-04T15:15", "04-04T15:30"]),
    ("15 2 * * *", Tz::Australia__Lord_Howe, "10-02T20:00", "10-04T20:00", &["10-03T15:30", "10-04T15:15"]),
    ("45 2 * * *", Tz::Australia__Lord_Howe, "10-02T20:00", "10-04T20:00", &["10-03T15:45", "10-04T15:45"]),
    ("0 * * * *", Tz::Australia__Lord_Howe, "10-03T14:00", "10-03T17:00", &["10-03T14:30", "10-03T16:00", "10-03T17:00"]),
    // Casablanca goes back for Ramadan, from 03:00 to 02:00 at 02:00 UTC on 15 February, and forward again on 22 March.
    ("30 2 * * *", Tz::Africa__Casablanca, "02-14T00:00", "02-17T00:00", &["02-14T01:30", "02-15T01:30", "02-16T02:30"]),
    ("30 2 * * *", Tz::Africa__Casablanca, "03-21T00:00", "03-24T00:00", &["03-21T02:30", "03-22T02:00", "03-23T01:30"]),
    // Santiago's clocks change at midnight: 4 April has its last hour twice, 6 September has no first one.
    ("30 23 * * *", Tz::America__Santiago, "04-04T00:00", "04-06T12:00", &["04-04T02:30", "04-05T02:30", "04-06T03:30"]),
    ("@daily", Tz::America__Santiago, "04-04T00:00", "04-06T12:00", &["04-04T03:00", "04-05T04:00", "04-06T04:00"]),
    ("*/30 * * * *", Tz::America__Santiago, "04-05T02:00", "04-05T04:00", &["04-05T02:30", "04-05T03:00", "04-05T03:30", "04-05T04:00"]),
    ("@midnight", Tz::America__Santiago, "09-05T00:00", "09-08T00:00", &["09-05T04:00", "09-06T04:00", "09-07T03:00"]),
    ("0 0 * * SUN", Tz::America__Santiago, "09-01T00:00", "09-14T00:00", &["09-06T04:00", "09-13T03:00"]),
    // Havana's 1 November has its first hour twice.
    ("@daily", Tz::America__Havana, "10-31T00:00", "11-03T00:00", &["10-31T04:00", "11-01T04:00", "11-02T05:00"]),
    // Where clocks do not change, nothing does.
    ("30 1 * * *", Tz::UTC, "03-28T00:00", "03-30T12:00", &["03-28T01:30", "03-29T01:30", "03-30T01:30"]),
    ("30 1 * * *", Tz::Asia__Kolkata, "10-24T00:00", "10-26T00:00", &["10-24T20:00", "10-25T20:00"]),
    ("@hourly", Tz::Asia__Kolkata, "10-24T00:00", "10-24T03:00", &["10-24T00:30", "10-24T01:30", "10-24T02:30"]),
    ("15,45 2 29 2 *", Tz::UTC, "01-01T00:00", "12-31T00:00", &[]),
    ("0 12 L * *", Tz::UTC, "01-15T00:00", "03-15T00:00", &["01-31T12:00", "02-28T12:00"]),
    ("0 12 * * 1#2", Tz::UTC, "01-15T00:00", "03-15T00:00", &["02-09T12:00", "03-09T12:00"]),
    ("0 12 1 * FRI-SUN", Tz::UTC, "06-01T00:00", "06-07T23:00", &["06-01T12:00", "06-05T12:00", "06-06T12:00", "06-07T12:00"]),
];

#[test]
fn the_table_is_met_onwards_and_backwards() {
    for (text, zone, begin, end, expected) in TABLE {
        let schedule = schedule(text, *zone);
        let time = |text: &str| instant(&format!("{YEAR}-{text}:00Z"));
        let (begin, end) = (time(begin), time(end));
        let expected: Vec<_> = expected.iter().map(|text| time(text)).collect();
        let onwards = std::iter::successors(schedule.next(begin), |time| schedule.next(*time));
        let onwards: Vec<_> = onwards.take_while(|time| *time <= end).collect();
        assert_eq!(onwards, expected, "{text} in {zone}, onwards");
        let before = |time: &chrono::DateTime<chrono::Utc>| schedule.latest(*time - chrono::TimeDelta::nanoseconds(1));
        let backwards = std::iter::successors(schedule.latest(end), before);
        let mut backwards: Vec<_> = backwards.take_while(|time| *time > begin).collect();
        backwards.reverse();
        assert_eq!(backwards, expected, "{text} in {zone}, backwards");
    }
}

#[test]
fn a_day_that_a_zone_leaves_out_runs_once() {
    // Samoa had no 30 December 2011.
    let schedule = schedule("0 12 * * *", Tz::Pacific__Apia);
    let times: Vec<_> =
        std::iter::successors(schedule.next(instant("2011-12-29T00:00:00Z")), |time| schedule.next(*time))
            .take(3)
            .collect();
    let expected = ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"].map(instant);
    assert_eq!(times, expected);
}

#[test]
fn an_hourly_schedule_runs_as_often_as_the_day_has_hours() {
    let schedule = schedule("0 * * * *", Tz::Europe__London);
    for (begin, end, hours) in [
        ("2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z", 24),
        ("2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", 23),
        ("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", 25),
    ] {
        let (begin, end) = (instant(begin), instant(end));
        let before = begin - chrono::TimeDelta::seconds(1);
        let times = std::iter::successors(schedule.next(before), |time| schedule.next(*time));
        assert_eq!(times.take_while(|time| *time < end).count(), hours, "{begin}");
    }
}

#[test]
fn rare_days_come_and_the_ends_of_time_have_none() {
    let leap = schedule("0 0 29 2 *", Tz::UTC);
    assert_eq!(leap.next(instant("2096-03-01T00:00:00Z")), Some(instant("2104-02-29T00:00:00Z")));
    assert_eq!(leap.latest(instant("2104-02-28T00:00:00Z")), Some(instant("2096-02-29T00:00:00Z")));
    let daily = schedule("@daily", Tz::Europe__London);
    for time in [chrono::DateTime::<chrono::Utc>::MAX_UTC, chrono::DateTime::<chrono::Utc>::MIN_UTC] {
        assert_eq!((daily.next(time), daily.latest(time)), (None, None));
    }
}
