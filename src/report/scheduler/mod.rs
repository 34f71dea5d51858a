//! The scheduler: runs each report at its hour, until it is told to stop.
//!
//! Owns the loop that asks `plan` what is due, starts a `job` for it, and obeys orders. It takes the clock, the world
//! (`runner`) and the orders as arguments, so that a simulation drives the very same loop. It must not read signals,
//! sockets or files, nor spawn: jobs are futures of its own.

mod board;
mod job;
mod plan;
mod retries;
mod runner;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{info, warn};

pub use board::{Board, Doing, LastRun, Notes, RunCounts};
pub use job::{told, unprefixed};
pub use plan::Standing;
pub use runner::{Holding, Release, ReportRunner, Right, Try};

use self::job::{Job, Phase};
use self::plan::{Due, Ended, Plan};
use crate::config::{Clock, ReportConfig};

/// How a scheduler behaves.
#[derive(Clone, Copy, Debug)]
pub struct SchedulerOptions {
    /// Reports that may run at once, one at least.
    pub at_once: usize,
    /// How long what runs may go on after [`Order::Stop`].
    pub grace: TimeDelta,
    /// Of the jitter of retries.
    pub seed: u64,
}

/// What a scheduler is told from outside.
pub enum Order<R> {
    /// Go by other reports and another runner; what runs is left alone.
    Reload(Work<R>),
    /// Begin nothing more, let what runs end within the grace period, then cancel it. Said twice, it cancels at once.
    Stop,
    /// Say what is going on; whoever asks learns as well that the loop turns.
    Report(oneshot::Sender<Overview>),
}

/// The reports and who runs them.
pub struct Work<R> {
    /// Those without a schedule are left out.
    pub reports: Vec<Arc<ReportConfig>>,
    /// Runs them.
    pub runner: Arc<R>,
}

/// What is going on.
#[derive(Clone, Debug)]
pub struct Overview {
    /// When it was asked for.
    pub now: DateTime<Utc>,
    /// Whether a scheduled time has been due for minutes though it could have been started.
    pub is_overdue: bool,
    /// Each report by name.
    pub reports: BTreeMap<String, ReportOverview>,
}

/// Where a report stands.
#[derive(Clone, Debug)]
pub struct ReportOverview {
    /// Its schedule as it was written.
    pub schedule: String,
    /// The zone of it.
    pub zone: String,
    /// Where it stands.
    pub standing: Standing,
    /// Its next times.
    pub next: Vec<DateTime<Utc>>,
    /// What else is known of it.
    pub notes: Notes,
}

/// How a scheduler ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// Runs that were cancelled, or that waited for another try.
    pub cancelled: usize,
    /// Whether a second order cut the grace period short.
    pub was_cut_short: bool,
}

/// How many next times an overview tells.
const NEXT_TIMES: usize = 3;

/// Runs reports until it is told to stop.
pub struct Scheduler<R> {
    clock: Arc<dyn Clock>,
    options: SchedulerOptions,
    work: Work<R>,
    plan: Plan,
    board: Board,
    phase: watch::Sender<Phase>,
    /// When what runs is cancelled, once it was told to stop.
    cancel_at: Option<DateTime<Utc>>,
    stopped: Stopped,
}

impl<R: ReportRunner + 'static> Scheduler<R> {
    /// A scheduler of `work`, which runs nothing yet.
    pub fn new(clock: Arc<dyn Clock>, work: Work<R>, options: SchedulerOptions) -> Scheduler<R> {
        let plan = Plan::new(options.at_once);
        let phase = watch::Sender::new(Phase::Going);
        let (board, stopped) = (Board::default(), Stopped::default());
        let mut scheduler = Scheduler { clock, options, work, plan, board, phase, cancel_at: None, stopped };
        scheduler.set_plan();
        scheduler
    }

    /// Runs until it is told to stop and nothing runs any more. Where nobody can give orders any more, it goes on.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order<R>>) -> Stopped {
        let mut jobs: FuturesUnordered<BoxFuture<'static, (Due, Ended)>> = FuturesUnordered::new();
        let mut has_orders = true;
        self.announce();
        loop {
            let now = self.clock.now();
            if self.cancel_at.is_none() {
                for due in self.plan.due(now) {
                    if let Some(job) = self.job(&due) {
                        self.plan.started(&due);
                        jobs.push(Box::pin(async move { (due, job.run().await) }));
                    }
                }
            } else if jobs.is_empty() {
                info!("stopped");
                return self.stopped;
            }
            let wake = self.cancel_at.or_else(|| self.plan.wake());
            let sleep = wake.map_or_else(|| std::future::pending().boxed(), |wake| self.clock.sleep_until(wake));
            tokio::select! {
                // What happens in a simulation must not depend on dice.
                biased;
                order = orders.recv(), if has_orders => match order {
                    Some(order) => self.obey(order, jobs.len()),
                    None => has_orders = false,
                },
                Some((due, ended)) = jobs.next(), if !jobs.is_empty() => self.note(&due, ended),
                () = sleep, if self.stopped_phase() < Phase::Cancelling => self.cancel_when_due(jobs.len()),
            }
        }
    }

    fn job(&self, due: &Due) -> Option<Job<R>> {
        let report = self.work.reports.iter().find(|report| report.name == due.report)?;
        Some(Job {
            runner: Arc::clone(&self.work.runner),
            report: Arc::clone(report),
            schedule: report.schedule.clone()?,
            scheduled_for: due.scheduled_for,
            clock: Arc::clone(&self.clock),
            phase: self.phase.subscribe(),
            board: self.board.clone(),
            seed: self.options.seed,
        })
    }

    fn note(&mut self, due: &Due, ended: Ended) {
        self.board.done(&due.report);
        if ended == Ended::Stopped {
            self.stopped.cancelled = self.stopped.cancelled.saturating_add(1);
        }
        self.plan.ended(due, ended, self.clock.now());
    }

    fn obey(&mut self, order: Order<R>, running: usize) {
        match order {
            Order::Reload(work) => {
                self.work = work;
                self.set_plan();
                self.announce();
            }
            Order::Stop if self.cancel_at.is_none() => {
                info!(running, "told to stop; what runs may end within the grace period");
                let at = self.clock.now().checked_add_signed(self.options.grace);
                self.cancel_at = at.or(Some(DateTime::<Utc>::MAX_UTC));
                self.phase.send_replace(Phase::Finishing);
            }
            Order::Stop => {
                self.stopped.was_cut_short = true;
                self.cancel(running);
            }
            // Whoever asked may have gone.
            Order::Report(reply) => drop(reply.send(self.overview())),
        }
    }

    fn cancel_when_due(&mut self, running: usize) {
        if self.cancel_at.is_some_and(|at| at <= self.clock.now()) {
            self.cancel(running);
        }
    }

    fn cancel(&mut self, running: usize) {
        if self.stopped_phase() < Phase::Cancelling {
            warn!(running, "what runs is cancelled");
            self.phase.send_replace(Phase::Cancelling);
        }
    }

    fn stopped_phase(&self) -> Phase {
        *self.phase.borrow()
    }

    fn set_plan(&mut self) {
        let scheduled = |report: &Arc<ReportConfig>| Some((report.name.clone(), report.schedule.clone()?));
        self.plan.set(self.work.reports.iter().filter_map(scheduled), self.clock.now());
    }

    /// Logs what will run when.
    fn announce(&self) {
        let now = self.clock.now();
        let mut scheduled: usize = 0;
        for (report, schedule, _) in self.plan.standings() {
            let next = schedule
                .next(now)
                .map(|next| next.with_timezone(&schedule.zone()).to_rfc3339_opts(SecondsFormat::Secs, true));
            info!(
                report,
                schedule = schedule.text(),
                timezone = schedule.zone().name(),
                next,
                "the report is scheduled"
            );
            scheduled = scheduled.saturating_add(1);
        }
        if scheduled == 0 {
            warn!("no report has a schedule");
        }
    }

    fn overview(&self) -> Overview {
        let now = self.clock.now();
        let mut notes = self.board.notes();
        let reports = self.plan.standings().map(|(name, schedule, standing)| {
            let times = std::iter::successors(schedule.next(now), |time| schedule.next(*time));
            let overview = ReportOverview {
                schedule: schedule.text().to_owned(),
                zone: schedule.zone().name().to_owned(),
                standing,
                next: times.take(NEXT_TIMES).collect(),
                notes: notes.remove(name).unwrap_or_default(),
            };
            (name.to_owned(), overview)
        });
        Overview { now, is_overdue: self.plan.is_overdue(now), reports: reports.collect() }
    }
}
