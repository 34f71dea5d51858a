//! Texts to what they mean: numbers and moments.

use super::{number, timestamp};

/// The first byte says what the rest is read as: in seeds `0` a number, `1` a moment.
pub fn check(bytes: &[u8]) {
    let [choice, text @ ..] = bytes else { return };
    match choice % 2 {
        0 => number::check(text),
        _ => timestamp::check(text),
    }
}
