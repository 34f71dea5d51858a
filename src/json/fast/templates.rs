//! The shapes that records of a table have had of late.
//!
//! Owns which template is tried first, and when a new one is worth learning.

use super::super::build::ColumnBuilder;
use super::index::{Index, WINDOW};
use super::lanes::Lanes;
use super::template::{Outcome, Template};
use super::text::Text;
use super::{Keys, Row};
use crate::column::Column;

/// Shapes that are remembered. Optional keys multiply them; beyond a few, trying costs more than it saves.
const REMEMBERED: usize = 8;
/// Once so many are known, one of this many records of another shape replaces the oldest.
const PATIENCE: u32 = 64;

/// The templates of a decoder and the index of the window that is being read.
#[derive(Debug, Default)]
pub struct Templates {
    known: Vec<Template>,
    /// The one that was right the last time.
    current: usize,
    /// The one that is forgotten next.
    oldest: usize,
    misses: u32,
    index: Index,
    quotes: Quotes,
}

/// Where the records stand among the quotes of the index.
#[derive(Debug, Default)]
struct Quotes {
    /// The first that may belong to the next record.
    next: usize,
    /// The first of the record that was taken last.
    taken: usize,
}

impl Quotes {
    /// Goes beyond the record that `template` took, and tells of its keys.
    #[inline(always)]
    fn take(&mut self, template: &Template, keys: &mut Keys) {
        self.taken = self.next;
        self.next += template.quotes();
        keys.restart();
        for slot in template.late() {
            keys.note_late(*slot);
        }
    }
}

impl Templates {
    /// Forgets the window; the text is another one.
    pub fn restart(&mut self) {
        self.index.clear();
        self.quotes.next = 0;
    }

    /// Reads the record that begins at `start` by the template that fits.
    #[inline(always)]
    pub fn read<'de, L: Lanes>(&mut self, text: Text<'de, L>, start: usize, row: &mut Row<'_, 'de>) -> Outcome {
        let Some(template) = self.known.get(self.current) else { return Outcome::Different };
        if !self.index.covers(start) {
            self.index.fill(text.lanes, text.bytes, start);
            self.quotes.next = 0;
        }
        let first = (start - self.index.start()) as u32;
        while self.index.quotes().get(self.quotes.next).is_some_and(|quote| *quote < first) {
            self.quotes.next += 1;
        }
        row.reading.begin_plain();
        let mut outcome = template.read(text, &self.index, start, self.quotes.next, row);
        if matches!(outcome, Outcome::BeyondWindow) && start > self.index.start() {
            self.index.fill(text.lanes, text.bytes, start);
            self.quotes.next = 0;
            outcome = template.read(text, &self.index, start, 0, row);
        }
        match outcome {
            Outcome::Taken { next, .. } => {
                // The next window comes from memory while this one is read.
                text.lanes.fetch_ahead(text.bytes, start + WINDOW, next + WINDOW);
                self.quotes.take(template, row.keys);
                outcome
            }
            Outcome::Different => self.read_by_another(text, start, row),
            _ => outcome,
        }
    }

    /// Appends the record that was taken last, as [`Template::append`] does.
    #[inline(always)]
    pub fn append<L: Lanes>(
        &self,
        text: Text<'_, L>,
        cells: &[super::Cell<'_>],
        builders: &mut [ColumnBuilder],
        bad_values: &mut [u64],
    ) {
        if let Some(template) = self.known.get(self.current) {
            template.append(text, &self.index, self.quotes.taken, cells, builders, bad_values);
        }
    }

    #[inline(never)]
    fn read_by_another<'de, L: Lanes>(&mut self, text: Text<'de, L>, start: usize, row: &mut Row<'_, 'de>) -> Outcome {
        for (number, template) in self.known.iter().enumerate() {
            if number != self.current && template.fits(text, start) {
                row.cells.fill_with(|| super::Cell::Null);
                row.reading.begin_plain();
                let outcome = template.read(text, &self.index, start, self.quotes.next, row);
                if let Outcome::Taken { .. } = outcome {
                    self.current = number;
                    self.quotes.take(template, row.keys);
                    return outcome;
                }
            }
        }
        Outcome::Different
    }

    /// Learns the shape of the valid record at `start`, which no template fitted.
    #[cold]
    pub fn learn<L: Lanes>(&mut self, text: Text<'_, L>, start: usize, keys: &mut Keys, columns: &[Column]) {
        self.misses += 1;
        if self.known.len() >= REMEMBERED && !self.misses.is_multiple_of(PATIENCE) {
            return;
        }
        let Some(template) = Template::learn(text, start, keys, columns) else { return };
        if self.known.len() < REMEMBERED {
            self.current = self.known.len();
            self.known.push(template);
        } else if let Some(oldest) = self.known.get_mut(self.oldest) {
            *oldest = template;
            self.current = self.oldest;
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
    }
}
