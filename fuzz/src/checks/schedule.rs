//! Schedules: any text is read or refused at a place within it, and what is read comes in order.

use chrono::{DateTime, TimeDelta};
use chrono_tz::TZ_VARIANTS;

use crate::schedule::Schedule;

/// Times that are looked at; each costs a walk over days.
const TIMES: usize = 4;

/// The first two bytes choose the zone, the next four the instant (seconds since 1970), the rest is the schedule.
pub fn check(bytes: &[u8]) {
    let [zone_high, zone_low, s0, s1, s2, s3, text @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let zone = TZ_VARIANTS[usize::from(u16::from_be_bytes([*zone_high, *zone_low])) % TZ_VARIANTS.len()];
    let schedule = match Schedule::parse(text, zone) {
        Ok(schedule) => schedule,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "{text:?}: {error:?}");
            // The cron library must have nothing against what the fields let through.
            assert!(!error.message.contains("can not be read"), "{text:?}: {error:?}");
            return;
        }
    };
    let seconds = i64::from(u32::from_be_bytes([*s0, *s1, *s2, *s3]));
    let mut before = DateTime::from_timestamp(seconds, 0).expect("a moment of this century or the next");
    for _ in 0..TIMES {
        let next = schedule.next(before).unwrap_or_else(|| panic!("{text:?} in {zone} ends at {before}"));
        assert!(next > before, "{text:?} in {zone}: {next} is not after {before}");
        assert_eq!(schedule.latest(next), Some(next), "{text:?} in {zone}");
        assert!(schedule.latest(next - TimeDelta::seconds(1)) < Some(next), "{text:?} in {zone}");
        assert_eq!(schedule.latest(before + (next - before) / 2), schedule.latest(before), "{text:?} in {zone}");
        before = next;
    }
}
