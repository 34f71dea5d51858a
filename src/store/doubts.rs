//! What was handed on of objects that are read in ranges, before all of their bytes could be compared.
//!
//! Owns that list, and comparing what is left on it once a statement needs no more: a limit, or a reader that goes away,
//! ends it with objects half read, whose rows were answered. It must not know statements but by number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Stores;
use super::reading::Sealed;
use crate::error::Result;

/// The objects that are in doubt, of all stores that were opened together.
#[derive(Clone, Default)]
pub struct Doubts {
    shared: Arc<Mutex<Shared>>,
}

/// A statement under way, whose answer may come from objects that are in doubt. What the last one leaves in doubt goes
/// with it.
pub struct Doubting {
    doubts: Doubts,
}

#[derive(Default)]
struct Shared {
    /// Statements under way.
    statements: usize,
    /// The number of the last object.
    last: u64,
    /// The last object of statements that are over.
    over: u64,
    /// What was read up to now of each object that is in doubt.
    objects: BTreeMap<u64, Sealed>,
}

impl Stores {
    /// A statement begins, whose answer may come from objects of which not all bytes are compared by then.
    pub fn doubting(&self) -> Doubting {
        self.shared.doubts.begin()
    }
}

impl Doubts {
    /// A statement begins.
    fn begin(&self) -> Doubting {
        let mut shared = self.lock();
        shared.statements = shared.statements.saturating_add(1);
        Doubting { doubts: self.clone() }
    }

    /// A number for an object of which something will be handed on.
    pub(super) fn number(&self) -> u64 {
        let mut shared = self.lock();
        shared.last = shared.last.saturating_add(1);
        shared.last
    }

    /// More of an object is about to be handed on.
    pub(super) fn note(&self, number: u64, sealed: Sealed) {
        let mut shared = self.lock();
        // A task that is being stopped may fetch for a moment longer than its statement lasts.
        if shared.statements > 0 && number > shared.over {
            shared.objects.insert(number, sealed);
        }
    }

    /// All of an object was compared.
    pub(super) fn settle(&self, number: u64) {
        self.lock().objects.remove(&number);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doubting {
    /// Whether rows may have come from bytes that were not compared.
    pub fn is_in_doubt(&self) -> bool {
        !self.doubts.lock().objects.is_empty()
    }

    /// Compares what is in doubt, as far as it was handed on: reads what is left of an object, or once more what was
    /// read of it.
    ///
    /// # Errors
    /// Bytes that were handed on are not what was stored.
    pub async fn settle(&self) -> Result<()> {
        let doubtful: Vec<(u64, Sealed)> =
            self.doubts.lock().objects.iter().map(|(number, sealed)| (*number, sealed.clone())).collect();
        for (number, sealed) in doubtful {
            let read = sealed.read();
            sealed.compare_early().await?;
            let mut shared = self.doubts.lock();
            // More of it may have been handed on since, for another statement.
            if shared.objects.get(&number).is_some_and(|sealed| sealed.read() == read) {
                shared.objects.remove(&number);
            }
        }
        Ok(())
    }
}

impl Drop for Doubting {
    fn drop(&mut self) {
        let mut shared = self.doubts.lock();
        shared.statements = shared.statements.saturating_sub(1);
        if shared.statements == 0 {
            shared.objects.clear();
            shared.over = shared.last;
        }
    }
}
