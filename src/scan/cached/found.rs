//! What was found in a piece of an object beside rows, kept so that a run that reads the cache tells the same.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::json::{BadRecord, LateKey};
use crate::scan::rows::{Damage, Judge, ScanTally};
use crate::store::Object;

/// Bytes of it, as text, beyond which a piece is not kept: it is mostly bad records then.
const MOST_BYTES: usize = 1 << 20;

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
    /// Its text, or nothing where there is nothing to tell; an error where that is too much to keep.
    pub fn encoded(&self) -> Result<Option<String>, TooMuch> {
        if *self == Found::default() {
            return Ok(None);
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
        let is_late = |key: &LateKey| key.name.as_ref().is_none_or(|name| !told.known.contains(name));
        told.tally.add_late_keys(&object.key, self.late.into_iter().filter(is_late).collect());
        let read = |(name, _): &&(String, u64)| told.names.contains(name);
        told.tally.add_nulled(self.nulled.iter().filter(read).map(|(name, values)| (name.as_str(), *values)));
        told.judge.good_records(rows.saturating_add(self.tombstones))?;
        Ok(self.nulled.iter().filter(read).map(|(_, values)| *values).sum())
    }
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
        let late = vec![LateKey { name: Some("k\"".into()), count: 2, line: 7 }];
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
}
