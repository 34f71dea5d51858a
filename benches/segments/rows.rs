//! Deterministic rows shaped like the three topics, made where no file is given.
//!
//! It owns how many different values a column has, on which a format's size and speed depend. It must not time anything.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};

use crate::categories::CATEGORIES;

/// How many posters there are, of whom each one writes about as much as any other.
const POSTERS: u64 = 200_000;

/// The columns of the posts that the questions need.
pub fn pins(rows: usize) -> RecordBatch {
    batch([
        ("index", keys(rows)),
        ("follower_count", texts(rows, 2, followers)),
        ("poster_name", texts(rows, 3, |at| person(at % POSTERS))),
        ("category", texts(rows, 4, category)),
    ])
}

pub fn places(rows: usize) -> RecordBatch {
    let country = |at| format!("Country {:03}", at % 244);
    batch([("ind", keys(rows)), ("timestamp", texts(rows, 2, moment)), ("country", texts(rows, 3, country))])
}

pub fn users(rows: usize) -> RecordBatch {
    batch([
        ("ind", keys(rows)),
        ("first_name", texts(rows, 2, |at| word(at % 736))),
        ("last_name", texts(rows, 3, |at| word(at % 736))),
        ("age", numbers(rows, |row| 18 + mixed(row ^ 4) % 50)),
        ("date_joined", texts(rows, 5, moment)),
    ])
}

/// Fingerprints that are kept as two integers each, to compare with those that every table has as 16 bytes.
pub fn halves(rows: usize) -> RecordBatch {
    batch([("low", numbers(rows, mixed)), ("high", numbers(rows, |row| mixed(!row)))])
}

/// The posts with all columns.
pub fn wide_pins(rows: usize) -> RecordBatch {
    let link = |at| format!("https://i.pinimg.com/originals/{:016x}{:016x}.jpg", mixed(at), mixed(!at));
    let unique = |at| format!("{:08x}-0798-4634-a71d-{:012x}", at >> 32, mixed(at) >> 16);
    let kind = |at: u64| ["image", "video", "multi-video(story page format)"][(at % 3) as usize].to_owned();
    batch([
        ("index", keys(rows)),
        ("unique_id", texts(rows, 5, unique)),
        ("title", texts(rows, 6, |at| words(at, 3 + at % 8, " "))),
        ("description", texts(rows, 7, |at| words(at, 5 + at % 80, " "))),
        ("poster_name", texts(rows, 3, |at| person(at % POSTERS))),
        ("follower_count", texts(rows, 2, followers)),
        ("tag_list", texts(rows, 8, |at| words(at, 8, ","))),
        ("is_image_or_video", texts(rows, 9, kind)),
        ("image_src", texts(rows, 10, link)),
        ("downloaded", numbers(rows, |_| 1)),
        ("save_location", texts(rows, 4, |at| format!("Local save in /data/{}", category(at)))),
        ("category", texts(rows, 4, category)),
    ])
}

/// The same bits for the same number, each as likely to be set as not (SplitMix64).
pub fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

fn batch<const COLUMNS: usize>(columns: [(&str, ArrayRef); COLUMNS]) -> RecordBatch {
    RecordBatch::try_from_iter(columns.map(|(name, column)| (name, column))).expect("the columns have one length")
}

/// A partition of three holds every third post.
fn keys(rows: usize) -> ArrayRef {
    numbers(rows, |row| row * 3)
}

fn numbers(rows: usize, number: impl Fn(u64) -> u64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values((0..rows as u64).map(|row| number(row) as i64)))
}

fn texts(rows: usize, column: u64, text: impl Fn(u64) -> String) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values((0..rows as u64).map(|row| text(mixed(row ^ (column << 40))))))
}

fn category(at: u64) -> String {
    CATEGORIES[(at % 13) as usize].to_owned()
}

fn followers(at: u64) -> String {
    match (at % 4, at / 4 % 1000) {
        (0, number) => number.to_string(),
        (1, number) => format!("{}M", number / 100),
        (_, number) => format!("{number}k"),
    }
}

fn moment(at: u64) -> String {
    let (year, month, day) = (2015 + at % 8, 1 + at / 8 % 12, 1 + at / 96 % 28);
    let (hour, minute, second) = (at / 2688 % 24, at / 64_512 % 60, at / 3_870_720 % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn person(at: u64) -> String {
    format!("{} {}", word(at), word(mixed(at)))
}

fn words(at: u64, count: u64, between: &str) -> String {
    let words: Vec<_> = (0..count).map(|which| word(mixed(at ^ which) % 2000)).collect();
    words.join(between)
}

/// Two to ten letters, capital first.
fn word(at: u64) -> String {
    let bits = mixed(at);
    let letter = |position: u64| (b'a' + (bits.rotate_right(6 * position as u32) % 26) as u8) as char;
    let mut word: String = (0..2 + bits % 9).map(letter).collect();
    word[..1].make_ascii_uppercase();
    word
}
