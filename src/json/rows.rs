//! The rows that a decoder gathers until it is emptied.
//!
//! Owns what is kept of a record beside its values: its line, its position, its fingerprint.

use xxhash_rust::xxh3::xxh3_128;

use super::build::ColumnBuilder;
use super::cell::Cell;
use super::decoder::DecodeOptions;
use super::keys::Keys;
use super::read::Reading;
use super::rest::rest_of;

/// The rows since a decoder was last emptied.
#[derive(Debug)]
pub(super) struct Rows {
    pub builders: Vec<ColumnBuilder>,
    pub count: usize,
    pub tombstones: u64,
    pub lines: Vec<u64>,
    pub positions: Vec<u64>,
    pub fingerprints: Vec<u128>,
    pub bad_values: Vec<u64>,
}

/// A record that became a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'de> {
    pub text: &'de [u8],
    pub line: u64,
    pub position: u64,
}

impl Rows {
    /// Adds the record's cells.
    #[inline(always)]
    pub fn add<'de>(
        &mut self,
        cells: &mut [Cell<'de>],
        options: &DecodeOptions,
        keys: &mut Keys,
        reading: &mut Reading,
        place: Place<'de>,
    ) {
        if let Some(cell) = options.rest.and_then(|rest| cells.get_mut(rest)) {
            *cell = if keys.has_late() { rest_of(place.text, keys, &mut reading.scratch) } else { Cell::Null };
        }
        for ((builder, cell), bad) in self.builders.iter_mut().zip(&*cells).zip(&mut self.bad_values) {
            *bad += builder.append(cell, &reading.scratch);
        }
        for path in &reading.late_fields {
            keys.note_late_field(path);
        }
        self.count_lines(options, 1, place.line, place.position);
        if options.fingerprints {
            self.fingerprint(place.text);
        }
        keys.commit(place.line);
    }

    /// Counts records, a line each, whose values were appended; line and position are the first one's.
    #[inline(always)]
    pub fn count_lines(&mut self, options: &DecodeOptions, records: usize, line: u64, position: u64) {
        self.count += records;
        if options.lines {
            self.lines.extend(line..line + records as u64);
        }
        if options.positions {
            self.positions.extend(position..position + records as u64);
        }
    }

    /// Notes the fingerprint of a record's text.
    pub fn fingerprint(&mut self, text: &[u8]) {
        self.fingerprints.push(xxh3_128(text));
    }
}
