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
        self.count(options, keys, place);
    }

    /// Counts a record whose values were appended.
    #[inline(always)]
    pub fn count(&mut self, options: &DecodeOptions, keys: &mut Keys, place: Place<'_>) {
        self.count += 1;
        if options.lines {
            self.lines.push(place.line);
        }
        if options.positions {
            self.positions.push(place.position);
        }
        if options.fingerprints {
            self.fingerprints.push(xxh3_128(place.text));
        }
        keys.commit(place.line);
    }
}
