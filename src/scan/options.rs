//! What a landed table does with what it meets: the options of its configuration.
//!
//! Owns the one place where they stand together. Their meaning is in `config`; what they do is in
//! `rows` and `schema`.

use super::table::Expected;
use crate::column::Column;
use crate::config::RecordPolicy;

/// What a table is declared to be.
#[derive(Clone, Debug, Default)]
pub struct TableOptions {
    /// Its columns; none where they are inferred.
    pub declared: Option<Vec<Column>>,
    /// What to expect of it where they are inferred.
    pub expected: Option<Expected>,
    /// What becomes of what does not fit.
    pub policy: RecordPolicy,
}
