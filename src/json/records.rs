//! The records of an object, one after another, each with its place.
//!
//! Owns finding where a record ends and where to go on after a torn one. It must not judge a record:
//! what it cannot make out it yields as it is, and the decoder says what is wrong with it.

mod torn;

use self::torn::Torn;
use super::bad_record::BadRecord;
use super::framing::{BYTE_ORDER_MARK, Framing, PartEnd, Place, may_hold_several, measured, value_length};
use super::record::{Record, is_blank, offset, trim};

/// An iterator over the records of an object or of a part of one that begins at a line's start.
///
/// After an error it goes on: it yields every record that it can tell from the torn one.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    framing: Framing,
    first_byte: u64,
    /// What has been read, up to here.
    at: usize,
    /// The line of `at`, and where that line begins.
    line: u64,
    line_start: usize,
    /// Where the line ends that holds several records, while it is read.
    split_end: Option<usize>,
    place: Place,
    /// Whether an array that is open at the end is closed in another part.
    end: PartEnd,
    /// How many records of the object came before the next one.
    position: u64,
    /// What a torn value taught about those within it.
    torn: Option<Torn>,
}

impl<'a> Records<'a> {
    /// The records of `bytes`, whose first byte is at `first_byte` of the object (from 0) and begins
    /// its line `first_line` (from 1); the first of them is the object's record `first_record` (from 0).
    /// A byte-order mark at the object's start is passed over.
    pub fn new(bytes: &'a [u8], framing: Framing, first_line: u64, first_byte: u64, first_record: u64) -> Self {
        let at = if first_byte == 0 && bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let (framing, place, end) = match framing {
            Framing::PartOfValues(place, end) => (Framing::Values, place, end),
            whole => (whole, Place::Outside, PartEnd::OfObject),
        };
        Records {
            bytes,
            framing,
            first_byte,
            at,
            line: first_line,
            line_start: at,
            split_end: None,
            place,
            end,
            position: first_record,
            torn: None,
        }
    }

    /// The place in the object alone, to go on from with [`Records::resume`]; it borrows nothing.
    pub fn pause(&self) -> Records<'static> {
        Records { bytes: &[], torn: self.torn.clone(), ..*self }
    }

    /// Goes on where `self` was paused, over the same `bytes`.
    pub fn resume(self, bytes: &[u8]) -> Records<'_> {
        Records { bytes, ..self }
    }

    /// The same records, with so many more of the object before the first of them.
    #[must_use]
    pub fn after(self, more: u64) -> Self {
        Records { position: self.position.saturating_add(more), ..self }
    }

    /// How many records of the object came before the next one.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The offset in the object up to which records were read.
    pub fn byte(&self) -> u64 {
        self.first_byte.saturating_add(offset(self.at))
    }

    /// What may come next where records span lines.
    pub fn place(&self) -> Place {
        self.place
    }

    /// How the records follow one another; never a part's.
    pub(super) fn framing(&self) -> Framing {
        self.framing
    }

    /// Where the next record may begin, if it does so in the plainest way: the bytes that it must end
    /// in, and its place in them.
    #[inline(always)]
    pub(super) fn next_start(&mut self) -> Option<(&'a [u8], usize)> {
        match (self.framing, self.split_end) {
            (Framing::Lines, None) => Some((self.bytes, self.at)),
            (Framing::Lines, Some(end)) => {
                self.skip_blanks(end);
                Some((self.bytes.get(..end)?, self.at))
            }
            (Framing::Values | Framing::PartOfValues(..), _) => {
                self.skip_blanks(self.bytes.len());
                // A comma is taken, and left again by `next` where what follows is no record.
                let after_comma = self.place == Place::CommaOrEnd && self.bytes.get(self.at) == Some(&b',');
                let start = if after_comma {
                    let rest = self.bytes.get(self.at.saturating_add(1)..)?;
                    self.at.saturating_add(1).saturating_add(rest.iter().take_while(|byte| is_blank(**byte)).count())
                } else if self.place == Place::CommaOrEnd {
                    return None;
                } else {
                    self.at
                };
                Some((self.bytes, start))
            }
        }
    }

    /// Whether the next record is known to be torn, so that nobody need try to read it.
    pub(super) fn is_torn_here(&self) -> bool {
        self.torn.as_ref().is_some_and(|torn| torn.holds(self.at))
    }

    /// Whether each record stands on a line of its own, as far as is known.
    #[inline(always)]
    pub(super) fn has_plain_lines(&self) -> bool {
        self.framing == Framing::Lines && self.split_end.is_none()
    }

    /// Takes so many records, a line each, of which the last line ends before `next`; the first one's line and position.
    #[inline(always)]
    pub(super) fn accept_lines(&mut self, records: usize, next: usize) -> (u64, u64) {
        let taken = (self.line, self.position);
        self.at = next;
        self.line += records as u64;
        self.line_start = next;
        self.position += records as u64;
        taken
    }

    /// Takes the record that was read from `start` to `end`; its line and position. `None` where what
    /// follows it is unusual, and `next` has to look.
    #[inline(always)]
    pub(super) fn accept(&mut self, start: usize, end: usize) -> Option<(u64, u64)> {
        match (self.framing, self.split_end) {
            (Framing::Lines, None) => {
                let mut after = end;
                while let Some(b' ' | b'\t' | b'\r') = self.bytes.get(after) {
                    after += 1;
                }
                match self.bytes.get(after) {
                    Some(b'\n') => return Some(self.accept_lines(1, after + 1)),
                    None => self.at = after,
                    Some(_) => return None,
                }
            }
            (Framing::Lines, Some(_)) => self.at = end,
            (Framing::Values | Framing::PartOfValues(..), _) => {
                self.advance(start);
                let taken = (self.line, self.position);
                self.advance(end);
                if self.place != Place::Outside {
                    self.place = Place::CommaOrEnd;
                }
                self.position += 1;
                return Some(taken);
            }
        }
        let taken = (self.line, self.position);
        self.position += 1;
        Some(taken)
    }

    fn between(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The record that these bytes are, without the blanks around them; they begin on the current line.
    fn record(&self, start: usize, end: usize) -> Record<'a> {
        let text = self.between(start, end);
        let blanks = text.iter().take_while(|byte| is_blank(**byte)).count();
        let start = start.saturating_add(blanks);
        Record {
            text: trim(text),
            line: self.line,
            column: offset(start.saturating_sub(self.line_start)).saturating_add(1),
            byte: self.first_byte.saturating_add(offset(start)),
            position: self.position,
        }
    }

    /// Goes on at `end`, counting the lines between.
    fn advance(&mut self, end: usize) {
        for newline in memchr::memchr_iter(b'\n', self.between(self.at, end)) {
            self.line = self.line.saturating_add(1);
            self.line_start = self.at.saturating_add(newline).saturating_add(1);
        }
        self.at = end;
    }

    fn skip_blanks(&mut self, end: usize) {
        let blanks = self.between(self.at, end).iter().take_while(|byte| is_blank(**byte)).count();
        self.advance(self.at.saturating_add(blanks));
    }

    fn next_of_lines(&mut self) -> Option<Record<'a>> {
        loop {
            if let Some(end) = self.split_end {
                self.skip_blanks(end);
                if self.at >= end {
                    self.split_end = None;
                    continue;
                }
                // What is no record takes the rest of its line with it: a torn line is one bad record, however
                // many values its rest could be read as.
                let rest = self.between(self.at, end);
                let is_record = rest.starts_with(b"{") || rest.starts_with(b"null");
                let length = if is_record { value_length(rest) } else { None };
                let next = length.map_or(end, |length| self.at.saturating_add(length));
                let record = self.record(self.at, next);
                self.advance(next);
                return Some(record);
            }
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            let newline = memchr::memchr(b'\n', rest);
            let end = newline.map_or(self.bytes.len(), |newline| self.at.saturating_add(newline));
            let record = self.record(self.at, end);
            if !record.text.is_empty() && may_hold_several(record.text) {
                self.split_end = Some(end);
                continue;
            }
            if newline.is_some() {
                self.at = end.saturating_add(1);
                self.line = self.line.saturating_add(1);
                self.line_start = self.at;
            } else {
                self.at = end;
            }
            if !record.text.is_empty() {
                return Some(record);
            }
        }
    }

    fn next_of_values(&mut self) -> Option<Result<Record<'a>, BadRecord>> {
        loop {
            self.skip_blanks(self.bytes.len());
            let Some(byte) = self.bytes.get(self.at) else {
                if self.place == Place::Outside || self.end == PartEnd::BetweenRecords {
                    return None;
                }
                self.place = Place::Outside;
                return Some(Err(self.bad("the array is not closed")));
            };
            match (self.place, byte) {
                (Place::Outside, b'[') => {
                    self.place = Place::ItemOrEnd;
                    self.at = self.at.saturating_add(1);
                }
                (Place::CommaOrEnd, b',') => {
                    self.place = Place::Item;
                    self.at = self.at.saturating_add(1);
                }
                (Place::ItemOrEnd | Place::CommaOrEnd, b']') => {
                    self.place = Place::Outside;
                    self.at = self.at.saturating_add(1);
                }
                (Place::Item, b']') => {
                    let bad = self.bad("a trailing comma in the array");
                    self.place = Place::Outside;
                    self.at = self.at.saturating_add(1);
                    return Some(Err(bad));
                }
                (Place::ItemOrEnd | Place::Item, b',') => {
                    let bad = self.bad("a comma where an item of the array is expected");
                    self.place = Place::Item;
                    self.at = self.at.saturating_add(1);
                    return Some(Err(bad));
                }
                (Place::CommaOrEnd, _) => {
                    self.place = Place::Item;
                    return Some(Err(self.bad("no comma between two items of the array")));
                }
                (Place::Outside | Place::ItemOrEnd | Place::Item, _) => return Some(Ok(self.next_value())),
            }
        }
    }

    /// The value that begins here, or what is torn up to where the next one seems to begin.
    fn next_value(&mut self) -> Record<'a> {
        let length = if self.is_torn_here() { None } else { self.length_here() };
        let inside = self.place != Place::Outside;
        let end = match length {
            Some(length) => {
                self.place = if inside { Place::CommaOrEnd } else { Place::Outside };
                self.at.saturating_add(length)
            }
            None => {
                let end = self.start_after_torn();
                // A torn item that reaches the end took the array's closing bracket with it.
                self.place = if inside && end < self.bytes.len() { Place::Item } else { Place::Outside };
                end
            }
        };
        let record = self.record(self.at, end);
        self.advance(end);
        record
    }

    /// The length of the value that begins here, where it is whole.
    fn length_here(&mut self) -> Option<usize> {
        let text = self.between(self.at, self.bytes.len());
        match measured(text) {
            Ok(length) => Some(length),
            Err(tear) => {
                let torn = Torn::of(text, self.at, tear, self.torn.as_ref());
                self.torn = torn.or(self.torn.take());
                None
            }
        }
    }

    /// Where a record seems to begin after the torn one that begins here: an opening brace on a line
    /// of the same indentation, or right after a closing brace, which valid JSON never has.
    fn start_after_torn(&self) -> usize {
        let before = self.between(self.line_start, self.at);
        let indent = if before.iter().all(|byte| is_blank(*byte)) { before } else { &[] };
        let from = self.at.saturating_add(1);
        for found in memchr::memchr2_iter(b'\n', b'}', self.between(from, self.bytes.len())) {
            let place = from.saturating_add(found);
            let after = place.saturating_add(1);
            let rest = self.between(after, self.bytes.len());
            if self.bytes.get(place) == Some(&b'}') {
                if rest.first() == Some(&b'{') {
                    return after;
                }
            } else if rest.strip_prefix(indent).is_some_and(|rest| rest.first() == Some(&b'{')) {
                return after.saturating_add(indent.len());
            }
        }
        self.bytes.len()
    }

    /// A complaint about the byte at hand.
    fn bad(&self, reason: &str) -> BadRecord {
        let rest = self.between(self.line_start, self.bytes.len());
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline);
        let line = Record {
            text: rest.get(..end).unwrap_or_default(),
            line: self.line,
            column: 1,
            byte: self.first_byte.saturating_add(offset(self.line_start)),
            position: self.position,
        };
        BadRecord::at(&line, self.at.saturating_sub(self.line_start), reason)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BadRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.framing {
            Framing::Lines => self.next_of_lines().map(Ok),
            Framing::Values | Framing::PartOfValues(..) => self.next_of_values(),
        };
        if next.is_some() {
            self.position = self.position.saturating_add(1);
        }
        next
    }
}
