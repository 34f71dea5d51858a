//! Dates and timestamps in the texts that posters of records write.
//!
//! Owns the four timestamp formats and the calendar check. It must not know JSON, Arrow or the clock.

const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Microseconds since 1970-01-01 00:00:00, without a zone; `None` where no format reads the text.
///
/// The formats are `2020-08-28 03:52:47` and `2020-08-28T03:52:47` (both with an optional fraction of
/// one to nine digits, cut to microseconds, and an optional zone `Z`, `+02:00`, `+0200` or `+02`, which
/// is converted to UTC), `2020:08:28 03:52:47`, and `08/28/2020, 03:52:47` with the month first. Years
/// are 0001 to 9999, a day must exist in its month, and blanks around the text are not skipped.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if let Ok(usual) = <&[u8; 19]>::try_from(bytes)
        && (usual[4], usual[7], usual[13], usual[16]) == (b'-', b'-', b':', b':')
        && matches!(usual[10], b' ' | b'T')
    {
        return usual_timestamp(usual);
    }
    match bytes.get(4)? {
        b'-' => {
            let days = civil(bytes, 0, 5, 8)?;
            expect(bytes, 7, b'-')?;
            if !matches!(bytes.get(10)?, b' ' | b'T') {
                return None;
            }
            let seconds = days * SECONDS_PER_DAY + clock(bytes, 11)?;
            let (micros, rest) = fraction(bytes.get(19..)?)?;
            Some((seconds - zone(rest)?) * MICROS_PER_SECOND + micros)
        }
        b':' => {
            let days = civil(bytes, 0, 5, 8)?;
            expect(bytes, 7, b':')?;
            expect(bytes, 10, b' ')?;
            whole(bytes, 19, days, 11)
        }
        _ => {
            expect(bytes, 2, b'/')?;
            expect(bytes, 5, b'/')?;
            expect(bytes, 10, b',')?;
            expect(bytes, 11, b' ')?;
            let days = civil(bytes, 6, 0, 3)?;
            whole(bytes, 20, days, 12)
        }
    }
}

/// What stands between the separators of `2020-08-28 03:52:47`, which most timestamps are.
///
/// Eight characters are read as one number, whose lowest byte is the first of them.
fn usual_timestamp(bytes: &[u8; 19]) -> Option<i64> {
    let eight = |at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    // With the separators of `YYYY-MM-`, `DD hh:mm` and `hh:mm:ss` gone, each byte is a digit.
    let date = eight(0)? ^ u64::from_le_bytes(*b"0000-00-");
    let day = eight(8)? ^ u64::from_le_bytes([b'0', b'0', bytes[10], b'0', b'0', b':', b'0', b'0']);
    let clock = eight(11)? ^ u64::from_le_bytes(*b"00:00:00");
    // A byte above 9 has its highest bit set, or gets it by what is added.
    let beyond = [date, day, clock].map(|digits| digits | digits.wrapping_add(0x7676_7676_7676_7676));
    if (beyond[0] | beyond[1] | beyond[2]) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    // Each byte becomes ten times itself and the next one.
    let pairs = |digits: u64| digits * 10 + (digits >> 8);
    let pair = |pairs: u64, at: u32| u32::from((pairs >> (8 * at)) as u8);
    let (date, day, clock) = (pairs(date), pairs(day), pairs(clock));
    let (hour, minute, second) = (pair(clock, 0), pair(clock, 3), pair(clock, 6));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_from_civil(pair(date, 0) * 100 + pair(date, 2), pair(date, 5), pair(day, 0))?;
    Some((days * SECONDS_PER_DAY + i64::from((hour * 60 + minute) * 60 + second)) * MICROS_PER_SECOND)
}

/// Days since 1970-01-01 of a `YYYY-MM-DD`; `None` where the text is anything else.
pub fn parse_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 {
        return None;
    }
    expect(bytes, 4, b'-')?;
    expect(bytes, 7, b'-')?;
    i32::try_from(civil(bytes, 0, 5, 8)?).ok()
}

/// The microseconds of `days` and the clock at `at`, for the formats that end after the seconds.
fn whole(bytes: &[u8], length: usize, days: i64, at: usize) -> Option<i64> {
    if bytes.len() != length {
        return None;
    }
    Some((days * SECONDS_PER_DAY + clock(bytes, at)?) * MICROS_PER_SECOND)
}

fn expect(bytes: &[u8], at: usize, byte: u8) -> Option<()> {
    (*bytes.get(at)? == byte).then_some(())
}

/// The number that exactly `count` digits at `at` make, at most nine of them.
fn number(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let mut value = 0;
    for byte in bytes.get(at..at.checked_add(count)?)? {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(value)
}

/// Days since 1970-01-01 of the four-digit year and the two-digit month and day at these places.
fn civil(bytes: &[u8], year_at: usize, month_at: usize, day_at: usize) -> Option<i64> {
    let year = number(bytes, year_at, 4)?;
    let month = number(bytes, month_at, 2)?;
    let day = number(bytes, day_at, 2)?;
    days_from_civil(year, month, day)
}

/// The last day of each month, of February in a leap year; none where there is no such month.
static LAST_DAYS: [u32; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Days before each month in a year that begins in March, so that the leap day comes last.
static DAYS_BEFORE: [u32; 13] = [0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];

/// Days since 1970-01-01 of a day that exists, of the years 1 to 9999.
fn days_from_civil(year: u32, month: u32, day: u32) -> Option<i64> {
    let (last_day, days_before) = (LAST_DAYS.get(month as usize)?, DAYS_BEFORE.get(month as usize)?);
    if year == 0 || day == 0 || day > *last_day {
        return None;
    }
    let is_leap = || year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if month == 2 && day == 29 && !is_leap() {
        return None;
    }
    let year = year - u32::from(month <= 2);
    let century = year / 100;
    let days = year * 365 + year / 4 - century + century / 4 + days_before + day - 1;
    Some(i64::from(days) - 719_468)
}

/// Seconds since midnight of the `HH:MM:SS` at `at`.
fn clock(bytes: &[u8], at: usize) -> Option<i64> {
    let hour = number(bytes, at, 2)?;
    let minute = number(bytes, at + 3, 2)?;
    let second = number(bytes, at + 6, 2)?;
    expect(bytes, at + 2, b':')?;
    expect(bytes, at + 5, b':')?;
    (hour < 24 && minute < 60 && second < 60).then_some(i64::from((hour * 60 + minute) * 60 + second))
}

/// The microseconds of an optional `.digits`, and what follows it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = bytes.strip_prefix(b".") else {
        return Some((0, bytes));
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 9 {
        return None;
    }
    let mut micros = i64::from(number(digits, 0, count.min(6))?);
    for _ in count..6 {
        micros *= 10;
    }
    Some((micros, digits.get(count..)?))
}

/// The seconds east of UTC of an optional zone that must end the text.
fn zone(bytes: &[u8]) -> Option<i64> {
    let sign = match bytes.first() {
        None => return Some(0),
        Some(b'Z') => return (bytes.len() == 1).then_some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let hours = number(bytes, 1, 2)?;
    let minutes = match bytes.len() {
        3 => 0,
        5 => number(bytes, 3, 2)?,
        6 if bytes.get(3) == Some(&b':') => number(bytes, 4, 2)?,
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * i64::from((hours * 60 + minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORNING: i64 = 1_598_586_767_000_000;

    #[test]
    fn reads_the_four_formats() {
        for text in ["2020-08-28 03:52:47", "2020-08-28T03:52:47", "2020:08:28 03:52:47", "08/28/2020, 03:52:47"] {
            assert_eq!(parse_timestamp(text), Some(MORNING), "{text}");
        }
    }

    #[test]
    fn cuts_fractions_and_converts_zones() {
        assert_eq!(parse_timestamp("2020-08-28T03:52:47.5"), Some(MORNING + 500_000));
        assert_eq!(parse_timestamp("2020-08-28 03:52:47.123456789Z"), Some(MORNING + 123_456));
        for text in ["2020-08-28T05:52:47+02:00", "2020-08-28T05:52:47+0200", "2020-08-28 05:52:47+02"] {
            assert_eq!(parse_timestamp(text), Some(MORNING), "{text}");
        }
        assert_eq!(parse_timestamp("2020-08-27T22:22:47-05:30"), Some(MORNING));
        assert_eq!(parse_timestamp("1969-12-31T23:59:59.25"), Some(-750_000));
    }

    #[test]
    fn refuses_what_the_calendar_or_the_formats_lack() {
        for text in [
            "",
            "2020",
            "2020-08-28",
            "2020-02-30 00:00:00",
            "2019-02-29 00:00:00",
            "1900-02-29 00:00:00",
            "2020-13-01 00:00:00",
            "2020-00-01 00:00:00",
            "2020-01-00 00:00:00",
            "0000-01-01 00:00:00",
            "2020-08-28 24:00:00",
            "2020-08-28 00:60:00",
            "2020-08-28 00:00:60",
            "2020-08-28_03:52:47",
            "2020-08-28 03:52:47.",
            "2020-08-28 03:52:47.1234567890",
            "2020-08-28 03:52:47+2",
            "2020-08-28 03:52:47ZZ",
            "2020-08-28 03:52:47+02:0",
            "2020-08-28 03:52:47 ",
            "2020:08:28T03:52:47",
            "2020:08:28 03:52:47.5",
            "28/08/2020, 03:52:47",
            "08/28/2020 03:52:47",
            "08/28/2020, 03:52:47Z",
            "2020-8-28 03:52:47",
            "２020-08-28 03:52:47",
            "+020-08-28 03:52:47",
            "User Info Error",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
        assert!(parse_timestamp("2000-02-29 00:00:00").is_some());
    }

    #[test]
    fn agrees_with_chrono_on_every_day() {
        let mut day = chrono::NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let last = chrono::NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
        while day < last {
            let days = i32::try_from((day - epoch).num_days()).unwrap();
            assert_eq!(parse_date(&day.format("%Y-%m-%d").to_string()), Some(days));
            day += chrono::Duration::days(13);
        }
        assert_eq!(parse_date("2020-02-30"), None);
        assert_eq!(parse_date("2020-02-3"), None);
        assert_eq!(parse_date("2020-02-03 "), None);
    }
}
