//! The memory that a scan's fingerprints count for.

use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

/// What all fingerprints of one scan count for together.
pub struct Space {
    reservation: Mutex<MemoryReservation>,
}

impl Space {
    pub fn new(pool: &Arc<dyn MemoryPool>) -> Self {
        Space { reservation: Mutex::new(MemoryConsumer::new("exact repeats").register(pool)) }
    }

    /// Takes so many bytes more, or fails as the statement will.
    pub fn take(&self, bytes: usize) -> Result<()> {
        self.lock().try_grow(bytes)
    }

    /// Takes so many bytes where there is room for so many in all; whether there was.
    pub fn take_if_there(&self, bytes: usize, all: usize) -> bool {
        let reservation = self.lock();
        let has_room = reservation.try_grow(all).is_ok();
        if has_room {
            reservation.shrink(all.saturating_sub(bytes));
        }
        has_room
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, MemoryReservation> {
        self.reservation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
