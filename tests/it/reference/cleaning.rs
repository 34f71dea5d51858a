//! The cleaning rules, value by value.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

const SENTINELS: [&str; 7] = [
    "User Info Error",
    "No Title Data Available",
    "No description available Story format",
    "No description available",
    "Untitled",
    "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e",
    "Image src error.",
];

/// A trimmed text; nothing for an empty one and for a sentinel.
pub fn text(value: &Value) -> Option<String> {
    let trimmed = value.as_str()?.trim();
    let known = !trimmed.is_empty() && !SENTINELS.contains(&trimmed);
    known.then(|| trimmed.to_owned())
}

/// A follower count: digits, perhaps decimals, perhaps k, M or B, rounded half up to a whole number.
pub fn count(value: &Value) -> Option<i64> {
    let trimmed = value.as_str()?.trim();
    let (number, factor) = match trimmed.chars().last()? {
        'k' | 'K' => (&trimmed[..trimmed.len() - 1], 1_000_i128),
        'm' | 'M' => (&trimmed[..trimmed.len() - 1], 1_000_000),
        'b' | 'B' => (&trimmed[..trimmed.len() - 1], 1_000_000_000),
        _ => (trimmed, 1),
    };
    let (whole, decimals) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) {
        return None;
    }
    let digits: i128 = format!("{whole}{decimals}").parse().ok()?;
    let scale = 10_i128.checked_pow(decimals.len().try_into().ok()?)?;
    let rounded = (2 * digits.checked_mul(factor)? + scale) / (2 * scale);
    rounded.try_into().ok()
}

/// An instant in any of the four formats, in UTC where the text has a zone.
pub fn instant(value: &Value) -> Option<NaiveDateTime> {
    let trimmed = value.as_str()?.trim();
    if let Ok(zoned) = DateTime::parse_from_rfc3339(trimmed) {
        return Some(zoned.naive_utc());
    }
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", "%Y:%m:%d %H:%M:%S", "%m/%d/%Y, %H:%M:%S"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(trimmed, format).ok())
}

#[test]
fn counts_are_read_with_decimals_and_suffixes() {
    let read = |text: &str| count(&Value::from(text));
    assert_eq!(read("437"), Some(437));
    assert_eq!(read("0"), Some(0));
    assert_eq!(read(" 1.2k "), Some(1_200));
    assert_eq!(read("8M"), Some(8_000_000));
    assert_eq!(read("2.5"), Some(3));
    for wrong in ["", "k", "1.k", ".5k", "-1", "1,000", "User Info Error", "1kk"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn instants_are_read_in_four_formats() {
    let read = |text: &str| instant(&Value::from(text)).map(|instant| instant.to_string());
    let expected = Some("2020-08-28 03:52:47".to_owned());
    for text in [
        "2020-08-28 03:52:47",
        "2020-08-28T03:52:47",
        "2020-08-28T03:52:47.000Z",
        "2020-08-28T05:52:47+02:00",
        "2020:08:28 03:52:47",
        "08/28/2020, 03:52:47",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    assert_eq!(read("2020-13-41 25:61:00"), None);
}
