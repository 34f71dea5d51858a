//! The memory pool of a session: what is kept for later statements makes way for the one that runs.
//!
//! Several engines may share one: what their statements hold, and what they keep, counts together. Beside it: where
//! statements spill to, and what is said where memory is refused.

pub(super) mod shortage;
mod spill;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, TrackConsumersPool,
};

pub use spill::SpillFolder;

use crate::config::SessionConfig;
use crate::scan::{CONSUMER, KeptTables, RECORDER};

/// Of the memory limit, what is set aside for all that nobody counts: parts that are read ahead, batches between two
/// steps, rows on their way out, and what the allocator keeps. Some of it is there whatever the limit, and a small limit
/// must not go to it as a whole.
const UNCOUNTED_SHARE: usize = 8;
const UNCOUNTED_BYTES: usize = 64 << 20;
const MOST_UNCOUNTED_SHARE: usize = 3;

/// Of a pool of at least so many bytes, the part up to which nothing is scarce: whoever asks gets what they ask for. An
/// equal share for each operator that can spill would have a statement of a dozen of them spill at a twelfth of a memory
/// that nobody uses.
const LEAST_AMPLE: usize = 512 << 20;
const AMPLE_SHARE: usize = 2;

/// What statements may hold in memory together, of all engines that are opened with it; clones are the same memory.
/// What can spill gets an equal share, whichever engine it is of, and rows that any of them keeps make way.
#[derive(Clone, Debug)]
pub struct Memory {
    pub(super) pool: Arc<dyn MemoryPool>,
    pub(super) kept: KeptTables,
}

impl Memory {
    /// As much as `session` allows.
    pub fn of(session: &SessionConfig) -> Memory {
        let limit = usize::try_from(session.memory_limit).unwrap_or(usize::MAX);
        let uncounted = (limit / UNCOUNTED_SHARE).saturating_add(UNCOUNTED_BYTES).min(limit / MOST_UNCOUNTED_SHARE);
        let counted = limit - uncounted;
        // It would name the largest consumers in its own words; `shortage` has better ones.
        let pool = TrackConsumersPool::new(FairSpillPool::new(counted), NonZeroUsize::MIN);
        let kept = KeptTables::default();
        Memory { pool: Arc::new(YieldingPool::new(pool, limit, kept.clone())), kept }
    }
}

/// A pool that, before it refuses memory, has the tables give up the rows that they keep; and that gives freely where
/// there is plenty.
#[derive(Debug)]
pub struct YieldingPool<P> {
    pool: TrackConsumersPool<P>,
    /// What was configured, for people.
    limit: usize,
    kept: KeptTables,
}

impl<P: MemoryPool> YieldingPool<P> {
    /// The memory of `pool`, in which `kept` counts, too; `limit` is what errors say.
    pub fn new(pool: TrackConsumersPool<P>, limit: usize, kept: KeptTables) -> Self {
        YieldingPool { pool, limit, kept }
    }

    /// Whether the pool gives so much.
    fn gives(&self, reservation: &MemoryReservation, additional: usize) -> bool {
        if let MemoryLimit::Finite(all) = self.pool.memory_limit()
            && all >= LEAST_AMPLE
        {
            let then = self.pool.reserved().saturating_add(additional);
            if then <= all / AMPLE_SHARE {
                self.pool.grow(reservation, additional);
                return true;
            }
            // What some hold beyond their shares is not there for the shares of others.
            if then > all {
                return false;
            }
        }
        self.pool.try_grow(reservation, additional).is_ok()
    }
}

impl<P: MemoryPool> MemoryPool for YieldingPool<P> {
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
        if self.gives(reservation, additional) {
            return Ok(());
        }
        // What keeps rows takes the refusal as the sign to stop.
        let keeps_rows = [CONSUMER, RECORDER].contains(&reservation.consumer().name());
        if !keeps_rows && self.kept.give_up() && self.gives(reservation, additional) {
            return Ok(());
        }
        Err(shortage::refused(reservation, additional, self.limit, self.pool.metrics()))
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.pool.memory_limit()
    }
}

impl<P: MemoryPool> fmt::Display for YieldingPool<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, Overrides};
    use crate::engine::Engine;
    use crate::sql;

    #[test]
    fn who_could_spill_need_not_where_there_is_plenty() {
        let shares = |all: usize| {
            let pool = TrackConsumersPool::new(FairSpillPool::new(all), NonZeroUsize::MIN);
            let pool: Arc<dyn MemoryPool> = Arc::new(YieldingPool::new(pool, all, KeptTables::default()));
            let consumers: Vec<_> =
                (0..10).map(|_| MemoryConsumer::new("an operator").with_can_spill(true).register(&pool)).collect();
            let mut pieces = vec![0; consumers.len()];
            for (consumer, pieces) in consumers.iter().zip(&mut pieces) {
                while consumer.try_grow(all / 100).is_ok() {
                    *pieces += 1;
                }
            }
            assert!(pool.reserved() <= all);
            pieces
        };
        assert_eq!(shares(256 << 20), [10; 10]);
        let ample = shares(1 << 30);
        assert!(ample[0] >= 49 && ample[1..6] == [10; 5], "{ample:?}");
    }

    #[tokio::test]
    async fn engines_that_share_a_memory_share_its_limit() {
        let environment = Environment::empty(env!("CARGO_MANIFEST_DIR"));
        let overrides = Overrides { landing: Some("data-samples/topics/".to_owned()), ..Overrides::default() };
        let mut config = Config::load(&overrides, &environment, &sql::parse_type).unwrap();
        config.session.memory_limit = 64 << 20;
        let memory = Memory::of(&config.session);
        let engines = [(); 2].map(|()| Engine::open_within(&memory, &config, &environment).unwrap());
        let pools = engines.each_ref().map(|engine| Arc::clone(&engine.context.runtime_env().memory_pool));
        let [first, second] = pools.each_ref().map(|pool| MemoryConsumer::new("a statement").register(pool));
        first.try_grow(40 << 20).unwrap();
        assert!(second.try_grow(40 << 20).is_err(), "both would be beyond the limit");
        drop(first);
        second.try_grow(40 << 20).unwrap();
        let alone = Engine::open(&config, &environment).unwrap();
        let third = MemoryConsumer::new("a statement").register(&alone.context.runtime_env().memory_pool);
        third.try_grow(40 << 20).unwrap();
    }
}
