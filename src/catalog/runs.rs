//! `pinq.runs`: the runs of every configured report, as their destinations have them.
//!
//! Owns the table's columns. The destinations are read when a statement is run, once for each time that it names the
//! table; a report's destination that is missing has no runs.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream::{self, StreamExt};
use tokio::runtime::Handle;

use crate::config::ReportConfig;
use crate::error::{Error, Result};
use crate::publication::{Outcome, Publications, RunRecord};
use crate::store::Stores;

/// Where the runs of reports are read from.
#[derive(Clone)]
pub struct Runs {
    /// The configured reports.
    pub reports: Vec<ReportConfig>,
    /// What opens their destinations.
    pub stores: Stores,
    /// Where network and disk work runs.
    pub io: Handle,
}

/// One run of the table.
struct Row {
    report: String,
    run: String,
    scheduled_for: DateTime<Utc>,
    outcome: &'static str,
    error: Option<String>,
    path: String,
    /// None where the record can't be read.
    record: Option<RunRecord>,
}

/// The runs as they are when they are read, a batch for each report.
pub struct RunsStream {
    schema: SchemaRef,
    runs: Runs,
}

impl Runs {
    /// The columns of the table. Times are in UTC.
    pub fn schema() -> SchemaRef {
        let field = |name: &str, kind: DataType, nullable| Field::new(name, kind, nullable);
        let text = |name: &str, nullable| field(name, DataType::Utf8View, nullable);
        let time = |name: &str, nullable| field(name, DataType::Timestamp(TimeUnit::Microsecond, None), nullable);
        let number = |name: &str| field(name, DataType::Int64, true);
        Arc::new(Schema::new(vec![
            text("report", false),
            text("run", false),
            time("scheduled_for", false),
            time("started", true),
            time("finished", true),
            text("outcome", false),
            text("error", true),
            number("tries"),
            number("questions"),
            number("failed_questions"),
            number("checks"),
            number("failed_checks"),
            number("rows"),
            number("objects"),
            number("bytes"),
            number("rejects"),
            text("version", true),
            text("configuration_hash", true),
            text("path", false),
        ]))
    }

    async fn of_report(&self, report: &ReportConfig) -> Result<RecordBatch> {
        let (stores, config) = (self.stores.clone(), report.clone());
        let reading = self.io.spawn(async move {
            let publications = Publications::open(&stores, &config).await?;
            Ok::<_, Error>((publications.runs().await?, publications))
        });
        let read = reading.await.map_err(|error| Error::bug("what reads the runs of a report died").because(error))?;
        let (history, publications) = read.map_err(|error| error.within(format!("report `{}`", report.name)))?;
        let path = |run: &str| format!("{}/", publications.location_of(run));
        let mut rows: Vec<Row> = Vec::new();
        rows.extend(history.damaged.into_iter().map(|damaged| Row {
            report: report.name.clone(),
            path: path(&damaged.run.to_string()),
            run: damaged.run.to_string(),
            scheduled_for: damaged.run.scheduled_for,
            outcome: "damaged",
            error: Some(damaged.error.render()),
            record: None,
        }));
        rows.extend(history.runs.into_iter().map(|record| Row {
            report: report.name.clone(),
            path: path(&record.run),
            run: record.run.clone(),
            scheduled_for: record.scheduled_for,
            outcome: match record.outcome {
                Outcome::Complete => "complete",
                Outcome::Failed => "failed",
            },
            error: record.error.clone(),
            record: Some(record),
        }));
        rows.sort_by_key(|row| std::cmp::Reverse(row.scheduled_for));
        batch(&rows)
    }
}

impl RunsStream {
    /// The table of these runs.
    pub fn new(runs: Runs) -> RunsStream {
        RunsStream { schema: Runs::schema(), runs }
    }
}

impl PartitionStream for RunsStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let runs = Arc::new(self.runs.clone());
        let reports = stream::iter(runs.reports.clone());
        let batches = reports.then(move |report| {
            let runs = Arc::clone(&runs);
            async move { runs.of_report(&report).await.map_err(|error| DataFusionError::External(Box::new(error))) }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").finish_non_exhaustive()
    }
}

impl fmt::Debug for RunsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunsStream").finish_non_exhaustive()
    }
}

fn batch(rows: &[Row]) -> Result<RecordBatch> {
    let text =
        |value: fn(&Row) -> &str| Arc::new(StringViewArray::from_iter_values(rows.iter().map(value))) as ArrayRef;
    let maybe =
        |value: fn(&Row) -> Option<&str>| Arc::new(rows.iter().map(value).collect::<StringViewArray>()) as ArrayRef;
    let time = |value: fn(&Row) -> Option<DateTime<Utc>>| {
        let micros = rows.iter().map(|row| value(row).map(|time| time.timestamp_micros()));
        Arc::new(micros.collect::<TimestampMicrosecondArray>()) as ArrayRef
    };
    let number = |value: fn(&RunRecord) -> u64| {
        let of = |row: &Row| row.record.as_ref().map(|record| i64::try_from(value(record)).unwrap_or(i64::MAX));
        Arc::new(rows.iter().map(of).collect::<Int64Array>()) as ArrayRef
    };
    let columns = vec![
        text(|row| &row.report),
        text(|row| &row.run),
        time(|row| Some(row.scheduled_for)),
        time(|row| row.record.as_ref().map(|record| record.started)),
        time(|row| row.record.as_ref().map(|record| record.finished)),
        text(|row| row.outcome),
        maybe(|row| row.error.as_deref()),
        number(|record| record.tries.into()),
        number(|record| record.questions.len() as u64),
        number(|record| failed(record.questions.iter().map(|question| question.outcome))),
        number(|record| record.checks.len() as u64),
        number(|record| failed(record.checks.iter().map(|check| check.outcome))),
        number(|record| total(record.questions.iter().map(|question| question.rows))),
        number(|record| total(record.tables.iter().map(|table| table.objects))),
        number(|record| total(record.tables.iter().map(|table| table.bytes))),
        number(|record| total(record.tables.iter().map(|table| table.rejects))),
        maybe(|row| row.record.as_ref().map(|record| record.version.as_str())),
        maybe(|row| row.record.as_ref().map(|record| record.configuration_hash.as_str())),
        text(|row| &row.path),
    ];
    RecordBatch::try_new(Runs::schema(), columns)
        .map_err(|error| Error::bug("the rows of `pinq.runs` do not fit its columns").because(error))
}

fn failed(outcomes: impl Iterator<Item = Outcome>) -> u64 {
    outcomes.filter(|outcome| *outcome == Outcome::Failed).count() as u64
}

/// What a record says comes from outside.
fn total(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}
