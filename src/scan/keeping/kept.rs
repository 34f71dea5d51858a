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
    /// Scans that wait for a filling of their own statement.
    waiting: usize,
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
    /// It reads them, and what it reads is kept.
    First(Arc<Filling>),
    /// It waits until that filling is over and asks again.
    Later(Arc<Filling>),
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
        let state = &mut *state;
        if let Some(announced) = opening.announced {
            state.begin(announced);
        }
        let same = |snapshot: &Arc<Snapshot>| Arc::ptr_eq(snapshot, opening.snapshot);
        if let Rows::Whole(whole) = &mut state.rows
            && same(&whole.snapshot)
            && let Some(narrowing) = whole.rows.narrowing(opening.refinement)?
        {
            if whole.spoiled.iter().any(|column| narrowing.decodes(column)) {
                return Ok(Opened::Alone);
            }
            let collected = match opening.delivery {
                Delivery::AtOnce => whole.rows.collected(opening.refinement, &state.ahead, opening.partitions)?,
                Delivery::InBatches => None,
            };
            let reader = Reader::new(whole.rows.batches(), narrowing, collected);
            if state.waiting == 0 {
                match opening.reads == Reads::All && state.ahead.is_empty() {
                    // The last reader frees each batch when it has read it.
                    true => state.rows = Rows::Nothing,
                    false => whole.rows.trim(&state.ahead),
                }
            }
            return Ok(Opened::Kept(Arc::new(reader)));
        }
        Ok(match &state.rows {
            _ if opening.reads == Reads::Some => Opened::Alone,
            Rows::Filling(filling) => {
                let serves = same(filling.snapshot()) && filling.serves(opening.refinement)?;
                if !serves || filling.is_over() {
                    return Ok(Opened::Alone);
                }
                let filling = Arc::clone(filling);
                state.waiting += 1;
                Opened::Later(filling)
            }
            Rows::GivenUp => Opened::Alone,
            Rows::Nothing | Rows::Whole(_) if state.ahead.is_empty() => Opened::Alone,
            Rows::Nothing | Rows::Whole(_) => {
                let union = state.wanted.refinement()?;
                let Some(filling) = Filling::new(self, &self.tables, opening, union)? else {
                    return Ok(Opened::Alone);
                };
                let filling = Arc::new(filling);
                state.rows = Rows::Filling(Arc::clone(&filling));
                if opening.delivery == Delivery::AtOnce {
                    // It asks again once everything is there.
                    state.waiting += 1;
                }
                Opened::First(filling)
            }
        })
    }

    /// Decides again for a scan that was told to wait.
    ///
    /// # Errors
    /// Those of [`Kept::open`].
    pub fn open_again(self: &Arc<Self>, opening: &Opening<'_>) -> Result<Opened> {
        {
            let mut state = self.lock();
            state.waiting = state.waiting.saturating_sub(1);
        }
        self.open(opening)
    }

    /// Takes what is kept of a filling that came to its end, of so many rows.
    pub fn complete(&self, filling: &Filling, rows: usize, batches: Vec<Arc<KeptBatch>>) {
        let mut state = self.lock();
        state.counted = Some((Arc::clone(filling.snapshot()), rows));
        if state.is_filled_by(filling) {
            let rows = WholeRows::new(filling.refinement(), batches, filling.allowance());
            let (snapshot, spoiled) = (Arc::clone(filling.snapshot()), filling.spoiled_columns());
            let mut whole = Whole { snapshot, spoiled, rows };
            state.rows = match (state.ahead.is_empty(), state.waiting) {
                (true, 0) => Rows::Nothing,
                (false, 0) => {
                    whole.rows.trim(&state.ahead);
                    Rows::Whole(whole)
                }
                _ => Rows::Whole(whole),
            };
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
        let is_missed = !state.ahead.is_empty() || state.waiting > 0;
        state.rows = if state.ahead.is_empty() { Rows::Nothing } else { Rows::GivenUp };
        drop(state);
        if is_missed {
            self.tables.count_given_up();
        }
        true
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
    fn begin(&mut self, announced: &Announcement) {
        if !announced.has_begun.swap(true, Ordering::Relaxed)
            && let Some(place) = self.ahead.iter().position(|(scan, _)| Arc::ptr_eq(scan, &announced.refinement))
        {
            self.ahead.swap_remove(place);
        }
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

impl Drop for Announcement {
    fn drop(&mut self) {
        let mut state = self.kept.lock();
        state.begin(self);
        if state.ahead.is_empty() {
            state.wanted = Union::default();
            state.waiting = 0;
            if !matches!(state.rows, Rows::Filling(_)) {
                state.rows = Rows::Nothing;
            }
        }
    }
}
