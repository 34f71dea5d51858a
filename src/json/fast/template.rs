//! The shape that records of one serialiser share.
//!
//! Owns the template: the exact bytes between the values of a record that was read before, and what kind of
//! value stands between them. It must not read a record: `batch` does, by the template.

use super::lanes::{Lanes, Piece};
use super::text::{Form, Newlines, Text};
use super::{Feeds, Keys, START, Slot};
use crate::column::{Column, ColumnType};

/// Records with more keys are not worth a template.
const MOST_VALUES: usize = 200;

/// A shape of records. A record's ends, as `index` finds them, all stand between its values: a value that
/// has one is not taken.
#[derive(Debug)]
pub struct Template {
    /// What stands before each value and after the last, in pieces.
    pub pieces: Vec<Piece>,
    /// Values without quotes: each is looked at.
    pub bare: Vec<Value>,
    /// Texts that are asked for as texts, and those that are asked for as something else.
    pub texts: Vec<Value>,
    pub typed: Vec<Value>,
    /// Columns that its records have no key for.
    pub absent: Vec<usize>,
    /// How many ends a record has; the last is its newline.
    pub ends: usize,
    /// Bytes of a record before its first end.
    pub before: usize,
    /// Bytes after its closing brace, the newline among them.
    pub after: usize,
    /// Keys that the table has no column for.
    pub late: Vec<Slot>,
}

/// Where a value stands: between two ends of its record that follow one another.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub end: usize,
    /// Bytes from the first of the ends to the value's first byte, and from its last byte to the other.
    pub after: usize,
    pub before: usize,
    pub column: Option<usize>,
}

impl Value {
    /// Where it begins, and where it ends, by the ends of its record. A bare value may be of less than no
    /// bytes, where the gaps around it overlap.
    #[inline(always)]
    pub fn span(&self, ends: &[u16]) -> (usize, usize) {
        match ends.get(self.end..) {
            Some([first, second, ..]) => {
                (usize::from(*first) + self.after, usize::from(*second).wrapping_sub(self.before))
            }
            _ => (1, 0),
        }
    }
}

impl Template {
    /// The shape of a valid record that stands on a line of its own, where one can be made of it: every
    /// value a text or a bare word, and no key twice.
    pub fn learn<L: Lanes>(text: Text<'_, L>, start: usize, keys: &mut Keys, columns: &[Column]) -> Option<Template> {
        let mut template = Template {
            pieces: Vec::new(),
            bare: Vec::new(),
            texts: Vec::new(),
            typed: Vec::new(),
            absent: Vec::new(),
            ends: 0,
            before: 0,
            after: 0,
            late: Vec::new(),
        };
        let mut slots = Vec::new();
        let mut previous = START;
        // Where the gap began that ends with the next value, and the bare value before it.
        let mut gap = start;
        let mut bare = None;
        let mut at = text.skip_blanks(start + 1);
        loop {
            let (quote, form) = text.string(at + 1)?;
            let name = std::str::from_utf8(text.bytes.get(at + 1..quote)?).ok()?;
            if form == Form::Escaped || slots.len() >= MOST_VALUES {
                return None;
            }
            let slot = keys.find(previous, name);
            if slots.contains(&slot) {
                return None;
            }
            slots.push(slot);
            previous = slot;
            let column = match keys.feeds(slot) {
                Feeds::Column(position) => Some(position),
                Feeds::Nothing => None,
                Feeds::Late => {
                    template.late.push(slot);
                    None
                }
            };
            at = text.colon(quote + 1)?;
            let is_text = text.byte(at) == b'"';
            let after = template.add_gap(text.bytes.get(gap..at + usize::from(is_text))?, bare.take())?;
            let value = Value { end: template.ends - 1, after, before: 0, column };
            if is_text {
                let (quote, _) = text.string(at + 1)?;
                match column.and_then(|position| columns.get(position)).map(|column| &column.kind) {
                    Some(ColumnType::Varchar) => template.texts.push(value),
                    Some(_) => template.typed.push(value),
                    None => {}
                }
                gap = quote;
                at = quote + 1;
            } else {
                bare = Some(value);
                at = text.scalar(at)?;
                gap = at;
            }
            at = text.skip_blanks(at);
            match text.byte(at) {
                b',' => at = text.skip_blanks(at + 1),
                b'}' => break,
                _ => return None,
            }
        }
        let end = at + 1;
        let rest = text.bytes.get(end..)?;
        let line = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        if rest.get(line) != Some(&b'\n') || text.newlines != Newlines::EndRecords {
            return None;
        }
        template.after = line + 1;
        template.add_gap(text.bytes.get(gap..end + line + 1)?, bare)?;
        let has = |position| {
            [&template.bare, &template.texts, &template.typed]
                .into_iter()
                .flatten()
                .any(|value| value.column == Some(position))
        };
        template.absent = (0..columns.len()).filter(|position| !has(*position)).collect();
        Some(template)
    }

    /// Adds the bytes between two values, of which the one before may be bare; how far from the last end
    /// among them the value after them begins.
    fn add_gap(&mut self, gap: &[u8], bare: Option<Value>) -> Option<usize> {
        let is_end = |byte: &u8| *byte == b'"' || *byte < 0x20;
        let before = gap.iter().position(is_end)?;
        let after = gap.len() - gap.iter().rposition(is_end)?;
        if let Some(value) = bare {
            self.bare.push(Value { before, ..value });
        }
        if self.ends == 0 {
            self.before = before;
        }
        self.pieces.extend(Piece::of_gap(gap, self.ends, before));
        self.ends += gap.iter().filter(|byte| is_end(byte)).count();
        Some(after)
    }

    /// Whether the record begins as those of the template do: by its first key.
    pub fn fits<L: Lanes>(&self, text: Text<'_, L>, start: usize) -> bool {
        self.pieces.first().is_some_and(|piece| piece.begins(text.bytes, start))
    }
}
