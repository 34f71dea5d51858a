//! Telling a webhook how a run ended.
//!
//! Owns what is posted, to whom it is said how often, and for how long. It must never fail a run, and must not show more
//! of an address than its host: the rest may be a secret.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, StatusCode, redirect};
use serde::Serialize;

use super::scheduler::unprefixed;
use crate::config::{Clock, NotifyOn, ReportConfig, ReportFormat};
use crate::error::{Error, Result};
use crate::publication::{Outcome, RunRecord};

/// How long one request may take, its answer included.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The waits between tries; there is one try more.
const WAITS: [TimeDelta; 2] = [TimeDelta::seconds(1), TimeDelta::seconds(4)];

/// What is posted. Keys are added, none is renamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// The report's name.
    pub report: String,
    /// Its title.
    pub title: String,
    /// The name of the run's folder.
    pub run: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<String>,
    /// The time that it was for.
    pub scheduled_for: DateTime<Utc>,
    /// When its last try ended.
    pub finished: DateTime<Utc>,
    /// Tries, the last one included.
    pub tries: u32,
    /// Questions that failed.
    pub failed_questions: Vec<Failed>,
    /// Checks that failed.
    pub failed_checks: Vec<Failed>,
    /// Where the run's page is; none where it has none.
    pub page: Option<String>,
}

/// A question or a check that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The file's name without folder and extension.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Rows of its answer; of a check, those that should not be there.
    pub rows: u64,
    /// Why it could not be run.
    pub error: Option<String>,
}

/// What came of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The webhook knows.
    Yes,
    /// The report tells nobody, or not of a run that ended so.
    NotWanted,
}

impl Notice {
    /// What there is to tell of a run that was published or recorded.
    pub fn of(report: &ReportConfig, record: &RunRecord) -> Notice {
        let questions = record.questions.iter().filter(|question| question.outcome == Outcome::Failed);
        let checks = record.checks.iter().filter(|check| check.outcome == Outcome::Failed);
        // A run in which nothing was asked has no page.
        let has_page = report.formats.contains(&ReportFormat::Html) && !record.questions.is_empty();
        let folder = report.destination.join(&report.name).join(&record.run);
        Notice {
            report: record.report.clone(),
            title: record.title.clone(),
            run: record.run.clone(),
            outcome: record.outcome,
            error: record.error.as_deref().map(told),
            scheduled_for: record.scheduled_for,
            finished: record.finished,
            tries: record.tries,
            failed_questions: questions
                .map(|question| Failed {
                    name: question.name.clone(),
                    title: question.title.clone(),
                    rows: question.rows,
                    error: question.error.as_deref().map(told),
                })
                .collect(),
            failed_checks: checks
                .map(|check| Failed {
                    name: check.name.clone(),
                    title: check.title.clone(),
                    rows: check.rows,
                    error: check.error.as_deref().map(told),
                })
                .collect(),
            page: has_page.then(|| folder.join("index.html").to_string()),
        }
    }

    /// What there is to tell of a run of which nothing could be recorded.
    pub fn of_error(report: &ReportConfig, run: String, scheduled_for: DateTime<Utc>, ended: Ended<'_>) -> Notice {
        Notice {
            report: report.name.clone(),
            title: report.title.clone().unwrap_or_else(|| report.name.clone()),
            run,
            outcome: Outcome::Failed,
            error: Some(told(&ended.error.render())),
            scheduled_for,
            finished: ended.at,
            tries: ended.tries,
            failed_questions: Vec::new(),
            failed_checks: Vec::new(),
            page: None,
        }
    }
}

/// How a run ended of which nothing could be recorded.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// Why.
    pub error: &'a Error,
    /// When.
    pub at: DateTime<Utc>,
    /// Tries, the last one included.
    pub tries: u32,
}

/// Posts `notice` to the webhook of the report, if it wants to know.
///
/// # Errors
/// The webhook could not be reached or refused it; tried three times where another try may help. The error names the
/// webhook by its host.
pub async fn notify(report: &ReportConfig, notice: &Notice, clock: &dyn Clock) -> Result<Told> {
    let Some(notify) = &report.notify else { return Ok(Told::NotWanted) };
    if notify.on == NotifyOn::Failure && notice.outcome == Outcome::Complete {
        return Ok(Told::NotWanted);
    }
    let webhook = &notify.webhook;
    let refused = |why: String| Error::statement(format!("the webhook at `{webhook}` was not told: {why}"));
    let client = Client::builder()
        .timeout(TIME_LIMIT)
        // An address that leads elsewhere is no longer the one that was configured.
        .redirect(redirect::Policy::none())
        .user_agent(concat!("pinq/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| refused(error.without_url().to_string()))?;
    let mut waits = WAITS.into_iter();
    loop {
        let (why, may_help) = match client.post(webhook.reveal().clone()).json(notice).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(Told::Yes),
            Ok(answer) => (format!("it answered {}", answer.status()), is_passing(answer.status())),
            Err(error) => (causes(error.without_url()), true),
        };
        let Some(wait) = waits.next().filter(|_| may_help) else { return Err(refused(why)) };
        clock.sleep_until(clock.now() + wait).await;
    }
}

fn told(rendered: &str) -> String {
    unprefixed(rendered).to_owned()
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status)
}

/// The last cause says the most, and none of them names the address once the first does not.
fn causes(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("it took longer than {} s", TIME_LIMIT.as_secs());
    }
    let mut last: &dyn std::error::Error = &error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
