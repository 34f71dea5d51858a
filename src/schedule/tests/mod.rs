//! Schedules: what they refuse, the change of clocks as a table, and what holds for any of them.

mod clocks;
mod fields;
mod properties;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Schedule;

fn schedule(text: &str, zone: Tz) -> Schedule {
    Schedule::parse(text, zone).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}
