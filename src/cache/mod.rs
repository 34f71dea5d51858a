//! The columnar cache: rows that earlier runs decoded, in segment files of a folder that runs share.
//!
//! Owns that folder: its index, its segments, the bound on both, and what becomes of the work of a process that died.
//! It must not list, fetch or decode objects, nor plan (`scan` does). Whatever fails here turns the cache off for the
//! run and is told once: an answer never depends on it. Every call blocks for a moment; none waits for a network.

mod column;
mod database;
mod free;
mod index;
mod listings;
mod packed;
mod piece;
mod process;
mod repeats;
mod room;
mod segment;
mod space;
mod status;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub use column::{CachedColumn, fingerprint_array, fingerprints};
pub use listings::KnownListing;
pub use piece::Piece;
pub use repeats::{Cover, Flags};
pub use segment::{Description, SEGMENT_ROWS, SegmentBatches, SegmentBounds, SegmentBuilder, SegmentBytes};
pub use space::{Committed, Segments, Space};
pub use status::TableStatus;

use self::index::Index;
use crate::error::{Error, Result};

/// What the folder's files mean; a folder of another form is not looked at.
const FORM: &str = "v1";

/// Where the cache is and how large it may grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// The folder, which only its owner may look into.
    pub folder: PathBuf,
    /// Bytes that its files may take.
    pub max_bytes: u64,
    /// Seconds since 1970, UTC, when the process began.
    pub began: i64,
}

/// The cache of a run. Cheap to clone; nothing is opened before it is needed.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
}

struct Shared {
    settings: CacheSettings,
    /// Segments that were found damaged.
    damaged: AtomicU64,
    /// Whether the index was begun anew.
    is_index_replaced: AtomicBool,
    /// Passes from when the process began.
    running: Instant,
    state: Mutex<State>,
}

enum State {
    Closed,
    Open(Arc<Index>),
    Off(Error),
}

impl Cache {
    /// The cache in that folder.
    pub fn new(settings: CacheSettings) -> Cache {
        let (damaged, is_index_replaced) = (AtomicU64::new(0), AtomicBool::new(false));
        let (running, state) = (Instant::now(), Mutex::new(State::Closed));
        Cache { shared: Arc::new(Shared { settings, damaged, is_index_replaced, running, state }) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.shared.settings.folder
    }

    /// Bytes that its files may take.
    pub fn max_bytes(&self) -> u64 {
        self.shared.settings.max_bytes
    }

    /// Turns it off until the process ends, because of that error. The first error is the one that is told.
    pub fn turn_off(&self, error: Error) {
        let mut state = self.lock();
        if !matches!(*state, State::Off(_)) {
            *state = State::Off(error);
        }
    }

    /// Why it was turned off, if it was.
    pub fn trouble(&self) -> Option<Error> {
        match &*self.lock() {
            State::Off(error) => Some(error.again()),
            State::Closed | State::Open(_) => None,
        }
    }

    /// How many segments were found damaged, and dropped, up to now.
    pub fn damaged(&self) -> u64 {
        self.shared.damaged.load(Ordering::Relaxed)
    }

    /// Whether this process found the index damaged or gone, and began it anew.
    pub fn is_index_replaced(&self) -> bool {
        self.shared.is_index_replaced.load(Ordering::Relaxed)
    }

    /// Ends the use of the cache: nothing more is read or written by its means.
    pub fn leave(&self) {
        if let State::Open(index) = &*self.lock() {
            index.leave();
        }
    }

    fn count_damaged(&self) {
        self.shared.damaged.fetch_add(1, Ordering::Relaxed);
    }

    /// The index, opened by whoever asks first.
    ///
    /// # Errors
    /// The cache is off, or can't be opened, which turns it off.
    fn index(&self) -> Result<Arc<Index>> {
        let mut state = self.lock();
        match &*state {
            State::Open(index) => return Ok(Arc::clone(index)),
            State::Off(error) => return Err(error.again()),
            State::Closed => {}
        }
        let opened = Index::open(&self.shared.settings.folder.join(FORM)).and_then(|index| {
            room::shrink(&index, self.max_bytes())?;
            Ok(Arc::new(index))
        });
        match opened {
            Ok(index) => {
                self.shared.is_index_replaced.store(index.is_replaced(), Ordering::Relaxed);
                *state = State::Open(Arc::clone(&index));
                Ok(index)
            }
            Err(error) => {
                let again = error.again();
                *state = State::Off(error);
                Err(again)
            }
        }
    }

    /// Seconds since 1970, UTC: what is kept is dated by it.
    pub fn now(&self) -> i64 {
        let running = i64::try_from(self.shared.running.elapsed().as_secs()).unwrap_or_default();
        self.shared.settings.began.saturating_add(running)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
