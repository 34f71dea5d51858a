//! Writing what others write, too: documents of one report, each under a condition.
//!
//! Owns their names, and telling a write that met its own first try from one that met another's.

use bytes::Bytes;

use crate::error::Result;
use crate::store::{Condition, Store, Version, Written};

/// The record of a run, within its folder.
pub const RUN_FILE: &str = "run.json";
/// On S3, within the folder of a run: its name is taken. It is the first object there and the last that goes, so that
/// who has read the list of names long ago can't take one that was used since.
pub const BEGUN_FILE: &str = ".pinq-begun";
/// A document's bytes, at most: a record names every object partition and check, and is far smaller.
pub const LARGEST_DOCUMENT: u64 = 32 << 20;

/// Writes a document that no other writer can have written alike where the condition holds. `None` means that it did
/// not hold.
///
/// A request that was answered too late is sent again by the client and then meets what its first try wrote: what stands
/// there tells.
pub async fn put(store: &Store, key: &str, bytes: Bytes, condition: Condition<'_>) -> Result<Option<Version>> {
    if let Written::Yes(version) = store.put_small(key, bytes.clone(), condition).await? {
        return Ok(Some(version));
    }
    let stands = store.get_small(key, LARGEST_DOCUMENT).await?;
    Ok(stands.filter(|stands| stands.bytes == bytes).map(|stands| stands.version))
}

/// Sixteen hexadecimal digits that nobody else has.
pub fn token() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes)
        .map_err(|error| crate::error::Error::bug("the system has no random numbers").because(error))?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}
