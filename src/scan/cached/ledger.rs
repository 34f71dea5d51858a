//! What the partitions of one scan read from the cache and put into it, put together.
//!
//! Owns what may be concluded at the end: which rows are repeats of one another when exactly these are read, and which
//! segments nobody needs any more.

use std::collections::BTreeMap;

use arrow::array::BooleanArray;

use crate::cache::{Cover, Flags};

/// The account of one scan.
#[derive(Debug)]
pub struct Ledger {
    /// Partitions that have not come to their end.
    reading: usize,
    finds_repeats: bool,
    /// Whether every row came from a segment or went into one.
    is_whole: bool,
    are_flags_known: bool,
    cover: Cover,
    flags: Flags,
    /// The segments that there were at the beginning.
    before: Vec<i64>,
    /// The number under which it is noted that they are read.
    scan: i64,
    joined: Vec<i64>,
}

/// What a scan leaves that came to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The repeats among the rows that it read, and these rows.
    pub flags: Option<(Cover, Flags)>,
    /// Segments whose rows are all in others, or of objects that are there no more.
    pub superseded: Vec<i64>,
    /// The number under which it is noted that this scan read them.
    pub scan: i64,
}

impl Ledger {
    /// For a scan of so many partitions.
    pub fn new(partitions: usize, finds_repeats: bool) -> Ledger {
        Ledger {
            reading: partitions,
            finds_repeats,
            is_whole: true,
            are_flags_known: false,
            cover: Cover::default(),
            flags: BTreeMap::new(),
            before: Vec::new(),
            scan: 0,
            joined: Vec::new(),
        }
    }

    pub fn know(&mut self, segments: Vec<i64>, scan: i64) {
        (self.before, self.scan) = (segments, scan);
    }

    pub fn flags_are_known(&mut self) {
        self.are_flags_known = true;
    }

    pub fn read(&mut self, segment: i64, pieces: impl Iterator<Item = u32>) {
        let known = self.cover.pieces.entry(segment).or_default();
        known.extend(pieces);
        known.sort_unstable();
    }

    pub fn flag(&mut self, segment: i64, rows: impl Iterator<Item = u64>, flags: &BooleanArray) {
        let flagged = rows.zip(flags.values()).filter(|(_, is_repeat)| *is_repeat);
        self.flags.entry(segment).or_default().extend(flagged.filter_map(|(row, _)| u32::try_from(row).ok()));
    }

    pub fn joined(&mut self, segment: i64) {
        self.joined.push(segment);
    }

    pub fn written(&mut self, segment: i64, pieces: usize, flags: Vec<u32>) {
        self.cover.pieces.insert(segment, (0..).take(pieces).collect());
        self.flags.insert(segment, flags);
    }

    pub fn unkept(&mut self) {
        self.is_whole = false;
    }

    /// Says that one partition is at its end; at the last one there is something to conclude, if nothing was lost.
    pub fn end_partition(&mut self) -> Option<Ended> {
        self.reading = self.reading.saturating_sub(1);
        if self.reading > 0 || !self.is_whole {
            return None;
        }
        let is_needed = |segment: &i64| self.cover.pieces.contains_key(segment) && !self.joined.contains(segment);
        let superseded = self.before.iter().copied().filter(|segment| !is_needed(segment)).collect();
        let keeps_flags = self.finds_repeats && !self.are_flags_known && self.joined.is_empty();
        let flags = keeps_flags.then(|| (std::mem::take(&mut self.cover), std::mem::take(&mut self.flags)));
        Some(Ended { flags, superseded, scan: self.scan })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_partition_concludes() {
        let mut ledger = Ledger::new(2, true);
        ledger.know(vec![1, 2, 3], 5);
        ledger.read(2, [1, 0].into_iter());
        ledger.flag(2, 10..13, &BooleanArray::from(vec![false, true, true]));
        ledger.written(4, 2, vec![7]);
        assert!(ledger.end_partition().is_none());
        let ended = ledger.end_partition().unwrap();
        assert_eq!(ended.superseded, [1, 3]);
        let (cover, flags) = ended.flags.unwrap();
        assert_eq!(cover.pieces, BTreeMap::from([(2, vec![0, 1]), (4, vec![0, 1])]));
        assert_eq!(flags, BTreeMap::from([(2, vec![11, 12]), (4, vec![7])]));
    }

    #[test]
    fn nothing_is_concluded_where_something_was_not_kept() {
        let mut ledger = Ledger::new(1, true);
        ledger.know(vec![1], 5);
        ledger.unkept();
        assert!(ledger.end_partition().is_none());
    }
}
