//! Reading a record at the speed of its serialiser's habits.
//!
//! Owns the one walk over a record that compares each key with the predicted one, passes over the
//! values that nobody asked for many bytes at a time, and fills the cells of the others. It accepts a
//! part of what serde_json accepts and yields the same values; whatever is unusual it leaves to the
//! thorough reading in `read`, which also words what is wrong. So it can be wrong in one way only, by
//! accepting what it should not, and the property tests and fuzz targets look for just that.

mod batch;
mod index;
mod lanes;
mod rare;
mod template;
mod templates;
mod text;
mod value;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(super) use self::batch::{Converted, Stop, Wanted};
pub(super) use self::lanes::{Lanes, Level, Pattern, Task};
pub(super) use self::templates::{Into, Templates};
use self::text::Form;
pub(super) use self::text::{Newlines, Text};
use self::value::value;
use super::cell::Cell;
use super::keys::{Feeds, Keys, START, Slot};
use super::read::{Pass, Reading};
use crate::column::Column;

/// What a record is read into.
pub(super) struct Row<'a, 'de> {
    pub columns: &'a [Column],
    pub keys: &'a mut Keys,
    /// One for each column.
    pub cells: &'a mut [Cell<'de>],
    pub reading: &'a mut Reading,
}

impl<'de> Row<'_, 'de> {
    /// Reads the record that begins at `start` and gives the place after its closing brace; `None`
    /// leaves it to the thorough reading, whatever stands in the cells then.
    #[inline(always)]
    pub fn read<L: Lanes>(&mut self, text: Text<'de, L>, start: usize) -> Option<usize> {
        if text.byte(start) != b'{' {
            return None;
        }
        self.keys.restart();
        self.reading.restart(Pass::Exact);
        self.cells.fill_with(|| Cell::Null);
        let mut at = text.skip_blanks(start + 1);
        if text.byte(at) == b'}' {
            return Some(at + 1);
        }
        let mut previous = START;
        loop {
            let (slot, feeds);
            match self.keys.predicted(previous) {
                Some((predicted, known))
                    if known.pattern.length > 0 && text.lanes.has(text.bytes, at, &known.pattern) =>
                {
                    at = text.skip_blanks(at + known.pattern.length);
                    (slot, feeds) = (predicted, known.feeds);
                }
                _ => {
                    (slot, at) = self.find(text, at, previous)?;
                    feeds = self.keys.feeds(slot);
                }
            }
            match feeds {
                Feeds::Nothing => at = text.value(at)?,
                Feeds::Column(position) => {
                    let (column, cell) = (self.columns.get(position)?, self.cells.get_mut(position)?);
                    let before = self.reading.late_fields.len();
                    (*cell, at) = value(text, at, &column.kind, self.reading)?;
                    self.reading.within(before, &column.name);
                }
                Feeds::Late => {
                    self.keys.note_late(slot);
                    at = text.value(at)?;
                }
            }
            at = text.skip_blanks(at);
            match text.byte(at) {
                b',' => at = text.skip_blanks(at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
            previous = slot;
        }
    }

    /// The slot of a key that was not predicted, and the place of its value.
    #[inline(never)]
    fn find<L: Lanes>(&mut self, text: Text<'de, L>, at: usize, previous: Slot) -> Option<(Slot, usize)> {
        let (name, after) = text.lanes.enter(Key { text, at })?;
        let name = std::str::from_utf8(name).ok()?;
        Some((self.keys.find(previous, name), after))
    }
}

/// A key that stands as it is, without escapes, and the place of its value.
struct Key<'de, L> {
    text: Text<'de, L>,
    at: usize,
}

impl<'de, Of: Lanes> Task for Key<'de, Of> {
    type Output = Option<(&'de [u8], usize)>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let text = Text { lanes, bytes: self.text.bytes, newlines: self.text.newlines };
        if text.byte(self.at) != b'"' {
            return None;
        }
        let start = self.at + 1;
        let (quote, form) = text.string(start)?;
        let after = text.colon(quote + 1)?;
        match form {
            Form::Plain => Some((text.bytes.get(start..quote)?, after)),
            Form::Escaped => None,
        }
    }
}
