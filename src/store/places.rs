//! Places in a long listing from which it can go on at several points at once.
//!
//! A service gives a thousand keys an answer, and the next answer goes on where the one before ended: many keys are many
//! round trips. But a sink numbers its objects, so that the keys of one page tell about where the keys of later pages
//! lie. Owns that guess, and what of a page lies before a place. A guess that is wrong costs requests, never keys: whoever
//! lists reads each range to its end.

use super::{FULL_PAGE, Object};

/// Of the keys of a full page those that a range is to hold, so that one page reaches beyond it where keys lie a little
/// closer.
const OF_A_RANGE: u64 = FULL_PAGE as u64 / 8 * 7;
/// A line through fewer keys says too little.
const FEWEST: usize = 16;

/// The number within a key by which it is sorted among its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Numbered<'a> {
    /// What stands before the number.
    before: &'a str,
    /// Digits of the number, zeros in front included.
    width: usize,
    number: u64,
}

impl<'a> Numbered<'a> {
    /// Of a key's last digits.
    fn of(key: &'a str) -> Option<Numbered<'a>> {
        let end = key.rfind(|c: char| c.is_ascii_digit())?.checked_add(1)?;
        let key = key.get(..end)?;
        let before = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = key.get(before.len()..)?;
        Some(Numbered { before, width: digits.len(), number: digits.parse().ok()? })
    }

    fn continues(&self, other: &Numbered<'_>) -> bool {
        self.before == other.before && self.width == other.width && self.number < other.number
    }
}

/// Up to `most` places behind the last key of a page, in order, with somewhat less than a page between each and the one
/// before; none where the keys tell nothing.
pub fn places(page: &[Object], most: usize) -> Vec<String> {
    let Some(last) = page.last().and_then(|object| Numbered::of(&object.key)) else { return Vec::new() };
    let numbered = page.iter().rev().skip(1).map_while(|object| Numbered::of(&object.key));
    let neighbours: Vec<_> = numbered.take_while(|key| key.continues(&last)).collect();
    let (Some(first), true) = (neighbours.last(), neighbours.len() >= FEWEST) else { return Vec::new() };
    let (span, keys) = (last.number.saturating_sub(first.number), neighbours.len() as u64);
    let stride = (span.saturating_mul(OF_A_RANGE) / keys).max(1);
    let numbers =
        (1..=most as u64).map_while(|place| last.number.checked_add(1)?.checked_add(stride.checked_mul(place)?));
    let places = numbers.map(|number| format!("{}{number:0width$}", last.before, width = last.width));
    // A number of more digits is sorted elsewhere.
    places.take_while(|place| place.len() == last.before.len().saturating_add(last.width)).collect()
}

/// How many keys of a page lie before the place or at it; all of them where they are in no order.
pub fn up_to(page: &[Object], place: &str) -> usize {
    if !is_in_order(page) {
        return page.len();
    }
    page.partition_point(|object| object.key.as_str() <= place)
}

/// Whether the page is in order and all of it lies beyond the place.
pub fn is_beyond(page: &[Object], place: &str) -> bool {
    page.first().is_none_or(|first| first.key.as_str() > place) && is_in_order(page)
}

/// Not every service gives keys in their order.
fn is_in_order(page: &[Object]) -> bool {
    page.is_sorted_by(|a, b| a.key < b.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: impl IntoIterator<Item = String>) -> Vec<Object> {
        let object = |key| Object { key, size: 1, modified: Default::default(), etag: None };
        keys.into_iter().map(object).collect()
    }

    fn sink(partition: usize, numbers: impl IntoIterator<Item = u64>) -> impl Iterator<Item = String> {
        numbers.into_iter().map(move |number| format!("partition={partition}/a.pin+{partition}+{number:010}.json.gz"))
    }

    #[test]
    fn places_go_on_as_the_numbers_of_the_last_folder_do() {
        let mixed = page(sink(0, 0..900).chain(sink(1, (0..100).map(|number| number * 3))));
        let expected: Vec<String> =
            (1..=3).map(|place| format!("partition=1/a.pin+1+{:010}", 298 + place * 2_625)).collect();
        assert_eq!(places(&mixed, 3), expected);
        assert_eq!(places(&mixed, 0), [""; 0]);
    }

    #[test]
    fn keys_that_tell_nothing_give_no_place() {
        for keys in [
            Vec::new(),
            vec!["a".to_owned()],
            sink(0, 0..10).collect(),
            (10..99).map(|number| format!("{number}/fixed-7.json")).collect(),
            // Not padded, so the order of the keys is not the order of the numbers.
            (0..=10).map(|number| format!("a-{number}")).collect(),
            (0..99).map(|number| format!("{}.json", char::from(b'a' + number % 26))).collect(),
        ] {
            assert_eq!(places(&page(keys.clone()), 4), [""; 0], "{keys:?}");
        }
    }

    #[test]
    fn places_end_where_the_digits_do() {
        let full = page((5_000..6_000).map(|number| format!("a{number}.json")));
        assert_eq!(places(&full, 8), ["a6875", "a7750", "a8625", "a9500"]);
        let last = page((u64::MAX - 99..=u64::MAX).map(|number| format!("a{number}")));
        assert_eq!(places(&last, 8), [""; 0]);
    }

    #[test]
    fn what_lies_before_and_beyond_a_place() {
        let mut keys = page(sink(0, 0..10));
        let place = "partition=0/a.pin+0+0000000004";
        assert!(!is_beyond(&keys, place) && is_beyond(&keys[4..], place) && is_beyond(&[], place));
        assert_eq!((up_to(&keys, place), up_to(&keys, "z"), up_to(&keys, "")), (4, 10, 0));
        keys.reverse();
        assert!(!is_beyond(&keys, "") && up_to(&keys, place) == 10);
    }
}
