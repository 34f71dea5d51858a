//! What time it is, and waiting for a time: the door by which the clock enters.
//!
//! Owns the system's clock and one that tests move. It must not know what anybody waits for. Whoever takes a [`Clock`]
//! can be shown a year in a second.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;

/// Tells the time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The instant.
    fn now(&self) -> DateTime<Utc>;

    /// Waits until `instant` has come; not at all where it has.
    fn sleep_until(&self, instant: DateTime<Utc>) -> BoxFuture<'static, ()>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// A clock that stands until it is moved; clones show the same time.
#[derive(Clone)]
pub struct SimulatedClock(Arc<Mutex<Simulated>>);

/// The longest wait before the clock is looked at again: it may be set, and a machine that slept has missed some of it.
const GLANCE: Duration = Duration::from_secs(20);

struct Simulated {
    now: DateTime<Utc>,
    /// Who waits, by the time that they wait for and the order in which they came.
    sleepers: BTreeMap<(DateTime<Utc>, u64), Waker>,
    came: u64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the door by which the clock enters")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn sleep_until(&self, instant: DateTime<Utc>) -> BoxFuture<'static, ()> {
        async move {
            // What is left has no standard form once the instant has passed.
            while let Ok(left) = (instant - SystemClock.now()).to_std() {
                if left.is_zero() {
                    break;
                }
                tokio::time::sleep(left.min(GLANCE)).await;
            }
        }
        .boxed()
    }
}

impl SimulatedClock {
    /// A clock that shows `now`.
    pub fn at(now: DateTime<Utc>) -> SimulatedClock {
        SimulatedClock(Arc::new(Mutex::new(Simulated { now, sleepers: BTreeMap::new(), came: 0 })))
    }

    /// Moves the clock to `instant`, never back, and wakes whoever waits for it or for a time before it.
    pub fn advance_to(&self, instant: DateTime<Utc>) {
        let mut simulated = self.lock();
        let now = simulated.now.max(instant);
        simulated.now = now;
        let later = simulated.sleepers.split_off(&(now, u64::MAX));
        let woken = std::mem::replace(&mut simulated.sleepers, later);
        // Whoever wakes may look at the clock at once.
        drop(simulated);
        woken.into_values().for_each(Waker::wake);
    }

    /// The first time that anybody waits for.
    pub fn next_sleeper(&self) -> Option<DateTime<Utc>> {
        self.lock().sleepers.first_key_value().map(|((instant, _), _)| *instant)
    }

    fn lock(&self) -> MutexGuard<'_, Simulated> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SimulatedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedClock({})", self.lock().now)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> DateTime<Utc> {
        self.lock().now
    }

    fn sleep_until(&self, instant: DateTime<Utc>) -> BoxFuture<'static, ()> {
        SimulatedSleep { clock: self.clone(), instant, place: None }.boxed()
    }
}

/// Waits on a simulated clock. It is forgotten when it is dropped, so that nobody moves the clock for its sake.
struct SimulatedSleep {
    clock: SimulatedClock,
    instant: DateTime<Utc>,
    place: Option<u64>,
}

impl Future for SimulatedSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut simulated = clock.lock();
        if simulated.now >= self.instant {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            simulated.came = simulated.came.wrapping_add(1);
            simulated.came
        });
        simulated.sleepers.insert((self.instant, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for SimulatedSleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.lock().sleepers.remove(&(self.instant, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_simulated_clock_wakes_those_whose_time_has_come() {
        let clock = SimulatedClock::at(at(100));
        assert!(clock.sleep_until(at(100)).now_or_never().is_some());
        let (mut first, mut second) = (clock.sleep_until(at(110)), clock.sleep_until(at(120)));
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        assert_eq!(clock.next_sleeper(), Some(at(110)));
        clock.advance_to(at(115));
        assert!(first.now_or_never().is_some());
        assert_eq!((clock.now(), clock.next_sleeper()), (at(115), Some(at(120))));
        drop(second);
        assert_eq!(clock.next_sleeper(), None);
        clock.advance_to(at(90));
        assert_eq!(clock.now(), at(115), "a clock does not go back");
    }

    #[tokio::test]
    async fn the_clock_of_the_machine_waits_and_does_not_wait_for_what_has_passed() {
        let began = SystemClock.now();
        SystemClock.sleep_until(began - chrono::TimeDelta::days(1)).await;
        let soon = SystemClock.now() + chrono::TimeDelta::milliseconds(20);
        SystemClock.sleep_until(soon).await;
        assert!(SystemClock.now() >= soon);
    }
}
