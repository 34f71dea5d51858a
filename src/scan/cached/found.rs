//! What was found in a piece of an object beside rows, kept so that a run that reads the cache tells the same.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::json::{BadRecord, LateKey};
use crate::scan::rows::{Damage, Judge, ScanTally};
use crate::store::Object;

/// Bytes of it, as text, beyond which a piece is not kept: it is mostly bad records then.
const MOST_BYTES: usize = 1 << 20;
/// Bytes that a bad record takes at least, as text, beside its own texts.
const OVERHEAD_BYTES: usize = 64;

/// Everything that is told of a piece of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// Records that were a bare `null`.
    #[serde(skip_serializing_if = "is_zero")]
    pub tombstones: u64,
    /// Records that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<BadRecord>,
    /// Bytes that the bad records take as text, or fewer; beyond the bound none is held any more.
    #[serde(skip)]
    bad_bytes: usize,
    /// Where the object could not be read any further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
    /// Keys outside the table's columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<LateKey>,
    /// How many values of a column became NULL because they did not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nulled: Vec<(String, u64)>,
}

impl Found {
    /// Adds a record that could not be read. Once they are too much to be kept they are let go: they would take memory
    /// for nothing.
    pub fn add_bad(&mut self, bad: BadRecord) {
        if self.is_too_much() {
            return;
        }
        let texts = [&bad.reason, &bad.text, &bad.record.text];
        let bytes = texts.iter().fold(OVERHEAD_BYTES, |bytes, text| bytes.saturating_add(text.len()));
        self.bad_bytes = self.bad_bytes.saturating_add(bytes);
        match self.is_too_much() {
            true => self.bad = Vec::new(),
            false => self.bad.push(bad),
        }
    }

    fn is_too_much(&self) -> bool {
        self.bad_bytes > MOST_BYTES
    }

    /// Its text, or nothing where there is nothing to tell; an error where that is too much to keep.
    pub fn encoded(&self) -> Result<Option<String>, TooMuch> {
        if *self == Found::default() {
            return Ok(None);
        }
        if self.is_too_much() {
            return Err(TooMuch);
        }
        serde_json::to_string(self).ok().filter(|text| text.len() <= MOST_BYTES).map(Some).ok_or(TooMuch)
    }

    /// What [`Found::encoded`] made a text of.
    pub fn decoded(text: &str) -> Option<Found> {
        serde_json::from_str(text).ok()
    }

    /// Tells it all again of `object`, which has that many rows here. `names` are the columns that are read, `known`
    /// all columns of the table.
    ///
    /// # Errors
    /// There are more bad records than the table allows.
    pub fn tell(self, told: &Told<'_>, object: &Object, rows: u64) -> Result<u64> {
        for bad in &self.bad {
            told.judge.bad_record(object, bad)?;
        }
        if let Some(damage) = self.damage {
            told.judge.damaged(object, damage)?;
        }
        let is_column = |key: &LateKey| !key.is_field && key.name.as_ref().is_some_and(|it| told.known.contains(it));
        let is_late = |key: &LateKey| !is_column(key) && is_asked_for(key, told.names);
        told.tally.add_late_keys(&object.key, self.late.into_iter().filter(is_late).collect());
        let read = |(name, _): &&(String, u64)| told.names.contains(name);
        told.tally.add_nulled(self.nulled.iter().filter(read).map(|(name, values)| (name.as_str(), *values)));
        told.judge.good_records(rows.saturating_add(self.tombstones))?;
        Ok(self.nulled.iter().filter(read).map(|(_, values)| *values).sum())
    }
}

/// Whether a key outside the columns is told by a scan of columns of these names: not one within the value of another,
/// which was decoded for the cache alone.
pub fn is_asked_for(key: &LateKey, names: &[String]) -> bool {
    !key.is_field || names.iter().any(|name| key.is_within(name))
}

/// To whom it is told.
pub struct Told<'a> {
    pub judge: &'a Judge,
    pub tally: &'a ScanTally,
    /// The names of the columns that the scan reads.
    pub names: &'a [String],
    /// The names of all of the table's columns.
    pub known: &'a [String],
}

/// It is too much to be kept.
#[derive(Clone, Copy, Debug)]
pub struct TooMuch;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_no_text_and_all_else_comes_back() {
        assert!(Found::default().encoded().unwrap().is_none());
        let late = vec![LateKey { name: Some("k\"".into()), count: 2, line: 7, is_field: true }];
        let damage = Some(Damage { line: 1, byte: 2, reason: "r".into(), text: "t".into() });
        let found = Found { tombstones: 3, late, damage, nulled: vec![("n".into(), 1)], ..Found::default() };
        let text = found.encoded().unwrap().unwrap();
        assert_eq!(Found::decoded(&text), Some(found));
        let tombstones = Found { tombstones: 1, ..Found::default() };
        assert_eq!(tombstones.encoded().unwrap().as_deref(), Some("{\"tombstones\":1}"));
    }

    #[test]
    fn what_is_too_much_is_not_kept() {
        let found = Found { nulled: vec![("n".repeat(MOST_BYTES), 1)], ..Found::default() };
        assert!(found.encoded().is_err());
    }

    #[test]
    fn bad_records_that_are_too_much_take_no_memory() {
        let records = crate::json::Records::new(b"{]\n", crate::json::Framing::Lines, 1, 0, 0);
        let mut inference = crate::json::Inference::new();
        let bad = records.map(|record| record.and_then(|record| inference.observe(&record, "o")));
        let bad = bad.filter_map(Result::err).next().unwrap();
        let mut found = Found::default();
        found.add_bad(bad.clone());
        let text = found.encoded().unwrap().unwrap();
        assert!(text.len() >= found.bad_bytes, "fewer would be kept than can be: {text}");
        assert_eq!(Found::decoded(&text).unwrap().bad, found.bad);
        let most = (0..MOST_BYTES).map(|_| {
            found.add_bad(bad.clone());
            found.bad.len()
        });
        assert!(most.max().unwrap() <= MOST_BYTES / OVERHEAD_BYTES);
        assert!(found.bad.is_empty() && found.encoded().is_err());
    }
}
