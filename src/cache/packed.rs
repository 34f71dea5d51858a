//! The form of the larger values that the index holds: JSON, compressed, with a checksum.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Keys of a landing are so alike that the fastest level makes a tenth of them.
const LEVEL: i32 = 1;

/// The value as bytes.
pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Error::bug("the cache's index could not be encoded").because(error);
    let text = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
    let packed = || {
        let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
        // The database has none, and a digit that flipped would name other rows.
        encoder.include_checksum(true)?;
        encoder.write_all(&text)?;
        encoder.finish()
    };
    packed().map_err(failed)
}

/// The value that [`pack`] made bytes of.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let failed = |error: std::io::Error| Error::statement("the cache's index could not be decoded").because(error);
    let text = zstd::decode_all(bytes).map_err(failed)?;
    serde_json::from_slice(&text).map_err(|error| failed(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_noticed_or_says_nothing() {
        let value: Vec<u32> = (0..500).map(|n| n * n % 97).collect();
        let packed = pack(&value).unwrap();
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // A few bits of the frame's head mean nothing.
            assert!(unpack::<Vec<u32>>(&damaged).map_or(true, |unpacked| unpacked == value), "bit {bit}");
        }
    }
}
