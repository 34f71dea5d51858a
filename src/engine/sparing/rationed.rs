//! The memory of a second try: each of its sorts gets a share, so that what it merges has room.
//!
//! Owns that bound. It must not decide who else gets what: that is the pool's below.
//!
//! A sort that merges its batches holds them and their keys, more than it reserved for them. Where it was let take all
//! that there was, and the sort above it the rest, the first of them to merge failed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use crate::engine::memory::shortage;

/// How a sort names itself, while it gathers rows.
const GATHERING: &str = "ExternalSorter[";

/// A sort can not do with less: a few batches.
const LEAST_BYTES: usize = 1 << 20;

/// A pool in which each sort gathers up to a share.
#[derive(Debug)]
pub struct Rationed {
    pool: Arc<dyn MemoryPool>,
    /// Bytes that one partition of a sort may gather.
    share: AtomicUsize,
}

impl Rationed {
    /// The memory of `pool`, undivided yet.
    pub fn new(pool: Arc<dyn MemoryPool>) -> Rationed {
        Rationed { pool, share: AtomicUsize::new(usize::MAX) }
    }

    /// Divides half of the memory among the sorts of a plan, each of their partitions; the other half is what merging
    /// takes beyond it, and for all else.
    pub fn divide(&self, plan: &Arc<dyn ExecutionPlan>) {
        if let MemoryLimit::Finite(limit) = self.pool.memory_limit() {
            let share = limit / 2 / sorts(plan).max(1);
            self.share.store(share.max(LEAST_BYTES), Ordering::Relaxed);
        }
    }
}

/// The partitions of all sorts of a plan.
fn sorts(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let below: usize = plan.children().into_iter().map(sorts).sum();
    match plan.downcast_ref::<SortExec>() {
        Some(_) => below + plan.output_partitioning().partition_count(),
        None => below,
    }
}

impl MemoryPool for Rationed {
    fn name(&self) -> &str {
        self.pool.name()
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.pool.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let has = reservation.size();
        // The first rows of all are never refused: without any there is nothing to write.
        if has > 0
            && has.saturating_add(additional) > self.share.load(Ordering::Relaxed)
            && reservation.consumer().name().starts_with(GATHERING)
        {
            return Err(shortage::beyond_share(reservation, additional));
        }
        self.pool.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}

impl fmt::Display for Rationed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pool)
    }
}
