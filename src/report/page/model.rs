//! What a page is made of.
//!
//! Owns the values that the template is given. Texts are as they are: the template escapes them.

use super::TableOfRows;
use crate::publication::RunRecord;

/// A page.
pub struct Page<'a> {
    /// What the run did: times, tables, checks, outcome.
    pub run: &'a RunRecord,
    /// The run whose answers are compared with; none for the first one.
    pub before: Option<&'a RunRecord>,
    /// The questions in order; as many as the record has.
    pub questions: Vec<QuestionPage>,
}

/// What a page shows of one question beyond its record.
pub struct QuestionPage {
    /// What the answer means.
    pub about: Option<String>,
    /// The statement.
    pub sql: String,
    /// The rows that the page shows; none where the question failed.
    pub table: Option<TableOfRows>,
    /// The chart as `<svg>`, and what it shows in words.
    pub chart: Option<crate::chart::Svg>,
    /// Against the run before; none where there is nothing to compare with.
    pub changes: Option<Changes>,
}

/// What is different from the run before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Columns that tell rows apart; all that are compared where nothing less does, none where there is at most one row.
    pub key: Vec<String>,
    /// Columns that only the answer now has; they are not compared.
    pub added: Vec<String>,
    /// Columns that only the answer before had.
    pub removed: Vec<String>,
    /// The first changes, in the order of the rows now, then of those that are gone.
    pub listed: Vec<Change>,
    /// Rows whose key is new.
    pub new: u64,
    /// Rows whose key is gone.
    pub gone: u64,
    /// Rows with the same key and other values.
    pub changed: u64,
    /// Why rows can't be compared: other columns, too many rows; the counts are zero then.
    pub incomparable: Option<String>,
}

/// One row that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `2020: home-decor 8`.
    New(String),
    /// `2020: christmas 9`.
    Gone(String),
    /// Key, now, before: `2020`, `home-decor 8`, `christmas 9`.
    Changed(String, String, String),
}
