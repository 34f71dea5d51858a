//! The objects of one table, each folder listed once at the most: every statement of a run sees the
//! same ones.
//!
//! Owns the tree of folders as it is explored. The location's own level is listed at once; what lies
//! below is listed when a scan first needs it: flat, or level by level where a predicate may leave
//! folders out. Scans read pages while later ones are on their way, so that GET overlaps LIST. It must
//! not look into an object.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::try_join_all;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};

pub use super::listing::{Page, SnapshotTotals};

use super::folder::{Folder, Layout, layout_of};
use super::known::KnownListings;
use super::listing::{Depth, Lister, SIDE_BY_SIDE};
use super::selection::Selection;
use crate::error::{Error, Result};
use crate::store::{Object, Store, StoreKind, Stores};

/// Kinds of folders of which one is looked into for the names of those below.
const KINDS: usize = 4;

/// The listings of a run. Dropping it stops those under way.
#[derive(Debug)]
pub struct Snapshot {
    stores: Stores,
    lister: Lister,
    root: Arc<Folder>,
    layouts: OnceCell<Vec<Layout>>,
    /// Small objects that a sample fetched, by key, until a scan takes them.
    sampled: Mutex<HashMap<String, Bytes>>,
    /// That it was listed for the planner's sake, or that this took too long.
    listed_soon: OnceCell<()>,
}

/// How long a plan waits for a disk to be listed.
const SOON: Duration = Duration::from_millis(50);

/// A larger object that was sampled is fetched again.
const SAMPLED_BYTES: u64 = 64 << 10;

impl Snapshot {
    /// The objects of `store`, listed on the I/O runtime; starts with the location's own level.
    /// Where earlier runs listed folders and `known` has it, those are gone on with.
    pub fn start(stores: Stores, store: Store, io: &Handle, known: Option<KnownListings>) -> Snapshot {
        let permits = Arc::new(Semaphore::new(SIDE_BY_SIDE));
        let lister = Lister { store, io: io.clone(), permits, known };
        let root = Arc::new(Folder::new(String::new()));
        root.list(&lister, Depth::Level);
        Snapshot {
            stores,
            lister,
            root,
            layouts: OnceCell::new(),
            sampled: Mutex::default(),
            listed_soon: OnceCell::new(),
        }
    }

    /// Takes an object that could not be read as a sign that what earlier runs listed holds no more, so that the next
    /// run lists anew what may have been replaced or deleted.
    pub async fn distrust(&self) {
        if let Some(known) = &self.lister.known {
            known.forget().await;
        }
    }

    /// Keeps what a sample fetched of an object whose every byte costs a request, where it is small.
    pub fn keep_sampled(&self, object: &Object, bytes: &Bytes) {
        if self.store().kind() == StoreKind::S3 && object.size <= SAMPLED_BYTES {
            let mut sampled = self.sampled.lock().unwrap_or_else(PoisonError::into_inner);
            sampled.insert(object.key.clone(), bytes.clone());
        }
    }

    /// What a sample fetched of the object, for the first scan that asks.
    pub fn take_sampled(&self, object: &Object) -> Option<Bytes> {
        self.sampled.lock().unwrap_or_else(PoisonError::into_inner).remove(&object.key)
    }

    /// Where the objects lie.
    pub fn store(&self) -> &Store {
        &self.lister.store
    }

    /// How listings of it run.
    pub(super) fn lister(&self) -> &Lister {
        &self.lister
    }

    /// The location itself.
    pub(super) fn root(&self) -> &Arc<Folder> {
        &self.root
    }

    /// Lists everything and gives all of its pages.
    pub async fn pages(self: &Arc<Self>) -> Result<Vec<Page>> {
        let all = Selection::all(Arc::clone(self));
        let mut pages = Vec::new();
        while let Some(page) = all.next().await? {
            pages.push(page);
        }
        Ok(pages)
    }

    /// Lists everything, where a disk does that in no time: a planner that knows how large tables are makes a better
    /// plan. A store at a distance is read while it is listed. Plans that are made side by side wait for it together, so
    /// that all of them know the same.
    pub async fn list_soon(self: &Arc<Self>) {
        if self.store().kind() == StoreKind::Disk {
            let listing = self.listed_soon.get_or_init(|| async {
                // Whatever is wrong is told by the scan, which lists the same.
                let _untold = tokio::time::timeout(SOON, self.pages()).await;
            });
            listing.await;
        }
    }

    /// How folders are nested: looked up in the first folder of each name, one page of keys each. That
    /// page is a part of the folder's listing, so a scan of everything asks for no more because of it.
    pub async fn layouts(&self) -> Result<&[Layout]> {
        let layouts = self.layouts.get_or_try_init(|| async {
            let Some(top) = self.root.list(&self.lister, Depth::Level).page(0).await? else { return Ok(Vec::new()) };
            let mut kinds: BTreeMap<&str, &Arc<Folder>> = BTreeMap::new();
            for folder in top.folders.iter() {
                let name = folder.names().first().map_or("", |folder| folder.name.as_str());
                // What begins so is another tool's bookkeeping far more often than data.
                if name.is_empty() && folder.path().starts_with(['_', '.']) {
                    continue;
                }
                let first = kinds.entry(name).or_insert(folder);
                if folder.path() < first.path() {
                    *first = folder;
                }
            }
            let looks = kinds.into_values().take(KINDS).map(|folder| async {
                let page = folder.look(&self.lister).page(0).await?;
                let keys = page.map(|page| page.objects).unwrap_or_default();
                let mut layouts: Vec<Layout> = keys.iter().map(|object| layout_of(&object.key)).collect();
                layouts.dedup();
                layouts.push(folder.names().iter().map(|folder| folder.name.clone()).collect());
                Ok::<_, Error>(layouts)
            });
            let mut layouts: Vec<Layout> = Vec::new();
            for layout in try_join_all(looks).await?.into_iter().flatten() {
                if !layouts.contains(&layout) {
                    layouts.push(layout);
                }
            }
            Ok::<_, Error>(layouts)
        });
        Ok(layouts.await?)
    }

    /// The layouts, where they were looked up.
    pub(super) fn known_layouts(&self) -> &[Layout] {
        self.layouts.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether everything was listed and there is no object.
    pub fn is_empty(&self) -> bool {
        self.listed().is_some_and(|totals| totals.objects == 0)
    }

    /// What the whole listing holds, once everything was listed.
    pub fn listed(&self) -> Option<SnapshotTotals> {
        is_complete(&self.root).then(|| self.totals())
    }

    /// The objects that were listed up to now.
    pub fn listed_pages(&self) -> Vec<Page> {
        let mut pages = Vec::new();
        add_pages(&self.root, &mut pages);
        pages
    }

    /// What was listed up to now.
    pub fn totals(&self) -> SnapshotTotals {
        let mut totals = SnapshotTotals::default();
        add_totals(&self.root, &mut totals);
        totals
    }

    /// A table without objects is a mistake in its location far more often than a table without records.
    pub(super) async fn nothing_there(&self) -> Error {
        let (location, totals) = (self.store().location(), self.totals());
        let error = Error::statement(format!("`{location}` holds no JSON objects"));
        match (&totals.passed_over_example, totals.passed_over) {
            (Some((key, reason)), 1) => error.hint(format!("it holds one key, `{key}`, which is not data: {reason}")),
            (Some((key, reason)), count) => {
                error.hint(format!("it holds {count} keys that are not data, such as `{key}`: {reason}"))
            }
            (None, _) => match self.stores.nearby(location).await {
                Some(nearby) => error.hint(nearby.hint()),
                None => error,
            },
        }
    }
}

fn is_complete(folder: &Folder) -> bool {
    let complete = |folder: &Arc<Folder>| is_complete(folder);
    folder.listing().is_some_and(|listing| listing.is_complete() && listing.folders().iter().all(complete))
}

fn add_pages(folder: &Folder, pages: &mut Vec<Page>) {
    let Some(listing) = folder.listing() else { return };
    pages.extend(listing.objects());
    for below in listing.folders() {
        add_pages(&below, pages);
    }
}

fn add_totals(folder: &Folder, totals: &mut SnapshotTotals) {
    let Some(listing) = folder.listing() else { return };
    totals.add(listing.totals());
    for below in listing.folders() {
        add_totals(&below, totals);
    }
}
