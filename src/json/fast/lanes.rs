//! Looking at many bytes at once.
//!
//! Owns the one comparison that everything fast rests on: which byte of a block is the first that is no
//! plain byte of a string. [`Portable`] does it in any machine's integers, `x86` in vector registers.
//! Which of them runs is chosen by [`Level::detect`], once a decoder.

use super::index::{AT_ONCE, BLOCK, Marks};
#[cfg(target_arch = "x86_64")]
use super::x86;

/// The longest pattern.
pub const PATTERN_BYTES: usize = 64;

/// The widest comparison that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 64-bit integers, on any processor.
    Portable,
    /// 32 bytes at once.
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    /// 64 bytes at once.
    #[cfg(target_arch = "x86_64")]
    Avx512(x86::Avx512),
}

impl Level {
    /// The best that the processor at hand can do.
    pub fn detect() -> Level {
        Level::available().into_iter().next_back().unwrap_or(Level::Portable)
    }

    /// Runs the task with these lanes.
    pub fn enter<T: Task>(self, task: T) -> T::Output {
        match self {
            Level::Portable => Portable.enter(task),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(lanes) => lanes.enter(task),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(lanes) => lanes.enter(task),
        }
    }

    /// Everything that the processor at hand can do, the best last.
    pub fn available() -> Vec<Level> {
        let levels = [
            Some(Level::Portable),
            #[cfg(target_arch = "x86_64")]
            x86::Avx2::detect().map(Level::Avx2),
            #[cfg(target_arch = "x86_64")]
            x86::Avx512::detect().map(Level::Avx512),
        ];
        levels.into_iter().flatten().collect()
    }
}

/// What stands between two values, such as a key with its quotes and the colon, to be compared at once.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    pub bytes: [u8; PATTERN_BYTES],
    /// At most [`PATTERN_BYTES`]; 0 where it stands for nothing that could be found.
    pub length: usize,
}

impl Pattern {
    /// A pattern that stands for no key.
    pub const NEVER: Pattern = Pattern { bytes: [0; PATTERN_BYTES], length: 0 };

    /// The pattern of a key's name.
    pub fn new(name: &str) -> Pattern {
        let mut bytes = [0; PATTERN_BYTES];
        let is_plain = name.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
        let written = [b"\"", name.as_bytes(), b"\":"].concat();
        match bytes.get_mut(..written.len()) {
            Some(place) if is_plain => place.copy_from_slice(&written),
            _ => return Pattern { bytes, length: 0 },
        }
        Pattern { bytes, length: written.len() }
    }

    /// The pattern without the bytes that fill it up.
    fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Bytes of a piece.
pub const PIECE_BYTES: usize = 32;

/// A part of what stands between two values, with its place by the ends of a record.
#[derive(Clone, Debug)]
#[repr(C, align(32))]
pub struct Piece {
    pub bytes: [u8; PIECE_BYTES],
    /// 0xff for each byte that counts.
    pub mask: [u8; PIECE_BYTES],
    /// The end that the place is told from, and how far from it the piece begins, modulo 2^64.
    end: usize,
    shift: usize,
    length: usize,
}

impl Piece {
    /// The pieces of a gap whose first end is the record's `end`-th and stands `before` bytes after the gap's start.
    pub fn of_gap(gap: &[u8], end: usize, before: usize) -> impl Iterator<Item = Piece> {
        gap.chunks(PIECE_BYTES).enumerate().map(move |(number, part)| {
            let mut piece = Piece {
                bytes: [0; PIECE_BYTES],
                mask: [0; PIECE_BYTES],
                end,
                shift: (number * PIECE_BYTES).wrapping_sub(before),
                length: part.len(),
            };
            piece.bytes.iter_mut().zip(part).for_each(|(byte, of)| *byte = *of);
            piece.mask.iter_mut().take(part.len()).for_each(|byte| *byte = 0xff);
            piece
        })
    }

    /// Where it stands in the text.
    #[inline(always)]
    pub fn place(&self, ends: &[u16]) -> usize {
        usize::from(ends.get(self.end).copied().unwrap_or(0)).wrapping_add(self.shift)
    }

    /// Whether it stands at that place.
    pub fn begins(&self, bytes: &[u8], at: usize) -> bool {
        bytes.get(at..).is_some_and(|rest| rest.starts_with(self.written()))
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Work that is compiled once for each way of looking at bytes.
pub trait Task {
    type Output;

    /// Does it. An implementation is `inline(always)`, so that it becomes a part of [`Lanes::enter`] and
    /// is compiled for that processor.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// One way of looking at a block of bytes. A value of it is proof that the processor can do it.
pub trait Lanes: Copy {
    /// A block; at most 64 bytes.
    type Block: ?Sized;
    /// The bytes of a block.
    const WIDTH: usize;

    /// The block that begins at `at`, where the text has that many bytes.
    fn block(bytes: &[u8], at: usize) -> Option<&Self::Block>;

    /// The place of the first byte that is a quote, a backslash, a control character or not ASCII;
    /// [`Self::WIDTH`] where there is none.
    fn stop(self, block: &Self::Block) -> usize;

    /// The same, passing over what is not ASCII.
    fn stop_within_utf8(self, block: &Self::Block) -> usize;

    /// The marks of 64 bytes.
    fn marks(self, block: &[u8; BLOCK]) -> Marks;

    /// The backslashes of 64 bytes, a bit a byte.
    fn backslashes(self, block: &[u8; BLOCK]) -> u64;

    /// Writes the places of the marks, `first` being that of the lowest bit; sixteen at most, and
    /// anything behind them.
    fn positions(self, marks: u64, first: u16, into: &mut [u16; AT_ONCE]);

    /// Whether each piece stands in the text, where the ends of a record say.
    fn has_all(self, bytes: &[u8], ends: &[u16], pieces: &[Piece]) -> bool;

    /// Whether the text at `at` begins with the pattern, whose length is not 0.
    fn has(self, bytes: &[u8], at: usize, pattern: &Pattern) -> bool;

    /// Asks the memory for what stands at `at`, if the text has it.
    fn fetch(self, bytes: &[u8], at: usize);

    /// Runs the task in a function that is compiled for these lanes.
    fn enter<T: Task>(self, task: T) -> T::Output;
}

/// [`Lanes::positions`] a bit at a time.
#[inline(always)]
pub fn positions(marks: u64, first: u16, into: &mut [u16; AT_ONCE]) {
    let mut left = marks;
    let (near, far) = into.split_at_mut(AT_ONCE / 2);
    for place in near {
        *place = first.wrapping_add(left.trailing_zeros() as u16);
        left &= left.wrapping_sub(1);
    }
    if left != 0 {
        for place in far {
            *place = first.wrapping_add(left.trailing_zeros() as u16);
            left &= left.wrapping_sub(1);
        }
    }
}

/// [`Lanes::has_all`] where a load would reach beyond the text.
#[cold]
pub fn has_all_near_end(bytes: &[u8], ends: &[u16], pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| piece.begins(bytes, piece.place(ends)))
}

/// The comparison where a block would reach beyond the text.
pub fn has_near_end(bytes: &[u8], at: usize, pattern: &Pattern) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(pattern.written()))
}

/// Eight bytes in an integer.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// The high bit of each byte that is zero. Bytes above the first zero may be marked wrongly, which the
/// first one never is; only the first is asked for.
#[inline(always)]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The high bit of each byte that is zero, exactly.
#[inline(always)]
fn exact_zeros(word: u64) -> u64 {
    !(((word & !HIGHS) + !HIGHS) | word) & HIGHS
}

/// The high bit of each byte that is `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    exact_zeros(word ^ u64::from_le_bytes([byte; 8]))
}

/// The high bit of each byte that is a control character: none of its three upper bits is set.
#[inline(always)]
fn less_than_blank(word: u64) -> u64 {
    exact_zeros(word & u64::from_le_bytes([0xe0; 8]))
}

/// The high bits of the bytes, side by side.
#[inline(always)]
fn gathered(highs: u64) -> u64 {
    (highs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The high bit of each byte that is a quote, a backslash or a control character, as `zeros` marks them.
#[inline(always)]
fn stops(word: u64) -> u64 {
    let quote = zeros(word ^ u64::from_le_bytes([b'"'; 8]));
    let backslash = zeros(word ^ u64::from_le_bytes([b'\\'; 8]));
    let control = word.wrapping_sub(u64::from_le_bytes([0x20; 8])) & !word & HIGHS;
    quote | backslash | control
}

impl Lanes for Portable {
    type Block = [u8; 8];
    const WIDTH: usize = 8;

    #[inline(always)]
    fn block(bytes: &[u8], at: usize) -> Option<&[u8; 8]> {
        bytes.get(at..)?.first_chunk()
    }

    #[inline(always)]
    fn stop(self, block: &[u8; 8]) -> usize {
        let word = u64::from_le_bytes(*block);
        ((stops(word) | (word & HIGHS)).trailing_zeros() / 8) as usize
    }

    #[inline(always)]
    fn stop_within_utf8(self, block: &[u8; 8]) -> usize {
        (stops(u64::from_le_bytes(*block)).trailing_zeros() / 8) as usize
    }

    #[inline(always)]
    fn marks(self, block: &[u8; BLOCK]) -> Marks {
        let mut marks = Marks::default();
        let (words, _) = block.as_chunks();
        for (number, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let shift = number * 8;
            marks.ends |= gathered(equal(word, b'"') | less_than_blank(word)) << shift;
            marks.odd |= gathered(equal(word, b'\\') | (word & HIGHS)) << shift;
        }
        marks
    }

    #[inline(always)]
    fn backslashes(self, block: &[u8; BLOCK]) -> u64 {
        let (words, _) = block.as_chunks();
        let of = |word: &[u8; 8]| gathered(equal(u64::from_le_bytes(*word), b'\\'));
        words.iter().rev().fold(0, |marks, word| marks << 8 | of(word))
    }

    #[inline(always)]
    fn positions(self, marks: u64, first: u16, into: &mut [u16; AT_ONCE]) {
        positions(marks, first, into);
    }

    #[inline(always)]
    fn has_all(self, bytes: &[u8], ends: &[u16], pieces: &[Piece]) -> bool {
        let mut different = 0;
        for piece in pieces {
            let Some(block) = bytes.get(piece.place(ends)..).and_then(<[u8]>::first_chunk::<PIECE_BYTES>) else {
                return has_all_near_end(bytes, ends, pieces);
            };
            for ((text, byte), mask) in block.iter().zip(&piece.bytes).zip(&piece.mask) {
                different |= (text ^ byte) & mask;
            }
        }
        different == 0
    }

    #[inline(always)]
    fn has(self, bytes: &[u8], at: usize, pattern: &Pattern) -> bool {
        has_near_end(bytes, at, pattern)
    }

    #[inline(always)]
    fn fetch(self, _bytes: &[u8], _at: usize) {}

    #[inline(never)]
    fn enter<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts every byte at every place of a block of plain ones.
    fn check<L: Lanes>(lanes: L) {
        for byte in (0..=u8::MAX).step_by(if cfg!(miri) { 33 } else { 1 }) {
            for place in (0..L::WIDTH).step_by(if cfg!(miri) { 5 } else { 1 }) {
                for after in [b'x', b'"', 0x1f, 0x80, 0xff, b'!', b'['] {
                    let mut bytes = vec![b'~'; L::WIDTH];
                    bytes[place..].fill(after);
                    bytes[place] = byte;
                    let block = L::block(&bytes, 0).unwrap();
                    let ends = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
                    let first =
                        |ends: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| ends(*byte)).unwrap_or(L::WIDTH);
                    assert_eq!(
                        lanes.stop(block),
                        first(&|byte| ends(byte) || byte >= 0x80),
                        "{byte} at {place}, then {after}"
                    );
                    assert_eq!(lanes.stop_within_utf8(block), first(&ends), "{byte} at {place}, then {after}");
                }
            }
        }
        let long = format!("{{\"{}\":1", "k".repeat(50));
        for padding in [0, 100] {
            let bytes = [long.as_bytes(), &vec![b' '; padding]].concat();
            assert!(lanes.has(&bytes, 1, &Pattern::new(&"k".repeat(50))));
            assert!(!lanes.has(&bytes, 1, &Pattern::new(&format!("{}j", "k".repeat(49)))));
        }
        let pattern = Pattern::new("index");
        for (text, expected) in [("{\"index\":1", true), ("{\"index\" :", false), ("{\"index\"", false), ("{", false)] {
            for padding in [0, 100] {
                let mut bytes = text.as_bytes().to_vec();
                bytes.resize(bytes.len() + padding, b' ');
                assert_eq!(lanes.has(&bytes, 1, &pattern), expected, "{text}");
            }
        }
        assert!(L::block(&vec![0; L::WIDTH], 1).is_none());
    }

    #[test]
    fn every_level_finds_the_first_stop() {
        assert!(Level::available().contains(&Level::detect()));
        for level in Level::available() {
            match level {
                Level::Portable => check(Portable),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2(lanes) => check(lanes),
                #[cfg(target_arch = "x86_64")]
                Level::Avx512(lanes) => check(lanes),
            }
        }
    }

    #[test]
    fn patterns_are_of_keys_that_stand_as_they_are() {
        assert_eq!(Pattern::new("é").written(), "\"é\":".as_bytes());
        for name in ["a\"b", "a\\b", "a\nb", &"x".repeat(62)] {
            assert_eq!(Pattern::new(name).length, 0, "{name}");
        }
        assert_eq!(Pattern::new(&"x".repeat(61)).length, PATTERN_BYTES);
    }
}
