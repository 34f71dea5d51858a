//! How far this machine's clock is from a server's.
//!
//! Owns the reading of the `Date` of an answer. It must not decide how much is too much.

use std::fmt;
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use object_store::client::HttpResponse;

/// A difference between two clocks, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// Seconds that this machine's clock is ahead of the server's; negative where it is behind.
    pub ahead: i64,
}

impl ClockDifference {
    /// What the `Date` of an answer that has just arrived says; none where it says none that can be read.
    pub fn of(answer: &HttpResponse) -> Option<ClockDifference> {
        let date = answer.headers().get("date")?.to_str().ok()?;
        Some(ClockDifference::between(now(), DateTime::parse_from_rfc2822(date).ok()?.to_utc()))
    }

    /// What a `ServerTime` of an error says, such as `2026-11-23T04:10:00Z`.
    pub fn of_server_time(text: &str) -> Option<ClockDifference> {
        Some(ClockDifference::between(now(), DateTime::parse_from_rfc3339(text).ok()?.to_utc()))
    }

    fn between(here: DateTime<Utc>, there: DateTime<Utc>) -> ClockDifference {
        ClockDifference { ahead: (here - there).num_seconds() }
    }
}

/// `20 min 5 s ahead of`, `3 s behind`, `in step with`: what stands before the name of the server.
impl fmt::Display for ClockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let away = TimeDelta::seconds(self.ahead.saturating_abs().min(i64::from(u32::MAX)));
        let (days, hours) = (away.num_days(), away.num_hours() % 24);
        let (minutes, seconds) = (away.num_minutes() % 60, away.num_seconds() % 60);
        match (days, hours, minutes) {
            (0, 0, 0) if seconds < 2 => return f.write_str("in step with"),
            (0, 0, 0) => write!(f, "{seconds} s")?,
            (0, 0, minutes) => write!(f, "{minutes} min {seconds} s")?,
            (0, hours, minutes) => write!(f, "{hours} h {minutes} min")?,
            (days, hours, _) => write!(f, "{days} d {hours} h")?,
        }
        f.write_str(if self.ahead > 0 { " ahead of" } else { " behind" })
    }
}

#[expect(clippy::disallowed_methods, reason = "how far the clock is off can't be told without a look at it")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_far_and_in_which_direction() {
        let said = |ahead: i64| ClockDifference { ahead }.to_string();
        assert_eq!(said(-1), "in step with");
        assert_eq!(said(3), "3 s ahead of");
        assert_eq!(said(-1_205), "20 min 5 s behind");
        assert_eq!(said(7_260), "2 h 1 min ahead of");
        assert_eq!(said(-90_000), "1 d 1 h behind");
        assert!(said(i64::MIN).ends_with("behind"));
    }

    #[test]
    fn reads_the_time_of_an_error() {
        assert!(ClockDifference::of_server_time("2001-11-23T04:10:00Z").unwrap().ahead > 700_000_000);
        assert_eq!(ClockDifference::of_server_time("yesterday"), None);
    }
}
