//! The rows of a table that statements yet to run will read again: who wants them, and when they go.
//!
//! Owns the choice, made when a scan begins, whether it reads the objects by itself, reads them and keeps their rows
//! (`filling`), waits for a scan that does, or reads what is kept. It must not decode. What is kept is a convenience:
//! where memory is short it is given up, and scans read the objects again.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryPool;

use super::filling::Filling;
use super::kept_batch::{KeptBatch, KeptTables};
use super::union::Union;
use crate::scan::objects::Snapshot;
use crate::scan::refining::{Narrowing, Refinement};

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
    /// Announced scans that have not begun.
    ahead: usize,
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

/// The rows of a snapshot that every scan wants that was announced, and others that some do.
struct Whole {
    snapshot: Arc<Snapshot>,
    refinement: Arc<Refinement>,
    /// Columns in which a value did not fit: who reads one has to meet the error.
    spoiled: Vec<String>,
    batches: Vec<Arc<KeptBatch>>,
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
    pub fn announce(self: &Arc<Self>, refinement: &Arc<Refinement>) -> Announcement {
        let mut state = self.lock();
        state.wanted.add(refinement);
        state.ahead += 1;
        Announcement { kept: Arc::clone(self), has_begun: Mutex::new(false) }
    }

    /// Decides how a scan reads. One that was announced has begun by now.
    ///
    /// # Errors
    /// What is kept, or would be, can't be put into the words of the scan.
    pub fn open(self: &Arc<Self>, opening: &Opening<'_>) -> Result<Opened> {
        if opening.reads == Reads::Selected {
            return Ok(Opened::Alone);
        }
        let mut state = self.lock();
        let same = |snapshot: &Arc<Snapshot>| Arc::ptr_eq(snapshot, opening.snapshot);
        if let Rows::Whole(whole) = &state.rows
            && same(&whole.snapshot)
            && let Some(narrowing) = Narrowing::between(&whole.refinement, opening.refinement)?
        {
            if whole.spoiled.iter().any(|column| narrowing.decodes(column)) {
                return Ok(Opened::Alone);
            }
            let reader = Reader { unread: Mutex::new(whole.batches.iter().cloned().collect()), narrowing };
            if opening.reads == Reads::All && state.ahead == 0 && state.waiting == 0 {
                // The last reader frees each batch when it has read it.
                state.rows = Rows::Nothing;
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
            Rows::Nothing | Rows::Whole(_) if state.ahead == 0 => Opened::Alone,
            Rows::Nothing | Rows::Whole(_) => {
                let union = state.wanted.refinement()?;
                let Some(filling) = Filling::new(self, &self.tables, opening, union)? else {
                    return Ok(Opened::Alone);
                };
                let filling = Arc::new(filling);
                state.rows = Rows::Filling(Arc::clone(&filling));
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
            let is_wanted = state.ahead > 0 || state.waiting > 0;
            state.rows = match is_wanted {
                true => Rows::Whole(Whole {
                    snapshot: Arc::clone(filling.snapshot()),
                    refinement: Arc::clone(filling.refinement()),
                    spoiled: filling.spoiled_columns(),
                    batches,
                }),
                false => Rows::Nothing,
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
        let is_missed = state.ahead > 0 || state.waiting > 0;
        state.rows = if state.ahead > 0 { Rows::GivenUp } else { Rows::Nothing };
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
    has_begun: Mutex<bool>,
}

impl Announcement {
    /// Says that the scan begins.
    pub fn begin(&self) {
        let mut has_begun = self.has_begun.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *has_begun, true) {
            let mut state = self.kept.lock();
            state.ahead = state.ahead.saturating_sub(1);
        }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        self.begin();
        let mut state = self.kept.lock();
        if state.ahead == 0 {
            state.wanted = Union::default();
            state.waiting = 0;
            if !matches!(state.rows, Rows::Filling(_)) {
                state.rows = Rows::Nothing;
            }
        }
    }
}

/// One reading of what is kept; the scan's partitions take batches from it as they get free.
pub struct Reader {
    unread: Mutex<VecDeque<Arc<KeptBatch>>>,
    /// How what the scan gives is made of what is kept.
    pub narrowing: Narrowing,
}

impl Reader {
    /// The next batch, with all that is kept.
    pub fn next(&self) -> Option<Arc<KeptBatch>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
