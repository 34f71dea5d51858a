//! When a report runs: five cron fields and a time zone.
//!
//! Owns their meaning and their errors, at the change of clocks as well. It must not know what time it is: the instant
//! is an argument.

use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// A schedule in its time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
    zone: Tz,
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

impl Schedule {
    /// The schedule that `text` writes, in the time of `zone`.
    ///
    /// # Errors
    /// A field that is none, or a time that never comes.
    pub fn parse(text: &str, zone: Tz) -> Result<Schedule, ScheduleError> {
        let cron = Cron::from_str(text).map_err(|error| ScheduleError {
            message: error.to_string(),
            span: 0..text.len(),
            hint: None,
        })?;
        Ok(Schedule { text: text.to_owned(), cron, zone })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The time zone by which its fields go.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time after `instant`.
    pub fn next(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = instant.with_timezone(&self.zone);
        self.cron.find_next_occurrence(&local, false).ok().map(|time| time.with_timezone(&Utc))
    }

    /// The last time up to `instant`, and at it.
    pub fn latest(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = instant.with_timezone(&self.zone);
        self.cron.find_previous_occurrence(&local, true).ok().map(|time| time.with_timezone(&Utc))
    }
}
