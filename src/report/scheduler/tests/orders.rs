//! Stops and reloads, at moments that matter.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use chrono_tz::UTC;
use futures::FutureExt;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use tokio::sync::{mpsc, oneshot};

use super::world::{Destination, FakeRunner, Fate, Network, at, report, run_until, schedule};
use crate::config::{ReportConfig, SimulatedClock};
use crate::publication::Outcome;
use crate::report::scheduler::{Order, Overview, Scheduler, SchedulerOptions, Standing, Stopped, Work};

/// A scheduler in a world in which every run has the same fate.
struct Stage {
    pool: LocalPool,
    clock: SimulatedClock,
    destination: Arc<Mutex<Destination>>,
    orders: mpsc::Sender<Order<FakeRunner>>,
    stopped: Arc<Mutex<Option<Stopped>>>,
    fate: Fate,
}

impl Stage {
    fn set(now: &str, reports: Vec<Arc<ReportConfig>>, fate: Fate) -> Stage {
        let (clock, destination) = (SimulatedClock::at(at(now)), Arc::default());
        let (orders, received) = mpsc::channel(8);
        let (pool, stopped) = (LocalPool::new(), Arc::default());
        let mut stage = Stage { pool, clock, destination, orders, stopped, fate };
        let options = SchedulerOptions { at_once: 4, grace: TimeDelta::seconds(30), seed: 1 };
        let scheduler = Scheduler::new(Arc::new(stage.clock.clone()), stage.work(reports), options);
        let ended = Arc::clone(&stage.stopped);
        let run = scheduler.run(received).map(move |stopped| *ended.lock().unwrap() = Some(stopped));
        stage.pool.spawner().spawn_local(run).unwrap();
        stage.pool.run_until_stalled();
        stage
    }

    fn work(&self, reports: Vec<Arc<ReportConfig>>) -> Work<FakeRunner> {
        let (clock, destination) = (self.clock.clone(), Arc::clone(&self.destination));
        let process = "process".to_owned();
        let calendar = Arc::default();
        let runner =
            FakeRunner { clock, destination, process, seed: 1, fate: self.fate, calendar, network: Network::Whole };
        Work { reports, runner: Arc::new(runner) }
    }

    fn order(&mut self, order: Order<FakeRunner>) {
        assert!(self.orders.try_send(order).is_ok());
        self.pool.run_until_stalled();
    }

    fn until(&mut self, instant: &str) {
        run_until(&mut self.pool, &self.clock, at(instant));
    }

    fn overview(&mut self) -> Overview {
        let (reply, mut asked) = oneshot::channel();
        self.order(Order::Report(reply));
        asked.try_recv().unwrap()
    }

    fn settled(&self) -> usize {
        self.destination.lock().unwrap().settled.values().map(|times| times.len()).sum()
    }

    fn stopped(&self) -> Option<Stopped> {
        *self.stopped.lock().unwrap()
    }
}

fn hourly() -> Vec<Arc<ReportConfig>> {
    vec![report("hourly", schedule("0 * * * *", UTC), 3)]
}

fn twenty_seconds(_: u64) -> (i64, Outcome) {
    (20, Outcome::Complete)
}

fn ten_minutes(_: u64) -> (i64, Outcome) {
    (600, Outcome::Complete)
}

fn failure(_: u64) -> (i64, Outcome) {
    (5, Outcome::Failed)
}

#[test]
fn what_runs_may_end_within_the_grace_period() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), twenty_seconds);
    stage.order(Order::Stop);
    stage.until("2024-01-01T09:00:19Z");
    assert_eq!(stage.stopped(), None);
    stage.until("2024-01-01T09:00:20Z");
    assert_eq!(stage.stopped(), Some(Stopped::default()));
    assert_eq!(stage.settled(), 1);
}

#[test]
fn after_the_grace_period_what_runs_is_cancelled_and_its_claim_given_back() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), ten_minutes);
    stage.order(Order::Stop);
    stage.until("2024-01-01T09:00:29Z");
    assert_eq!(stage.stopped(), None);
    stage.until("2024-01-01T09:00:30Z");
    assert_eq!(stage.stopped(), Some(Stopped { cancelled: 1, was_cut_short: false }));
    assert_eq!(stage.settled(), 0);
    let destination = stage.destination.lock().unwrap();
    assert_eq!(destination.claimed["hourly"], [(at("2024-01-01T09:00:00Z"), at("2024-01-01T09:00:30Z"))]);
}

#[test]
fn a_second_order_to_stop_cancels_at_once() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), ten_minutes);
    stage.order(Order::Stop);
    stage.order(Order::Stop);
    assert_eq!(stage.stopped(), Some(Stopped { cancelled: 1, was_cut_short: true }));
}

#[test]
fn a_stop_does_not_wait_for_the_next_try() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), failure);
    stage.until("2024-01-01T09:00:06Z");
    assert_eq!(stage.stopped(), None);
    stage.order(Order::Stop);
    assert_eq!(stage.stopped(), Some(Stopped { cancelled: 1, was_cut_short: false }));
}

#[test]
fn nothing_runs_means_that_a_stop_is_at_once() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", Vec::new(), failure);
    stage.order(Order::Stop);
    assert_eq!(stage.stopped(), Some(Stopped::default()));
}

#[test]
fn who_is_told_is_told_once_after_the_last_try() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), failure);
    stage.until("2024-01-01T09:59:59Z");
    let destination = stage.destination.lock().unwrap();
    assert_eq!(destination.tries["hourly"].len(), 4, "three retries");
    assert_eq!(destination.told, [("hourly".to_owned(), at("2024-01-01T09:00:00Z"), Outcome::Failed)]);
}

#[test]
fn a_reload_leaves_alone_what_runs_and_goes_by_the_new_schedule_then() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), ten_minutes);
    let daily = vec![report("daily", schedule("0 6 * * *", UTC), 3)];
    let work = stage.work(daily);
    stage.order(Order::Reload(work));
    stage.until("2024-01-01T09:30:00Z");
    assert_eq!(stage.settled(), 2, "the hourly of 9, and the daily of 6");
    stage.until("2024-01-01T12:30:00Z");
    assert_eq!(stage.settled(), 2);
}

#[test]
fn an_overview_says_what_runs_and_what_comes() {
    let mut stage = Stage::set("2024-01-01T09:00:00Z", hourly(), ten_minutes);
    let overview = stage.overview();
    let hourly = &overview.reports["hourly"];
    assert_eq!(hourly.standing, Standing::Running(at("2024-01-01T09:00:00Z")));
    assert_eq!(hourly.next[..2], [at("2024-01-01T10:00:00Z"), at("2024-01-01T11:00:00Z")]);
    assert!(!overview.is_overdue);
    stage.until("2024-01-01T09:10:00Z");
    let hourly = stage.overview().reports.remove("hourly").unwrap();
    assert_eq!((hourly.standing, hourly.notes.doing, hourly.notes.counts.complete), (Standing::Resting, None, 1));
    assert_eq!(hourly.notes.last_success, Some(at("2024-01-01T09:10:00Z")));
}
