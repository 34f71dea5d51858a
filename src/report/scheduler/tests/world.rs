//! A destination that is made up, with the rights to run, and whatever happens there written down.
//!
//! Owns the rules that hold in every simulation: they are checked at the moment at which they could be broken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::executor::LocalPool;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::config::{Clock, ReportConfig, SimulatedClock};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::output::Formulas;
use crate::publication::{Outcome, RunRecord, run_id};
use crate::report::scheduler::{Holding, Release, ReportRunner, Right, Try};
use crate::schedule::Schedule;

pub const LEASE: TimeDelta = TimeDelta::minutes(10);

pub type Instant = DateTime<Utc>;

/// From when to when.
pub type Span = (Instant, Instant);

/// What all hosts see, and what they did.
#[derive(Default)]
pub struct Destination {
    claims: BTreeMap<String, (String, Instant)>,
    /// The times that are settled, by report.
    pub settled: BTreeMap<String, BTreeMap<Instant, Outcome>>,
    /// Who runs what now.
    running: BTreeSet<(String, String)>,
    /// Every try, by report: the time that it was for, tries before it, and when it ran.
    pub tries: BTreeMap<String, Vec<(Instant, u32, Span)>>,
    /// When a report was claimed by anybody.
    pub claimed: BTreeMap<String, Vec<Span>>,
    /// Which runs somebody was told of.
    pub told: Vec<(String, Instant, Outcome)>,
}

/// How runs go in a simulation: seconds, and whether they fail, by a number that is made of the run.
pub type Fate = fn(u64) -> (i64, Outcome);

/// One process on one host.
pub struct FakeRunner {
    pub clock: SimulatedClock,
    pub destination: Arc<Mutex<Destination>>,
    pub process: String,
    pub seed: u64,
    pub fate: Fate,
    /// The times of each report, as far as they are known before: to work one out takes longer than all the rest.
    pub calendar: Calendar,
    pub network: Network,
}

/// Whether a process always reaches the destination's claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    Whole,
    /// For an hour in eight or so it does not, which is longer than a claim lasts.
    Torn,
}

/// Scheduled times by report, in order.
pub type Calendar = Arc<BTreeMap<String, Vec<Instant>>>;

/// Holds the names of a run that is under way, and writes down that it has ended, however it ends.
struct UnderWay<'a> {
    runner: &'a FakeRunner,
    report: String,
    try_: Try,
    began: Instant,
}

impl FakeRunner {
    pub fn lock(&self) -> MutexGuard<'_, Destination> {
        self.destination.lock().unwrap()
    }

    /// An error where the process is cut off from the others.
    fn reach(&self) -> Result<()> {
        let hour = format!("{} {}", self.process, self.clock.now().timestamp() / 3600);
        let is_cut_off =
            self.network == Network::Torn && xxh3_64_with_seed(hour.as_bytes(), self.seed).is_multiple_of(8);
        if is_cut_off { Err(Error::statement("nobody answers")) } else { Ok(()) }
    }

    fn next(&self, report: &ReportConfig, time: Instant) -> Instant {
        let known = self.calendar.get(&report.name).and_then(|times| times.get(times.binary_search(&time).ok()? + 1));
        known.copied().unwrap_or_else(|| report.schedule.as_ref().unwrap().next(time).unwrap())
    }

    /// What must not run twice at once. Who is cut off goes on for a while, and only then notices that it was overtaken;
    /// it can't publish any more.
    fn beside(&self, report: &str) -> (String, String) {
        let process = if self.network == Network::Torn { self.process.as_str() } else { "" };
        (report.to_owned(), process.to_owned())
    }

    fn holds(&self, report: &str) -> bool {
        let now = self.clock.now();
        self.lock().claims.get(report).is_some_and(|(process, until)| *process == self.process && *until > now)
    }
}

#[async_trait]
impl ReportRunner for FakeRunner {
    type Claim = (String, Instant);

    fn renew_every(&self) -> TimeDelta {
        TimeDelta::minutes(3)
    }

    async fn claim(&self, report: &ReportConfig, scheduled_for: Instant) -> Result<Right<Self::Claim>> {
        self.reach()?;
        let now = self.clock.now();
        let mut destination = self.lock();
        let last = destination.settled.get(&report.name).and_then(|times| times.keys().next_back().copied());
        if last.is_some_and(|last| last >= scheduled_for) {
            return Ok(Right::Done);
        }
        match destination.claims.get(&report.name) {
            Some((process, until)) if *until > now => {
                assert_ne!(*process, self.process, "a process asks for what it has");
                Ok(Right::Theirs { until: *until })
            }
            _ => {
                destination.claims.insert(report.name.clone(), (self.process.clone(), now + LEASE));
                destination.claimed.entry(report.name.clone()).or_default().push((now, now + LEASE));
                Ok(Right::Ours((report.name.clone(), scheduled_for)))
            }
        }
    }

    async fn renew(&self, (report, _): &Self::Claim) -> Result<Holding> {
        self.reach()?;
        if !self.holds(report) {
            return Ok(Holding::Lost);
        }
        let until = self.clock.now() + LEASE;
        let mut destination = self.lock();
        destination.claims.insert(report.clone(), (self.process.clone(), until));
        destination.claimed.get_mut(report).unwrap().last_mut().unwrap().1 = until;
        Ok(Holding::Held)
    }

    async fn attempt(&self, report: &Arc<ReportConfig>, try_: &Try, _: &Self::Claim) -> Result<RunRecord> {
        let began = self.clock.now();
        let next = self.next(report, try_.scheduled_for);
        assert!(try_.scheduled_for <= began, "{}: run before its time", report.name);
        assert!(began < next, "{}: {} is tried at {began}, after {next}", report.name, try_.scheduled_for);
        assert!(try_.tries_before <= report.retries);
        let name = self.beside(&report.name);
        assert!(self.lock().running.insert(name), "{} runs beside itself at {began}", report.name);
        let _under_way = UnderWay { runner: self, report: report.name.clone(), try_: *try_, began };
        let rolled = format!("{} {} {} {}", self.process, report.name, try_.scheduled_for, try_.tries_before);
        let (seconds, outcome) = (self.fate)(xxh3_64_with_seed(rolled.as_bytes(), self.seed));
        self.clock.sleep_until(began + TimeDelta::seconds(seconds)).await;
        if !self.holds(&report.name) {
            return Err(Error::statement("the claim was lost"));
        }
        if outcome == Outcome::Failed && seconds % 2 == 0 {
            return Err(Error::statement("nothing could be recorded"));
        }
        Ok(record(&report.name, try_, began, self.clock.now(), outcome))
    }

    async fn release(&self, (report, scheduled_for): Self::Claim, release: Release) -> Result<()> {
        let now = self.clock.now();
        if !self.holds(&report) {
            return Ok(());
        }
        let mut destination = self.lock();
        destination.claims.remove(&report);
        destination.claimed.get_mut(&report).unwrap().last_mut().unwrap().1 = now;
        if let Release::Done(outcome) = release {
            let before = destination.settled.entry(report.clone()).or_default().insert(scheduled_for, outcome);
            assert_eq!(before, None, "{report}: {scheduled_for} is settled twice");
        }
        Ok(())
    }

    async fn tell(&self, report: &ReportConfig, scheduled_for: Instant, _: u32, ended: &Result<RunRecord>) {
        let outcome = ended.as_ref().map_or(Outcome::Failed, |record| record.outcome);
        self.lock().told.push((report.name.clone(), scheduled_for, outcome));
    }

    async fn last(&self, _: &ReportConfig) -> Result<Option<RunRecord>> {
        Ok(None)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let span = (self.began, self.runner.clock.now());
        let mut destination = self.runner.lock();
        destination.running.remove(&self.runner.beside(&self.report));
        let tries = destination.tries.entry(self.report.clone()).or_default();
        tries.push((self.try_.scheduled_for, self.try_.tries_before, span));
    }
}

fn record(report: &str, try_: &Try, started: Instant, finished: Instant, outcome: Outcome) -> RunRecord {
    RunRecord {
        finished,
        outcome,
        tries: try_.tries_before + 1,
        ..RunRecord::begun(report, report, run_id(try_.scheduled_for), try_.scheduled_for, started)
    }
}

pub fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

pub fn schedule(cron: &str, zone: chrono_tz::Tz) -> Schedule {
    Schedule::parse(cron, zone).unwrap()
}

pub fn report(name: &str, schedule: Schedule, retries: u32) -> Arc<ReportConfig> {
    Arc::new(ReportConfig {
        name: name.to_owned(),
        line: 1,
        title: None,
        questions: Vec::new(),
        params: BTreeMap::new(),
        schedule: Some(schedule),
        destination: Location::Folder("reports".into()),
        formats: Vec::new(),
        formulas: Formulas::default(),
        checks: Vec::new(),
        keep: 1,
        retries,
        notify: None,
    })
}

/// Lets everything happen up to `end`.
pub fn run_until(pool: &mut LocalPool, clock: &SimulatedClock, end: Instant) {
    loop {
        pool.run_until_stalled();
        match clock.next_sleeper() {
            Some(next) if next <= end => clock.advance_to(next),
            _ => break,
        }
    }
    clock.advance_to(end);
    pool.run_until_stalled();
}
