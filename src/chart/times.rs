//! Instants on an axis: steps of the calendar, and how each is written.
//!
//! Owns the steps, from microseconds to centuries. Instants are microseconds since 1970, UTC.

use chrono::{DateTime, Datelike, Months, NaiveDateTime, NaiveTime};

use super::data::TimeKind;
use super::numbers::{Parts, multiples, round_step};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A step of the calendar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    Micros(i64),
    Months(u32),
}

const STEPS: [Step; 24] = [
    Step::Micros(SECOND),
    Step::Micros(5 * SECOND),
    Step::Micros(15 * SECOND),
    Step::Micros(30 * SECOND),
    Step::Micros(60 * SECOND),
    Step::Micros(300 * SECOND),
    Step::Micros(900 * SECOND),
    Step::Micros(1800 * SECOND),
    Step::Micros(3600 * SECOND),
    Step::Micros(3 * 3600 * SECOND),
    Step::Micros(6 * 3600 * SECOND),
    Step::Micros(12 * 3600 * SECOND),
    Step::Micros(DAY),
    Step::Micros(2 * DAY),
    Step::Micros(7 * DAY),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(24),
    Step::Months(60),
    Step::Months(120),
    Step::Months(240),
];

impl Step {
    /// The smallest step of which at most `most` cover `span` microseconds; dates have none below a day.
    pub(super) fn covering(span: i64, most: usize, kind: TimeKind) -> Step {
        let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
        let wanted = span / most;
        let smallest = if kind == TimeKind::Date { DAY } else { 1 };
        if wanted < SECOND && kind == TimeKind::Moment {
            return Step::Micros(round_step(span as f64, most as usize, Parts::Whole) as i64);
        }
        let fits = STEPS.into_iter().find(|step| step.length() >= wanted.max(smallest));
        fits.unwrap_or_else(|| {
            let years = round_step(span as f64 / Step::Months(12).length() as f64, most as usize, Parts::Whole);
            Step::Months((years as u32).saturating_mul(12))
        })
    }

    /// Whether a label of the step names the whole of it: a day, a month, a year.
    pub(super) fn is_one(self) -> bool {
        matches!(self, Step::Micros(DAY) | Step::Months(1 | 12))
    }

    /// Microseconds, about.
    pub(super) fn length(self) -> i64 {
        match self {
            Step::Micros(micros) => micros,
            Step::Months(months) => i64::from(months).saturating_mul(30 * DAY + DAY / 2),
        }
    }

    /// The last instant of the step at or before `moment`.
    pub(super) fn floor(self, moment: i64) -> i64 {
        match self {
            Step::Micros(micros) => moment.div_euclid(micros.max(1)).saturating_mul(micros),
            Step::Months(months) => {
                let Some(date) = civil(moment) else { return moment };
                let number = i64::from(date.year()) * 12 + i64::from(date.month0());
                month_start(number - number.rem_euclid(i64::from(months.max(1)))).unwrap_or(moment)
            }
        }
    }

    /// The instant one step after `moment`, which is one of its own.
    pub(super) fn after(self, moment: i64) -> i64 {
        match self {
            Step::Micros(micros) => moment.saturating_add(micros),
            Step::Months(months) => civil(moment)
                .and_then(|date| date.checked_add_months(Months::new(months)))
                .map_or(i64::MAX, |date| date.and_utc().timestamp_micros()),
        }
    }

    /// The instants of the step from `low` to `high`, both included; at most a thousand.
    pub(super) fn instants(self, low: i64, high: i64) -> Vec<i64> {
        let mut instants = Vec::new();
        let mut moment = self.floor(low);
        while moment <= high && instants.len() < 1000 {
            if moment >= low {
                instants.push(moment);
            }
            let next = self.after(moment);
            if next <= moment {
                break;
            }
            moment = next;
        }
        instants
    }

    /// An instant of the step, as short as the step allows: `2019`, `2019-05`, `2019-05-03`, `14:30`.
    pub(super) fn label(self, moment: i64) -> String {
        let Some(date) = civil(moment) else { return moment.to_string() };
        let form = match self {
            Step::Months(months) if months.is_multiple_of(12) => "%Y",
            Step::Months(_) => "%Y-%m",
            Step::Micros(micros) if micros >= DAY => "%Y-%m-%d",
            Step::Micros(_) if date.time() == NaiveTime::MIN => "%Y-%m-%d",
            Step::Micros(micros) if micros >= 60 * SECOND => "%H:%M",
            Step::Micros(micros) if micros >= SECOND => "%H:%M:%S",
            Step::Micros(_) => "%H:%M:%S%.6f",
        };
        date.format(form).to_string()
    }
}

/// An instant as it stands in data: `2020-08-28`, `2020-08-28 03:52:47`.
pub(super) fn instant(kind: TimeKind, moment: i64) -> String {
    let Some(date) = civil(moment) else { return moment.to_string() };
    match kind {
        TimeKind::Date => date.format("%Y-%m-%d").to_string(),
        TimeKind::Moment if date.and_utc().timestamp_subsec_micros() == 0 => {
            date.format("%Y-%m-%d %H:%M:%S").to_string()
        }
        TimeKind::Moment => date.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
    }
}

/// Numbers or instants at which an axis has its marks, with their labels, at most `most`.
pub(super) fn year_marks(low: f64, high: f64, most: usize) -> Vec<f64> {
    multiples(low, high, round_step(high - low, most, Parts::Whole))
}

fn civil(moment: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(moment).map(|date| date.naive_utc())
}

fn month_start(number: i64) -> Option<i64> {
    let (year, month) = (i32::try_from(number.div_euclid(12)).ok()?, u32::try_from(number.rem_euclid(12)).ok()? + 1);
    let date = chrono::NaiveDate::from_ymd_opt(year, month, 1)?;
    Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        crate::timestamp::parse_timestamp(text).unwrap()
    }

    #[test]
    fn steps_follow_the_calendar() {
        let (low, high) = (at("2017-11-03 10:00:00"), at("2020-12-30 00:00:00"));
        let step = Step::covering(high - low, 6, TimeKind::Moment);
        assert_eq!(step, Step::Months(12));
        let labels: Vec<String> = step.instants(low, high).into_iter().map(|moment| step.label(moment)).collect();
        assert_eq!(labels, ["2018", "2019", "2020"]);
        let step = Step::covering(5 * 3600 * SECOND, 6, TimeKind::Moment);
        assert_eq!(step.label(at("2020-01-01 14:30:00")), "14:30");
        assert_eq!(Step::covering(3600 * SECOND, 6, TimeKind::Date), Step::Micros(DAY));
        assert_eq!(Step::covering(100, 5, TimeKind::Moment), Step::Micros(20));
        assert!(Step::covering(i64::MAX, 3, TimeKind::Moment).length() > 0);
    }
}
