//! When a run that failed is tried again.
//!
//! Owns the waits between tries. It must not look at a clock, nor roll dice: the jitter is made of a seed, so that a
//! simulation repeats itself and two hosts do not keep step.

use chrono::{DateTime, TimeDelta, Utc};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::schedule::Schedule;

/// The first wait, in the middle of its jitter; each further one is twice as long.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
/// The longest.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// A try that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// The report's name.
    pub report: &'a str,
    /// When it runs.
    pub schedule: &'a Schedule,
    /// The time that it was for.
    pub scheduled_for: DateTime<Utc>,
    /// When it failed.
    pub at: DateTime<Utc>,
    /// Tries up to now, this one included.
    pub tries: u32,
}

impl Failed<'_> {
    /// When it is tried again; never where `retries` are used up, or where the report's next scheduled time comes first.
    pub fn next_try(&self, retries: u32, seed: u64) -> Option<DateTime<Utc>> {
        if self.tries > retries {
            return None;
        }
        let at = self.at + self.wait(seed);
        let is_late = self.schedule.next(self.scheduled_for).is_some_and(|next| at >= next);
        (!is_late).then_some(at)
    }

    /// Between a half and one and a half of a wait that doubles.
    fn wait(&self, seed: u64) -> TimeDelta {
        let doubled = self.tries.saturating_sub(1).min(16);
        let middle = (FIRST_WAIT.num_milliseconds() << doubled).min(LONGEST_WAIT.num_milliseconds());
        let rolled = format!("{}\n{}\n{}", self.report, self.scheduled_for.timestamp(), self.tries);
        // The remainder is below the number of milliseconds of a wait, which is far below what either type holds.
        let jitter = xxh3_64_with_seed(rolled.as_bytes(), seed) % middle.unsigned_abs().max(1);
        TimeDelta::milliseconds(middle / 2 + i64::try_from(jitter).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(schedule: &Schedule, tries: u32, at: i64) -> Option<i64> {
        let scheduled_for = DateTime::from_timestamp(0, 0).unwrap();
        let at = DateTime::from_timestamp(at, 0).unwrap();
        let failed = Failed { report: "daily", schedule, scheduled_for, at, tries };
        failed.next_try(3, 7).map(|next| (next - at).num_seconds())
    }

    #[test]
    fn waits_double_with_jitter_and_end_with_the_retries_and_the_period() {
        let daily = Schedule::parse("0 0 * * *", chrono_tz::UTC).unwrap();
        let waits: Vec<i64> = (1..=3).map(|tries| failed(&daily, tries, 60).unwrap()).collect();
        for (wait, middle) in waits.iter().zip([30, 60, 120]) {
            assert!((middle / 2..middle * 3 / 2).contains(wait), "{waits:?}");
        }
        assert_eq!(waits, (1..=3).map(|tries| failed(&daily, tries, 60).unwrap()).collect::<Vec<_>>());
        assert_eq!(failed(&daily, 4, 60), None, "three retries are three");
        assert_eq!(failed(&daily, 1, 86_399), None, "the next time comes first");
        let minutely = Schedule::parse("* * * * *", chrono_tz::UTC).unwrap();
        assert_eq!(failed(&minutely, 3, 10), None);
    }
}
