//! The objects of one table, listed once: every statement of a run sees the same ones.
//!
//! Owns the listing as it grows. Scans read its pages while later ones are still on their way, so
//! that GET overlaps LIST. It must not look into an object.

use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::error::{Error, Result};
use crate::landing::LandingKey;
use crate::store::{Object, Store, Stores};

/// A page of the listing.
pub type Page = Arc<[Arc<Object>]>;

/// A listing under way or done. Dropping it stops the listing.
#[derive(Debug)]
pub struct Snapshot {
    store: Store,
    state: Arc<Mutex<State>>,
    /// Changes whenever the state does.
    changed: watch::Receiver<()>,
    task: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    pages: Vec<Page>,
    totals: SnapshotTotals,
    /// Whether the whole listing arrived.
    is_listed: bool,
    end: Option<Result<(), Arc<Error>>>,
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

impl Snapshot {
    /// Starts to list all that `store` holds, on the I/O runtime.
    pub fn start(stores: Stores, store: Store, io: &Handle) -> Snapshot {
        let state = Arc::new(Mutex::new(State::default()));
        let (changes, changed) = watch::channel(());
        let task = io.spawn(list(stores, store.clone(), Arc::clone(&state), changes)).abort_handle();
        Snapshot { store, state, changed, task }
    }

    /// Where the objects lie.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The page of that number, from 0; waits for it. `None` is the end.
    pub async fn page(&self, number: usize) -> Result<Option<Page>> {
        let mut changed = self.changed.clone();
        loop {
            {
                let state = self.lock();
                if let Some(page) = state.pages.get(number) {
                    return Ok(Some(Arc::clone(page)));
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

    /// Waits for the end of the listing and gives all of its pages.
    pub async fn pages(&self) -> Result<Vec<Page>> {
        let mut pages = Vec::new();
        while let Some(page) = self.page(pages.len()).await? {
            pages.push(page);
        }
        Ok(pages)
    }

    /// Whether the listing ended well and found no object.
    pub fn is_empty(&self) -> bool {
        let state = self.lock();
        state.is_listed && state.totals.objects == 0
    }

    /// What the whole listing holds, once it ended well.
    pub fn listed(&self) -> Option<SnapshotTotals> {
        let state = self.lock();
        state.is_listed.then(|| state.totals.clone())
    }

    /// What was listed up to now.
    pub fn totals(&self) -> SnapshotTotals {
        self.lock().totals.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn list(stores: Stores, store: Store, state: Arc<Mutex<State>>, changes: watch::Sender<()>) {
    let mut end = list_pages(&store, &state, &changes).await;
    let totals = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_listed = end.is_ok();
        state.totals.clone()
    };
    if end.is_ok() && totals.objects == 0 {
        end = Err(nothing_there(&stores, &store, &totals).await);
    }
    let end = end.map_err(Arc::new);
    state.lock().unwrap_or_else(PoisonError::into_inner).end = Some(end);
    changes.send_replace(());
}

async fn list_pages(store: &Store, state: &Mutex<State>, changes: &watch::Sender<()>) -> Result<()> {
    let mut listing = std::pin::pin!(store.list());
    while let Some(listed) = listing.next().await {
        let listed = listed?;
        let mut objects = Vec::with_capacity(listed.len());
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        for object in listed {
            match LandingKey::parse(&object.key) {
                Ok(_) => {
                    state.totals.objects += 1;
                    state.totals.bytes += object.size;
                    objects.push(Arc::new(object));
                }
                Err(reason) => {
                    state.totals.passed_over += 1;
                    let reason = reason.to_string();
                    state.totals.passed_over_example.get_or_insert((object.key, reason));
                }
            }
        }
        if !objects.is_empty() {
            state.pages.push(objects.into());
        }
        drop(state);
        changes.send_replace(());
    }
    Ok(())
}

/// A table without objects is a mistake in its location far more often than a table without records.
async fn nothing_there(stores: &Stores, store: &Store, totals: &SnapshotTotals) -> Error {
    let error = Error::statement(format!("`{}` holds no JSON objects", store.location()));
    match (&totals.passed_over_example, totals.passed_over) {
        (Some((key, reason)), 1) => error.hint(format!("it holds one key, `{key}`, which is not data: {reason}")),
        (Some((key, reason)), count) => {
            error.hint(format!("it holds {count} keys that are not data, such as `{key}`: {reason}"))
        }
        (None, _) => match stores.nearby(store.location()).await {
            Some(nearby) => error.hint(nearby.hint()),
            None => error,
        },
    }
}
