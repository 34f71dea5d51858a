//! Records of one shape that follow one another, read together: first the shape of each, then each column.
//!
//! A record is taken where the bytes between its values are the same as in a valid record, no value has a
//! quote or a control character, backslashes are those of right escapes, what is not ASCII is valid UTF-8,
//! and each value without quotes is a number or a keyword: then it is as valid as that record. Its ends in
//! the index tell where those bytes must stand, so that no comparison waits for another.

use std::ops::Range;

use super::super::build::ColumnBuilder;
use super::super::rows::Rows;
use super::index::{BLOCK, Index, OddBlock};
use super::lanes::Lanes;
use super::template::{Template, Value};
use super::text::Text;
use super::value::{scalar, typed, unescaped};
use super::{Cell, Reading};
use crate::column::{Column, ColumnType};

/// Records of a batch at most: a bit each in a word.
const MOST: usize = 64;

/// What is read of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub records: usize,
    /// A longer record, in bytes, is not taken.
    pub longest: usize,
    pub fingerprints: bool,
}

/// Why a batch has no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// There are as many as were wanted, or as fit.
    Full,
    /// The next has another shape.
    Different,
    /// The next has the shape, but a value that needs a closer look.
    Unusual,
    /// The next is not in the window as a whole.
    BeyondWindow,
}

/// Records that have the shape of a template. Places are those in the window.
pub struct Batch<'a, 'de, L> {
    /// From the window's start.
    text: Text<'de, L>,
    template: &'a Template,
    /// From the first of the first record.
    ends: &'a [u16],
    pub records: usize,
    pub stop: Stop,
    /// A bit for each record that has escapes, the first lowest.
    escaped: u64,
}

/// Values that were read of a batch, column by column, until it is known that each record is taken.
#[derive(Debug, Default)]
pub struct Converted<'de> {
    integers: Vec<i64>,
    cells: Vec<Cell<'de>>,
    columns: Vec<(usize, From)>,
}

/// Where a column's values are; the first of them.
#[derive(Clone, Copy, Debug)]
enum From {
    Integers(usize),
    Cells(usize),
}

/// The next odd block that a record may reach into.
#[derive(Clone, Copy, Debug)]
struct Odd<'a> {
    left: &'a [OddBlock],
    /// Where it begins; beyond everything where there is none.
    place: usize,
}

impl<'a, 'de, L: Lanes> Batch<'a, 'de, L> {
    /// The records from `start` on, whose ends begin with the index's `first`, that have the shape.
    #[inline(always)]
    pub fn matching(
        text: Text<'de, L>,
        index: &'a Index,
        template: &'a Template,
        start: usize,
        first: usize,
        wanted: Wanted,
    ) -> Self {
        let ends = index.ends().get(first..).unwrap_or_default();
        let mut batch = Batch { text, template, ends, records: 0, stop: Stop::Full, escaped: 0 };
        let passed = index.odd().partition_point(|block| block.place + BLOCK <= start);
        let mut odd = Odd { left: index.odd().get(passed..).unwrap_or_default(), place: 0 };
        odd.advance(start);
        let most = wanted.records.min(MOST);
        let mut at = start;
        while batch.records < most {
            let ends = batch.of_record(batch.records);
            let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
                batch.stop = Stop::BeyondWindow;
                break;
            };
            if usize::from(*first) != at + template.before || !text.lanes.has_all(text.bytes, ends, &template.pieces) {
                batch.stop = Stop::Different;
                break;
            }
            let next = usize::from(*last) + 1;
            if odd.place < next {
                match odd.check(text, at..next) {
                    Some(escapes) => batch.escaped |= u64::from(escapes) << batch.records,
                    None => {
                        batch.stop = Stop::Unusual;
                        break;
                    }
                }
                odd.advance(next);
            }
            if next - at > wanted.longest.saturating_add(template.after) {
                batch.stop = Stop::Unusual;
                break;
            }
            batch.records += 1;
            at = next;
        }
        batch
    }

    /// The ends of a record; none where the window ends before.
    #[inline(always)]
    fn of_record(&self, record: usize) -> &'a [u16] {
        let ends = self.ends.get(record * self.template.ends..).unwrap_or_default();
        ends.get(..self.template.ends).unwrap_or_default()
    }

    /// Where the value stands in each record.
    #[inline(always)]
    fn spans(&self, value: Value) -> impl Iterator<Item = (usize, usize)> + 'a {
        let records = self.ends.chunks_exact(self.template.ends.max(1)).take(self.records);
        records.map(move |ends| value.span(ends))
    }

    /// Leaves out the records from this one on, which needs a closer look.
    fn leave_out(&mut self, record: usize) {
        self.records = record;
        self.stop = Stop::Unusual;
    }

    /// Reads the values that are not texts of columns of texts, and leaves out the records from the first on of which one
    /// needs a closer look.
    #[inline(always)]
    pub fn convert(&mut self, columns: &[Column], reading: &mut Reading, into: &mut Converted<'de>) {
        into.clear();
        let text = self.text;
        for value in &self.template.bare {
            let Some(position) = value.column else {
                for (record, (at, end)) in self.spans(*value).enumerate() {
                    if text.short_integer(at, end).is_none() && text.scalar(at) != Some(end) {
                        self.leave_out(record);
                        break;
                    }
                }
                continue;
            };
            let Some(kind) = columns.get(position).map(|column| &column.kind) else { continue };
            if *kind == ColumnType::BigInt {
                let first = into.integers.len();
                if self.integers(*value, &mut into.integers) {
                    into.columns.push((position, From::Integers(first)));
                    continue;
                }
                into.integers.truncate(first);
            }
            into.columns.push((position, From::Cells(into.cells.len())));
            self.cells(
                *value,
                |_, at, end| {
                    let (cell, ended) = scalar(text, at, kind, reading)?;
                    (ended == end && !reading.bad).then_some(cell)
                },
                &mut into.cells,
            );
        }
        for value in &self.template.typed {
            let Some(position) = value.column else { continue };
            let Some(kind) = columns.get(position).map(|column| &column.kind) else { continue };
            into.columns.push((position, From::Cells(into.cells.len())));
            let escaped = self.escaped;
            self.cells(
                *value,
                |record, at, end| {
                    let content = text.checked(at, end);
                    let cell = if escaped >> record & 1 == 1 && has_escape(content) {
                        unescaped(text, at, end, kind, reading)?
                    } else {
                        typed(kind, reading, content)
                    };
                    (!reading.bad).then_some(cell)
                },
                &mut into.cells,
            );
        }
    }

    /// Adds the values, where each is an integer without anything unusual.
    #[inline(always)]
    fn integers(&self, value: Value, into: &mut Vec<i64>) -> bool {
        for (at, end) in self.spans(value) {
            let integer = match self.text.short_integer(at, end) {
                Some(integer) => integer.cast_signed(),
                None => match self.text.number(at) {
                    Some(number) if number.end == end => match number.integer {
                        Some(integer) => integer,
                        None => return false,
                    },
                    _ => return false,
                },
            };
            into.push(integer);
        }
        true
    }

    /// Adds a cell for each record until there is none for one.
    fn cells(
        &mut self,
        value: Value,
        mut cell: impl FnMut(usize, usize, usize) -> Option<Cell<'de>>,
        into: &mut Vec<Cell<'de>>,
    ) {
        for (record, (at, end)) in self.spans(value).enumerate() {
            match cell(record, at, end) {
                Some(cell) => into.push(cell),
                None => return self.leave_out(record),
            }
        }
    }

    /// Appends the records: texts from where they stand, everything else as it was converted.
    #[inline(always)]
    pub fn append(&self, rows: &mut Rows, reading: &mut Reading, converted: &Converted<'_>, wanted: Wanted) {
        for (position, from) in &converted.columns {
            let Some(builder) = rows.builders.get_mut(*position) else { continue };
            match *from {
                From::Integers(first) => {
                    builder.append_integers(converted.integers.get(first..first + self.records).unwrap_or_default());
                }
                From::Cells(first) => {
                    for cell in converted.cells.get(first..first + self.records).unwrap_or_default() {
                        builder.append(cell, &reading.scratch);
                    }
                }
            }
        }
        let text = self.text;
        for value in &self.template.texts {
            let builder = value.column.and_then(|position| rows.builders.get_mut(position));
            let Some(builder) = builder.and_then(ColumnBuilder::texts) else { continue };
            for (record, (at, end)) in self.spans(*value).enumerate() {
                if self.escaped >> record & 1 == 1 && has_escape(text.checked(at, end)) {
                    reading.scratch.clear();
                    let resolved = text.unescape(at, end, &mut reading.scratch);
                    debug_assert!(resolved.is_some(), "each escape was looked at");
                    builder.append(&reading.scratch);
                    continue;
                }
                #[expect(unsafe_code, reason = "as in `Text::checked`")]
                // SAFETY: the records are ASCII or were validated, and a text stands between two quotes.
                unsafe {
                    builder.append_within(text.bytes, at, end);
                }
            }
        }
        for position in &self.template.absent {
            if let Some(builder) = rows.builders.get_mut(*position) {
                (0..self.records).for_each(|_| builder.append_null());
            }
        }
        if wanted.fingerprints {
            (0..self.records).for_each(|record| rows.fingerprint(self.record(record)));
        }
    }

    /// A record's text without the blanks around it.
    fn record(&self, record: usize) -> &'de [u8] {
        let (first, last) = match self.of_record(record) {
            [first, .., last] => (*first, *last),
            _ => (0, 0),
        };
        let start = usize::from(first).saturating_sub(self.template.before);
        let end = (usize::from(last) + 1).saturating_sub(self.template.after);
        self.text.bytes.get(start..end).unwrap_or_default()
    }
}

impl Converted<'_> {
    fn clear(&mut self) {
        self.integers.clear();
        self.cells.clear();
        self.columns.clear();
    }
}

impl Odd<'_> {
    /// Goes on to the first block that reaches beyond `at`.
    #[inline(always)]
    fn advance(&mut self, at: usize) {
        while let [first, rest @ ..] = self.left
            && first.place + BLOCK <= at
        {
            self.left = rest;
        }
        self.place = self.left.first().map_or(usize::MAX, |first| first.place);
    }

    /// Whether the record has escapes; `None` where one is wrong, or the text is not UTF-8.
    #[inline(never)]
    fn check<L: Lanes>(&self, text: Text<'_, L>, record: Range<usize>) -> Option<bool> {
        let (mut has_escapes, mut is_high) = (false, false);
        // What stands before this place belongs to an escape that was looked at.
        let mut after = record.start;
        for block in self.left.iter().take_while(|block| block.place < record.end) {
            let mut within = u64::MAX;
            if record.start > block.place {
                within <<= (record.start - block.place) % BLOCK;
            }
            if record.end < block.place + BLOCK {
                within &= (1 << (record.end - block.place)) - 1;
            }
            is_high |= block.high & within != 0;
            let mut backslashes = block.backslashes & within;
            while backslashes != 0 {
                let at = block.place + backslashes.trailing_zeros() as usize;
                backslashes &= backslashes - 1;
                if at >= after {
                    after = text.escape(at)?;
                    has_escapes = true;
                }
            }
        }
        if is_high && simdutf8::basic::from_utf8(text.bytes.get(record)?).is_err() {
            return None;
        }
        Some(has_escapes)
    }
}

/// Whether the text has an escape.
fn has_escape(content: &str) -> bool {
    memchr::memchr(b'\\', content.as_bytes()).is_some()
}
