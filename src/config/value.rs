//! Texts of the configuration that stand for numbers: spans of time, sizes and amounts of memory.
//!
//! Owns their grammar. It must not know which setting a text belongs to.

use std::time::Duration;

/// Reads `30s`, `500ms`, `2m`, `1h`; no time at all is wrong. The error is a fragment that says so.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    parse_age(text).and_then(|duration| if duration.is_zero() { Err(no_duration(text)) } else { Ok(duration) })
}

/// Reads a duration such as `30s` or `1h`, and `0s`.
pub fn parse_age(text: &str) -> Result<Duration, String> {
    let expected = || no_duration(text);
    let (number, unit) = split_number(text);
    let number: u64 = number.parse().map_err(|_| expected())?;
    let millis_per_unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(expected()),
    };
    number.checked_mul(millis_per_unit).map(Duration::from_millis).ok_or_else(expected)
}

fn no_duration(text: &str) -> String {
    format!("`{text}` is no span of time; write `30s`, `500ms`, `2m` or `1h`")
}

/// Reads `2GiB`, `512MB`, `64KiB`, or `60%` of `whole` bytes. The error is a fragment that says what
/// is wrong.
pub fn parse_memory(text: &str, whole: u64) -> Result<u64, String> {
    let expected = || format!("`{text}` is no amount of memory; write `2GiB`, `512MB` or `60%`");
    let (number, unit) = split_number(text);
    if unit == "%" {
        let percent: u64 = number.parse().map_err(|_| expected())?;
        return if (1..=100).contains(&percent) { Ok(percent_of(whole, percent)) } else { Err(expected()) };
    }
    bytes_of(number, unit).ok_or_else(expected)
}

/// Reads `64MiB`, `2GB`, `512KiB`. The error is a fragment that says what is wrong.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split_number(text);
    bytes_of(number, unit).ok_or_else(|| format!("`{text}` is no size; write `64MiB`, `2GB` or `512KiB`"))
}

fn bytes_of(number: &str, unit: &str) -> Option<u64> {
    let bytes_per_unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "tib" | "t" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(bytes_per_unit).filter(|bytes| *bytes > 0)
}

/// `percent` (0 to 100) of `whole`, rounded down.
pub fn percent_of(whole: u64, percent: u64) -> u64 {
    u64::try_from(u128::from(whole) * u128::from(percent) / 100).unwrap_or(whole)
}

fn split_number(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spans_of_time() {
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("500 ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_age("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_age("1h"), Ok(Duration::from_secs(3600)));
        for wrong in ["", "30", "s", "0s", "1 day", "-1s", "99999999999999999999s", "18446744073709551615h"] {
            assert!(parse_duration(wrong).unwrap_err().contains("`30s`"), "{wrong}");
        }
    }

    #[test]
    fn reads_sizes() {
        assert_eq!(parse_size("64MiB"), Ok(64 << 20));
        for wrong in ["", "64", "60%", "0KiB"] {
            assert!(parse_size(wrong).unwrap_err().contains("`64MiB`"), "{wrong}");
        }
    }

    #[test]
    fn reads_amounts_of_memory() {
        assert_eq!(parse_memory("2GiB", 0), Ok(2 << 30));
        assert_eq!(parse_memory("512 MB", 0), Ok(512_000_000));
        assert_eq!(parse_memory("60%", 1000), Ok(600));
        for wrong in ["", "2", "GiB", "0%", "101%", "0MB", "1.5GiB", "99999999TiB"] {
            assert!(parse_memory(wrong, 1000).is_err(), "{wrong}");
        }
    }
}
