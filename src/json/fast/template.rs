//! The shape that records of one serialiser share, and the reading of a record by it.
//!
//! Owns the template: the exact bytes between the values of a record that was read before, and what
//! kind of value stands between them. A record of the same shape is known by comparing those bytes
//! alone, at places that the index of quotes gives, so that no comparison waits for another.
//!
//! A record is taken where the bytes between its values are the same as in a valid record, no value has
//! a quote or a control character, backslashes are those of right escapes, what is not ASCII is valid
//! UTF-8, and each value without quotes is a number or a keyword: then it is as valid as that record.

use super::super::build::ColumnBuilder;
use super::index::Index;
use super::lanes::{Lanes, PATTERN_BYTES, Pattern};
use super::text::{Form, Newlines, Text};
use super::value::{scalar, typed, unescaped};
use super::{Cell, Feeds, Keys, Row, START, Slot};
use crate::column::{Column, ColumnType};

/// Records with more keys are not worth a template.
const MOST_VALUES: usize = 200;

/// A shape of records.
#[derive(Debug)]
pub struct Template {
    /// What stands before each value, and after the last.
    gaps: Vec<Gap>,
    /// Values without quotes: each is looked at.
    bare: Vec<Value>,
    /// Texts that are asked for as texts, and those that are asked for as something else.
    texts: Vec<Value>,
    typed: Vec<Value>,
    /// Columns that its records have no key for.
    absent: Vec<usize>,
    /// Quotes in all.
    quotes: usize,
    /// Odd bytes between the values, such as the newline at the end.
    odd: u32,
    /// The length of the last gap up to the end of the record proper.
    closing: usize,
    /// Keys that the table has no column for.
    late: Vec<Slot>,
}

/// The bytes between two values.
#[derive(Debug)]
struct Gap {
    pattern: Pattern,
    /// Which of the record's quotes the gap is found by.
    quote: usize,
    /// How many bytes of the gap stand before that quote.
    before: u32,
}

/// A value by the gap before it; the one after it ends it.
#[derive(Clone, Copy, Debug)]
struct Value {
    gap: usize,
    column: Option<usize>,
}

/// What came of reading a record by a template.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// It is in the cells.
    Taken {
        /// The place after its closing brace.
        end: usize,
        /// The place after its line.
        next: usize,
        /// Whether its texts are not in the cells: [`Template::append`] takes them from the record.
        form: Form,
    },
    /// It has another shape.
    Different,
    /// It has the shape, but a value that needs a closer look.
    Unusual,
    /// It is not in the window as a whole.
    BeyondWindow,
}

impl Template {
    /// The shape of a valid record that stands on a line of its own, where one can be made of it:
    /// every value a text or a bare word, no key twice, and a text at the end.
    pub fn learn<L: Lanes>(text: Text<'_, L>, start: usize, keys: &mut Keys, columns: &[Column]) -> Option<Template> {
        let mut template = Template {
            gaps: Vec::new(),
            bare: Vec::new(),
            texts: Vec::new(),
            typed: Vec::new(),
            absent: Vec::new(),
            quotes: 0,
            odd: 0,
            closing: 0,
            late: Vec::new(),
        };
        let mut slots = Vec::new();
        let mut previous = START;
        // Where the gap began that ends with the next value.
        let mut gap = start;
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
            let number = template.gaps.len();
            let is_text = text.byte(at) == b'"';
            template.add_gap(text.bytes.get(gap..at + usize::from(is_text))?)?;
            let value = Value { gap: number, column };
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
                template.bare.push(value);
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
        if rest.get(line) != Some(&b'\n') || text.byte(gap) != b'"' || text.newlines != Newlines::EndRecords {
            return None;
        }
        let has = |position| {
            [&template.bare, &template.texts, &template.typed]
                .into_iter()
                .flatten()
                .any(|value| value.column == Some(position))
        };
        template.absent = (0..columns.len()).filter(|position| !has(*position)).collect();
        template.closing = end - gap;
        template.add_gap(text.bytes.get(gap..end + line + 1)?)?;
        Some(template)
    }

    fn add_gap(&mut self, bytes: &[u8]) -> Option<()> {
        let mut pattern = Pattern { bytes: [0; PATTERN_BYTES], length: bytes.len() };
        pattern.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let before = bytes.iter().position(|byte| *byte == b'"')?;
        self.gaps.push(Gap { pattern, quote: self.quotes, before: u32::try_from(before).ok()? });
        self.quotes += bytes.iter().filter(|byte| **byte == b'"').count();
        self.odd += u32::try_from(bytes.iter().filter(|byte| **byte < 0x20).count()).ok()?;
        Some(())
    }

    /// Reads the record that begins at `start`, whose first quote is the `quote`-th of the index, into
    /// the cells of the columns that the template has. What it writes counts only where it takes the
    /// record.
    #[inline(always)]
    pub fn read<'de, L: Lanes>(
        &self,
        text: Text<'de, L>,
        index: &Index,
        start: usize,
        quote: usize,
        row: &mut Row<'_, 'de>,
    ) -> Outcome {
        let window = index.start();
        let quotes = index.quotes().get(quote..).and_then(|rest| rest.get(..self.quotes));
        let (Some(quotes), Some(last)) = (quotes, self.gaps.last()) else { return Outcome::BeyondWindow };
        let place = places(window, quotes);
        if self.gaps.first().is_none_or(|first| place(first) != start) {
            return Outcome::Different;
        }
        for gap in &self.gaps {
            if !text.lanes.has(text.bytes, place(gap), &gap.pattern) {
                return Outcome::Different;
            }
        }
        let end = place(last) + self.closing;
        let next = place(last) + last.pattern.length;
        let Some((odd_after, high_after)) = index.before(next - window) else { return Outcome::BeyondWindow };
        let Some((odd, high)) = index.before(start - window) else { return Outcome::BeyondWindow };
        let record = text.bytes.get(start..end).unwrap_or_default();
        let beyond_gaps = (odd_after - odd).wrapping_sub(self.odd);
        if beyond_gaps != 0 && !are_escapes(text, start, record, beyond_gaps) {
            return Outcome::Unusual;
        }
        if high_after != high && simdutf8::basic::from_utf8(record).is_err() {
            return Outcome::Unusual;
        }
        let form = if beyond_gaps == 0 { Form::Plain } else { Form::Escaped };
        match self.values(text, place, form, row) {
            Some(()) if !row.reading.bad => Outcome::Taken { end, next, form },
            _ => Outcome::Unusual,
        }
    }

    /// Reads the values between the gaps; `None` where one needs a closer look.
    #[inline(always)]
    fn values<'de, L: Lanes>(
        &self,
        text: Text<'de, L>,
        place: impl Fn(&Gap) -> usize,
        form: Form,
        row: &mut Row<'_, 'de>,
    ) -> Option<()> {
        for value in &self.bare {
            let (gap, after) = (self.gaps.get(value.gap)?, self.gaps.get(value.gap + 1)?);
            let (at, end) = (place(gap) + gap.pattern.length, place(after));
            let short = text.short_integer(at, end);
            let Some(position) = value.column else {
                if short.is_none() && text.scalar(at) != Some(end) {
                    return None;
                }
                continue;
            };
            let (column, cell) = (row.columns.get(position)?, row.cells.get_mut(position)?);
            if let (ColumnType::BigInt, Some(integer)) = (&column.kind, short) {
                *cell = Cell::Integer(integer.cast_signed());
                continue;
            }
            let ended;
            (*cell, ended) = scalar(text, at, &column.kind, row.reading)?;
            if ended != end {
                return None;
            }
        }
        let texts: &[Value] = if form == Form::Plain { &[] } else { &self.texts };
        for value in self.typed.iter().chain(texts) {
            let (gap, after) = (self.gaps.get(value.gap)?, self.gaps.get(value.gap + 1)?);
            let (at, end) = (place(gap) + gap.pattern.length, place(after));
            let content = text.checked(at, end);
            let position = value.column?;
            let (column, cell) = (row.columns.get(position)?, row.cells.get_mut(position)?);
            if form == Form::Escaped && memchr::memchr(b'\\', content.as_bytes()).is_some() {
                *cell = unescaped(text, at, end, &column.kind, row.reading)?;
                continue;
            }
            *cell = match &column.kind {
                ColumnType::Varchar => Cell::Text(content),
                kind => typed(kind, row.reading, content),
            };
        }
        Some(())
    }

    /// Appends a record that was taken with [`Form::Plain`], whose first quote is the `quote`-th of the
    /// index: the texts from where they stand, everything else from the cells. Adds to
    /// `bad_values` how many values of each column became null because they did not fit.
    #[inline(always)]
    pub fn append<L: Lanes>(
        &self,
        text: Text<'_, L>,
        index: &Index,
        quote: usize,
        cells: &[Cell<'_>],
        builders: &mut [ColumnBuilder],
        bad_values: &mut [u64],
    ) {
        let place = places(index.start(), index.quotes().get(quote..).unwrap_or_default());
        for value in &self.texts {
            let gaps = self.gaps.get(value.gap).zip(self.gaps.get(value.gap + 1));
            let builder = value.column.and_then(|position| builders.get_mut(position));
            if let (Some((gap, after)), Some(builder)) = (gaps, builder) {
                builder.append_text(text.checked(place(gap) + gap.pattern.length, place(after)));
            }
        }
        for value in self.bare.iter().chain(&self.typed) {
            let Some(position) = value.column else { continue };
            if let (Some(builder), Some(cell), Some(bad)) =
                (builders.get_mut(position), cells.get(position), bad_values.get_mut(position))
            {
                *bad += builder.append(cell, "");
            }
        }
        for position in &self.absent {
            if let Some(builder) = builders.get_mut(*position) {
                builder.append(&Cell::Null, "");
            }
        }
    }

    /// Whether the record begins as those of the template do: by its first key.
    pub fn fits<L: Lanes>(&self, text: Text<'_, L>, start: usize) -> bool {
        self.gaps.first().is_some_and(|gap| text.lanes.has(text.bytes, start, &gap.pattern))
    }

    /// How many quotes its records have.
    pub fn quotes(&self) -> usize {
        self.quotes
    }

    /// The keys of each of its records that the table has no column for.
    pub fn late(&self) -> &[Slot] {
        &self.late
    }
}

/// Where each gap of a record begins in the text, by the record's quotes in the window that begins there.
#[inline(always)]
fn places(window: usize, quotes: &[u32]) -> impl Fn(&Gap) -> usize {
    move |gap| {
        let quote = quotes.get(gap.quote).copied().unwrap_or(u32::MAX);
        window + (quote.wrapping_sub(gap.before)) as usize
    }
}

/// Whether so many odd bytes of the record are just those of right escapes. Between its values it has no
/// backslash, and a value without quotes is looked at by itself.
#[cold]
fn are_escapes<L: Lanes>(text: Text<'_, L>, start: usize, record: &[u8], odd: u32) -> bool {
    let mut explained = 0;
    let mut at = 0;
    while let Some(found) = record.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        let Some(after) = text.escape(start + at) else { return false };
        // A pair of surrogates has two backslashes, and so has an escaped one.
        let escape = record.get(at..after - start).unwrap_or_default();
        explained += escape.iter().map(|byte| u32::from(*byte == b'\\')).sum::<u32>();
        at = after - start;
    }
    explained == odd
}
