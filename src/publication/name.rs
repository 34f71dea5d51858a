//! The name of a run's folder: the time that it was due, and which try of that time it is.
//!
//! Owns its text form and its order. Nothing is looked up here.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::record::run_id;

/// Which run: later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunName {
    /// When it was due, in whole seconds.
    pub scheduled_for: DateTime<Utc>,
    /// Which try of that time: from 1.
    pub number: u32,
}

impl RunName {
    /// The try `number` of a time.
    pub fn new(scheduled_for: DateTime<Utc>, number: u32) -> RunName {
        let seconds = scheduled_for.timestamp();
        RunName { scheduled_for: DateTime::from_timestamp(seconds, 0).unwrap_or(scheduled_for), number }
    }

    /// The run whose folder has that name, or `None` where it is not a run's.
    pub fn parse(text: &str) -> Option<RunName> {
        let (time, number) = match text.split_once('.') {
            Some((time, number)) => (time, number.parse().ok().filter(|number| *number > 1)?),
            None => (text, 1),
        };
        let time = NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H-%M-%SZ").ok()?;
        let name = RunName::new(time.and_utc(), number);
        // What is written in another way is not a folder that was made here.
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&run_id(self.scheduled_for))?;
        match self.number {
            1 => Ok(()),
            number => write!(f, ".{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for text in ["2026-11-23T06-00-00Z", "2026-11-23T06-00-00Z.2", "2026-11-23T06-00-00Z.10"] {
            assert_eq!(RunName::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["latest", "", "2026-11-23", "2026-11-23T06-00-00Z.1", "2026-11-23T06-00-00Z.02", "2026-11-23T06:00:00Z"]
        {
            assert_eq!(RunName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn orders_by_time_and_then_by_try() {
        let mut names = ["2026-11-23T06-00-00Z.10", "2026-11-24T06-00-00Z", "2026-11-23T06-00-00Z.2"]
            .map(|text| RunName::parse(text).unwrap());
        names.sort();
        assert_eq!(names.map(|name| name.number), [2, 10, 1]);
    }
}
