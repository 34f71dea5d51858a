//! Where the quotes of a window of text are, and whatever else a reading without a look at each byte
//! must know.
//!
//! Owns the one pass over every byte. It knows of JSON only that a backslash makes the byte after it no
//! quote. What may be an escape is counted, so that a reader can tell that a stretch of text holds none.

use super::lanes::Lanes;

/// Bytes of a window: what is looked at stays in the nearest cache until it is read.
pub const WINDOW: usize = 12 << 10;
/// Bytes of a block, a bit each in a word.
pub const BLOCK: usize = 64;
/// Quotes that are written at once; the place for them must be there whether or not they come.
pub const AT_ONCE: usize = 16;

/// The marks of a block, a bit a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub quotes: u64,
    pub backslashes: u64,
    /// Control characters.
    pub controls: u64,
    /// What is not ASCII.
    pub high: u64,
}

/// The index of a window.
#[derive(Debug, Default)]
pub struct Index {
    /// Where the window begins in its text.
    start: usize,
    length: usize,
    /// The places of quotes from the window's start; as many as `quotes_known` are true.
    quotes: Vec<u32>,
    quotes_known: usize,
    blocks: Vec<Block>,
}

/// What is known of a block and of those before it.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    odd: u64,
    high: u64,
    odd_before: u32,
    high_before: u32,
}

/// What was counted in the blocks before.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    /// Bytes.
    place: u32,
    quotes: usize,
    odd: u32,
    high: u32,
    /// 1 where the next byte is part of an escape.
    escape: u64,
}

impl Index {
    /// Indexes the window that begins at `start`.
    #[inline(always)]
    pub fn fill<L: Lanes>(&mut self, lanes: L, bytes: &[u8], start: usize) {
        let window = bytes.get(start..).unwrap_or_default();
        let window = window.get(..WINDOW).unwrap_or(window);
        self.start = start;
        self.length = window.len();
        if self.quotes.is_empty() {
            self.quotes.resize(WINDOW + AT_ONCE, 0);
            self.blocks.resize(WINDOW / BLOCK + 2, Block::default());
        }
        let mut before = Before::default();
        let (blocks, rest) = window.as_chunks::<BLOCK>();
        let mut places = self.blocks.iter_mut();
        for (block, into) in blocks.iter().zip(&mut places) {
            add(lanes, block, into, &mut self.quotes, &mut before);
        }
        if !rest.is_empty() {
            // A blank is neither quote nor anything odd.
            let mut last = [b' '; BLOCK];
            if let Some(part) = last.get_mut(..rest.len()) {
                part.copy_from_slice(rest);
            }
            if let Some(into) = places.next() {
                add(lanes, &last, into, &mut self.quotes, &mut before);
            }
        }
        if let Some(end) = places.next() {
            *end = Block { odd: 0, high: 0, odd_before: before.odd, high_before: before.high };
        }
        self.quotes_known = before.quotes;
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

    /// The places of the window's quotes, from its start.
    #[inline(always)]
    pub fn quotes(&self) -> &[u32] {
        self.quotes.get(..self.quotes_known).unwrap_or_default()
    }

    /// How many odd bytes and how many that are not ASCII stand in the window before the place, which may
    /// be its end.
    #[inline(always)]
    pub fn before(&self, place: usize) -> Option<(u32, u32)> {
        let block = self.blocks.get(place / BLOCK).filter(|_| place <= self.length)?;
        let below = (1_u64 << (place % BLOCK)) - 1;
        Some((
            block.odd_before + (block.odd & below).count_ones(),
            block.high_before + (block.high & below).count_ones(),
        ))
    }

    /// Forgets the window, whose text is gone.
    pub fn clear(&mut self) {
        self.length = 0;
    }
}

/// Takes a block into account.
#[inline(always)]
fn add<L: Lanes>(lanes: L, block: &[u8; BLOCK], into: &mut Block, quotes: &mut [u32], before: &mut Before) {
    let marks = lanes.marks(block);
    // Before anything else branches: or else the compiler takes the marks apart, bit by bit.
    let odd = marks.backslashes | marks.controls;
    *into = Block { odd, high: marks.high, odd_before: before.odd, high_before: before.high };
    before.odd += odd.count_ones();
    before.high += marks.high.count_ones();
    let mut quotes_here = marks.quotes;
    if marks.backslashes | before.escape != 0 {
        quotes_here &= !escaped(marks.backslashes, &mut before.escape);
    }
    let count = quotes_here.count_ones() as usize;
    if count > AT_ONCE {
        add_many(quotes_here, before.place, quotes.get_mut(before.quotes..).unwrap_or_default());
    } else if let Some(into) = quotes.get_mut(before.quotes..).and_then(|rest| rest.first_chunk_mut()) {
        lanes.positions(quotes_here, before.place, into);
    }
    before.quotes += count;
    before.place += BLOCK as u32;
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

/// A block with more quotes than are written at once.
#[cold]
fn add_many(mut marks: u64, place: u32, into: &mut [u32]) {
    for quote in into.iter_mut().take(BLOCK) {
        if marks == 0 {
            break;
        }
        *quote = place + marks.trailing_zeros();
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
                // Lengths around blocks and the window, with few and with very many quotes.
                let length = [0, 1, 63, 64, 65, 1000, WINDOW - 1, WINDOW, WINDOW + 100][seed as usize % 9];
                let mut state = seed.wrapping_mul(2_654_435_761) | 1;
                let text: Vec<u8> = (0..length + 7)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let byte = (state >> 24) as u8;
                        match (state >> 16) % (2 + seed % 3) {
                            0 => b'"',
                            1 if seed % 2 == 0 => b'\\',
                            _ => byte,
                        }
                    })
                    .collect();
                index.fill(lanes, &text, 7);
                let window = &text[7..7 + length.min(WINDOW)];
                let (mut quotes, mut is_escaped) = (Vec::new(), false);
                for (at, byte) in (0_u32..).zip(window) {
                    if *byte == b'"' && !is_escaped {
                        quotes.push(at);
                    }
                    is_escaped = *byte == b'\\' && !is_escaped;
                }
                assert_eq!(index.quotes(), quotes);
                for place in [0, window.len() / 2, window.len()] {
                    let odd = window[..place].iter().filter(|byte| **byte == b'\\' || **byte < 0x20).count();
                    let high = window[..place].iter().filter(|byte| **byte >= 0x80).count();
                    assert_eq!(index.before(place), Some((odd as u32, high as u32)), "{place} of {length}");
                }
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
