//! The objects that one scan reads: a walk over the snapshot that leaves out what its predicates rule out.
//!
//! Owns which folders are listed, and how deep. What a predicate rules out is `pruning`'s.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use datafusion::physical_plan::metrics::Count;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::sync::Mutex;

use super::folder::Folder;
use super::listing::{Depth, Page, SIDE_BY_SIDE};
use super::pruning::Pruning;
use super::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::store::{Object, Store};

/// Pages of objects as they are listed, those that are ruled out left out.
pub struct Selection {
    snapshot: Arc<Snapshot>,
    pages: Mutex<BoxStream<'static, Result<Page>>>,
}

/// What a walk counts.
#[derive(Clone, Debug, Default)]
pub struct SelectionCounts {
    /// Objects that were listed.
    pub objects_listed: Count,
    /// Of these, the ones that predicates ruled out.
    pub objects_pruned: Count,
    /// Folders that predicates ruled out; what is in them was not listed for this scan.
    pub folders_pruned: Count,
}

impl Selection {
    /// Every object.
    pub fn all(snapshot: Arc<Snapshot>) -> Selection {
        Selection::new(snapshot, None, SelectionCounts::default())
    }

    /// The objects that `pruning` does not rule out.
    pub fn new(snapshot: Arc<Snapshot>, pruning: Option<Arc<Pruning>>, counts: SelectionCounts) -> Selection {
        let walk =
            Arc::new(Walk { snapshot: Arc::clone(&snapshot), pruning, counts, left_out: AtomicBool::new(false) });
        let root = Arc::clone(snapshot.root());
        let ending = Arc::clone(&walk);
        let end = stream::once(async move { ending.end().await }).try_filter_map(|()| std::future::ready(Ok(None)));
        Selection { snapshot, pages: Mutex::new(walk.below(&root).chain(end).boxed()) }
    }

    /// Where the objects lie.
    pub fn store(&self) -> &Store {
        self.snapshot.store()
    }

    /// What a sample fetched of the object already.
    pub fn take_sampled(&self, object: &Object) -> Option<Bytes> {
        self.snapshot.take_sampled(object)
    }

    /// Takes an object that could not be read as a sign that the listing no longer holds.
    pub async fn distrust(&self) {
        self.snapshot.distrust().await;
    }

    /// The next page for whoever asks first; `None` is the end.
    pub async fn next(&self) -> Result<Option<Page>> {
        self.pages.lock().await.try_next().await
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}

struct Walk {
    snapshot: Arc<Snapshot>,
    pruning: Option<Arc<Pruning>>,
    counts: SelectionCounts,
    /// Whether a folder was left out, so that nothing is known of what it holds.
    left_out: AtomicBool,
}

impl Walk {
    fn below(self: &Arc<Self>, folder: &Folder) -> BoxStream<'static, Result<Page>> {
        let listing = folder.list(self.snapshot.lister(), self.depth(folder));
        let pages = stream::try_unfold((listing, 0_usize), |(listing, number)| async move {
            let page = listing.page(number).await?;
            Ok::<_, Error>(page.map(|page| (page, (listing, number.saturating_add(1)))))
        });
        let walk = Arc::clone(self);
        pages
            .map_ok(move |page| {
                let own = stream::iter([walk.objects(page.objects)]);
                let inner = Arc::clone(&walk);
                let below = stream::iter(walk.folders(&page.folders))
                    .map(move |folder| inner.below(&folder))
                    .flatten_unordered(SIDE_BY_SIDE);
                stream::select(own, below).boxed()
            })
            .try_flatten_unordered(2)
            .try_filter(|page| std::future::ready(!page.is_empty()))
            .boxed()
    }

    fn depth(&self, folder: &Folder) -> Depth {
        let decides = |pruning: &Arc<Pruning>| pruning.may_decide_below(folder, self.snapshot.known_layouts());
        match &self.pruning {
            _ if folder.path().is_empty() => Depth::Level,
            Some(pruning) if decides(pruning) => Depth::Level,
            _ => Depth::Below,
        }
    }

    fn objects(&self, page: Page) -> Result<Page> {
        self.counts.objects_listed.add(page.len());
        let Some(pruning) = &self.pruning else { return Ok(page) };
        let kept = pruning.objects(&page)?;
        self.counts.objects_pruned.add(page.len().saturating_sub(kept.len()));
        Ok(kept)
    }

    fn folders(&self, folders: &[Arc<Folder>]) -> Vec<Arc<Folder>> {
        let Some(pruning) = &self.pruning else { return folders.to_vec() };
        let kept = pruning.folders(folders);
        let left_out = folders.len().saturating_sub(kept.len());
        self.counts.folders_pruned.add(left_out);
        if left_out > 0 {
            self.left_out.store(true, Ordering::Relaxed);
        }
        kept
    }

    async fn end(&self) -> Result<()> {
        if !self.left_out.load(Ordering::Relaxed) && self.snapshot.is_empty() {
            return Err(self.snapshot.nothing_there().await);
        }
        Ok(())
    }
}
