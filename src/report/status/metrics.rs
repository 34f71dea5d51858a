//! The numbers for Prometheus, in the text form of OpenMetrics.
//!
//! Owns their names. They are made anew for each request from what the scheduler says, so that none of a report that is
//! gone stays.

use chrono::{DateTime, Utc};
use hyper::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::Told;
use crate::error::{Error, Result};
use crate::publication::Outcome;
use crate::report::scheduler::{Doing, Overview, Standing};

type Labels = Vec<(&'static str, String)>;
/// A gauge of numbers that may be fractions.
type Fractions = Gauge<f64, std::sync::atomic::AtomicU64>;

/// Every number.
pub(super) fn metrics(overview: &Overview) -> Result<Told> {
    let runs = Family::<Labels, Counter>::default();
    let duration = Family::<Labels, Fractions>::default();
    let last = Family::<Labels, Gauge>::default();
    let success = Family::<Labels, Fractions>::default();
    let next = Family::<Labels, Fractions>::default();
    let running = Family::<Labels, Gauge>::default();
    let retrying = Family::<Labels, Gauge>::default();
    let rows = Family::<Labels, Gauge<u64, std::sync::atomic::AtomicU64>>::default();
    for (name, report) in &overview.reports {
        let of_report = vec![("report", name.clone())];
        let counts = report.notes.counts;
        for (outcome, count) in [("complete", counts.complete), ("failed", counts.failed)] {
            let mut labels = of_report.clone();
            labels.push(("outcome", outcome.to_owned()));
            runs.get_or_create(&labels).inc_by(count);
        }
        let is_running = matches!(report.standing, Standing::Running(_));
        let is_retrying = is_running && matches!(report.notes.doing, Some(Doing::Waiting { .. }));
        running.get_or_create(&of_report).set((is_running && !is_retrying).into());
        retrying.get_or_create(&of_report).set(is_retrying.into());
        if let Some(time) = report.next.first() {
            next.get_or_create(&of_report).set(seconds(*time));
        }
        if let Some(time) = report.notes.last_success {
            success.get_or_create(&of_report).set(seconds(time));
        }
        let Some(ended) = &report.notes.last else { continue };
        last.get_or_create(&of_report).set((ended.outcome == Outcome::Complete).into());
        if let Some(seconds) = ended.seconds {
            duration.get_or_create(&of_report).set(seconds);
        }
        for (question, count) in &ended.rows {
            let mut labels = of_report.clone();
            labels.push(("question", question.clone()));
            rows.get_or_create(&labels).set(*count);
        }
    }
    let mut registry = Registry::with_prefix("pinq");
    let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("build", "The version of pinq", build);
    registry.register("report_runs", "Runs that ended in this process, after their last try", runs);
    let help = "How long the last try of the last run took";
    registry.register_with_unit("report_last_duration", help, Unit::Seconds, duration);
    registry.register("report_last_complete", "1 where the last run is complete, 0 where it failed", last);
    let help = "When the last complete run ended, since 1970";
    registry.register_with_unit("report_last_success_timestamp", help, Unit::Seconds, success);
    let help = "The next scheduled time, since 1970";
    registry.register_with_unit("report_next_timestamp", help, Unit::Seconds, next);
    registry.register("report_running", "1 while it runs here", running);
    registry.register("report_retrying", "1 while a run that failed waits for its next try", retrying);
    registry.register("report_question_rows", "Rows of an answer of the last run", rows);
    let mut body = String::new();
    encode(&mut body, &registry).map_err(|error| Error::bug("the metrics can not be written").because(error))?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(Told { status: StatusCode::OK, content_type, body })
}

/// Milliseconds are enough, and a float holds them exactly for longer than there are instants.
fn seconds(instant: DateTime<Utc>) -> f64 {
    instant.timestamp_millis() as f64 / 1000.0
}
