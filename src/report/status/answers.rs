//! The health and the reports, as an operator reads them.

use chrono::{DateTime, Utc};
use hyper::StatusCode;
use serde::Serialize;

use super::{Told, plain};
use crate::error::{Error, Result};
use crate::report::scheduler::{Doing, LastRun, Overview, ReportOverview, Standing};

/// 200 while the loop turns and starts what is due.
pub(super) fn health(overview: &Overview) -> Result<Told> {
    Ok(if overview.is_overdue {
        plain(StatusCode::SERVICE_UNAVAILABLE, "a scheduled time is overdue\n")
    } else {
        plain(StatusCode::OK, "ok\n")
    })
}

/// Every report.
pub(super) fn reports(overview: &Overview) -> Result<Told> {
    let reports = overview.reports.iter().map(|(name, report)| Line::of(name, report)).collect();
    let lines = Lines { now: overview.now, reports };
    let mut body = serde_json::to_string_pretty(&lines)
        .map_err(|error| Error::bug("the status can not be written as JSON").because(error))?;
    body.push('\n');
    Ok(Told { status: StatusCode::OK, content_type: "application/json", body })
}

#[derive(Serialize)]
struct Lines<'a> {
    now: DateTime<Utc>,
    reports: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    schedule: &'a str,
    timezone: &'a str,
    /// `resting`, `queued`, `running`, `retrying` or `elsewhere`.
    state: &'static str,
    /// The time that is run, or waits to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_for: Option<DateTime<Utc>>,
    /// Which try runs, or how many there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#try: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running_since: Option<DateTime<Utc>>,
    /// When a run that failed is tried again, or another host's claim is looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<DateTime<Utc>>,
    next: &'a [DateTime<Utc>],
    last: Option<&'a LastRun>,
    last_success: Option<DateTime<Utc>>,
}

impl<'a> Line<'a> {
    fn of(name: &'a str, report: &'a ReportOverview) -> Line<'a> {
        let mut line = Line {
            name,
            schedule: &report.schedule,
            timezone: &report.zone,
            state: "resting",
            scheduled_for: None,
            r#try: None,
            running_since: None,
            again: None,
            next: &report.next,
            last: report.notes.last.as_ref(),
            last_success: report.notes.last_success,
        };
        match (report.standing, report.notes.doing) {
            (Standing::Resting, _) => {}
            (Standing::Waiting(time), _) => (line.state, line.scheduled_for) = ("queued", Some(time)),
            (Standing::Elsewhere(until), _) => (line.state, line.again) = ("elsewhere", Some(until)),
            (Standing::Running(time), Some(Doing::Waiting { tries, again })) => {
                (line.state, line.scheduled_for) = ("retrying", Some(time));
                (line.r#try, line.again) = (Some(tries), Some(again));
            }
            (Standing::Running(time), Some(Doing::Running { tries_before, since })) => {
                (line.state, line.scheduled_for) = ("running", Some(time));
                (line.r#try, line.running_since) = (Some(tries_before.saturating_add(1)), Some(since));
            }
            (Standing::Running(time), None) => (line.state, line.scheduled_for) = ("running", Some(time)),
        }
        line
    }
}
