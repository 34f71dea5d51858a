//! Pieces of which nothing can be read: where an object is damaged, and lines that were passed over.
//!
//! Owns what is noted of them. Whether the statement goes on is the judge's.

use super::decode::Decoding;
use super::rejects::Damage;
use crate::error::Result;
use crate::json::{BadRecord, Record};
use crate::scan::cached::Found;
use crate::scan::fetch::{Piece, Start};
use crate::store::Object;

/// Bytes that are kept of a line that an object's damage cut off.
const KEPT_OF_TAIL: usize = 64 << 10;

impl Decoding {
    /// The piece, unless it is but the end of an object. One that can't be read any further is judged.
    pub(super) fn readable(&self, piece: Piece, found: &mut Found) -> Result<Option<Piece>> {
        let (object, bytes, line, byte, reason) = match &piece {
            Piece { start: Start::Object | Start::Part { .. }, .. } => {
                if let Some(repeats) = &self.repeats {
                    repeats.add_bytes(piece.bytes.len() as u64);
                }
                return Ok(Some(piece));
            }
            Piece { start: Start::End { .. }, .. } => return Ok(None),
            Piece { object, bytes, start: Start::Passed { line, byte, record, length, .. } } => {
                let line = Record { text: bytes, line: *line, column: 1, byte: *byte, position: *record };
                return self.passed_over(object, &line, *length, found).map(|()| None);
            }
            Piece { object, bytes, start: Start::Damaged { line, byte, reason } } => {
                (object, bytes, line, byte, reason)
            }
        };
        self.metrics.bad_records.add(1);
        let text = String::from_utf8_lossy(bytes.get(..KEPT_OF_TAIL).unwrap_or(bytes)).into_owned();
        let damage = Damage { line: *line, byte: *byte, reason: reason.to_string(), text };
        found.damage = Some(damage.clone());
        self.judge.damaged(object, damage).map(|()| None)
    }

    /// Judges a line of so many bytes that was not even gathered.
    fn passed_over(&self, object: &Object, line: &Record<'_>, length: u64, found: &mut Found) -> Result<()> {
        self.metrics.bad_records.add(1);
        let bad = BadRecord::too_long(line, length, self.table.max_record_bytes());
        self.judge.bad_record(object, &bad)?;
        if self.caching.as_ref().is_some_and(|caching| caching.keeps()) {
            found.add_bad(bad);
        }
        Ok(())
    }
}
