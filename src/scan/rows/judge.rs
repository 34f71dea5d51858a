//! What becomes of a record that can't be read: an error, or a reject that is counted and kept.
//!
//! Owns the limit on bad records and the wording of both errors. It must not read records.

use std::sync::Arc;

use super::rejects::Damage;
use super::tally::{BadPlace, Place, ScanTally};
use crate::config::{BadRecordLimit, OnBadRecord};
use crate::error::{Error, Result};
use crate::json::{BadRecord, Fault};
use crate::printable;
use crate::scan::table::LandedTable;
use crate::store::Object;

/// Records after which a share of bad ones says something: a hopeless scan ends early.
const ENOUGH_RECORDS: u64 = 10_000;

/// Decides over the bad records of one scan.
#[derive(Debug)]
pub struct Judge {
    table: Arc<LandedTable>,
    tally: Arc<ScanTally>,
}

impl Judge {
    /// For a scan of `table` that counts in `tally`.
    pub fn new(table: Arc<LandedTable>, tally: Arc<ScanTally>) -> Self {
        Judge { table, tally }
    }

    /// A record of `object` can't be read.
    ///
    /// # Errors
    /// The table does not skip such records, or too many were skipped. A value that does not fit its
    /// column is no such record, or how many rows there are would depend on the columns that are read.
    pub fn bad_record(&self, object: &Object, bad: &BadRecord) -> Result<()> {
        if self.table.on_bad_record() == OnBadRecord::Fail || bad.fault != Fault::Text {
            return Err(self.table.within(bad_record(self.table.name(), object, bad)));
        }
        self.table.rejects().keep(self.table.name(), &object.key, bad);
        self.judge_early(self.tally.add_bad(&object.key, bad.line, || BadPlace::of(&object.key, bad)))
    }

    /// `object` can't be decompressed beyond that place.
    ///
    /// # Errors
    /// As for a record; what is lost counts as one.
    pub fn damaged(&self, object: &Object, mut damage: Damage) -> Result<()> {
        if self.table.on_bad_record() == OnBadRecord::Fail {
            return Err(self.table.within(damaged(self.table.name(), object, &damage)));
        }
        damage.reason = format!("the object can't be decompressed any further: {}", damage.reason);
        self.table.rejects().keep_damage(self.table.name(), &object.key, &damage);
        let Damage { line, byte, reason, .. } = damage;
        let place = Place { object: object.key.clone(), line };
        let bad = || BadPlace { place, byte, reason, snippet: String::new() };
        self.judge_early(self.tally.add_bad(&object.key, line, bad))
    }

    /// Takes so many good records into account.
    ///
    /// # Errors
    /// The share of bad ones is too high already.
    pub fn good_records(&self, records: u64) -> Result<()> {
        self.judge_early(self.tally.add_records(records))
    }

    /// Takes the end of one partition into account; the last one judges the whole.
    ///
    /// # Errors
    /// Too many bad records were skipped.
    pub fn end_partition(&self) -> Result<()> {
        self.tally.publish();
        if self.tally.end_partition() { self.judge(self.tally.add_records(0)) } else { Ok(()) }
    }

    /// Judges in the middle of a scan: a number at once, a share once there were enough records.
    fn judge_early(&self, counts: (u64, u64)) -> Result<()> {
        match self.table.max_bad_records() {
            BadRecordLimit::Share(_) if counts.1 < ENOUGH_RECORDS => Ok(()),
            _ => self.judge(counts),
        }
    }

    fn judge(&self, (bad, records): (u64, u64)) -> Result<()> {
        let limit = self.table.max_bad_records();
        if !limit.is_exceeded(bad, records) {
            return Ok(());
        }
        self.tally.publish();
        let first = self.tally.first_bad().map(|first| format!("; the first: {}", shown(&first))).unwrap_or_default();
        let error = Error::statement(format!(
            "{bad} of {records} records read so far can't be read, more than `max_bad_records = {limit}` allows{first}"
        ));
        let hint = format!("raise `max_bad_records` under `[tables.{}]`", self.table.name());
        Err(self.table.within(error.hint(hint)))
    }
}

fn shown(bad: &BadPlace) -> String {
    let BadPlace { place, byte, reason, snippet } = bad;
    let separator = if snippet.is_empty() { "" } else { "\n" };
    let object = printable::one_line(&place.object);
    format!("object `{object}`, line {} (byte {byte}): {reason}{separator}{snippet}", place.line)
}

/// The way out that skipping is.
pub fn skip_hint(table: &str) -> String {
    format!(
        "skip such records, counted and kept in `pinq.rejects`: `on_bad_record = \"skip\"` under `[tables.{table}]`"
    )
}

/// The error for an object that can't be decompressed beyond a place.
pub fn damaged(table: &str, object: &Object, damage: &Damage) -> Error {
    let Damage { line, byte, reason, .. } = damage;
    Error::statement(format!(
        "object `{}` could not be decompressed beyond line {line} (byte {byte}): {reason}",
        object.shown()
    ))
    .hint(skip_hint(table))
}

/// The error for a record that could not be read, with the place in its object.
pub fn bad_record(table: &str, object: &Object, bad: &BadRecord) -> Error {
    let error = Error::statement(format!(
        "object `{}`, line {}, column {} (byte {}): {}\n{}",
        object.shown(),
        bad.line,
        bad.column,
        bad.byte,
        bad.reason,
        bad.snippet()
    ));
    match &bad.fault {
        Fault::Text => error.hint(skip_hint(table)),
        Fault::Value(column) => error
            .hint(format!("declare the column as text: `{column} = \"varchar\"` under `[tables.{table}.columns]`"))
            .hint(format!("or read such values as NULL, counted: `on_bad_value = \"null\"` under `[tables.{table}]`")),
    }
}
