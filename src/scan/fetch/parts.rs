//! Cutting a large object into parts that begin and end between records.
//!
//! Owns the seams: a chunk of bytes ends anywhere, a part only between records; and that a line or a value without an
//! end takes no more memory than a record may. It must not read or decompress, and copies nothing but the records that
//! lie across two chunks.

use std::sync::Arc;

use bytes::Bytes;

use super::budget::PART_BYTES;
use super::inflate::ObjectLimit;
use super::pack::{Piece, Start};
use super::wanted::Positions;
use crate::error::{Error, Result};
use crate::json::{Framing, PartEnd, Place, Records};
use crate::store::Object;

/// Bytes that are kept of a line that is longer than a record may be.
const KEPT_OF_LINE: usize = 64 << 10;

/// Takes an object's chunks in order and gives its parts.
#[derive(Debug)]
pub struct Cutter {
    object: Arc<Object>,
    limit: ObjectLimit,
    framing: Framing,
    /// What came after the last part's end.
    tail: Vec<u8>,
    /// The line that is passed over, where it is longer than a record may be.
    passed: Option<PassedLine>,
    /// The number of the first line that was not given yet, from 1, and the offset of its first byte.
    line: u64,
    byte: u64,
    /// The number of the first record that was not given yet, from 0, where records are counted.
    record: u64,
    positions: Positions,
    /// What may come next, where records span lines.
    place: Place,
}

/// The beginning of a line, and how much of it there was.
#[derive(Debug)]
struct PassedLine {
    beginning: Bytes,
    length: u64,
}

impl Cutter {
    /// A cutter of an object whose records follow one another in that way.
    pub fn new(object: Arc<Object>, framing: Framing, limit: ObjectLimit, positions: Positions) -> Cutter {
        Cutter {
            object,
            limit,
            framing,
            tail: Vec::new(),
            passed: None,
            line: 1,
            byte: 0,
            record: 0,
            positions,
            place: Place::Outside,
        }
    }

    /// The parts that are complete with this chunk, which has so many line ends, where somebody counted. Of an object of
    /// lines all but the first share its bytes.
    ///
    /// # Errors
    /// A record that spans lines is longer than one may be, so that nobody can tell where it ends.
    pub fn push(&mut self, chunk: &Bytes, line_ends: Option<u64>) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        if self.framing != Framing::Lines {
            self.tail.extend_from_slice(chunk);
            self.relieve(&mut pieces)?;
            return Ok(pieces);
        }
        let (mut at, mut left) = (0, line_ends);
        if !self.tail.is_empty() || self.passed.is_some() {
            let newline = memchr::memchr(b'\n', chunk);
            at = newline.map_or(chunk.len(), |newline| newline.saturating_add(1));
            left = left.map(|left| left.saturating_sub(u64::from(newline.is_some())));
            let rest = chunk.get(..at).unwrap_or_default();
            match (&mut self.passed, newline) {
                (Some(passed), _) => {
                    passed.length = passed.length.saturating_add(rest.len() as u64);
                    pieces.extend(newline.and_then(|_| self.end_of_passed(1)));
                }
                (None, None) => self.tail.extend_from_slice(rest),
                (None, Some(_)) => {
                    self.tail.extend_from_slice(rest);
                    let seam = std::mem::take(&mut self.tail);
                    pieces.push(self.piece(seam.into(), PartEnd::BetweenRecords, None));
                }
            }
        }
        let mut next = next_end(chunk, at);
        while let Some(end) = next {
            next = next_end(chunk, end);
            // All that are left are in the last part.
            let lines = left.filter(|_| next.is_none());
            let (before, bytes) = (self.line, chunk.slice(at..end));
            pieces.push(self.piece(bytes, PartEnd::BetweenRecords, lines));
            left = left.map(|left| left.saturating_sub(self.line.saturating_sub(before)));
            at = end;
        }
        self.tail.extend_from_slice(chunk.get(at..).unwrap_or_default());
        self.relieve(&mut pieces)?;
        Ok(pieces)
    }

    /// What stands after the last part's end, once the object has no further chunk, and the object's end.
    pub fn finish(mut self) -> impl Iterator<Item = Piece> {
        let rest = match self.passed {
            Some(_) => self.end_of_passed(0),
            None => self.rest().or_else(|| self.unclosed()),
        };
        let end = Piece { object: self.object, bytes: Bytes::new(), start: Start::End { byte: self.byte } };
        rest.into_iter().chain([end])
    }

    /// What stands after the last part's end of an object that can't be decompressed any further. The last piece says so;
    /// the line in it is not whole.
    pub fn damaged(mut self, reason: Arc<str>) -> impl Iterator<Item = Piece> {
        // Where records span lines, one that is not whole is found by whoever reads them.
        let rest = if self.framing == Framing::Lines { None } else { self.rest() };
        let start = Start::Damaged { line: self.line, byte: self.byte, reason };
        let bytes = self.passed.map_or_else(|| self.tail.into(), |passed| passed.beginning);
        rest.into_iter().chain([Piece { object: self.object, bytes, start }])
    }

    fn rest(&mut self) -> Option<Piece> {
        let tail = std::mem::take(&mut self.tail);
        (!tail.is_empty()).then(|| self.piece(tail.into(), PartEnd::OfObject, None))
    }

    /// The piece that says that an array is not closed, where all of its items were given.
    fn unclosed(&mut self) -> Option<Piece> {
        (self.place != Place::Outside).then(|| self.piece(Bytes::new(), PartEnd::OfObject, None))
    }

    /// Gives what is whole of a tail that is longer than a record may be, and passes over what is not.
    fn relieve(&mut self, pieces: &mut Vec<Piece>) -> Result<()> {
        let most = usize::try_from(self.limit.record_bytes).unwrap_or(usize::MAX).max(PART_BYTES);
        while self.tail.len() > most {
            let (end, place) = self.end_of_whole(most);
            if end > 0 {
                let rest = self.tail.split_off(end);
                let whole = std::mem::replace(&mut self.tail, rest);
                pieces.push(self.piece(whole.into(), PartEnd::BetweenRecords, None));
                self.place = place;
            } else if self.framing == Framing::Lines {
                let mut beginning = std::mem::take(&mut self.tail);
                let length = beginning.len() as u64;
                beginning.truncate(KEPT_OF_LINE);
                beginning.shrink_to_fit();
                self.passed = Some(PassedLine { beginning: beginning.into(), length });
            } else {
                return Err(self.endless());
            }
        }
        Ok(())
    }

    /// Where the last record ends in the tail that what follows can't change any more, and what may come next there. What
    /// is torn is changed by nothing that follows more than `most` bytes after its beginning.
    fn end_of_whole(&self, most: usize) -> (usize, Place) {
        let mut records = Records::new(&self.tail, self.framing(PartEnd::BetweenRecords), self.line, self.byte, 0);
        let (mut end, mut place) = (0, self.place);
        loop {
            let next = records.next();
            let offset = |byte: u64| usize::try_from(byte.saturating_sub(self.byte)).unwrap_or(usize::MAX);
            let mut at = offset(records.byte());
            let is_certain = match &next {
                // Nothing but blanks.
                None => return (self.tail.len(), records.place()),
                Some(Ok(record)) if record.is_whole() => {
                    // A number that ends here may go on; so may the line of a record that is its only one up to here.
                    at = offset(record.byte).saturating_add(record.text.len());
                    at < self.tail.len()
                }
                Some(Ok(_)) => false,
                // Whoever reads the part has to come upon it, too: it goes with what follows.
                Some(Err(_)) => continue,
            };
            // A torn value ends where the next one seems to begin.
            let is_long = self.tail.len().saturating_sub(end) > most;
            let is_torn = is_long && self.framing != Framing::Lines && at < self.tail.len();
            if !(is_certain || is_torn) {
                return (end, place);
            }
            (end, place) = (at, records.place());
        }
    }

    fn endless(&self) -> Error {
        let (key, line, byte, most) = (self.object.shown(), self.line, self.byte, self.limit.record_bytes);
        Error::statement(format!(
            "object `{key}`: a record at line {line} (byte {byte}) or after it has more than the {most} bytes of \
             `max_record_size`, and it spans lines, so that nobody can tell where the next one begins"
        ))
        .hint(format!("if that is right, raise `max_record_size` under `[tables.{}]`", self.limit.table))
    }

    /// The piece that says that a line was passed over, with so many bytes of line end.
    fn end_of_passed(&mut self, line_end: u64) -> Option<Piece> {
        let PassedLine { beginning, length } = self.passed.take()?;
        let end = self.byte.saturating_add(length);
        let length = length.saturating_sub(line_end);
        let start = Start::Passed { line: self.line, byte: self.byte, record: self.record, length, end };
        self.line = self.line.saturating_add(line_end);
        self.byte = end;
        self.record = self.record.saturating_add(1);
        Some(Piece { object: Arc::clone(&self.object), bytes: beginning, start })
    }

    fn framing(&self, end: PartEnd) -> Framing {
        match (self.framing, self.byte, end) {
            (Framing::Lines, ..) => Framing::Lines,
            // The whole of it.
            (_, 0, PartEnd::OfObject) => Framing::Values,
            _ => Framing::PartOfValues(self.place, end),
        }
    }

    /// The next piece, which has so many line ends, where that is known.
    fn piece(&mut self, bytes: Bytes, end: PartEnd, line_ends: Option<u64>) -> Piece {
        let (line, byte, record, framing) = (self.line, self.byte, self.record, self.framing(end));
        let start = Start::Part { framing, line, byte, record };
        if self.positions == Positions::Counted {
            let records = Records::new(&bytes, framing, line, byte, 0).count();
            self.record = self.record.saturating_add(records as u64);
        }
        self.line = self.line.saturating_add(line_ends.unwrap_or_else(|| count_line_ends(&bytes)));
        self.byte = self.byte.saturating_add(bytes.len() as u64);
        Piece { object: Arc::clone(&self.object), bytes, start }
    }
}

/// How many line ends there are.
pub fn count_line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Where the part that begins at `at` ends: after the last line's end within a part's size, or else after
/// the first one beyond it.
fn next_end(chunk: &[u8], at: usize) -> Option<usize> {
    let rest = chunk.get(at..)?;
    let within = rest.get(..PART_BYTES).unwrap_or(rest);
    let newline = match memchr::memrchr(b'\n', within) {
        Some(newline) => newline,
        None => within.len().saturating_add(memchr::memchr(b'\n', rest.get(within.len()..)?)?),
    };
    Some(at.saturating_add(newline).saturating_add(1))
}

#[cfg(test)]
mod tests;
