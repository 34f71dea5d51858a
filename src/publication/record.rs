//! The record of a run: `run.json`.
//!
//! Owns its keys, which programs read: one is added, none is renamed.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// What a run did and over what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The report's name.
    pub report: String,
    /// Its title, as the page has it.
    pub title: String,
    /// The name of its folder: [`run_id`].
    pub run: String,
    /// The time that it was due, or was asked for with `--at`.
    pub scheduled_for: DateTime<Utc>,
    /// When the last try began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub finished: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed: the first cause, rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Tries, the last one included.
    pub tries: u32,
    /// Of pinq.
    pub version: String,
    /// Of the configuration's file and of this report's questions and checks, in hexadecimal.
    pub configuration_hash: String,
    /// What was read, by table.
    pub tables: Vec<TableRecord>,
    /// In the order in which they ran.
    pub questions: Vec<QuestionRecord>,
    /// In the order in which they ran.
    pub checks: Vec<CheckRecord>,
    /// Requests that were asked again.
    pub request_retries: u64,
    /// Bytes fetched.
    pub bytes_fetched: u64,
}

impl RunRecord {
    /// The record of a first try that has begun and nothing more: complete, over nothing, with nothing asked.
    pub fn begun(report: &str, title: &str, run: String, scheduled_for: DateTime<Utc>, at: DateTime<Utc>) -> RunRecord {
        RunRecord {
            report: report.to_owned(),
            title: title.to_owned(),
            run,
            scheduled_for,
            started: at,
            finished: at,
            outcome: Outcome::Complete,
            error: None,
            tries: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            configuration_hash: String::new(),
            tables: Vec::new(),
            questions: Vec::new(),
            checks: Vec::new(),
            request_retries: 0,
            bytes_fetched: 0,
        }
    }
}

/// How a run, a question or a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should.
    Complete,
    /// A question or a check failed, or nothing could be published.
    Failed,
}

/// The snapshot of one table, and what was wrong in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableRecord {
    /// As SQL says it: `raw.pin`.
    pub table: String,
    /// Objects of the snapshot, whether they were read or not.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records that statements read; `None` where none was.
    pub records: Option<u64>,
    /// Exact repeats of another record; `None` where it is not known.
    pub repeats: Option<u64>,
    /// Records without the table's key; `None` where it has none, or it is not known.
    pub strays: Option<u64>,
    /// Records that could not be read and were skipped.
    pub rejects: u64,
    /// Values that did not fit their column and became NULL.
    pub nulled_values: u64,
    /// By partition.
    pub partitions: Vec<PartitionRecord>,
}

/// How far a partition was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartitionRecord {
    /// The Kafka partition; none for objects whose keys name none.
    pub partition: Option<i32>,
    /// Its objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The offset of its last record; of the last object's first record where that is all that is known.
    pub last_offset: Option<u64>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionRecord {
    /// The file's name without folder and extension, with `.2` and so on where a file holds several.
    pub name: String,
    /// Of its heading; the name where it has none.
    pub title: String,
    /// Of its text, in hexadecimal.
    pub hash: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed, rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Rows of the answer.
    pub rows: u64,
    /// Seconds from its start to its last row.
    pub seconds: f64,
    /// What was written, by name within the run's folder.
    pub files: Vec<FileRecord>,
}

/// One file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Within the run's folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The file's name without folder and extension, with `.2` and so on where a file holds several.
    pub name: String,
    /// Of its heading; the name where it has none.
    pub title: String,
    /// Complete where it returned no rows.
    pub outcome: Outcome,
    /// Why it could not be run, rendered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Rows that it should not have returned.
    pub rows: u64,
    /// The first of them as text, a row a line.
    pub examples: Vec<String>,
}

/// The name of the folder of a run that was due at that time: `2026-11-23T06-00-00Z`, which sorts by time and is a
/// folder's name on every disk.
pub fn run_id(scheduled_for: DateTime<Utc>) -> String {
    scheduled_for.to_rfc3339_opts(SecondsFormat::Secs, true).replace(':', "-")
}
