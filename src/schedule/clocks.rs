//! The instants of a day of the wall clock, where clocks change as well.
//!
//! Owns the rule for times that a zone skips or repeats. It must not know the fields of a schedule.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// What a schedule means where the clocks change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Times of the day: one that is skipped comes at the first moment after the gap, one that is repeated comes the
    /// first time only.
    Fixed,
    /// Real time goes on: what is skipped does not come, what is repeated comes twice.
    Stepping,
}

/// A span around an instant within which no local date is out of order where the offset stays the same. The longest
/// change of clocks, over the date line, is a day.
const DAYS_AROUND: i64 = 3;

/// The instants of `times` (minutes since midnight, ascending) on `date`; not in order where clocks change, and perhaps
/// with repeats.
pub(super) fn instants(zone: Tz, date: NaiveDate, times: &[u32], pace: Pace) -> Vec<DateTime<Utc>> {
    let Some(midnight) = date.and_hms_opt(0, 0, 0) else { return Vec::new() };
    let local = times.iter().filter_map(|minute| midnight.checked_add_signed(TimeDelta::minutes(i64::from(*minute))));
    if is_steady(zone, midnight.and_utc()) {
        let offset = zone.offset_from_utc_datetime(&midnight).fix();
        return local.filter_map(|local| local.checked_sub_offset(offset)).map(|time| time.and_utc()).collect();
    }
    local.flat_map(|local| at(zone, local, pace)).flatten().collect()
}

/// Whether the clocks of `zone` keep their offset for three days before and after `instant`. No zone changes its clocks
/// and changes them back within a day, so that a look at each day is enough.
pub(super) fn is_steady(zone: Tz, instant: DateTime<Utc>) -> bool {
    let offset = |days: i64| {
        let time = instant.naive_utc().checked_add_signed(TimeDelta::days(days))?;
        Some(zone.offset_from_utc_datetime(&time).fix())
    };
    let first = offset(-DAYS_AROUND);
    first.is_some() && (-DAYS_AROUND..=DAYS_AROUND).all(|days| offset(days) == first)
}

/// The local date of an instant.
pub(super) fn local_date(zone: Tz, instant: DateTime<Utc>) -> Option<NaiveDate> {
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc()).fix();
    instant.naive_utc().checked_add_offset(offset).map(|local| local.date())
}

/// The dates from `first` on, or back from it.
pub(super) fn dates(first: NaiveDate, direction: Direction) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(Some(first), move |date| match direction {
        Direction::Onwards => date.checked_add_days(Days::new(1)),
        Direction::Backwards => date.checked_sub_days(Days::new(1)),
    })
}

/// Which way the calendar is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Onwards,
    Backwards,
}

impl Direction {
    pub(super) fn reversed(self) -> Direction {
        match self {
            Direction::Onwards => Direction::Backwards,
            Direction::Backwards => Direction::Onwards,
        }
    }
}

fn at(zone: Tz, local: NaiveDateTime, pace: Pace) -> [Option<DateTime<Utc>>; 2] {
    let found = zone.from_local_datetime(&local).map(|time| time.with_timezone(&Utc));
    match (found, pace) {
        (chrono::LocalResult::Single(time), _) => [Some(time), None],
        (chrono::LocalResult::Ambiguous(one, other), Pace::Fixed) => [Some(one.min(other)), None],
        (chrono::LocalResult::Ambiguous(one, other), Pace::Stepping) => [Some(one), Some(other)],
        (chrono::LocalResult::None, Pace::Stepping) => [None, None],
        (chrono::LocalResult::None, Pace::Fixed) => {
            [GapInfo::new(&local, &zone).and_then(|gap| gap.end).map(|time| time.with_timezone(&Utc)), None]
        }
    }
}
