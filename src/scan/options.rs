//! What a landed table does with what it meets: the options of its configuration.
//!
//! Owns the one place where they stand together. Their meaning is in `config`; what they do is in
//! `rows` and `schema`.

use super::table::Expected;
use crate::column::Column;
use crate::config::{BadRecordLimit, DEFAULT_MAX_OBJECT_BYTES, DEFAULT_MAX_RECORD_BYTES, OnBadRecord, Rest};
use crate::json::OnBadValue;

/// What a table is declared to be.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// Its columns; none where they are inferred.
    pub declared: Option<Vec<Column>>,
    /// What to expect of it where they are inferred.
    pub expected: Option<Expected>,
    /// What becomes of a value that does not fit its column.
    pub on_bad_value: OnBadValue,
    /// What becomes of a record that can't be read.
    pub on_bad_record: OnBadRecord,
    /// How many such records a scan may skip.
    pub max_bad_records: BadRecordLimit,
    /// Bytes beyond which a record can't be read.
    pub max_record_bytes: u64,
    /// Bytes that a compressed object may grow to.
    pub max_object_bytes: u64,
    /// What becomes of keys outside the columns.
    pub rest: Rest,
}

impl Default for TableOptions {
    /// As without a word in the configuration.
    fn default() -> Self {
        TableOptions {
            declared: None,
            expected: None,
            on_bad_value: OnBadValue::Fail,
            on_bad_record: OnBadRecord::default(),
            max_bad_records: BadRecordLimit::default(),
            max_record_bytes: DEFAULT_MAX_RECORD_BYTES,
            max_object_bytes: DEFAULT_MAX_OBJECT_BYTES,
            rest: Rest::default(),
        }
    }
}
