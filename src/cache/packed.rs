//! The form of the larger values that the index holds: JSON, compressed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Keys of a landing are so alike that the fastest level makes a tenth of them.
const LEVEL: i32 = 1;

/// The value as bytes.
pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Error::bug("the cache's index could not be encoded").because(error);
    let text = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
    zstd::encode_all(text.as_slice(), LEVEL).map_err(failed)
}

/// The value that [`pack`] made bytes of.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let failed = |error: std::io::Error| Error::statement("the cache's index could not be decoded").because(error);
    let text = zstd::decode_all(bytes).map_err(failed)?;
    serde_json::from_slice(&text).map_err(|error| failed(error.into()))
}
