//! The objects of a scan one after another: as they are wanted, or walked ahead of their reading, so that their number
//! is known as early as the listing knows it.
//!
//! Owns the walk. Which objects there are is the selection's to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, Stream, TryStreamExt};
use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::scan::counters::{Counters, ListingUnderWay};
use crate::scan::objects::{Page, Selection};
use crate::store::Object;

/// How many bytes the objects of a walk have, as they are stored.
#[derive(Debug, Default)]
pub struct Volume {
    bytes: AtomicU64,
    is_settled: AtomicBool,
}

impl Volume {
    /// All of them, once the walk has come to its end.
    pub fn known(&self) -> Option<u64> {
        self.is_settled.load(Ordering::Acquire).then(|| self.bytes.load(Ordering::Relaxed))
    }

    pub fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn settle(&self) {
        self.is_settled.store(true, Ordering::Release);
    }
}

/// The objects of a selection, page after page as they are asked for.
pub(super) fn objects(selection: &Selection) -> impl Stream<Item = Result<Arc<Object>>> {
    of_pages(stream::try_unfold(
        (),
        move |()| async move { Ok::<_, Error>(selection.next().await?.map(|page| (page, ()))) },
    ))
}

/// The objects of a selection, which a task of its own walks and counts as fast as they are listed. Pages that wait cost
/// next to nothing: the snapshot holds their objects in any case.
pub(super) fn walk_ahead(
    selection: Arc<Selection>,
    counters: Arc<Counters>,
    listing: ListingUnderWay,
    volume: Arc<Volume>,
) -> impl Stream<Item = Result<Arc<Object>>> {
    let (sender, pages) = mpsc::unbounded_channel();
    let walk = SpawnedTask::spawn(async move {
        let _listing = listing;
        loop {
            let page = selection.next().await.transpose();
            match &page {
                Some(Ok(page)) => {
                    counters.add_selected(page.len() as u64);
                    volume.add((0..page.len()).map(|index| page[index].size).sum());
                }
                Some(Err(_)) => {}
                None => volume.settle(),
            }
            let is_last = !matches!(page, Some(Ok(_)));
            if page.is_none_or(|page| sender.send(page).is_err()) || is_last {
                return;
            }
        }
    });
    of_pages(stream::try_unfold((pages, Some(walk)), |(mut pages, mut walk)| async move {
        if let Some(page) = pages.recv().await {
            return Ok(Some((page?, (pages, walk))));
        }
        // A walk that broke must not pass for one that came to its end.
        if let Some(walk) = walk.take() {
            walk.join().await.map_err(|error| Error::bug("walking the objects failed").because(error))?;
        }
        Ok(None)
    }))
}

fn of_pages(pages: impl Stream<Item = Result<Page>>) -> impl Stream<Item = Result<Arc<Object>>> {
    pages.map_ok(|page| stream::iter((0..page.len()).map(move |index| Ok(Arc::clone(&page[index]))))).try_flatten()
}
