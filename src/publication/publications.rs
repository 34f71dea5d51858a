//! The runs of one report at its destination.
//!
//! Owns opening the destination, and what is read there. Writing is `publish`'s, `staging`'s and `claim`'s.

use std::fmt;

use arrow::array::RecordBatch;

use super::history::{self, History};
use super::rows;
use super::{Outcome, RunRecord};
use crate::config::ReportConfig;
use crate::error::Result;
use crate::location::Location;
use crate::store::{Store, Stores};

/// The runs of one report at its destination. Cheap to clone.
#[derive(Clone)]
pub struct Publications {
    pub(super) store: Store,
    /// The report's name.
    pub(super) report: String,
    /// What the redirect is called.
    pub(super) title: String,
    /// Runs that stay.
    pub(super) keep: usize,
}

impl Publications {
    /// Those of a report. Nothing is asked for yet; the destination may be missing.
    ///
    /// # Errors
    /// The store can't be reached, for want of credentials for one.
    pub async fn open(stores: &Stores, report: &ReportConfig) -> Result<Publications> {
        let location = report.destination.join(&format!("{}/", report.name));
        let store = stores.open(&location).await?;
        let title = report.title.clone().unwrap_or_else(|| report.name.clone());
        Ok(Publications { store, report: report.name.clone(), title, keep: report.keep.max(1) })
    }

    /// The folder of the report, with all its runs.
    pub fn location(&self) -> &Location {
        self.store.location()
    }

    /// The folder of one run.
    pub fn location_of(&self, run: &str) -> Location {
        self.store.location().join(run)
    }

    /// Every run, complete or failed, the newest first; no runs where the destination is missing. A record that can't
    /// be read is told of beside them.
    ///
    /// # Errors
    /// The destination can't be listed or read.
    pub async fn runs(&self) -> Result<History> {
        history::read(&self.store).await
    }

    /// The latest complete run: the one that `latest.json` is to name.
    ///
    /// # Errors
    /// As [`Publications::runs`].
    pub async fn latest(&self) -> Result<Option<RunRecord>> {
        Ok(self.runs().await?.runs.into_iter().find(|run| run.outcome == Outcome::Complete))
    }

    /// The rows of an answer of a run that were kept for telling what changed: record batches of one schema. `None`
    /// where none were kept, or more than fit into memory.
    ///
    /// # Errors
    /// They can't be read, or are damaged.
    pub async fn rows(&self, run: &str, question: &str) -> Result<Option<Vec<RecordBatch>>> {
        rows::read(&self.store, run, question).await
    }
}

impl fmt::Debug for Publications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publications").field("location", self.location()).finish_non_exhaustive()
    }
}
