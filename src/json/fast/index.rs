//! Where the values of a window of text may end, and whatever else a reading without a look at each byte
//! must know.
//!
//! Owns the one pass over every byte. It knows of JSON only that a backslash makes the byte after it no
//! quote. An end is a quote or a control character, so that the newline after a record is one; blocks with
//! backslashes or bytes that are not ASCII are noted, so that a reader can tell that a record has none.

use super::lanes::Lanes;

/// Bytes of a window: what is looked at stays in the nearest cache until it is read, and a place in it has
/// 16 bits.
pub const WINDOW: usize = 16 << 10;
/// Bytes of a block, a bit each in a word.
pub const BLOCK: usize = 64;
/// Ends that are written at once; the room for them must be there whether or not they come.
pub const AT_ONCE: usize = 16;
/// How far ahead of the pass the memory is asked for.
const AHEAD: usize = 4 << 10;

/// The marks of a block, a bit a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Quotes and control characters. Where there are odd bytes, what is not ASCII may be marked, too.
    pub ends: u64,
    /// Backslashes and what is not ASCII.
    pub odd: u64,
}

/// A block with backslashes or with bytes that are not ASCII.
#[derive(Clone, Copy, Debug)]
pub struct OddBlock {
    /// Where it begins in the window.
    pub place: usize,
    pub backslashes: u64,
    pub high: u64,
}

/// The index of a window.
#[derive(Debug, Default)]
pub struct Index {
    /// Where the window begins in its text.
    start: usize,
    length: usize,
    /// The places of ends from the window's start; as many as `known` are true.
    ends: Vec<u16>,
    known: usize,
    odd: Vec<OddBlock>,
}

impl Index {
    /// Indexes the window that begins at `start`.
    #[inline(always)]
    pub fn fill<L: Lanes>(&mut self, lanes: L, bytes: &[u8], start: usize) {
        let text = bytes.get(start..).unwrap_or_default();
        let window = text.get(..WINDOW).unwrap_or(text);
        self.start = start;
        self.length = window.len();
        if self.ends.is_empty() {
            self.ends.resize(WINDOW + AT_ONCE, 0);
        }
        self.odd.clear();
        let mut made = Made { ends: &mut self.ends, known: 0, odd: &mut self.odd, escape: 0 };
        let (blocks, rest) = window.as_chunks::<BLOCK>();
        let mut place = 0;
        for block in blocks {
            lanes.fetch(text, place + AHEAD);
            made.add(lanes, block, place);
            place += BLOCK;
        }
        if !rest.is_empty() {
            // A blank is neither an end nor odd.
            let mut last = [b' '; BLOCK];
            if let Some(part) = last.get_mut(..rest.len()) {
                part.copy_from_slice(rest);
            }
            made.add(lanes, &last, place);
        }
        self.known = made.known;
    }

    /// Whether the place in the text is in the window.
    #[inline(always)]
    pub fn covers(&self, at: usize) -> bool {
        at.wrapping_sub(self.start) < self.length
    }

    /// Where the window begins in its text.
    #[inline(always)]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The places of the window's ends, from its start.
    #[inline(always)]
    pub fn ends(&self) -> &[u16] {
        self.ends.get(..self.known).unwrap_or_default()
    }

    /// The window's odd blocks.
    #[inline(always)]
    pub fn odd(&self) -> &[OddBlock] {
        &self.odd
    }

    /// Forgets the window, whose text is gone.
    pub fn clear(&mut self) {
        self.length = 0;
    }
}

/// An index that is being made.
struct Made<'a> {
    ends: &'a mut [u16],
    known: usize,
    odd: &'a mut Vec<OddBlock>,
    /// 1 where the next byte is part of an escape.
    escape: u64,
}

impl Made<'_> {
    /// Takes a block into account.
    #[inline(always)]
    fn add<L: Lanes>(&mut self, lanes: L, block: &[u8; BLOCK], place: usize) {
        let marks = lanes.marks(block);
        let mut ends = marks.ends;
        if marks.odd | self.escape != 0 {
            (ends, self.escape) = add_odd(self.odd, marks, lanes.backslashes(block), place, self.escape);
        }
        let count = ends.count_ones() as usize;
        let into = self.ends.get_mut(self.known..).unwrap_or_default();
        if count > AT_ONCE {
            add_many(ends, place as u16, into);
        } else if let Some(into) = into.first_chunk_mut() {
            lanes.positions(ends, place as u16, into);
        }
        self.known += count;
    }
}

/// Notes a block with odd bytes, or the first byte of which is part of an escape; its ends, and whether the byte after
/// it is part of one.
#[inline(never)]
fn add_odd(odd: &mut Vec<OddBlock>, marks: Marks, backslashes: u64, place: usize, mut escape: u64) -> (u64, u64) {
    let high = marks.odd & !backslashes;
    if marks.odd != 0 {
        odd.push(OddBlock { place, backslashes, high });
    }
    (marks.ends & !high & !escaped(backslashes, &mut escape), escape)
}

/// The bytes that a backslash makes part of an escape. Of a run of backslashes, every second one is such a
/// byte; whether the run's end makes the next byte one depends on its length, which an addition tells: it
/// carries through the run, and where it began at an odd place comes out at one of the other kind. `escape`
/// is 1 where the last byte of the block before makes the first one part of an escape.
fn escaped(backslashes: u64, escape: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let backslashes = backslashes & !*escape;
    let follows = backslashes << 1 | *escape;
    let odd_starts = backslashes & !EVEN & !follows;
    let (carried, overflows) = odd_starts.overflowing_add(backslashes);
    *escape = u64::from(overflows);
    (EVEN ^ (carried << 1)) & follows
}

/// A block with more ends than are written at once.
#[cold]
fn add_many(mut marks: u64, place: u16, into: &mut [u16]) {
    for end in into.iter_mut().take(BLOCK) {
        if marks == 0 {
            break;
        }
        *end = place + marks.trailing_zeros() as u16;
        marks &= marks - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lanes::{Level, Task};
    use super::*;

    struct Check;

    impl Task for Check {
        type Output = ();

        fn run<L: Lanes>(self, lanes: L) {
            let mut index = Index::default();
            for seed in 0..40_u32 {
                // Lengths around blocks and the window, with few and with very many ends.
                let length = [0, 1, 63, 64, 65, 1000, WINDOW - 1, WINDOW, WINDOW + 100][seed as usize % 9];
                if cfg!(miri) && length > 100 && seed > 6 {
                    continue;
                }
                let mut state = seed.wrapping_mul(2_654_435_761) | 1;
                let text: Vec<u8> = (0..length + 7)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let byte = (state >> 24) as u8;
                        match (state >> 16) % (2 + seed % 3) {
                            0 => b'"',
                            1 if seed % 2 == 0 => b'\\',
                            _ if seed % 5 == 0 => byte & 0x7f,
                            _ => byte,
                        }
                    })
                    .collect();
                index.fill(lanes, &text, 7);
                let window = &text[7..7 + length.min(WINDOW)];
                let (mut ends, mut is_escaped) = (Vec::new(), false);
                for (at, byte) in (0_u16..).zip(window) {
                    if (*byte == b'"' || *byte < 0x20) && !is_escaped {
                        ends.push(at);
                    }
                    is_escaped = *byte == b'\\' && !is_escaped;
                }
                assert_eq!(index.ends(), ends);
                let marked = |mask: fn(&OddBlock) -> u64| -> Vec<usize> {
                    let places =
                        |block| (0..BLOCK).filter(move |bit| mask(block) >> bit & 1 == 1).map(|bit| block.place + bit);
                    index.odd().iter().flat_map(places).collect()
                };
                let places = |is: fn(u8) -> bool| -> Vec<usize> {
                    window.iter().enumerate().filter(|(_, byte)| is(**byte)).map(|(at, _)| at).collect()
                };
                assert_eq!(marked(|block| block.backslashes), places(|byte| byte == b'\\'));
                assert_eq!(marked(|block| block.high), places(|byte| byte >= 0x80));
                assert_eq!(index.covers(7), length > 0);
                assert!(!index.covers(6) && !index.covers(7 + window.len()));
            }
        }
    }

    #[test]
    fn finds_what_a_look_at_each_byte_finds() {
        for level in Level::available() {
            level.enter(Check);
        }
    }
}
