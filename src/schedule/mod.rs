//! When a report runs: five cron fields and a time zone.
//!
//! Owns their meaning and their errors, at the change of clocks as well. It must not know what time it is: the instant
//! is an argument.
//!
//! A schedule is minute, hour, day of the month, month and day of the week, or `@hourly`, `@daily`, `@midnight`,
//! `@weekly`, `@monthly`, `@yearly`, `@annually`; there are no seconds and no years. Where both days are told, either
//! is enough, as cron has it.
//!
//! When the clocks change, it depends on the hour. A schedule that names its hours (`30 1 * * *`, `*/15 2 * * *`) has
//! times of the day: those that are skipped run once, together, at the first moment after the gap; those that are
//! repeated run at the first occurrence alone. A schedule whose hour is `*`, a step of it (`*/2`) or all 24 goes on by
//! real time: `0 * * * *` runs 23 times in a day of 23 hours and 25 times in one of 25.

mod clocks;
mod fields;

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use clocks::{Direction, Pace};

/// A schedule in its time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
    zone: Tz,
    /// Minutes since midnight, ascending.
    times: Vec<u32>,
    pace: Pace,
}

/// What is wrong with the fields of a schedule, and which bytes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError {
    /// A fragment for a message.
    pub message: String,
    /// Where in the text.
    pub span: Range<usize>,
    /// What to write instead.
    pub hint: Option<String>,
}

/// After so many days the calendar repeats, weekdays included: what did not come by then never comes.
const CALENDAR_DAYS: usize = 146_097;

/// The years in which times are told; chrono's own are many more, and its arithmetic near their ends fails.
const YEARS: Range<i32> = 1..9999;

impl Schedule {
    /// The schedule that `text` writes, in the time of `zone`.
    ///
    /// # Errors
    /// A field that is none, or a time that never comes.
    pub fn parse(text: &str, zone: Tz) -> Result<Schedule, ScheduleError> {
        let fields = fields::read(text)?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(&fields.plain).map_err(|error| {
            // Which field the library means is found by giving it each alone.
            let guilty = (0..5).find(|position| parser.parse(&fields::alone(&fields.plain, *position)).is_err());
            let span = guilty.and_then(|position| fields.spans.get(position).cloned()).unwrap_or(0..text.len());
            let what = guilty.map_or("schedule", fields::name);
            ScheduleError { message: format!("the {what} can not be read: {error}"), span, hint: None }
        })?;
        let hours = cron.pattern.hours.values();
        let minutes = cron.pattern.minutes.values();
        let in_hour = |hour: u16| minutes.iter().map(move |minute| u32::from(hour) * 60 + u32::from(*minute));
        let times: Vec<u32> = hours.iter().flat_map(|hour| in_hour(*hour)).collect();
        let goes_on = cron.pattern.hours.from_wildcard || hours.len() == 24;
        let pace = if goes_on { Pace::Stepping } else { Pace::Fixed };
        let schedule = Schedule { text: text.trim().to_owned(), cron, zone, times, pace };
        let begin = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
        if !clocks::dates(begin, Direction::Onwards).take(CALENDAR_DAYS).any(|date| schedule.is_on(date)) {
            let [_, _, day, _, weekday] = &fields.spans;
            return Err(ScheduleError {
                message: "the schedule never comes: no month of it has such a day".to_owned(),
                span: day.start..weekday.end,
                hint: Some("`L` is the last day of any month".to_owned()),
            });
        }
        Ok(schedule)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The time zone by which its fields go.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time after `instant`. None beyond the year 9998, and before the year 1.
    pub fn next(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.nearest(instant, Direction::Onwards)
    }

    /// The last time up to `instant`, and at it. None beyond the year 9998, and before the year 1.
    pub fn latest(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.nearest(instant, Direction::Backwards)
    }

    /// Goes day by day by the local calendar. Where clocks change, a day's times can lie among those of its neighbours,
    /// which are looked at as well.
    fn nearest(&self, instant: DateTime<Utc>, direction: Direction) -> Option<DateTime<Utc>> {
        if !YEARS.contains(&instant.year()) {
            return None;
        }
        let mut first = clocks::local_date(self.zone, instant)?;
        if !clocks::is_steady(self.zone, instant) {
            first = clocks::dates(first, direction.reversed()).nth(2)?;
        }
        let mut days = clocks::dates(first, direction).take(CALENDAR_DAYS);
        let found = days.by_ref().find_map(|date| self.nearest_on(date, instant, direction))?;
        if clocks::is_steady(self.zone, found) {
            return Some(found);
        }
        let others = days.take(4).filter_map(|date| self.nearest_on(date, instant, direction));
        match direction {
            Direction::Onwards => others.chain([found]).min(),
            Direction::Backwards => others.chain([found]).max(),
        }
    }

    /// Of the times of a local date, the first after `instant`, or the last up to it.
    fn nearest_on(&self, date: NaiveDate, instant: DateTime<Utc>, direction: Direction) -> Option<DateTime<Utc>> {
        if !self.is_on(date) {
            return None;
        }
        let times = clocks::instants(self.zone, date, &self.times, self.pace).into_iter();
        match direction {
            Direction::Onwards => times.filter(|time| *time > instant).min(),
            Direction::Backwards => times.filter(|time| *time <= instant).max(),
        }
    }

    fn is_on(&self, date: NaiveDate) -> bool {
        let pattern = &self.cron.pattern;
        let weekday = croner::Weekday::from_days_from_sunday(date.weekday().num_days_from_sunday());
        // The library objects to dates that do not exist; this one does.
        pattern.month_match(date.month()).unwrap_or(false)
            && pattern.day_match(date.year(), date.month(), date.day(), weekday).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;
