//! Numbers as people read them.
//!
//! Owns the spelling of counts, sizes and durations on standard error. Data formats never use it.

use std::time::Duration;

use chrono::DateTime;

/// A count with separators: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun: `1 row`, `2 rows`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A size in powers of 1,000: `999 B`, `1.5 KB`, `312 KB`, `4.0 GB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut scaled = number as f64 / 1000.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // Rounding comes first, so that 999,999 bytes are 1.0 MB and not 1000 KB.
        if scaled < 999.5 {
            break;
        }
        scaled /= 1000.0;
        unit = larger;
    }
    if scaled < 9.95 { format!("{scaled:.1} {unit}") } else { format!("{scaled:.0} {unit}") }
}

/// A duration in its two most telling digits or units: `8 ms`, `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = time.as_secs();
    match seconds {
        _ if seconds < 0.0995 => format!("{:.0} ms", seconds * 1000.0),
        _ if seconds < 9.995 => format!("{seconds:.2} s"),
        _ if seconds < 59.95 => format!("{seconds:.1} s"),
        _ if whole < 3600 => format!("{} min {:02} s", whole.max(60) / 60, whole.max(60) % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// An instant, given in seconds since 1970, UTC: `2026-11-22 19:43:10`.
pub fn moment(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map(|moment| moment.format("%F %T").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!([0, 1_700_000_000].map(moment), ["1970-01-01 00:00:00", "2023-11-14 22:13:20"]);
        assert_eq!(moment(i64::MAX), "");
    }

    #[test]
    fn counts() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(60_000, "row", "rows"), "60,000 rows");
    }

    #[test]
    fn sizes() {
        assert_eq!([0, 999, 1500, 312_000, 999_999].map(bytes), ["0 B", "999 B", "1.5 KB", "312 KB", "1.0 MB"]);
        assert_eq!(bytes(u64::MAX), "18 EB");
    }

    #[test]
    fn durations() {
        let texts =
            [0.008, 0.42, 12.34, 59.99, 185.0, 7620.0].map(|seconds| duration(Duration::from_secs_f64(seconds)));
        assert_eq!(texts, ["8 ms", "0.42 s", "12.3 s", "1 min 00 s", "3 min 05 s", "2 h 07 min"]);
    }
}
