//! How many requests one service has unanswered at once: as many as allowed, fewer where it says "slow down".
//!
//! Owns the limit of one host and how it adapts: halved when the host refuses for want of capacity, and
//! grown by one for each full round of successes, as TCP does. It must not send, and knows nothing of what
//! is asked. A request counts until its answer begins: its body needs no further leave, so that a reader
//! who rests in the middle of a body never keeps the others from asking.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit of one host.
#[derive(Debug)]
pub struct Throttle {
    most: usize,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

/// Leave for one request; dropping it makes room for the next.
#[derive(Debug)]
pub struct Leave<'a> {
    throttle: &'a Throttle,
    permit: Option<OwnedSemaphorePermit>,
    /// Halvings before the request was sent.
    halvings: u64,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Permits that are to vanish when they come back, because the limit fell while they were out.
    owed: usize,
    /// Successes since the limit last changed.
    successes: usize,
    halvings: u64,
}

impl Throttle {
    /// A limit that begins at `most` and never goes beyond it.
    pub fn new(most: usize) -> Throttle {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Throttle {
            most,
            permits: Arc::new(Semaphore::new(most)),
            state: Mutex::new(State { limit: most, owed: 0, successes: 0, halvings: 0 }),
        }
    }

    /// Waits for leave to send one request; who came first is served first.
    pub async fn leave(&self) -> Leave<'_> {
        // The semaphore is never closed; without a permit there would merely be no limit.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        Leave { throttle: self, permit, halvings: self.lock().halvings }
    }

    /// Requests that may be unanswered at once, as things stand.
    #[cfg(test)]
    pub fn limit(&self) -> usize {
        self.lock().limit
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    /// The service answered: after a full round of such answers the limit grows by one.
    pub fn answered(self) {
        // Where the limit holds nobody up, its success says nothing about a higher one.
        if self.throttle.permits.available_permits() > 0 {
            return;
        }
        let mut state = self.throttle.lock();
        state.successes = state.successes.saturating_add(1);
        if state.successes < state.limit || state.limit >= self.throttle.most {
            return;
        }
        state.successes = 0;
        state.limit = state.limit.saturating_add(1);
        if state.owed > 0 {
            state.owed = state.owed.saturating_sub(1);
        } else {
            self.throttle.permits.add_permits(1);
        }
    }

    /// The service wants fewer requests: the limit is halved. All the requests that were under way
    /// together when it said so count as one complaint; the next one must have been sent after that.
    pub fn refused(self) {
        let mut state = self.throttle.lock();
        if self.halvings != state.halvings {
            return;
        }
        let limit = (state.limit / 2).max(1);
        let fewer = state.limit.saturating_sub(limit).saturating_add(state.owed);
        state.owed = fewer.saturating_sub(self.throttle.permits.forget_permits(fewer));
        state.limit = limit;
        state.successes = 0;
        state.halvings = state.halvings.saturating_add(1);
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut state = self.throttle.lock();
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed = state.owed.saturating_sub(1);
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// Leaves that are to be had without waiting.
    fn take(throttle: &Throttle) -> Vec<Leave<'_>> {
        std::iter::from_fn(|| throttle.leave().now_or_never()).collect()
    }

    #[test]
    fn a_burst_of_refusals_halves_once() {
        let throttle = Throttle::new(256);
        let leaves = take(&throttle);
        assert_eq!(leaves.len(), 256);
        leaves.into_iter().for_each(Leave::refused);
        assert_eq!(throttle.limit(), 128);
        let leaves = take(&throttle);
        assert_eq!(leaves.len(), 128);
        leaves.into_iter().for_each(Leave::refused);
        assert_eq!((throttle.limit(), take(&throttle).len()), (64, 64));
    }

    #[test]
    fn never_falls_below_one_nor_grows_beyond_the_most() {
        let throttle = Throttle::new(3);
        for _ in 0..5 {
            take(&throttle).into_iter().for_each(Leave::refused);
            assert_eq!(throttle.limit(), 1);
        }
        for _ in 0..20 {
            take(&throttle).into_iter().for_each(Leave::answered);
        }
        assert_eq!((throttle.limit(), take(&throttle).len()), (3, 3));
    }

    #[test]
    fn grows_by_one_a_round_only_where_it_is_used_up() {
        let throttle = Throttle::new(64);
        take(&throttle).into_iter().for_each(Leave::refused);
        assert_eq!(throttle.limit(), 32);
        for _ in 0..1_000 {
            throttle.leave().now_or_never().unwrap().answered();
        }
        assert_eq!(throttle.limit(), 32, "one request at a time needs no more");
        let mut others = Vec::new();
        for leave in take(&throttle) {
            leave.answered();
            // Somebody takes the place at once.
            others.push(throttle.leave().now_or_never().unwrap());
        }
        assert_eq!(throttle.limit(), 33);
    }

    #[test]
    fn what_is_out_while_the_limit_falls_comes_back_to_fewer() {
        let throttle = Throttle::new(8);
        let mut out = take(&throttle);
        out.pop().unwrap().refused();
        assert_eq!(throttle.limit(), 4);
        drop(out.split_off(4));
        assert_eq!(take(&throttle).len(), 0, "four are still out");
        drop(out);
        assert_eq!(take(&throttle).len(), 4);
    }
}
