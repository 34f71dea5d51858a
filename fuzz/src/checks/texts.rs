//! Texts to what they mean: numbers, moments, and keys of objects.

use super::{landing_key, number, timestamp};

/// The first byte says what the rest is read as: in seeds `0` a number, `1` a moment, `2` a key.
pub fn check(bytes: &[u8]) {
    let [choice, text @ ..] = bytes else { return };
    match choice % 3 {
        0 => number::check(text),
        1 => timestamp::check(text),
        _ => landing_key::check(text),
    }
}
