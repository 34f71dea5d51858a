//! The shapes that records of a table have had of late.
//!
//! Owns which template is tried first, and when a new one is worth learning.

use super::super::rows::Rows;
use super::batch::{Batch, Converted, Stop, Wanted};
use super::index::Index;
use super::lanes::{Lanes, Task};
use super::template::Template;
use super::text::Text;
use super::{Keys, Reading, Slot};
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
    /// The first end of the index that may belong to the next record.
    next_end: usize,
}

/// What records are read into.
pub struct Into<'a, 'de> {
    pub columns: &'a [Column],
    pub reading: &'a mut Reading,
    pub rows: &'a mut Rows,
    pub converted: &'a mut Converted<'de>,
}

/// The records that were read together.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// How many; none where the first needs another way of reading.
    pub records: usize,
    /// The place after the last one's line.
    pub next: usize,
    /// Keys of each that the table has no column for.
    pub late: &'a [Slot],
    /// Why not the next one, too.
    pub stop: Stop,
}

impl Templates {
    /// Forgets the window; the text is another one.
    pub fn restart(&mut self) {
        self.index.clear();
        self.next_end = 0;
    }

    /// Reads records from `start` on by the template that fits the first.
    #[inline(always)]
    pub fn read<'de, L: Lanes>(
        &mut self,
        text: Text<'de, L>,
        start: usize,
        wanted: Wanted,
        into: &mut Into<'_, 'de>,
    ) -> Taken<'_> {
        if self.known.is_empty() {
            return Taken { records: 0, next: start, late: &[], stop: Stop::Different };
        }
        if !self.index.covers(start) {
            self.fill(text, start);
        }
        let first = start - self.index.start();
        while self.index.ends().get(self.next_end).is_some_and(|end| usize::from(*end) < first) {
            self.next_end += 1;
        }
        let mut taken = self.read_by(self.current, text, start, wanted, into);
        if taken == (0, Stop::BeyondWindow) && start > self.index.start() {
            self.fill(text, start);
            taken = self.read_by(self.current, text, start, wanted, into);
        }
        if taken == (0, Stop::Different) {
            taken = text.lanes.enter(Another { templates: self, text, start, wanted, into });
        }
        let (records, stop) = taken;
        let Some(template) = self.known.get(self.current).filter(|_| records > 0) else {
            return Taken { records: 0, next: start, late: &[], stop };
        };
        self.next_end += records * template.ends;
        let last = self.index.ends().get(self.next_end - 1).copied().unwrap_or_default();
        let next = self.index.start() + usize::from(last) + 1;
        Taken { records, next, late: &template.late, stop }
    }

    #[inline(always)]
    fn fill<L: Lanes>(&mut self, text: Text<'_, L>, start: usize) {
        self.index.fill(text.lanes, text.bytes, start);
        self.next_end = 0;
    }

    /// Reads records by that template; how many.
    #[inline(always)]
    fn read_by<'de, L: Lanes>(
        &self,
        number: usize,
        text: Text<'de, L>,
        start: usize,
        wanted: Wanted,
        into: &mut Into<'_, 'de>,
    ) -> (usize, Stop) {
        let Some(template) = self.known.get(number) else { return (0, Stop::Different) };
        let window = self.index.start();
        let text = Text { bytes: text.bytes.get(window..).unwrap_or_default(), ..text };
        let mut batch = Batch::matching(text, &self.index, template, start - window, self.next_end, wanted);
        if batch.records > 0 {
            into.reading.begin_plain();
            batch.convert(into.columns, into.reading, into.converted);
        }
        if batch.records > 0 {
            batch.append(into.rows, into.reading, into.converted, wanted);
        }
        (batch.records, batch.stop)
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

/// Reading by a template that was not right the last time.
struct Another<'a, 'de, 'into, Of> {
    templates: &'a mut Templates,
    text: Text<'de, Of>,
    start: usize,
    wanted: Wanted,
    into: &'a mut Into<'into, 'de>,
}

impl<Of: Lanes> Task for Another<'_, '_, '_, Of> {
    type Output = (usize, Stop);

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> (usize, Stop) {
        let Another { templates, text, start, wanted, into } = self;
        let text = Text { lanes, bytes: text.bytes, newlines: text.newlines };
        for (number, template) in templates.known.iter().enumerate() {
            if number != templates.current && template.fits(text, start) {
                let taken = templates.read_by(number, text, start, wanted, into);
                if taken.0 > 0 {
                    templates.current = number;
                    return taken;
                }
            }
        }
        (0, Stop::Different)
    }
}
