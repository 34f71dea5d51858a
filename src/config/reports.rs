//! What the configuration says about reports.
//!
//! Owns the validated values of `[reports.NAME]`. What publishing and scheduling do with them is not known here.

mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::location::Location;
use crate::output::{Format, Formulas};
use crate::schedule::Schedule;
use crate::secret::Secret;

pub(super) use read::read;

/// One report.
#[derive(Clone, Debug)]
pub struct ReportConfig {
    /// Its name, which is also a folder's: letters, digits, `-` and `_`.
    pub name: String,
    /// Of the file, counted from 1.
    pub line: usize,
    /// What the page is called.
    pub title: Option<String>,
    /// Files, folders and patterns (`queries/*.sql`, in the last part alone) of questions, below the file's folder, as
    /// ordered in the file. Whether they exist is not known here.
    pub questions: Vec<PathBuf>,
    /// Values of `$NAME`, each as `--param NAME=VALUE` has it: what was written as text is in quotes, so that it stays one.
    pub params: BTreeMap<String, String>,
    /// When it runs; never by itself where there is none.
    pub schedule: Option<Schedule>,
    /// Where the folder of the report's name is.
    pub destination: Location,
    /// How answers are published.
    pub formats: Vec<ReportFormat>,
    /// What becomes of formulas in csv and tsv.
    pub formulas: Formulas,
    /// Files, folders and patterns of checks; each statement must return no rows.
    pub checks: Vec<PathBuf>,
    /// Runs that stay published; 1 at least.
    pub keep: usize,
    /// How often a run that failed is tried again.
    pub retries: u32,
    /// Who is told.
    pub notify: Option<Notify>,
}

/// How an answer is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// On the page.
    Html,
    /// As a file.
    File(Format),
}

/// Who is told of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Gets a POST of JSON.
    pub webhook: Webhook,
    /// Of which runs.
    pub on: NotifyOn,
}

/// Which runs somebody is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifyOn {
    /// Those that failed.
    #[default]
    Failure,
    /// All.
    Always,
}

/// An address that may hold a secret in its path: it is shown by its host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook(Secret<url::Url>);

impl Webhook {
    /// The whole address, for nothing but the request.
    pub fn reveal(&self) -> &url::Url {
        self.0.reveal()
    }
}

impl From<url::Url> for Webhook {
    fn from(url: url::Url) -> Webhook {
        Webhook(url.into())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.reveal();
        write!(f, "{}://{}/...", address.scheme(), address.host_str().unwrap_or_default())
    }
}
