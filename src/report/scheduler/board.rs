//! What is going on, for whoever looks at a scheduler from outside.
//!
//! Owns the notes that the jobs leave. It must not decide anything: the scheduler never reads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::job::{told, unprefixed};
use crate::error::Result;
use crate::publication::{Outcome, RunRecord, run_id};

/// The notes; clones are the same board.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<BTreeMap<String, Notes>>>);

/// What is known of one report.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// What it does.
    pub doing: Option<Doing>,
    /// The last run that ended, here or elsewhere.
    pub last: Option<LastRun>,
    /// When the last complete one ended.
    pub last_success: Option<DateTime<Utc>>,
    /// Runs that ended here.
    pub counts: RunCounts,
}

/// What a report that runs does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// A try is under way.
    Running {
        /// Tries before it.
        tries_before: u32,
        /// When it was begun.
        since: DateTime<Utc>,
    },
    /// A try has failed.
    Waiting {
        /// Tries up to now.
        tries: u32,
        /// When it is tried again.
        again: DateTime<Utc>,
    },
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastRun {
    /// The name of its folder.
    pub run: String,
    /// The time that it was for.
    pub scheduled_for: DateTime<Utc>,
    /// When it ended.
    pub finished: DateTime<Utc>,
    /// Seconds of its last try; none where it did not get so far.
    pub seconds: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Tries, the last one included.
    pub tries: u32,
    /// Rows of each question's answer.
    #[serde(skip)]
    pub rows: Vec<(String, u64)>,
}

/// Which run ended, and when.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// The time that it was for.
    pub scheduled_for: DateTime<Utc>,
    /// When it ended.
    pub now: DateTime<Utc>,
    /// Tries, the last one included.
    pub tries: u32,
}

/// How many runs ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Published whole.
    pub complete: u64,
    /// Given up.
    pub failed: u64,
}

impl Board {
    /// What is known of each report that was ever begun, by name.
    pub fn notes(&self) -> BTreeMap<String, Notes> {
        self.lock().clone()
    }

    /// Notes what a report does.
    pub fn doing(&self, report: &str, doing: Doing) {
        self.lock().entry(report.to_owned()).or_default().doing = Some(doing);
    }

    /// Notes that it does nothing any more.
    pub fn done(&self, report: &str) {
        if let Some(notes) = self.lock().get_mut(report) {
            notes.doing = None;
        }
    }

    /// Notes a run that ended before, or elsewhere.
    pub fn found(&self, report: &str, record: &RunRecord) {
        let mut lock = self.lock();
        let notes = lock.entry(report.to_owned()).or_default();
        if record.outcome == Outcome::Complete {
            notes.last_success = notes.last_success.max(Some(record.finished));
        }
        notes.last = Some(LastRun::of(record));
    }

    /// Notes a run that ended here.
    pub fn ended(&self, report: &str, at: Ending, ran: &Result<RunRecord>) {
        let Ending { scheduled_for, now, tries } = at;
        match ran {
            Ok(record) => self.found(report, record),
            Err(error) => {
                let last = LastRun {
                    run: run_id(scheduled_for),
                    scheduled_for,
                    finished: now,
                    seconds: None,
                    outcome: Outcome::Failed,
                    error: Some(told(error)),
                    tries,
                    rows: Vec::new(),
                };
                self.lock().entry(report.to_owned()).or_default().last = Some(last);
            }
        }
        let mut lock = self.lock();
        let counts = &mut lock.entry(report.to_owned()).or_default().counts;
        let is_complete = ran.as_ref().is_ok_and(|record| record.outcome == Outcome::Complete);
        let count = if is_complete { &mut counts.complete } else { &mut counts.failed };
        *count = count.saturating_add(1);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Notes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LastRun {
    fn of(record: &RunRecord) -> LastRun {
        LastRun {
            run: record.run.clone(),
            scheduled_for: record.scheduled_for,
            finished: record.finished,
            seconds: Some((record.finished - record.started).as_seconds_f64()),
            outcome: record.outcome,
            error: record.error.as_deref().map(unprefixed).map(str::to_owned),
            tries: record.tries,
            rows: record.questions.iter().map(|question| (question.name.clone(), question.rows)).collect(),
        }
    }
}
