//! The comparisons of `lanes` in the vector registers of x86-64.
//!
//! Owns the intrinsics and the proof that the processor has them: a value of [`Avx2`] or [`Avx512`] is
//! only made after a look at the processor. Loads are of whole borrowed arrays, so none reaches beyond
//! its text.
#![expect(unsafe_code, reason = "vector intrinsics; each is guarded by the type that proves the feature")]

use std::arch::x86_64::{
    __m256i, __m512i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi16, _mm256_and_si256, _mm256_cmpeq_epi8,
    _mm256_cmpgt_epi8, _mm256_cvtepu8_epi16, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_setzero_si256, _mm256_storeu_si256,
    _mm256_testz_si256, _mm256_xor_si256, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epi8_mask,
    _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_mask_cmpneq_epi8_mask, _mm512_maskz_compress_epi8,
    _mm512_movepi8_mask, _mm512_or_si512, _mm512_permutex2var_epi8, _mm512_set1_epi8, _mm512_test_epi8_mask,
};

use super::index::{AT_ONCE, BLOCK, Marks};
use super::lanes::{Lanes, PATTERN_BYTES, Pattern, Piece, Task, has_all_near_end, has_near_end, positions};

/// AVX2, BMI1, BMI2 and POPCNT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx2(());

/// AVX-512 with byte masks and compression, and what [`Avx2`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avx512(Avx2);

impl Avx2 {
    /// A value where the processor has the features.
    pub fn detect() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Avx2(()))
    }
}

impl Avx512 {
    /// A value where the processor has the features.
    pub fn detect() -> Option<Avx512> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2");
        Avx2::detect().filter(|_| has).map(Avx512)
    }
}

/// The place of each byte of a block.
const PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut place = 0;
    while place < BLOCK {
        places[place] = place as u8;
        place += 1;
    }
    places
};

/// What an ASCII byte is: 1 for a quote and for control characters, 0x80 for a backslash.
const KINDS: [u8; 2 * BLOCK] = {
    let mut kinds = [0; 2 * BLOCK];
    let mut byte = 0;
    while byte < b' ' as usize {
        kinds[byte] = 1;
        byte += 1;
    }
    kinds[b'"' as usize] = 1;
    kinds[b'\\' as usize] = 0x80;
    kinds
};

/// A byte in the form that the intrinsics take.
const fn lane(byte: u8) -> i8 {
    byte.cast_signed()
}

#[inline(always)]
fn bits(mask: i32) -> u64 {
    u64::from(mask.cast_unsigned())
}

#[inline(always)]
fn first(mask: i32) -> usize {
    mask.cast_unsigned().trailing_zeros() as usize
}

impl Avx2 {
    /// How many bytes at the beginning are the same.
    #[inline(always)]
    fn same(self, one: Option<&[u8; 32]>, other: Option<&[u8; 32]>) -> usize {
        let (Some(one), Some(other)) = (one, other) else { return 0 };
        // SAFETY: `self` exists, so the processor has AVX2; the loads are of 32 borrowed bytes.
        let equal = unsafe {
            let one = _mm256_loadu_si256(one.as_ptr().cast::<__m256i>());
            let other = _mm256_loadu_si256(other.as_ptr().cast::<__m256i>());
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(one, other))
        };
        first(!equal)
    }

    /// The marks of half a block.
    #[inline(always)]
    fn half(self, half: Option<&[u8; 32]>) -> Marks {
        let Some(half) = half else { return Marks::default() };
        // SAFETY: as in `same`.
        unsafe {
            let bytes = _mm256_loadu_si256(half.as_ptr().cast::<__m256i>());
            let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'"')));
            let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'\\')));
            let control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
            Marks {
                ends: bits(_mm256_movemask_epi8(_mm256_or_si256(quote, control))),
                odd: bits(_mm256_movemask_epi8(_mm256_or_si256(backslash, bytes))),
            }
        }
    }

    /// The backslashes of half a block.
    #[inline(always)]
    fn half_backslashes(self, half: Option<&[u8; 32]>) -> u64 {
        let Some(half) = half else { return 0 };
        // SAFETY: as in `same`.
        unsafe {
            let bytes = _mm256_loadu_si256(half.as_ptr().cast::<__m256i>());
            bits(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'\\')))))
        }
    }
}

impl Lanes for Avx2 {
    type Block = [u8; 32];
    const WIDTH: usize = 32;

    #[inline(always)]
    fn block(bytes: &[u8], at: usize) -> Option<&[u8; 32]> {
        bytes.get(at..)?.first_chunk()
    }

    #[inline(always)]
    fn stop(self, block: &[u8; 32]) -> usize {
        // SAFETY: `self` exists, so the processor has AVX2; the load is of 32 borrowed bytes.
        unsafe {
            let bytes = _mm256_loadu_si256(block.as_ptr().cast::<__m256i>());
            let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'"')));
            let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'\\')));
            // As signed bytes, both control characters and what is not ASCII are less than a blank.
            let other = _mm256_cmpgt_epi8(_mm256_set1_epi8(lane(b' ')), bytes);
            first(_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, backslash), other)))
        }
    }

    #[inline(always)]
    fn stop_within_utf8(self, block: &[u8; 32]) -> usize {
        // SAFETY: as in `stop`.
        unsafe {
            let bytes = _mm256_loadu_si256(block.as_ptr().cast::<__m256i>());
            let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'"')));
            let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(lane(b'\\')));
            let control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
            first(_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, backslash), control)))
        }
    }

    #[inline(always)]
    fn marks(self, block: &[u8; BLOCK]) -> Marks {
        let (low, high) = (self.half(block.first_chunk()), self.half(block.last_chunk()));
        Marks { ends: low.ends | high.ends << 32, odd: low.odd | high.odd << 32 }
    }

    #[inline(always)]
    fn backslashes(self, block: &[u8; BLOCK]) -> u64 {
        self.half_backslashes(block.first_chunk()) | self.half_backslashes(block.last_chunk()) << 32
    }

    #[inline(always)]
    fn positions(self, marks: u64, first: u16, into: &mut [u16; AT_ONCE]) {
        positions(marks, first, into);
    }

    #[inline(always)]
    fn has(self, bytes: &[u8], at: usize, pattern: &Pattern) -> bool {
        let Some(blocks) = bytes.get(at..).and_then(<[u8]>::first_chunk::<PATTERN_BYTES>) else {
            return has_near_end(bytes, at, pattern);
        };
        const { assert!(PATTERN_BYTES == 64) }
        let same = self.same(blocks.first_chunk(), pattern.bytes.first_chunk());
        if pattern.length <= 32 {
            return same >= pattern.length;
        }
        same == 32 && 32 + self.same(blocks.last_chunk(), pattern.bytes.last_chunk()) >= pattern.length
    }

    #[inline(always)]
    fn has_all(self, bytes: &[u8], ends: &[u16], pieces: &[Piece]) -> bool {
        // SAFETY: as in `stop`; a piece has twice 32 bytes.
        unsafe {
            let mut different = _mm256_setzero_si256();
            for piece in pieces {
                let Some(block) = Self::block(bytes, piece.place(ends)) else {
                    return has_all_near_end(bytes, ends, pieces);
                };
                let text = _mm256_loadu_si256(block.as_ptr().cast::<__m256i>());
                let expected = _mm256_loadu_si256(piece.bytes.as_ptr().cast::<__m256i>());
                let mask = _mm256_loadu_si256(piece.mask.as_ptr().cast::<__m256i>());
                let here = _mm256_and_si256(_mm256_xor_si256(text, expected), mask);
                different = _mm256_or_si256(different, here);
            }
            _mm256_testz_si256(different, different) == 1
        }
    }

    #[inline(always)]
    fn fetch(self, bytes: &[u8], at: usize) {
        if let Some(byte) = bytes.get(at) {
            // SAFETY: a hint about a borrowed byte, which every x86-64 processor takes.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) }
        }
    }

    #[inline(always)]
    fn enter<T: Task>(self, task: T) -> T::Output {
        // SAFETY: `self` exists, so the processor has these features.
        unsafe { enter_avx2(self, task) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn enter_avx2<T: Task>(lanes: Avx2, task: T) -> T::Output {
    task.run(lanes)
}

impl Lanes for Avx512 {
    type Block = [u8; 64];
    const WIDTH: usize = 64;

    #[inline(always)]
    fn block(bytes: &[u8], at: usize) -> Option<&[u8; 64]> {
        bytes.get(at..)?.first_chunk()
    }

    #[inline(always)]
    fn stop(self, block: &[u8; 64]) -> usize {
        // SAFETY: `self` exists, so the processor has AVX-512 BW; the load is of 64 borrowed bytes.
        let mask = unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            let quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(lane(b'"')));
            let backslash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(lane(b'\\')));
            let other = _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(lane(b' ')));
            quote | backslash | other
        };
        mask.trailing_zeros() as usize
    }

    #[inline(always)]
    fn stop_within_utf8(self, block: &[u8; 64]) -> usize {
        // SAFETY: as in `stop`.
        let mask = unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            let quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(lane(b'"')));
            let backslash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(lane(b'\\')));
            let control = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(lane(b' ')));
            quote | backslash | control
        };
        mask.trailing_zeros() as usize
    }

    #[inline(always)]
    fn marks(self, block: &[u8; BLOCK]) -> Marks {
        // SAFETY: `self` exists, so the processor has AVX-512 VBMI; the loads are of whole borrowed arrays.
        unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            let low = _mm512_loadu_si512(KINDS.as_ptr().cast::<__m512i>());
            let high = _mm512_loadu_si512(KINDS.as_ptr().add(BLOCK).cast::<__m512i>());
            let kinds = _mm512_permutex2var_epi8(low, bytes, high);
            Marks {
                ends: _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(1)),
                odd: _mm512_movepi8_mask(_mm512_or_si512(kinds, bytes)),
            }
        }
    }

    #[inline(always)]
    fn backslashes(self, block: &[u8; BLOCK]) -> u64 {
        // SAFETY: as in `stop`.
        unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(lane(b'\\')))
        }
    }

    #[inline(always)]
    fn positions(self, marks: u64, first: u16, into: &mut [u16; AT_ONCE]) {
        // SAFETY: `self` exists, so the processor has AVX-512 VBMI2; the store is to 32 borrowed bytes.
        unsafe {
            let places = _mm512_maskz_compress_epi8(marks, _mm512_loadu_si512(PLACES.as_ptr().cast::<__m512i>()));
            let places = _mm256_cvtepu8_epi16(_mm512_castsi512_si128(places));
            let places = _mm256_add_epi16(places, _mm256_set1_epi16(first.cast_signed()));
            _mm256_storeu_si256(into.as_mut_ptr().cast::<__m256i>(), places);
        }
    }

    #[inline(always)]
    fn has_all(self, bytes: &[u8], ends: &[u16], pieces: &[Piece]) -> bool {
        self.0.has_all(bytes, ends, pieces)
    }

    #[inline(always)]
    fn has(self, bytes: &[u8], at: usize, pattern: &Pattern) -> bool {
        let Some(block) = Self::block(bytes, at) else { return has_near_end(bytes, at, pattern) };
        // The pattern's bytes, one bit each; it has at most 64 and not none.
        let looked_at = u64::MAX >> (PATTERN_BYTES - pattern.length);
        // SAFETY: as in `stop`; the pattern has 64 bytes, too.
        let different = unsafe {
            let bytes = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            let pattern = _mm512_loadu_si512(pattern.bytes.as_ptr().cast::<__m512i>());
            _mm512_mask_cmpneq_epi8_mask(looked_at, bytes, pattern)
        };
        different == 0
    }

    #[inline(always)]
    fn fetch(self, bytes: &[u8], at: usize) {
        self.0.fetch(bytes, at);
    }

    #[inline(always)]
    fn enter<T: Task>(self, task: T) -> T::Output {
        // SAFETY: as in `stop`.
        unsafe { enter_avx512(self, task) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,popcnt")]
fn enter_avx512<T: Task>(lanes: Avx512, task: T) -> T::Output {
    task.run(lanes)
}
