//! Timestamps and dates from text, held against another calendar.

use chrono::{NaiveDate, NaiveDateTime};

use crate::timestamp::{parse_date, parse_timestamp};

/// Any text, and the texts that a moment made of the first bytes has in each format.
pub fn check(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_text(text);
    }
    if let Some((moment, rest)) = bytes.split_first_chunk::<8>() {
        check_formats(*moment, rest);
    }
}

/// What is read is what the other calendar reads.
fn check_text(text: &str) {
    if let Some(days) = parse_date(text) {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").expect("the other calendar has the date");
        assert_eq!(i64::from(days), date.and_hms_opt(0, 0, 0).expect("midnight").and_utc().timestamp() / 86_400);
    }
    let Some(micros) = parse_timestamp(text) else { return };
    let Some(plain) = text.get(..19).filter(|_| text.as_bytes()[4] == b'-') else { return };
    let format = if plain.as_bytes()[10] == b'T' { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    let moment = NaiveDateTime::parse_from_str(plain, format).expect("the other calendar has the moment");
    let distance = (moment.and_utc().timestamp_micros() - micros).unsigned_abs();
    // A fraction of a second, and a zone of less than a day.
    assert!(distance < 86_401_000_000, "`{text}` is {micros}");
    if text.len() == 19 {
        assert_eq!(distance, 0, "`{text}` is {micros}");
    }
}

/// A moment in each of the four formats is read, with a fraction and a zone where the format has them.
fn check_formats(moment: [u8; 8], rest: &[u8]) {
    let [year, year_low, month, day, hour, minute, second, zone] = moment.map(u32::from);
    let year = (year * 256 + year_low) % 9999 + 1;
    let (month, day) = (month % 14, day % 33);
    let (hour, minute, second) = (hour % 24, minute % 60, second % 60);
    let date = NaiveDate::from_ymd_opt(year as i32, month, day);
    let expected = date.and_then(|date| date.and_hms_opt(hour, minute, second)).map(|moment| moment.and_utc());
    let expected = expected.map(|moment| moment.timestamp_micros());
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    for text in [
        format!("{year:04}-{month:02}-{day:02} {clock}"),
        format!("{year:04}-{month:02}-{day:02}T{clock}Z"),
        format!("{year:04}:{month:02}:{day:02} {clock}"),
        format!("{month:02}/{day:02}/{year:04}, {clock}"),
    ] {
        assert_eq!(parse_timestamp(&text), expected, "`{text}`");
    }
    let digits: String = rest.iter().take(9).map(|byte| char::from(b'0' + byte % 10)).collect();
    let offset = i64::from(zone % 24) * 3600 + i64::from(zone % 60) * 60;
    let (sign, signed) = if zone % 2 == 0 { ('+', offset) } else { ('-', -offset) };
    let text = format!(
        "{year:04}-{month:02}-{day:02}T{clock}{}{digits}{sign}{:02}:{:02}",
        if digits.is_empty() { "" } else { "." },
        zone % 24,
        zone % 60
    );
    let micros: i64 = format!("{digits:0<6}")[..6].parse().expect("six digits");
    let expected = expected.map(|moment| moment + micros - signed * 1_000_000);
    assert_eq!(parse_timestamp(&text), expected, "`{text}`");
}
