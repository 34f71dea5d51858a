//! Destinations for the tests, and runs to publish there.
//!
//! Owns what a test's run looks like; what must hold of it is `reader`'s.

use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use pinq::config::{Environment, ReportConfig, ReportFormat, StorageConfig};
use pinq::error::Result;
use pinq::location::Location;
use pinq::publication::{Claim, FileRecord, Outcome, Publications, QuestionRecord, RunRecord, Staging};
use pinq::store::Stores;
use tempfile::TempDir;

use crate::s3::{Bucket, S3Server, ServerOptions};

/// A destination that is there as long as this lives.
pub(super) enum Place {
    Disk(TempDir),
    S3(S3Server, Bucket),
}

/// The questions of a run.
pub(super) const QUESTIONS: [&str; 3] = ["first", "second", "third"];

impl Place {
    pub(super) fn disk() -> Place {
        Place::Disk(tempfile::tempdir().expect("a scratch folder"))
    }

    pub(super) async fn s3() -> Place {
        let bucket = Bucket::memory();
        let server = S3Server::start(bucket.clone(), ServerOptions::default()).await.expect("a free port");
        Place::S3(server, bucket)
    }

    /// Both.
    pub(super) async fn each() -> [Place; 2] {
        [Place::disk(), Place::s3().await]
    }

    /// As the configuration writes it.
    pub(super) fn destination(&self) -> String {
        match self {
            Place::Disk(folder) => folder.path().join("reports").display().to_string(),
            Place::S3(..) => "s3://landing/reports/".to_owned(),
        }
    }

    /// What a process needs to know to reach it.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Place::Disk(_) => Vec::new(),
            Place::S3(server, _) => {
                let options = server.options();
                vec![
                    ("AWS_ENDPOINT_URL", server.endpoint()),
                    ("AWS_ACCESS_KEY_ID", options.access_key.clone()),
                    ("AWS_SECRET_ACCESS_KEY", options.secret_key.clone()),
                    ("AWS_REGION", options.region.clone()),
                ]
            }
        }
    }

    pub(super) fn stores(&self) -> Stores {
        stores(self.variables())
    }

    /// The runs of the report `daily`, by a client of their own.
    pub(super) async fn open(&self, keep: usize) -> Publications {
        Publications::open(&self.stores(), &daily(&self.destination(), keep)).await.expect("a destination")
    }

    /// The paths of all that is there, below the report's folder, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Place::Disk(folder) => {
                let mut names = Vec::new();
                walk(&folder.path().join("reports/daily"), "", &mut names);
                names.sort();
                names
            }
            Place::S3(_, bucket) => {
                bucket.keys().iter().filter_map(|key| key.strip_prefix("reports/daily/")).map(str::to_owned).collect()
            }
        }
    }

    /// Puts something there that no pinq has written.
    pub(super) fn insert(&self, name: &str, text: &str) {
        match self {
            Place::Disk(folder) => {
                let path = folder.path().join("reports/daily").join(name);
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                fs::write(path, text).expect("a file");
            }
            Place::S3(_, bucket) => bucket.insert(&format!("reports/daily/{name}"), text.to_owned()),
        }
    }
}

pub(super) fn stores(variables: impl IntoIterator<Item = (&'static str, String)>) -> Stores {
    let environment = variables
        .into_iter()
        .fold(Environment::empty("/nowhere"), |environment, (name, value)| environment.with_variable(name, value));
    Stores::new(&StorageConfig::default(), &environment)
}

/// The report `daily`.
pub(super) fn daily(destination: &str, keep: usize) -> ReportConfig {
    ReportConfig {
        name: "daily".to_owned(),
        line: 1,
        title: Some("Daily <numbers>".to_owned()),
        questions: Vec::new(),
        params: Default::default(),
        schedule: None,
        destination: Location::parse(destination, Path::new("/nowhere")).expect("a location"),
        formats: vec![ReportFormat::Html],
        formulas: pinq::output::Formulas::Keep,
        checks: Vec::new(),
        keep,
        retries: 0,
        notify: None,
    }
}

/// The time of the report that comes so many minutes after the first.
pub(super) fn minute(number: usize) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a time") + TimeDelta::minutes(number as i64)
}

/// Writes files of these sizes into a folder that was begun, and the record of it.
pub(super) fn write(staging: &Staging, scheduled_for: DateTime<Utc>, sizes: [usize; 3]) -> RunRecord {
    let folder = staging.path();
    fs::write(folder.join("index.html"), format!("<h1>{}</h1>", staging.run())).expect("a page");
    fs::create_dir(folder.join(".rows")).expect("a folder");
    let questions = QUESTIONS.iter().zip(sizes).map(|(name, size)| {
        let file = format!("{name}.csv");
        fs::write(folder.join(&file), "x".repeat(size)).expect("a file");
        fs::write(folder.join(format!(".rows/{name}.arrow")), "y".repeat(size / 2)).expect("a file");
        QuestionRecord {
            name: (*name).to_owned(),
            title: (*name).to_owned(),
            hash: "0".to_owned(),
            outcome: Outcome::Complete,
            error: None,
            rows: size as u64,
            seconds: 0.5,
            files: vec![FileRecord { name: file, bytes: size as u64 }],
        }
    });
    record(&staging.run(), scheduled_for, questions.collect())
}

/// The record of a complete run.
pub(super) fn record(run: &str, scheduled_for: DateTime<Utc>, questions: Vec<QuestionRecord>) -> RunRecord {
    RunRecord {
        report: "daily".to_owned(),
        title: "Daily <numbers>".to_owned(),
        run: run.to_owned(),
        scheduled_for,
        started: scheduled_for + TimeDelta::seconds(1),
        finished: scheduled_for + TimeDelta::seconds(2),
        outcome: Outcome::Complete,
        error: None,
        tries: 1,
        version: "0".to_owned(),
        configuration_hash: "0".to_owned(),
        tables: Vec::new(),
        questions,
        checks: Vec::new(),
        request_retries: 0,
        bytes_fetched: 0,
    }
}

/// Runs the report: small files, complete.
pub(super) async fn publish(
    publications: &Publications,
    scheduled_for: DateTime<Utc>,
    claim: Option<&Claim>,
) -> Result<String> {
    let staging = publications.begin(scheduled_for, claim).await?;
    let record = write(&staging, scheduled_for, [3, 20, 0]);
    publications.publish(staging, &record, claim).await?;
    Ok(record.run)
}

/// Runs the report without success.
pub(super) async fn fail(publications: &Publications, scheduled_for: DateTime<Utc>, why: &str) -> String {
    let staging = publications.begin(scheduled_for, None).await.expect("a folder");
    let mut record = write(&staging, scheduled_for, [3, 20, 0]);
    record.outcome = Outcome::Failed;
    record.error = Some(why.to_owned());
    // Nothing but the record is published.
    fs::remove_dir_all(staging.path()).and_then(|()| fs::create_dir(staging.path())).expect("an empty folder");
    record.questions.iter_mut().for_each(|question| question.files.clear());
    publications.publish(staging, &record, None).await.expect("a record");
    record.run
}

fn walk(folder: &Path, below: &str, names: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}
