//! Times as people write them and read them, in the time zone of a report.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;

use crate::config::ReportConfig;
use crate::error::{Error, Result};

/// The time zone of the report's schedule; UTC where it has none.
pub(super) fn zone(report: &ReportConfig) -> Tz {
    report.schedule.as_ref().map_or(Tz::UTC, |schedule| schedule.zone())
}

/// `2026-11-23T06:00:00+00:00`, by the clocks of `zone`.
pub(super) fn shown(instant: DateTime<Utc>, zone: Tz) -> String {
    instant.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The instant that `text` names: RFC 3339, or a date with or without a time by the clocks of `zone`. Of an hour that is
/// repeated the first one is meant.
///
/// # Errors
/// Of `Kind::Usage`: it is none, or the clocks skip it.
pub(super) fn parse(text: &str, zone: Tz) -> Result<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.with_timezone(&Utc));
    }
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|date| date.and_time(NaiveTime::MIN));
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).or_else(|| date().ok());
    let Some(local) = local else {
        return Err(Error::usage(format!("`{text}` is no time"))
            .hint("write `2026-11-23T06:00:00Z`, or by the clocks of the report's time zone `2026-11-23 06:00`"));
    };
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Ok(instant.with_timezone(&Utc)),
        LocalResult::None => Err(Error::usage(format!("the clocks of {zone} skip `{text}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> String {
        shown(parse(text, Tz::Europe__London).unwrap(), Tz::UTC)
    }

    #[test]
    fn times_are_those_of_the_zone_unless_they_say_their_own() {
        assert_eq!(utc("2026-07-01"), "2026-06-30T23:00:00Z");
        assert_eq!(utc("2026-07-01 06:00"), "2026-07-01T05:00:00Z");
        assert_eq!(utc("2026-07-01T06:00:30"), "2026-07-01T05:00:30Z");
        assert_eq!(utc("2026-07-01T06:00:00+02:00"), "2026-07-01T04:00:00Z");
        assert_eq!(utc("2026-10-25 01:30"), "2026-10-25T00:30:00Z", "the first of the two");
    }

    #[test]
    fn what_is_no_time_says_what_is_one() {
        assert!(parse("tomorrow", Tz::UTC).unwrap_err().render().contains("`tomorrow` is no time"));
        let skipped = parse("2026-03-29 01:30", Tz::Europe__London).unwrap_err();
        assert_eq!(skipped.message(), "the clocks of Europe/London skip `2026-03-29 01:30`");
    }
}
