//! The listing of one folder, as it grows: its own level alone, or everything below it.
//!
//! Owns the pages and the pause after the first one. It must not decide which folders are listed (the
//! walk does) nor look into an object.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::stream::{BoxStream, TryStreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;

use super::below::Below;
use super::folder::Folder;
use super::known::KnownListings;
use super::once::Once;
use crate::error::{Error, Result};
use crate::landing::LandingKey;
use crate::store::{FULL_PAGE, Level, Object, Store, StoreKind};

/// Objects of one page of a listing.
pub type Page = Arc<[Arc<Object>]>;

/// Listings under way at once; one is slow for its latency, not its size.
pub const SIDE_BY_SIDE: usize = 16;

/// How deep a folder is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What stands directly in it: folders, and objects of its own.
    Level,
    /// Every object below it.
    Below,
}

/// How much of a listing is wanted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The first page, to see what the keys look like.
    FirstPage,
    /// All of it.
    All,
}

/// Where and how listings run.
#[derive(Clone, Debug)]
pub struct Lister {
    /// What is listed.
    pub store: Store,
    /// The runtime of the requests.
    pub io: Handle,
    /// [`SIDE_BY_SIDE`] permits.
    pub permits: Arc<Semaphore>,
    /// What earlier runs listed, where it is of use.
    pub known: Option<KnownListings>,
}

/// A listing under way, paused or done. Dropping it stops it.
#[derive(Debug)]
pub struct Listing {
    depth: Depth,
    state: Arc<Mutex<State>>,
    /// Changes whenever the state does.
    changed: watch::Receiver<()>,
    extent: watch::Sender<Extent>,
    task: AbortHandle,
}

/// One page: what stands in it of the folder itself, and the folders that a level listing found.
#[derive(Clone, Debug)]
pub struct ListedPage {
    /// Objects with records.
    pub objects: Page,
    /// Folders, not listed yet.
    pub folders: Arc<[Arc<Folder>]>,
}

/// What a listing holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotTotals {
    /// Objects with records.
    pub objects: u64,
    /// Their bytes as stored.
    pub bytes: u64,
    /// Keys that are not data, such as `_SUCCESS`.
    pub passed_over: u64,
    /// One such key and why it is not data.
    pub passed_over_example: Option<(String, String)>,
}

#[derive(Debug, Default)]
struct State {
    pages: Vec<ListedPage>,
    totals: SnapshotTotals,
    /// Whether it waits for more to be wanted.
    is_paused: bool,
    end: Option<Result<(), Arc<Error>>>,
}

impl Listing {
    /// Starts to list `folder` on the I/O runtime.
    pub fn start(lister: &Lister, folder: &Folder, depth: Depth, extent: Extent) -> Listing {
        let state = Arc::new(Mutex::new(State::default()));
        let (changes, changed) = watch::channel(());
        let (extent, wanted) = watch::channel(extent);
        let task = Task { lister: lister.clone(), path: folder.path().to_owned(), depth, state: Arc::clone(&state) };
        let task = lister.io.spawn(task.run(changes, wanted)).abort_handle();
        Listing { depth, state, changed, extent, task }
    }

    /// How deep it goes.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Whether it waits after its first page.
    pub fn is_paused(&self) -> bool {
        *self.extent.borrow() == Extent::FirstPage && self.lock().is_paused
    }

    /// Lets it go on to its end.
    pub fn resume(&self) {
        self.extent.send_replace(Extent::All);
    }

    /// The page of that number, from 0; waits for it. `None` is the end.
    pub async fn page(&self, number: usize) -> Result<Option<ListedPage>> {
        let mut changed = self.changed.clone();
        loop {
            {
                let state = self.lock();
                if let Some(page) = state.pages.get(number) {
                    return Ok(Some(page.clone()));
                }
                match &state.end {
                    Some(Ok(())) => return Ok(None),
                    Some(Err(error)) => return Err(error.again()),
                    None => {}
                }
            }
            if changed.changed().await.is_err() && self.lock().end.is_none() {
                return Err(Error::bug("a listing ended without a word"));
            }
        }
    }

    /// Whether the whole of it arrived.
    pub fn is_complete(&self) -> bool {
        matches!(self.lock().end, Some(Ok(())))
    }

    /// What was listed up to now, without the folders that it found.
    pub fn totals(&self) -> SnapshotTotals {
        self.lock().totals.clone()
    }

    /// The objects that were listed up to now.
    pub fn objects(&self) -> Vec<Page> {
        self.lock().pages.iter().map(|page| Arc::clone(&page.objects)).collect()
    }

    /// The folders that were found up to now.
    pub fn folders(&self) -> Vec<Arc<Folder>> {
        self.lock().pages.iter().flat_map(|page| page.folders.iter().cloned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SnapshotTotals {
    /// Adds what another listing holds.
    pub fn add(&mut self, other: SnapshotTotals) {
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.passed_over = self.passed_over.saturating_add(other.passed_over);
        self.passed_over_example = self.passed_over_example.take().or(other.passed_over_example);
    }
}

/// The pages of one listing as they arrive.
enum Pages {
    Level(BoxStream<'static, Result<Level>>),
    Below(Below),
}

impl Pages {
    /// Folders and objects of the next page; `None` is the end.
    async fn next(&mut self) -> Result<Option<(Vec<String>, Vec<Arc<Object>>)>> {
        match self {
            Pages::Level(pages) => {
                let level = pages.try_next().await?;
                Ok(level.map(|level| (level.folders, level.objects.into_iter().map(Arc::new).collect())))
            }
            Pages::Below(below) => Ok(below.next().await?.map(|objects| (Vec::new(), objects))),
        }
    }
}

struct Task {
    lister: Lister,
    path: String,
    depth: Depth,
    state: Arc<Mutex<State>>,
}

impl Task {
    async fn run(self, changes: watch::Sender<()>, wanted: watch::Receiver<Extent>) {
        let end = self.pages(&changes, wanted).await.map_err(Arc::new);
        self.lock().end = Some(end);
        changes.send_replace(());
    }

    async fn pages(&self, changes: &watch::Sender<()>, mut wanted: watch::Receiver<Extent>) -> Result<()> {
        let closed = |error| Error::bug("the limit on listings was closed").because(error);
        let mut permit = Some(self.lister.permits.acquire().await.map_err(closed)?);
        let mut pages = match self.depth {
            Depth::Level => Pages::Level(self.lister.store.list_level(&self.path)),
            Depth::Below => Pages::Below(Below::start(&self.lister, &self.path).await),
        };
        let mut once = Once::default();
        while let Some((folders, objects)) = pages.next().await? {
            // A page that is not full is the last one; to go on costs no request then.
            let is_full = objects.len().saturating_add(folders.len()) >= FULL_PAGE;
            let pauses = is_full && *wanted.borrow() == Extent::FirstPage;
            let (folders, objects) = self.new_names(&mut once, folders, objects)?;
            self.add(folders, objects, pauses);
            changes.send_replace(());
            if pauses {
                drop(permit.take());
                if wanted.wait_for(|extent| *extent == Extent::All).await.is_err() {
                    return Ok(());
                }
                permit = Some(self.lister.permits.acquire().await.map_err(closed)?);
            }
        }
        Ok(())
    }

    /// What of a page did not come before.
    fn new_names(
        &self,
        once: &mut Once,
        folders: Vec<String>,
        objects: Vec<Arc<Object>>,
    ) -> Result<(Vec<String>, Vec<Arc<Object>>)> {
        // A folder on disk holds each name once, and is read in no order.
        if self.lister.store.kind() == StoreKind::Disk {
            return Ok((folders, objects));
        }
        let earlier = || self.lock().pages.iter().flat_map(|page| page.objects.iter().cloned()).collect();
        let has_names = !(folders.is_empty() && objects.is_empty());
        let placed = |error: Error| {
            error.within(format_args!("can not list `{}`", self.lister.store.location().join(&self.path)))
        };
        let objects = once.objects(objects, earlier).map_err(placed)?;
        let earlier = || {
            let state = self.lock();
            let folders = state.pages.iter().flat_map(|page| page.folders.iter());
            folders.map(|folder| folder.path().to_owned()).collect()
        };
        let folders = once.folders(folders, earlier);
        if has_names {
            once.page(folders.len().saturating_add(objects.len())).map_err(placed)?;
        }
        Ok((folders, objects))
    }

    fn add(&self, folders: Vec<String>, listed: Vec<Arc<Object>>, pauses: bool) {
        let mut objects = Vec::with_capacity(listed.len());
        let mut state = self.lock();
        for object in listed {
            match LandingKey::parse(&object.key) {
                Ok(_) => {
                    state.totals.objects += 1;
                    state.totals.bytes += object.size;
                    objects.push(object);
                }
                Err(reason) => {
                    state.totals.passed_over += 1;
                    let reason = reason.to_string();
                    state.totals.passed_over_example.get_or_insert((object.key.clone(), reason));
                }
            }
        }
        let folders = folders.into_iter().map(|path| Arc::new(Folder::new(path))).collect();
        state.pages.push(ListedPage { objects: objects.into(), folders });
        state.is_paused = pauses;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
