//! What earlier runs listed of a folder, so that the next one asks only for what came after.
//!
//! Owns how listings are kept. When one may be gone on with is for whoever lists to decide.

use std::sync::Arc;

use chrono::DateTime;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Cache, packed, room};
use crate::error::Result;
use crate::store::Object;

/// The listing of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownListing {
    /// Seconds since 1970, UTC, when all of it was listed the last time.
    pub listed_at: i64,
    /// Every key that was listed, whether or not it is data, ordered as the store orders keys.
    pub objects: Vec<Arc<Object>>,
}

/// As it is written: key, size, modified in nanoseconds, entity tag.
#[derive(Serialize, Deserialize)]
struct Written(String, u64, i64, Option<String>);

impl Cache {
    /// The listing of `folder` below the store that `location` tells from all others, if one is known.
    pub fn known_listing(&self, location: &str, folder: &str) -> Result<Option<KnownListing>> {
        let now = self.now();
        let found: Option<(i64, Vec<u8>)> = self.index()?.write(|transaction| {
            transaction.execute(
                "UPDATE listings SET last_used = ?3 WHERE location = ?1 AND folder = ?2",
                params![location, folder, now],
            )?;
            transaction
                .query_row(
                    "SELECT listed_at, objects FROM listings WHERE location = ?1 AND folder = ?2",
                    params![location, folder],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
        })?;
        let Some((listed_at, objects)) = found else { return Ok(None) };
        // One that is damaged is made anew.
        let Ok(written) = packed::unpack::<Vec<Written>>(&objects) else { return Ok(None) };
        let object = |Written(key, size, modified, etag)| {
            Arc::new(Object { key, size, modified: DateTime::from_timestamp_nanos(modified), etag })
        };
        Ok(Some(KnownListing { listed_at, objects: written.into_iter().map(object).collect() }))
    }

    /// Keeps a listing, where there is room for it, unless another process has listed the whole since.
    pub fn keep_listing(&self, location: &str, folder: &str, listing: &KnownListing) -> Result<()> {
        let written: Vec<Written> = listing
            .objects
            .iter()
            .map(|object| {
                let modified = object.modified.timestamp_nanos_opt().unwrap_or_default();
                Written(object.key.clone(), object.size, modified, object.etag.clone())
            })
            .collect();
        let objects = packed::pack(&written)?;
        let (index, now, most) = (self.index()?, self.now(), self.max_bytes());
        index.write(|transaction| {
            // One from the future was kept by another clock, and says nothing.
            let is_newer = transaction
                .query_row(
                    "SELECT 1 FROM listings WHERE location = ?1 AND folder = ?2 AND listed_at > ?3 AND listed_at <= ?4",
                    params![location, folder, listing.listed_at, now],
                    |_| Ok(()),
                )
                .optional()?;
            if is_newer.is_some() {
                return Ok(());
            }
            transaction
                .execute("DELETE FROM listings WHERE location = ?1 AND folder = ?2", params![location, folder])?;
            if room::make_room(&index, transaction, objects.len() as u64, most)? {
                transaction.execute(
                    "INSERT INTO listings (location, folder, listed_at, objects, last_used) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![location, folder, listing.listed_at, objects, now],
                )?;
            }
            Ok(())
        })
    }

    /// Forgets what is known of every folder of a store, so that each is listed in full.
    pub fn forget_listings(&self, location: &str) -> Result<()> {
        self.index()?.write(|transaction| {
            transaction.execute("DELETE FROM listings WHERE location = ?1", params![location])?;
            Ok(())
        })
    }
}
