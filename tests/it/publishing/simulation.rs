//! Hosts that run the same report at the same destination for five hundred times, while they die, fall asleep in the
//! middle of anything, and have clocks that differ: each time is published once, and latest never moves back.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use pinq::publication::{Claimed, Holder, LEASE, Outcome, Publications, Released};

use super::place::{Place, minute, publish};
use super::reader::Reader;
use crate::caching::dice::Dice;

/// How many times the report is due. Signing requests takes a debug build long: `PINQ_STEPS=500` for as many on S3.
const TIMES: usize = 500;
const TIMES_ON_S3: usize = 150;
const TIMES_OF_THREE: usize = 60;
/// Runs that stay, and how often a host notes those that are there: none goes without having been seen.
const KEEP: usize = 40;
const NOTED_EACH: usize = 5;
/// What a host that waits for another lets pass at a look, in milliseconds of the simulation.
const LOOK: i64 = 5_000;

/// What all hosts share.
struct World {
    /// Milliseconds since the first time.
    clock: AtomicI64,
    crashes: AtomicUsize,
    sleeps: AtomicUsize,
    /// What a host was told: its claim was taken over.
    overtaken: AtomicUsize,
    /// The complete runs that were ever there, by name.
    published: Mutex<BTreeMap<String, DateTime<Utc>>>,
    is_over: AtomicBool,
}

/// A machine that runs the report.
struct Host {
    publications: Publications,
    world: Arc<World>,
    dice: Dice,
    /// By how much its clock is wrong.
    skew: TimeDelta,
    /// Which process it is by now.
    holder: Holder,
    number: usize,
}

/// What came of one look at a time.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    Done,
    Waiting,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_on_disk_publish_each_time_once() {
    simulate(Place::disk(), 2, TIMES, Dice::seed(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hosts_on_disk_publish_each_time_once() {
    simulate(Place::disk(), 3, Dice::steps(TIMES_OF_THREE), Dice::seed(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_on_s3_publish_each_time_once() {
    simulate(Place::s3().await, 2, Dice::steps(TIMES_ON_S3), Dice::seed(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hosts_on_s3_publish_each_time_once() {
    simulate(Place::s3().await, 3, Dice::steps(TIMES_OF_THREE), Dice::seed(4)).await;
}

async fn simulate(place: Place, hosts: usize, times: usize, seed: u64) {
    println!("the seed is {seed}");
    let world = Arc::new(World {
        clock: AtomicI64::new(0),
        crashes: AtomicUsize::new(0),
        sleeps: AtomicUsize::new(0),
        overtaken: AtomicUsize::new(0),
        published: Mutex::default(),
        is_over: AtomicBool::new(false),
    });
    let mut running = Vec::new();
    for number in 0..hosts {
        let host = Host {
            publications: place.open(KEEP).await,
            world: Arc::clone(&world),
            dice: Dice::new(seed.wrapping_mul(1_000) + number as u64),
            skew: TimeDelta::milliseconds([-4_000, 5_000, 700][number % 3]),
            holder: Holder::new(&format!("host {number}")).expect("a holder"),
            number,
        };
        running.push(tokio::spawn(host.live(times)));
    }
    let mut reader = Reader::new(&place.stores(), &place.destination()).await;
    let watched = Arc::clone(&world);
    let reading = tokio::spawn(async move {
        // Latest alone: everything else is looked at once, at the end.
        while !watched.is_over.load(Relaxed) {
            reader.follow_latest().await;
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        reader
    });
    for host in running {
        host.await.expect("no panic");
    }
    world.is_over.store(true, Relaxed);
    let mut reader = reading.await.expect("no panic");
    reader.look().await;

    note(&place.open(KEEP).await, &world).await;
    let mut published = vec![0; times];
    for scheduled_for in world.published.lock().expect("no panic").values() {
        published[scheduled_for.signed_duration_since(minute(0)).num_minutes() as usize] += 1;
    }
    let wrong: Vec<_> = published.iter().enumerate().filter(|(_, times)| **times != 1).collect();
    assert!(wrong.is_empty(), "not published once: {wrong:?}");
    assert_eq!(reader.latest().map(|name| name.scheduled_for), Some(minute(times - 1)));
    let count = |number: &AtomicUsize| number.load(Relaxed);
    let (crashes, sleeps, overtaken) = (count(&world.crashes), count(&world.sleeps), count(&world.overtaken));
    println!("{crashes} crashes, {sleeps} sleeps, {overtaken} overtaken");
    assert!(crashes + sleeps > 0, "{crashes} crashes, {sleeps} sleeps, {overtaken} overtaken");
}

impl Host {
    async fn live(mut self, times: usize) {
        for time in 0..times {
            let due = minute(time);
            // Whoever waits for the next time makes it come: nothing else happens until then.
            let behind = due.signed_duration_since(self.now()).num_milliseconds();
            if behind > 0 {
                let until = due.signed_duration_since(minute(0)) - self.skew;
                self.world.clock.fetch_max(until.num_milliseconds(), Relaxed);
            }
            while self.look(due).await != Look::Done {
                tokio::time::sleep(Duration::from_micros(200)).await;
                self.world.clock.fetch_add(LOOK, Relaxed);
            }
            if time % NOTED_EACH == 0 {
                note(&self.publications, &self.world).await;
            }
        }
    }

    /// Looks at a time once, and runs it where it is its own to run. At any moment it may die or fall asleep.
    async fn look(&mut self, due: DateTime<Utc>) -> Look {
        let (publications, holder, now) = (self.publications.clone(), self.holder.clone(), self.now());
        let world = Arc::clone(&self.world);
        let mut work: Pin<Box<dyn Future<Output = Look> + Send>> =
            Box::pin(async move { run(&publications, &holder, due, now, &world).await });
        let fate = self.dice.below(30);
        if fate > 1 {
            return work.await;
        }
        // From nothing at all to longer than it takes.
        let moment = Duration::from_micros(self.dice.below(12_000) as u64);
        if let Ok(look) = tokio::time::timeout(moment, &mut work).await {
            return look;
        }
        if fate == 0 {
            drop(work);
            self.world.crashes.fetch_add(1, Relaxed);
            self.holder = Holder::new(&format!("host {}", self.number)).expect("a holder");
            return Look::Waiting;
        }
        self.world.sleeps.fetch_add(1, Relaxed);
        // The others go on; it wakes up when they may have had its claim for long.
        let wakes = self.world.clock.load(Relaxed) + LEASE.num_milliseconds() * 2;
        let mut patience = 0;
        while self.world.clock.load(Relaxed) < wakes && patience < 200 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            patience += 1;
        }
        work.await
    }

    fn now(&self) -> DateTime<Utc> {
        minute(0) + TimeDelta::milliseconds(self.world.clock.load(Relaxed)) + self.skew
    }
}

/// Notes which complete runs are there.
async fn note(publications: &Publications, world: &World) {
    let history = publications.runs().await.expect("the runs");
    assert!(history.damaged.is_empty(), "{:?}", history.damaged);
    let complete = history.runs.into_iter().filter(|run| run.outcome == Outcome::Complete);
    world.published.lock().expect("no panic").extend(complete.map(|run| (run.run, run.scheduled_for)));
}

async fn run(
    publications: &Publications,
    holder: &Holder,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
    world: &World,
) -> Look {
    let claim = match publications.claim(due, holder, now).await.expect("a destination") {
        Claimed::Ours(claim) => claim,
        Claimed::Theirs { .. } => return Look::Waiting,
        Claimed::Done => return Look::Done,
    };
    let published = async {
        claim.renew(now).await?;
        publish(publications, due, Some(&claim)).await?;
        claim.release(Released::Done).await
    };
    match published.await {
        Ok(()) => Look::Done,
        Err(error) => {
            let text = error.render();
            let was_overtaken = ["taken over by", "was written by another", "was removed"];
            assert!(was_overtaken.iter().any(|said| text.contains(said)), "{text}");
            world.overtaken.fetch_add(1, Relaxed);
            Look::Waiting
        }
    }
}
