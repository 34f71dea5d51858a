//! The rows of a table that statements yet to run will read again: who wants them, and when they go.
//!
//! Owns the choice, made when a scan begins, whether it reads the objects by itself, reads them and keeps their rows
//! (`filling`), waits for a scan that does, or reads what is kept. It must not decode. What is kept is a convenience:
//! where memory is short it is given up, and scans read the objects again.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryPool;

use super::filling::Filling;
use super::kept_batch::{KeptBatch, KeptTables};
use super::reader::Reader;
use super::union::Union;
use super::whole::{Ahead, Delivery, WholeRows};
use crate::scan::objects::Snapshot;
use crate::scan::refining::Refinement;

/// What one table keeps.
#[derive(Default)]
pub struct Kept {
    state: Mutex<State>,
    tables: KeptTables,
}

#[derive(Default)]
struct State {
    /// What was announced since nothing was.
    wanted: Union,
    /// What announced scans give that have not begun, and how.
    ahead: Vec<Ahead>,
    /// What scans give that have begun, and wait until a filling is over.
    waiting: Vec<Ahead>,
    /// Whether these are all that will read the table, so that what they do not want is not kept.
    is_all: bool,
    rows: Rows,
    /// How many rows a snapshot has, once it was read to its end.
    counted: Option<(Arc<Snapshot>, usize)>,
}

#[derive(Default)]
enum Rows {
    #[default]
    Nothing,
    Filling(Arc<Filling>),
    Whole(Whole),
    /// There was no memory for them; not tried again before everybody who wants them is done.
    GivenUp,
}

/// The rows of a snapshot.
struct Whole {
    snapshot: Arc<Snapshot>,
    /// Columns in which a value did not fit: who reads one has to meet the error.
    spoiled: Vec<String>,
    rows: WholeRows,
}

/// What a scan does.
pub enum Opened {
    /// It reads the objects for itself.
    Alone,
    /// It reads them, and what it reads is kept. One that has its rows at once waits until the filling is over, and asks
    /// for what is kept.
    First(Arc<Filling>, Option<Waiting>),
    /// It waits until that filling is over and asks again.
    Later(Arc<Filling>, Waiting),
    /// It reads what is kept.
    Kept(Arc<Reader>),
}

/// A scan that begins.
pub struct Opening<'a> {
    pub snapshot: &'a Arc<Snapshot>,
    pub refinement: &'a Arc<Refinement>,
    pub reads: Reads,
    pub delivery: Delivery,
    /// Where it was announced: nobody is told that it begins before it has what it reads.
    pub announced: Option<&'a Announcement>,
    pub pool: &'a Arc<dyn MemoryPool>,
    pub partitions: usize,
}

/// How much of its table a scan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Every row.
    All,
    /// Some: it may use what is kept, and can't fill it.
    Some,
    /// Only objects that a predicate did not rule out, which nobody filters again: nothing kept is for it.
    Selected,
}

impl Kept {
    /// Nothing yet, counted together with the other tables of an engine.
    pub fn of(tables: &KeptTables) -> Arc<Kept> {
        let kept = Arc::new(Kept { state: Mutex::default(), tables: tables.clone() });
        tables.add(&kept);
        kept
    }

    /// Says that a scan will come that gives this.
    pub fn announce(self: &Arc<Self>, refinement: &Arc<Refinement>, delivery: Delivery) -> Announcement {
        let mut state = self.lock();
        state.wanted.add(refinement);
        state.ahead.push((Arc::clone(refinement), delivery));
        state.is_all = false;
        Announcement { kept: Arc::clone(self), refinement: Arc::clone(refinement), has_begun: AtomicBool::new(false) }
    }

    /// Decides how a scan reads, which begins now.
    ///
    /// # Errors
    /// What is kept, or would be, can't be put into the words of the scan.
    pub fn open(self: &Arc<Self>, opening: &Opening<'_>) -> Result<Opened> {
        if opening.reads == Reads::Selected {
            return Ok(Opened::Alone);
        }
        let mut state = self.lock();
        if let Some(announced) = opening.announced {
            state.begin(announced);
        }
        self.open_begun(&mut state, opening)
    }

    /// Decides again for a scan that waited.
    ///
    /// # Errors
    /// Those of [`Kept::open`].
    pub fn open_again(self: &Arc<Self>, opening: &Opening<'_>, waiting: &Waiting) -> Result<Opened> {
        // Under one lock: two that waited must not take each other for the last.
        let mut state = self.lock();
        state.stop_waiting(waiting);
        self.open_begun(&mut state, opening)
    }

    /// What is kept, for a scan that filled it and waited; `None` where that is not there: it reads what is
    /// left of the filling.
    ///
    /// # Errors
    /// Those of [`Kept::open`].
    pub fn read_filled(&self, opening: &Opening<'_>, waiting: &Waiting) -> Result<Option<Arc<Reader>>> {
        let mut state = self.lock();
        state.stop_waiting(waiting);
        Ok(match state.read(opening)? {
            Some(Opened::Kept(reader)) => Some(reader),
            _ => None,
        })
    }

    fn open_begun(self: &Arc<Self>, state: &mut State, opening: &Opening<'_>) -> Result<Opened> {
        if let Some(opened) = state.read(opening)? {
            return Ok(opened);
        }
        let same = |snapshot: &Arc<Snapshot>| Arc::ptr_eq(snapshot, opening.snapshot);
        Ok(match &state.rows {
            _ if opening.reads == Reads::Some => Opened::Alone,
            Rows::Filling(filling) => {
                let serves = same(filling.snapshot()) && filling.serves(opening.refinement)?;
                if !serves || filling.is_over() {
                    return Ok(Opened::Alone);
                }
                let filling = Arc::clone(filling);
                Opened::Later(filling, self.wait(state, opening))
            }
            Rows::GivenUp => Opened::Alone,
            Rows::Nothing | Rows::Whole(_) if state.ahead.is_empty() => Opened::Alone,
            // What the others want goes for nobody whom they do not know of.
            Rows::Whole(_) if opening.announced.is_none() => Opened::Alone,
            Rows::Nothing | Rows::Whole(_) => {
                let union = state.wanted.refinement()?;
                let Some(filling) = Filling::new(self, &self.tables, opening, union)? else {
                    return Ok(Opened::Alone);
                };
                let filling = Arc::new(filling);
                state.rows = Rows::Filling(Arc::clone(&filling));
                let waiting = (opening.delivery == Delivery::AtOnce).then(|| self.wait(state, opening));
                Opened::First(filling, waiting)
            }
        })
    }

    /// Takes what is kept of a filling that came to its end, of so many rows.
    pub fn complete(&self, filling: &Filling, rows: usize, batches: Vec<Arc<KeptBatch>>) {
        let mut state = self.lock();
        state.counted = Some((Arc::clone(filling.snapshot()), rows));
        if state.is_filled_by(filling) {
            let rows = WholeRows::new(filling.refinement(), batches, filling.allowance());
            let (snapshot, spoiled) = (Arc::clone(filling.snapshot()), filling.spoiled_columns());
            state.rows = Rows::Whole(Whole { snapshot, spoiled, rows });
            state.forget();
        }
    }

    /// Forgets a filling that failed or was cancelled; another scan may try.
    pub fn abandon(&self, filling: &Filling) {
        let mut state = self.lock();
        if state.is_filled_by(filling) {
            state.rows = Rows::Nothing;
        }
    }

    /// Gives up what is kept, because memory is short; whether there was something.
    pub fn give_up(&self) -> bool {
        let mut state = self.lock();
        match std::mem::take(&mut state.rows) {
            Rows::Nothing => return false,
            Rows::GivenUp => {
                state.rows = Rows::GivenUp;
                return false;
            }
            Rows::Filling(filling) => filling.give_up(),
            Rows::Whole(_) => {}
        }
        let is_missed = !state.ahead.is_empty() || !state.waiting.is_empty();
        state.rows = if state.ahead.is_empty() { Rows::Nothing } else { Rows::GivenUp };
        drop(state);
        if is_missed {
            self.tables.count_given_up();
        }
        true
    }

    fn wait(self: &Arc<Self>, state: &mut State, opening: &Opening<'_>) -> Waiting {
        let refinement = Arc::clone(opening.refinement);
        state.waiting.push((Arc::clone(&refinement), opening.delivery));
        Waiting { kept: Arc::clone(self), refinement, is_over: AtomicBool::new(false) }
    }

    /// How many rows `snapshot` has, if it was read to its end.
    pub fn counted(&self, snapshot: &Arc<Snapshot>) -> Option<usize> {
        let state = self.lock();
        state.counted.as_ref().filter(|(counted, _)| Arc::ptr_eq(counted, snapshot)).map(|(_, rows)| *rows)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How a scan reads what is kept, if that has all it wants.
    fn read(&mut self, opening: &Opening<'_>) -> Result<Option<Opened>> {
        let Rows::Whole(whole) = &mut self.rows else { return Ok(None) };
        if !Arc::ptr_eq(&whole.snapshot, opening.snapshot) {
            return Ok(None);
        }
        let Some(narrowing) = whole.rows.narrowing(opening.refinement)? else { return Ok(None) };
        if whole.spoiled.iter().any(|column| narrowing.decodes(column)) {
            return Ok(Some(Opened::Alone));
        }
        let others = self.ahead.iter().chain(&self.waiting);
        let collected = match opening.delivery {
            Delivery::AtOnce => whole.rows.collected(opening.refinement, others, opening.partitions)?,
            Delivery::InBatches => None,
        };
        let reader = Reader::new(whole.rows.batches(), narrowing, collected);
        if opening.reads == Reads::All {
            // The last reader frees each batch when it has read it.
            self.forget();
        }
        Ok(Some(Opened::Kept(Arc::new(reader))))
    }

    /// Lets go what nobody will read.
    fn forget(&mut self) {
        if self.ahead.is_empty() && (self.waiting.is_empty() || matches!(self.rows, Rows::GivenUp)) {
            if !matches!(self.rows, Rows::Filling(_)) {
                self.rows = Rows::Nothing;
            }
            return;
        }
        let Rows::Whole(whole) = &mut self.rows else { return };
        whole.rows.forget_collected(|| self.ahead.iter().chain(&self.waiting));
        if self.is_all && self.waiting.is_empty() {
            whole.rows.trim(&self.ahead);
        }
    }

    fn stop_waiting(&mut self, waiting: &Waiting) {
        if !waiting.is_over.swap(true, Ordering::Relaxed) {
            remove(&mut self.waiting, &waiting.refinement);
        }
    }

    /// Takes a scan out of those ahead, if it is there.
    fn begin(&mut self, announced: &Announcement) -> bool {
        let was_ahead = !announced.has_begun.swap(true, Ordering::Relaxed);
        if was_ahead {
            remove(&mut self.ahead, &announced.refinement);
        }
        was_ahead
    }

    fn is_filled_by(&self, filling: &Filling) -> bool {
        matches!(&self.rows, Rows::Filling(current) if std::ptr::eq(Arc::as_ptr(current), filling))
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// A scan that was announced. Dropped when its statement is done, whether or not the scan came to run.
#[derive(Debug)]
pub struct Announcement {
    kept: Arc<Kept>,
    /// What the scan gives.
    refinement: Arc<Refinement>,
    has_begun: AtomicBool,
}

impl Announcement {
    /// Says that what is announced by now are all scans of the table that will come.
    pub fn close(&self) {
        self.kept.lock().is_all = true;
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        let mut state = self.kept.lock();
        let was_ahead = state.begin(self);
        if state.ahead.is_empty() {
            state.wanted = Union::default();
        }
        if was_ahead || state.ahead.is_empty() {
            state.forget();
        }
    }
}

/// A scan that waits for a filling; dropped where it does so no longer.
#[derive(Debug)]
pub struct Waiting {
    kept: Arc<Kept>,
    /// What the scan gives.
    refinement: Arc<Refinement>,
    is_over: AtomicBool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.kept.lock();
        state.stop_waiting(self);
        state.forget();
    }
}

fn remove(scans: &mut Vec<Ahead>, scan: &Arc<Refinement>) {
    if let Some(place) = scans.iter().position(|(other, _)| Arc::ptr_eq(other, scan)) {
        scans.swap_remove(place);
    }
}
