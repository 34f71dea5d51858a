//! What the scheduler drives when nothing is made up: `publication`'s claims and `run_report`.
//!
//! Owns one claim of this process for each run, and that a run that is cancelled has ended before its claim is given
//! back. When anything runs is the scheduler's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::notify::{Ended, Notice, Told, notify};
use super::run::{Publishing, RunRequest, run_report};
use super::scheduler::{Holding, Release, ReportRunner, Right, Try, told};
use crate::config::{Clock, Config, Environment, ReportConfig};
use crate::engine::Memory;
use crate::error::{Error, Result};
use crate::publication::{
    Claim, Claimed, Holder, LEASE, Outcome, Publications, RENEW_AFTER, Released, RunRecord, run_id,
};
use crate::store::Stores;
use crate::ui::logs;

/// How long a run that is cancelled may take to notice it.
const CANCEL_LIMIT: Duration = Duration::from_secs(10);
/// How long a claim's renewal may take; another one is tried before the claim runs out.
const RENEW_LIMIT: Duration = Duration::from_secs(20);

/// Runs reports as one configuration says.
pub struct ScheduledRuns {
    config: Arc<Config>,
    environment: Environment,
    stores: Stores,
    shared: Shared,
}

/// What outlives a configuration.
#[derive(Clone)]
pub struct Shared {
    /// What the statements of all runs may hold together.
    pub memory: Memory,
    /// This process.
    pub holder: Holder,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where runs compute: not where the scheduler, its claims and its status are, which must not wait for a question
    /// that never pauses.
    pub runs: Handle,
}

/// A claim of this process.
pub struct Held {
    publications: Publications,
    claim: Claim,
    /// When it was got, or renewed last.
    renewed: Mutex<DateTime<Utc>>,
    /// Locked by the run that uses it.
    busy: Arc<tokio::sync::Mutex<()>>,
}

/// Aborts its task when it is dropped.
struct Running(JoinHandle<Result<RunRecord>>);

impl ScheduledRuns {
    /// Runs as `config` says.
    pub fn new(config: Arc<Config>, environment: Environment, shared: Shared) -> ScheduledRuns {
        let stores = Stores::new(&config.storage, &environment);
        ScheduledRuns { config, environment, stores, shared }
    }
}

#[async_trait]
impl ReportRunner for ScheduledRuns {
    type Claim = Held;

    fn renew_every(&self) -> TimeDelta {
        RENEW_AFTER
    }

    async fn claim(&self, report: &ReportConfig, scheduled_for: DateTime<Utc>) -> Result<Right<Held>> {
        let publications = Publications::open(&self.stores, report).await?;
        let now = self.shared.clock.now();
        Ok(match publications.claim(scheduled_for, &self.shared.holder, now).await? {
            Claimed::Ours(claim) => {
                Right::Ours(Held { publications, claim, renewed: Mutex::new(now), busy: Arc::default() })
            }
            Claimed::Theirs { until } => Right::Theirs { until },
            Claimed::Done => Right::Done,
        })
    }

    async fn renew(&self, held: &Held) -> Result<Holding> {
        let now = self.shared.clock.now();
        let renewed = || held.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        let renewal = tokio::time::timeout(RENEW_LIMIT, held.claim.renew(now)).await;
        match renewal.unwrap_or_else(|_| Err(Error::statement("the destination does not answer"))) {
            Ok(()) => {
                *renewed() = now;
                Ok(Holding::Held)
            }
            // Nobody takes a claim before it has run out. After that it is no longer known to be held.
            Err(error) if now - *renewed() >= LEASE => {
                warn!(error = told(&error), "the claim has run out");
                Ok(Holding::Lost)
            }
            Err(error) => Err(error),
        }
    }

    async fn attempt(&self, report: &Arc<ReportConfig>, try_: &Try, held: &Held) -> Result<RunRecord> {
        // The one before has ended, or is about to.
        let busy = Arc::clone(&held.busy).lock_owned().await;
        let clock = Arc::clone(&self.shared.clock);
        // What is young or old in the cache is judged from the beginning of the run, not of the process.
        let environment = self.environment.clone().with_began(clock.now().timestamp());
        let (config, report) = (Arc::clone(&self.config), Arc::clone(report));
        let (publications, claim) = (held.publications.clone(), held.claim.clone());
        let memory = Some(self.shared.memory.clone());
        let request = RunRequest { scheduled_for: try_.scheduled_for, tries_before: try_.tries_before, memory };
        // On a task of its own: what it computes must not hold the scheduler up, and a panic must not end it.
        let task = self.shared.runs.spawn(async move {
            let _busy = busy;
            let ui = logs::ui_of_run(&report.name, &run_id(request.scheduled_for));
            let publishing = Publishing { publications: &publications, claim: Some(&claim) };
            run_report(&ui, &config, &environment, &report, &request, publishing, &*clock).await
        });
        Running(task).ended().await
    }

    async fn release(&self, held: Held, release: Release) -> Result<()> {
        if tokio::time::timeout(CANCEL_LIMIT, held.busy.lock()).await.is_err() {
            return Err(Error::statement("the run does not end"));
        }
        let how = match release {
            Release::Done(Outcome::Complete) => Released::Done,
            Release::Done(Outcome::Failed) => Released::GivenUp,
            Release::Undone => Released::Unfinished,
        };
        let released = tokio::time::timeout(CANCEL_LIMIT, held.claim.release(how)).await;
        released.unwrap_or_else(|_| Err(Error::statement("the destination does not answer")))
    }

    async fn tell(&self, report: &ReportConfig, scheduled_for: DateTime<Utc>, tries: u32, ended: &Result<RunRecord>) {
        let run = run_id(scheduled_for);
        let clock = &*self.shared.clock;
        let notice = match ended {
            Ok(record) => Notice::of(report, record),
            Err(error) => {
                let ended = Ended { error, at: clock.now(), tries };
                Notice::of_error(report, run.clone(), scheduled_for, ended)
            }
        };
        match notify(report, &notice, clock).await {
            Ok(Told::Yes) => info!(report = report.name, run, "the webhook was told"),
            Ok(Told::NotWanted) => {}
            Err(error) => warn!(report = report.name, run, error = told(&error), "the webhook was not told"),
        }
    }

    async fn last(&self, report: &ReportConfig) -> Result<Option<RunRecord>> {
        let publications = Publications::open(&self.stores, report).await?;
        Ok(publications.runs().await?.runs.into_iter().next())
    }
}

impl Running {
    async fn ended(mut self) -> Result<RunRecord> {
        (&mut self.0).await.unwrap_or_else(|error| Err(Error::bug("the run stopped in the middle").because(error)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}
