//! What the scheduler asks of the world: the right to run, the run, and telling of it.
//!
//! Owns the trait that stands between the scheduler and what it drives, so that a simulation can take the other side.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::config::ReportConfig;
use crate::error::Result;
use crate::publication::{Outcome, RunRecord};

/// Runs reports.
#[async_trait]
pub trait ReportRunner: Send + Sync {
    /// The right to run one report for one time.
    type Claim: Send + Sync;

    /// How often a claim is renewed while it is held; well below the time in which it expires.
    fn renew_every(&self) -> TimeDelta;

    /// Asks for the right to run.
    async fn claim(&self, report: &ReportConfig, scheduled_for: DateTime<Utc>) -> Result<Right<Self::Claim>>;

    /// Says that the claim is still used. An error says that nobody could be asked.
    async fn renew(&self, claim: &Self::Claim) -> Result<Holding>;

    /// Runs the report once and publishes what came of it. Dropping the future cancels it.
    async fn attempt(&self, report: &Arc<ReportConfig>, try_: &Try, claim: &Self::Claim) -> Result<RunRecord>;

    /// Gives the claim back, once no attempt uses it any more.
    async fn release(&self, claim: Self::Claim, release: Release) -> Result<()>;

    /// Tells whoever wants to know how it ended; after the last try. Never fails: what goes wrong is logged.
    async fn tell(&self, report: &ReportConfig, scheduled_for: DateTime<Utc>, tries: u32, ended: &Result<RunRecord>);

    /// The last run that stands at the destination.
    async fn last(&self, report: &ReportConfig) -> Result<Option<RunRecord>>;
}

/// Which run is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try {
    /// The time that it is for.
    pub scheduled_for: DateTime<Utc>,
    /// Tries of it before this one.
    pub tries_before: u32,
}

/// Who may run.
#[derive(Debug)]
pub enum Right<C> {
    /// Whoever asked.
    Ours(C),
    /// Another host, until then if it does not renew its claim.
    Theirs {
        /// When its claim expires.
        until: DateTime<Utc>,
    },
    /// Nobody: that time is published or given up.
    Done,
}

/// Whether a claim still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// It does.
    Held,
    /// Another host has taken it over.
    Lost,
}

/// How a claim ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Nobody is to run that time again.
    Done(Outcome),
    /// Whoever comes next may run it.
    Undone,
}
