//! A year of schedules: zones that change their clocks, hosts that stop, crash and come back, runs that are slow and
//! runs that fail. No time is settled twice, no report runs beside itself (the world checks both), none is lost beyond
//! what the rules say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant as Stopwatch;

use chrono::TimeDelta;
use chrono_tz::{America, Australia, Europe, UTC};
use futures::executor::LocalPool;
use futures::future::{Either, select};
use futures::task::LocalSpawnExt;
use tokio::sync::mpsc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::world::{self, Calendar, Destination, FakeRunner, Instant, LEASE, Network, Span, at, report, schedule};
use crate::config::{Clock, ReportConfig, SimulatedClock};
use crate::publication::Outcome;
use crate::report::scheduler::{Order, Scheduler, SchedulerOptions, Work};

const BEGIN: &str = "2024-01-01T00:00:00Z";
const END: &str = "2025-01-01T00:00:00Z";

/// When a host runs a scheduler.
type Ups = Arc<Mutex<Vec<Span>>>;

struct Host {
    name: &'static str,
    clock: SimulatedClock,
    destination: Arc<Mutex<Destination>>,
    reports: Vec<Arc<ReportConfig>>,
    seed: u64,
    ups: Ups,
    calendar: Calendar,
    network: Network,
}

impl Host {
    /// A number below `most`, made of the seed and what it is for.
    fn roll(&self, what: &str, turn: u64, most: u64) -> u64 {
        xxh3_64_with_seed(format!("{} {what} {turn}", self.name).as_bytes(), self.seed) % most
    }

    fn runner(&self, turn: u64) -> Arc<FakeRunner> {
        Arc::new(FakeRunner {
            clock: self.clock.clone(),
            destination: Arc::clone(&self.destination),
            process: format!("{} {turn}", self.name),
            seed: self.seed,
            fate,
            calendar: Arc::clone(&self.calendar),
            network: self.network,
        })
    }

    /// Lives until nobody moves the clock any more.
    async fn live(self) {
        for turn in 0.. {
            let began = self.clock.now();
            let minutes = |most| TimeDelta::minutes(i64::try_from(most).unwrap());
            let mut left = 1 + self.roll("up", turn, 20);
            let (orders, received) = mpsc::channel(8);
            let (runner, reports) = (self.runner(turn), self.reports.clone());
            let options = SchedulerOptions { at_once: 100, grace: TimeDelta::seconds(30), seed: self.seed };
            let scheduler = Scheduler::new(Arc::new(self.clock.clone()), Work { reports, runner }, options);
            self.ups.lock().unwrap().push((began, at(END)));
            let mut running = Box::pin(scheduler.run(received));
            while left > 0 {
                left -= 1;
                let day = self.clock.sleep_until(self.clock.now() + minutes(60 * 24 + self.roll("more", left, 999)));
                let Either::Right(_) = select(&mut running, day).await else { panic!("it ends by itself") };
                let work = Work { reports: self.reports.clone(), runner: self.runner(turn) };
                assert!(orders.send(Order::Reload(work)).await.is_ok());
            }
            if self.roll("crash", turn, 2) == 0 {
                assert!(orders.send(Order::Stop).await.is_ok());
                running.await;
            } else {
                drop(running);
            }
            self.ups.lock().unwrap().last_mut().unwrap().1 = self.clock.now();
            let days = if self.roll("long", turn, 4) == 0 { 4 } else { 0 };
            self.clock.sleep_until(self.clock.now() + minutes(1 + days * 1440 + self.roll("down", turn, 600))).await;
        }
    }
}

/// Most runs take minutes; one in sixteen takes up to three hours, one in five fails.
fn fate(number: u64) -> (i64, Outcome) {
    let seconds = if number.is_multiple_of(16) { (number >> 8) % 10_800 } else { 5 + (number >> 8) % 600 };
    let outcome = if (number >> 40).is_multiple_of(5) { Outcome::Failed } else { Outcome::Complete };
    (i64::try_from(seconds).unwrap(), outcome)
}

fn reports() -> Vec<Arc<ReportConfig>> {
    let schedules = [
        ("daily", schedule("0 6 * * *", Europe::London), 3),
        ("in the repeated hour", schedule("30 1 * * *", Europe::London), 3),
        ("in the skipped hour", schedule("30 2 * * *", America::New_York), 2),
        ("hourly", schedule("0 * * * *", Australia::Lord_Howe), 1),
        ("often", schedule("*/30 6-19 * * *", UTC), 5),
        ("workdays", schedule("15 9 * * 1-5", Europe::Berlin), 0),
        ("monthly", schedule("0 0 1 * *", America::Sao_Paulo), 3),
    ];
    schedules.into_iter().map(|(name, schedule, retries)| report(name, schedule, retries)).collect()
}

/// What happened to the scheduled times of a year.
#[derive(Debug, Default)]
struct Count {
    scheduled: usize,
    complete: usize,
    given_up: usize,
    collapsed: usize,
    tries: usize,
}

/// Every scheduled time of the year.
fn calendar() -> Calendar {
    let times = reports().into_iter().map(|report| {
        let schedule = report.schedule.as_ref().unwrap();
        let times = std::iter::successors(schedule.next(at(BEGIN)), |time| schedule.next(*time));
        (report.name.clone(), times.take_while(|time| *time < at(END)).collect())
    });
    Arc::new(times.collect())
}

fn simulate(seed: u64, hosts: &[&'static str], network: Network) -> Count {
    let (clock, destination) = (SimulatedClock::at(at(BEGIN)), Arc::new(Mutex::new(Destination::default())));
    let mut pool = LocalPool::new();
    let calendar = calendar();
    let ups: Vec<Ups> = hosts.iter().map(|_| Ups::default()).collect();
    for (name, ups) in hosts.iter().zip(&ups) {
        let (clock, destination, ups) = (clock.clone(), Arc::clone(&destination), Arc::clone(ups));
        let (reports, calendar) = (reports(), Arc::clone(&calendar));
        let host = Host { name, clock, destination, reports, seed, ups, calendar, network };
        pool.spawner().spawn_local(host.live()).unwrap();
    }
    world::run_until(&mut pool, &clock, at(END));
    let destination = destination.lock().unwrap();
    let mut count = Count::default();
    for report in reports() {
        let up: Vec<Span> = ups.iter().flat_map(|ups| ups.lock().unwrap().clone()).collect();
        judge(&report.name, &calendar[&report.name], &destination, (&up, network), &mut count);
    }
    count
}

/// Says what became of each time of the report, and that nothing was lost that should not be.
fn judge(
    report: &str,
    times: &[Instant],
    destination: &Destination,
    (up, network): (&[Span], Network),
    count: &mut Count,
) {
    let empty = BTreeMap::new();
    let settled = destination.settled.get(report).unwrap_or(&empty);
    let claimed = destination.claimed.get(report).map_or(&[][..], Vec::as_slice);
    // What the last hours brought may still be under way.
    for pair in times.windows(2).filter(|pair| pair[1] < at(END) - TimeDelta::hours(4)) {
        let (time, next) = (pair[0], pair[1]);
        count.scheduled += 1;
        match settled.get(&time) {
            Some(Outcome::Complete) => count.complete += 1,
            Some(Outcome::Failed) => count.given_up += 1,
            None => {
                count.collapsed += 1;
                // Who reaches nobody gives a time up, and nobody knows.
                let idle = if network == Network::Torn { None } else { idle((time, next), claimed, up) };
                assert_eq!(idle, None, "{report}: {time} was not run, though there was nothing else to do");
            }
        }
    }
    for time in settled.keys().filter(|time| **time > at(BEGIN)) {
        assert!(times.binary_search(time).is_ok(), "{report}: nobody asked for {time}");
    }
    count.tries += destination.tries.get(report).map_or(0, Vec::len);
}

/// A moment of the span in which a host was up and had been for a while, and in which nobody had the report.
fn idle((begin, end): Span, claimed: &[Span], up: &[Span]) -> Option<Instant> {
    // Another host looks again when a claim would have expired, even one that was given back.
    let first = claimed.partition_point(|(_, to)| *to + LEASE < begin);
    let claimed: Vec<Span> = claimed[first..].iter().take_while(|(from, _)| *from <= end).copied().collect();
    let is_free = |moment: Instant| claimed.iter().all(|(from, to)| moment < *from || moment >= *to + LEASE);
    let is_up = |moment: Instant| up.iter().any(|(from, to)| *from <= moment && moment < *to);
    let minutes = std::iter::successors(Some(begin), |moment| Some(*moment + TimeDelta::minutes(1)));
    minutes.take_while(|moment| *moment < end).find(|moment| is_up(*moment) && is_free(*moment))
}

#[test]
fn a_year_of_one_host_loses_nothing_and_runs_nothing_twice() {
    let watch = Stopwatch::now();
    let count = simulate(1, &["a"], Network::Whole);
    println!("one host: {count:?} in {:?}", watch.elapsed());
    assert!(count.scheduled > 15_000 && count.complete > 12_000, "{count:?}");
    assert!(count.given_up > 100 && count.collapsed > 100, "the simulation is too kind: {count:?}");
}

#[test]
fn a_year_of_two_hosts_settles_each_time_once() {
    let watch = Stopwatch::now();
    let count = simulate(2, &["a", "b"], Network::Whole);
    println!("two hosts: {count:?} in {:?}", watch.elapsed());
    assert!(count.scheduled > 15_000 && count.complete > 12_000, "{count:?}");
    assert!(count.given_up > 100 && count.collapsed > 100, "the simulation is too kind: {count:?}");
}

#[test]
fn a_year_of_three_hosts_that_lose_each_other_settles_no_time_twice() {
    let watch = Stopwatch::now();
    let count = simulate(3, &["a", "b", "c"], Network::Torn);
    println!("three hosts: {count:?} in {:?}", watch.elapsed());
    assert!(count.scheduled > 15_000 && count.complete > 12_000, "{count:?}");
}
