//! One scheduled time of one report, from the claim to the last try.
//!
//! Owns the order of things: claim, run while the claim is renewed, try again within the period, give the claim back,
//! tell. What is due is `plan`'s; how long to wait between tries is `retries`'s.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::{Either, select};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::board::{Board, Doing, Ending};
use super::plan::Ended;
use super::retries::Failed;
use super::runner::{Holding, Release, ReportRunner, Right, Try};
use crate::config::{Clock, ReportConfig};
use crate::error::{Error, Kind, Result};
use crate::publication::{Outcome, RunRecord, run_id};
use crate::schedule::Schedule;

/// How far the scheduler has got with stopping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It has not been asked to.
    #[default]
    Going,
    /// What runs may end; nothing is begun.
    Finishing,
    /// What runs is cancelled.
    Cancelling,
}

/// A report whose time has come, and all that it takes to carry it out.
pub struct Job<R> {
    /// Runs it.
    pub runner: Arc<R>,
    /// What is run.
    pub report: Arc<ReportConfig>,
    /// Its schedule, which ends the period.
    pub schedule: Schedule,
    /// The time.
    pub scheduled_for: DateTime<Utc>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Whether to go on.
    pub phase: watch::Receiver<Phase>,
    /// Where it is shown.
    pub board: Board,
    /// Of the jitter.
    pub seed: u64,
}

/// How one try went.
enum Tried {
    Ran(Box<Result<RunRecord>>),
    Elsewhere { until: DateTime<Utc> },
    Settled,
    Cancelled,
}

impl<R: ReportRunner> Job<R> {
    /// Carries it out.
    pub async fn run(mut self) -> Ended {
        let mut claim = None;
        let mut tries: u32 = 0;
        let ended = loop {
            self.board.doing(&self.report.name, Doing::Running { tries_before: tries, since: self.clock.now() });
            let ran = match self.one_try(&mut claim, tries).await {
                Tried::Ran(ran) => *ran,
                Tried::Elsewhere { until } => return Ended::Theirs { until },
                Tried::Settled => {
                    self.show_last().await;
                    info!(report = self.report.name, run = self.id(), "that time is settled already");
                    return Ended::Settled;
                }
                Tried::Cancelled => return self.stop(claim).await,
            };
            tries = tries.saturating_add(1);
            let Some(again) = self.again(&ran, tries) else { break ran };
            self.say_failed(&ran, Some(again));
            self.board.doing(&self.report.name, Doing::Waiting { tries, again });
            match self.rest(claim.as_ref(), again).await {
                Rested::Well => {}
                Rested::Stopped => return self.stop(claim).await,
                Rested::Lost => return self.lost(),
            }
        };
        self.settle(claim, ended, tries).await
    }

    /// Claims the time, unless it is claimed already, and runs the report once.
    async fn one_try(&mut self, holding: &mut Option<R::Claim>, tries_before: u32) -> Tried {
        let claim = match holding.take() {
            Some(claim) => claim,
            None => {
                let runner = Arc::clone(&self.runner);
                let asked = runner.claim(&self.report, self.scheduled_for);
                match unless(&mut self.phase, Phase::Cancelling, asked).await {
                    None => return Tried::Cancelled,
                    Some(Err(error)) => {
                        return Tried::Ran(Box::new(Err(error.within("the run could not be claimed"))));
                    }
                    Some(Ok(Right::Theirs { until })) => {
                        info!(report = self.report.name, run = self.id(), %until, "another host runs it");
                        return Tried::Elsewhere { until };
                    }
                    Some(Ok(Right::Done)) => return Tried::Settled,
                    Some(Ok(Right::Ours(claim))) => claim,
                }
            }
        };
        info!(report = self.report.name, run = self.id(), r#try = tries_before.saturating_add(1), "the run begins");
        let tried = self.attempt(&claim, tries_before).await;
        *holding = Some(claim);
        tried
    }

    /// Runs the report once, and renews the claim meanwhile.
    async fn attempt(&mut self, claim: &R::Claim, tries_before: u32) -> Tried {
        let try_ = Try { scheduled_for: self.scheduled_for, tries_before };
        let runner = Arc::clone(&self.runner);
        let report = Arc::clone(&self.report);
        let mut attempt = runner.attempt(&report, &try_, claim);
        loop {
            let renewal = self.clock.sleep_until(self.clock.now() + runner.renew_every());
            match unless(&mut self.phase, Phase::Cancelling, select(&mut attempt, renewal)).await {
                None => return Tried::Cancelled,
                Some(Either::Left((ran, _))) => return Tried::Ran(Box::new(ran)),
                Some(Either::Right(_)) => {}
            }
            if self.renew(claim).await == Holding::Lost {
                let Ended::Theirs { until } = self.lost() else { return Tried::Cancelled };
                return Tried::Elsewhere { until };
            }
        }
    }

    /// Waits for the next try; the claim is renewed meanwhile.
    async fn rest(&mut self, claim: Option<&R::Claim>, until: DateTime<Utc>) -> Rested {
        loop {
            let now = self.clock.now();
            if now >= until {
                return Rested::Well;
            }
            let step = self.clock.sleep_until(until.min(now + self.runner.renew_every()));
            if unless(&mut self.phase, Phase::Finishing, step).await.is_none() {
                return Rested::Stopped;
            }
            if let Some(claim) = claim
                && self.renew(claim).await == Holding::Lost
            {
                return Rested::Lost;
            }
        }
    }

    /// A claim that nobody could be asked about is held until it is known to be lost: publishing asks again.
    async fn renew(&self, claim: &R::Claim) -> Holding {
        self.runner.renew(claim).await.unwrap_or_else(|error| {
            warn!(report = self.report.name, run = self.id(), error = %told(&error), "the claim could not be renewed");
            Holding::Held
        })
    }

    /// When it is tried again, if it is to be.
    fn again(&self, ran: &Result<RunRecord>, tries: u32) -> Option<DateTime<Utc>> {
        let is_final = match ran {
            Ok(record) => record.outcome == Outcome::Complete,
            // What is configured wrongly stays so until it is configured anew.
            Err(error) => error.kind() == Kind::Usage,
        };
        let failed = Failed {
            report: &self.report.name,
            schedule: &self.schedule,
            scheduled_for: self.scheduled_for,
            at: self.clock.now(),
            tries,
        };
        if is_final { None } else { failed.next_try(self.report.retries, self.seed) }
    }

    async fn settle(&mut self, claim: Option<R::Claim>, ran: Result<RunRecord>, tries: u32) -> Ended {
        let outcome = ran.as_ref().map_or(Outcome::Failed, |record| record.outcome);
        if let Some(claim) = claim {
            self.release(claim, Release::Done(outcome)).await;
        }
        let ending = Ending { scheduled_for: self.scheduled_for, now: self.clock.now(), tries };
        self.board.ended(&self.report.name, ending, &ran);
        // Last, so that whoever reads it finds what it says.
        match (&ran, outcome) {
            (Ok(record), Outcome::Complete) => {
                let seconds = (record.finished - record.started).as_seconds_f64();
                let questions = record.questions.len();
                // That of a further try has a number.
                let folder = &record.run;
                info!(report = self.report.name, run = self.id(), folder, seconds, questions, "the run is published");
            }
            _ => self.say_failed(&ran, None),
        }
        // Whoever is told does not hold up a stop.
        let runner = Arc::clone(&self.runner);
        let told = runner.tell(&self.report, self.scheduled_for, tries, &ran);
        let _cancelled = unless(&mut self.phase, Phase::Cancelling, told).await;
        Ended::Settled
    }

    async fn stop(&self, claim: Option<R::Claim>) -> Ended {
        warn!(report = self.report.name, run = self.id(), "the run is stopped; it is due again at the next start");
        if let Some(claim) = claim {
            self.release(claim, Release::Undone).await;
        }
        Ended::Stopped
    }

    async fn release(&self, claim: R::Claim, release: Release) {
        if let Err(error) = self.runner.release(claim, release).await {
            let error = told(&error);
            warn!(report = self.report.name, run = self.id(), error, "the claim could not be given back; it expires");
        }
    }

    fn lost(&self) -> Ended {
        warn!(report = self.report.name, run = self.id(), "another host has taken the run over");
        Ended::Theirs { until: self.clock.now() + self.runner.renew_every() }
    }

    /// What another host, or this one before a restart, has done last.
    async fn show_last(&mut self) {
        let runner = Arc::clone(&self.runner);
        match unless(&mut self.phase, Phase::Finishing, runner.last(&self.report)).await {
            Some(Ok(Some(record))) => self.board.found(&self.report.name, &record),
            Some(Ok(None)) | None => {}
            Some(Err(error)) => {
                warn!(report = self.report.name, error = told(&error), "the last run could not be read");
            }
        }
    }

    fn say_failed(&self, ran: &Result<RunRecord>, again: Option<DateTime<Utc>>) {
        let why = match ran {
            Ok(record) => record.error.as_deref().map_or("a question or a check failed", unprefixed).to_owned(),
            Err(error) => told(error),
        };
        match again {
            Some(again) => {
                let again = again.to_rfc3339_opts(SecondsFormat::Secs, true);
                warn!(
                    report = self.report.name,
                    run = self.id(),
                    error = why,
                    again,
                    "the run failed and is tried again"
                );
            }
            None => error!(report = self.report.name, run = self.id(), error = why, "the run failed"),
        }
    }

    fn id(&self) -> String {
        run_id(self.scheduled_for)
    }
}

/// How a wait for the next try ended.
enum Rested {
    Well,
    Stopped,
    Lost,
}

/// What `work` gives, unless that phase comes before.
async fn unless<T>(phase: &mut watch::Receiver<Phase>, last: Phase, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let reached = async {
        // Who could say so may be gone: then it is never said.
        if phase.wait_for(|phase| *phase >= last).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    match select(std::pin::pin!(reached), work.as_mut()).await {
        Either::Left(_) => None,
        Either::Right((done, _)) => Some(done),
    }
}

/// The error as one field of a log.
pub fn told(error: &Error) -> String {
    unprefixed(&error.render()).to_owned()
}

/// An error as it was rendered, for a place where it is called one already.
pub fn unprefixed(rendered: &str) -> &str {
    rendered.strip_prefix("error: ").unwrap_or(rendered)
}
