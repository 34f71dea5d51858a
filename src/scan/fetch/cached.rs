//! What the cache holds, on its way to the decoders: instead of objects, and within the same budget.
//!
//! Owns reading the files of the cache. A damaged one is dropped, and its objects are fetched.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use futures::{Stream, StreamExt, TryStreamExt, stream};

use super::budget::Lane;
use super::feed::Fetcher;
use super::pack::Load;
use super::wanted::Rows;
use crate::cache::SegmentBytes;
use crate::error::{Error, Result};
use crate::scan::cached::{CachedRows, Caching, Coverage, cover, set_flags, without};
use crate::store::Object;

/// Files of the cache that are checked at once.
const READERS: usize = 2;

impl Fetcher {
    /// Finds out what the cache holds for the scan.
    pub(super) async fn look_into_cache(&self) {
        if let Some(caching) = &self.caching {
            let caching = Arc::clone(caching);
            let coverage = tokio::task::spawn_blocking(move || caching.coverage()).await.ok().flatten();
            *self.coverage() = coverage;
        }
    }

    /// The objects that the cache does not hold; the others are taken note of.
    pub(super) fn uncovered(
        &self,
        objects: impl Stream<Item = Result<Arc<Object>>>,
    ) -> impl Stream<Item = Result<Arc<Object>>> {
        objects.try_filter_map(|object| {
            let is_covered = self.coverage().as_mut().is_some_and(|coverage| coverage.take(&object));
            std::future::ready(Ok((!is_covered).then_some(object)))
        })
    }

    /// Sends the rows of the objects that were taken note of; gives those that have to be fetched all the same.
    pub(super) async fn send_cached(&self) -> Result<Vec<Arc<Object>>> {
        let Some(caching) = &self.caching else { return Ok(Vec::new()) };
        let mut all = self.coverage().as_mut().map(Coverage::rows).unwrap_or_default();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let is_all = self.wanted.rows == Rows::All && !self.has_fetched.load(Ordering::Relaxed);
        let flags = if is_all { self.flags(caching, &all).await } else { None };
        // Before anything is sent where one lost file would make what was sent of others wrong: the pieces of an
        // object go together, and so do the flags of all rows.
        let together = |rows: &&CachedRows| flags.is_some() || rows.pieces.iter().any(|piece| !piece.is_whole);
        let checks = all.iter().filter(together).map(|rows| (rows.segment, rows.checking())).collect();
        let mut gone = damaged(checks).await?;
        let mut again = without(&mut all, &gone);
        let flags = flags.filter(|_| gone.is_empty());
        let has_flags = flags.is_some();
        if let Some(flags) = flags {
            set_flags(&mut all, flags);
        }
        let ruling = Arc::clone(caching);
        let work = move || {
            let ruled_out = ruling.rule_out(&mut all);
            (all, ruled_out)
        };
        let (all, ruled_out) = tokio::task::spawn_blocking(work).await.map_err(reading_failed)?;
        self.metrics.segments_pruned.add(ruled_out);
        let mut objects = 0;
        for mut rows in all {
            rows.permit = Some(self.budget.reserve(Lane::Decoding, rows.needed_bytes()).await?);
            let (rows, bytes) = read(rows).await?;
            match bytes {
                Ok(bytes) => {
                    objects += rows.objects() as u64;
                    self.counters.add_cached(rows.objects() as u64, rows.count());
                    self.metrics.cached.add(rows.objects());
                    self.hand_on(Load::Cached { rows: Box::new(rows), bytes }).await?;
                }
                Err(_) if !has_flags && rows.pieces.iter().all(|piece| piece.is_whole) => {
                    gone.insert(rows.segment);
                    again.extend(rows.pieces.into_iter().map(|piece| piece.object));
                }
                Err(error) => return Err(error.hint("run it again: what is damaged is fetched again then")),
            }
        }
        let caching = Arc::clone(caching);
        let told = tokio::task::spawn_blocking(move || {
            for segment in &gone {
                caching.forget(*segment);
            }
            // How often it was of use is of interest, and no more than that.
            let _ = caching.space().count_hits(objects);
        });
        told.await.map_err(reading_failed)?;
        Ok(again)
    }

    async fn flags(&self, caching: &Arc<Caching>, all: &[CachedRows]) -> Option<crate::cache::Flags> {
        let (caching, cover) = (Arc::clone(caching), cover(all));
        tokio::task::spawn_blocking(move || caching.flags(&cover)).await.ok().flatten()
    }

    fn coverage(&self) -> std::sync::MutexGuard<'_, Option<Coverage>> {
        self.coverage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of these, the segments whose files are not as they were written.
async fn damaged(checks: Vec<(i64, impl FnOnce() -> Result<()> + Send + 'static)>) -> Result<HashSet<i64>> {
    let mut checked = stream::iter(checks)
        .map(|(segment, check)| {
            let checking = tokio::task::spawn_blocking(move || check().is_err());
            async move { Ok::<_, Error>((segment, checking.await.map_err(reading_failed)?)) }
        })
        .buffer_unordered(READERS);
    let mut damaged = HashSet::new();
    while let Some((segment, is_damaged)) = checked.try_next().await? {
        if is_damaged {
            damaged.insert(segment);
        }
    }
    Ok(damaged)
}

async fn read(rows: CachedRows) -> Result<(CachedRows, Result<SegmentBytes>)> {
    let work = move || {
        let bytes = rows.read();
        (rows, bytes)
    };
    tokio::task::spawn_blocking(work).await.map_err(reading_failed)
}

fn reading_failed(error: tokio::task::JoinError) -> Error {
    Error::bug("a reading task failed").because(error)
}
