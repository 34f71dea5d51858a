//! What earlier runs listed of a bucket's folders, as a listing takes it up and leaves it behind.
//!
//! Owns the questions to the cache, which block, and whether what it knows is still believed. Where the cache
//! fails it is turned off, and folders are listed in full.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::ascending;
use crate::cache::{Cache, KnownListing};
use crate::config::Relisting;
use crate::error::{Error, Result};
use crate::store::{Object, Store};

/// The known listings of one store.
#[derive(Clone, Debug)]
pub struct KnownListings {
    cache: Cache,
    relisting: Relisting,
    /// The store's identity.
    location: Arc<str>,
    io: Handle,
}

/// A known listing that can be gone on with.
#[derive(Debug)]
pub struct Known {
    /// When the whole was listed.
    pub listed_at: i64,
    /// What was listed, by key.
    pub objects: Vec<Arc<Object>>,
    /// How many of them need not be listed again.
    pub settled: usize,
    /// Where to go on: after every settled key, and before the others.
    pub start_after: String,
}

impl KnownListings {
    /// Those of `store`; none where it is cheaper, or not possible, to do without.
    pub fn of(store: &Store, cache: &Cache, relisting: Relisting, io: &Handle) -> Option<KnownListings> {
        let location = || store.identity().into();
        let known = || KnownListings { cache: cache.clone(), relisting, location: location(), io: io.clone() };
        store.lists_in_order().then(known)
    }

    /// Seconds since 1970, UTC.
    pub fn now(&self) -> i64 {
        self.cache.now()
    }

    /// What is known of `folder`, where that is young and its keys allow to go on after them.
    pub async fn find(&self, folder: &str) -> Option<Known> {
        if self.relisting == Relisting::Always {
            return None;
        }
        let (location, folder, relisting) = (Arc::clone(&self.location), folder.to_owned(), self.relisting);
        let find = move |cache: &Cache| {
            let Some(KnownListing { listed_at, objects }) = cache.known_listing(&location, &folder)? else {
                return Ok(None);
            };
            if !relisting.believes(cache.now().saturating_sub(listed_at)) {
                return Ok(None);
            }
            let Some(start_after) = ascending::start_after(&folder, &objects) else { return Ok(None) };
            let settled = objects.partition_point(|object| object.key <= start_after);
            Ok(Some(Known { listed_at, objects, settled, start_after }))
        };
        self.ask(find).await.flatten()
    }

    /// Keeps the whole listing of `folder`.
    pub async fn keep(&self, folder: &str, listed_at: i64, objects: Vec<Arc<Object>>) {
        let (location, folder) = (Arc::clone(&self.location), folder.to_owned());
        let listing = KnownListing { listed_at, objects };
        self.ask(move |cache| cache.keep_listing(&location, &folder, &listing)).await;
    }

    /// Forgets everything that is known of the store.
    pub async fn forget(&self) {
        let location = Arc::clone(&self.location);
        self.ask(move |cache| cache.forget_listings(&location)).await;
    }

    async fn ask<T: Send + 'static>(&self, question: impl FnOnce(&Cache) -> Result<T> + Send + 'static) -> Option<T> {
        let cache = self.cache.clone();
        let asked = self.io.spawn_blocking(move || question(&cache)).await;
        let answer = asked.unwrap_or_else(|error| Err(Error::bug("asking the cache failed").because(error)));
        answer.map_err(|error| self.cache.turn_off(error)).ok()
    }
}
