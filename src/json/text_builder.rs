//! Growing an array of texts.
//!
//! Owns the form of `Utf8View`: sixteen bytes a value, which hold a text of up to twelve bytes or point
//! into a buffer. It does what arrow's builder does, without a call for each short text.

use std::mem;

use arrow::array::{NullBufferBuilder, StringViewArray};
use arrow::buffer::{Buffer, ScalarBuffer};

/// Texts up to this length stand in the view itself.
const INLINE: usize = 12;
/// Bytes that are copied at once, as few of them as may be text.
const WIDE: usize = 64;
/// Bytes of a view before its text.
const HEAD: usize = 4;
/// The first buffer of longer texts, where it is not known how many there will be; each further one is twice as large,
/// up to the last.
const FIRST_BUFFER: usize = 16 << 10;
const LARGEST_BUFFER: usize = 2 << 20;

/// For each length of a text the bits of a view that hold it; the last for all that are longer.
const WITHIN: [u128; INLINE + 2] = {
    let mut within = [0; INLINE + 2];
    let mut length = 0;
    while length <= INLINE {
        within[length] = ((1_u128 << (8 * length)) - 1) << 32;
        length += 1;
    }
    within[INLINE + 1] = 0xffff_ffff << 32;
    within
};

/// A builder of texts.
#[derive(Debug)]
pub(super) struct TextBuilder {
    views: Vec<u128>,
    valid: NullBufferBuilder,
    full: Vec<Buffer>,
    /// The buffer that grows.
    buffer: Vec<u8>,
    next_buffer: usize,
    /// The memory of the last array, to be written to again once nobody reads that any more: fresh memory costs more
    /// than the texts.
    spare: Vec<Buffer>,
    spare_views: Option<Buffer>,
    /// How many texts the last array had.
    expected: usize,
}

impl TextBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        TextBuilder {
            views: Vec::new(),
            valid: NullBufferBuilder::new(0),
            full: Vec::new(),
            buffer: Vec::new(),
            next_buffer: FIRST_BUFFER,
            spare: Vec::new(),
            spare_views: None,
            expected: 0,
        }
    }

    /// Appends a text of less than 2^31 bytes.
    pub fn append(&mut self, text: &str) {
        let view = self.view(text.as_bytes());
        self.push(view);
    }

    /// Appends a null.
    #[inline(always)]
    pub fn append_null(&mut self) {
        self.views.push(0);
        self.valid.append_null();
    }

    /// Appends a text of less than 2^31 bytes, which stands in `bytes` from `start` to `end`.
    ///
    /// # Safety
    /// The bytes from `start` to `end` are UTF-8.
    #[expect(unsafe_code, reason = "texts that were validated together are not looked at again, each by itself")]
    #[inline(always)]
    pub unsafe fn append_within(&mut self, bytes: &[u8], start: usize, end: usize) {
        let around = bytes.get(start.wrapping_sub(HEAD)..).and_then(<[u8]>::first_chunk);
        let text = bytes.get(start..end).unwrap_or_default();
        let view = match around {
            Some(around) if self.has_room(text.len()) => self.view_within(around, text),
            _ => self.view(text),
        };
        self.push(view);
    }

    #[inline(always)]
    fn push(&mut self, view: u128) {
        if self.views.capacity() == 0 {
            let spare = self.spare_views.take().and_then(|views| views.into_vec().ok());
            self.views = spare.unwrap_or_else(|| Vec::with_capacity(self.expected));
            self.views.clear();
        }
        self.views.push(view);
        self.valid.append_non_null();
    }

    #[inline(always)]
    fn has_room(&self, length: usize) -> bool {
        self.buffer.capacity() - self.buffer.len() >= length + WIDE
    }

    /// The view of a text. `around` begins as many bytes before it as a view has before its text, so that it becomes
    /// the view of a short text by another length; and it is all copied, whatever of it is text: no branch depends on
    /// the length of short texts, which nothing predicts.
    #[inline(always)]
    fn view_within(&mut self, around: &[u8; HEAD + WIDE], text: &[u8]) -> u128 {
        let (used, length) = (self.buffer.len(), text.len());
        let kept = if length > INLINE { length } else { 0 };
        let first = around.last_chunk::<WIDE>().unwrap_or(&[0; WIDE]);
        #[expect(unsafe_code, reason = "a buffer that is not filled with zeros first")]
        // SAFETY: there is room for the text and as many bytes as are copied at once, see `has_room`, and
        // the first bytes of it, as many as are kept, are written.
        unsafe {
            self.write(used, first);
            if length > WIDE {
                for (number, part) in text.as_chunks::<WIDE>().0.iter().enumerate().skip(1) {
                    self.write(used + number * WIDE, part);
                }
                self.write(used + length - WIDE, text.last_chunk().unwrap_or(first));
            }
            self.buffer.set_len(used + kept);
        }
        let text = u128::from_le_bytes(*around.first_chunk().unwrap_or(&[0; 16]));
        let within = WITHIN.get(length).unwrap_or(&WITHIN[INLINE + 1]);
        let place = u128::from(self.full.len() as u64 | (used as u64) << 32) << 64;
        (text & within) | length as u128 | if length > INLINE { place } else { 0 }
    }

    /// Writes to the buffer's unused bytes.
    ///
    /// # Safety
    /// The buffer has room for them.
    #[expect(unsafe_code, reason = "as in `view_within`")]
    #[inline(always)]
    unsafe fn write(&mut self, at: usize, bytes: &[u8; WIDE]) {
        // SAFETY: the caller's promise; text that is borrowed is not in the buffer.
        unsafe { self.buffer.as_mut_ptr().add(at).cast::<[u8; WIDE]>().write_unaligned(*bytes) }
    }

    /// The view of any text.
    fn view(&mut self, text: &[u8]) -> u128 {
        let mut around = [0; HEAD + WIDE];
        if !self.has_room(text.len()) {
            self.grow(text.len());
        }
        let short = text.get(..WIDE).unwrap_or(text);
        if let Some(into) = around.get_mut(HEAD..HEAD + short.len()) {
            into.copy_from_slice(short);
        }
        self.view_within(&around, text)
    }

    #[cold]
    fn grow(&mut self, length: usize) {
        self.close_buffer();
        while let Some(spare) = self.spare.pop() {
            // One that is still read, or too small, is left to its readers.
            if let Ok(mut buffer) = spare.into_vec()
                && buffer.capacity() >= length + WIDE
            {
                buffer.clear();
                self.buffer = buffer;
                return;
            }
        }
        self.buffer = Vec::with_capacity(self.next_buffer.max(length + WIDE));
        self.next_buffer = (self.next_buffer * 2).min(LARGEST_BUFFER);
    }

    fn close_buffer(&mut self) {
        if !self.buffer.is_empty() {
            let mut buffer = mem::take(&mut self.buffer);
            if buffer.capacity() / 2 > buffer.len() {
                buffer.shrink_to_fit();
            }
            self.full.push(Buffer::from_vec(buffer));
        }
    }

    /// The array of everything appended; the builder is empty again.
    pub fn finish(&mut self) -> StringViewArray {
        self.close_buffer();
        // The next texts are probably about as long in all.
        let length: usize = self.full.iter().map(Buffer::len).sum();
        self.next_buffer = (length + length / 8).clamp(FIRST_BUFFER, LARGEST_BUFFER);
        self.expected = self.views.len();
        let views = ScalarBuffer::from(mem::take(&mut self.views));
        let (full, valid) = (mem::take(&mut self.full), self.valid.finish());
        self.spare.clone_from(&full);
        self.spare_views = Some(views.inner().clone());
        #[expect(unsafe_code, reason = "the check would validate every text a second time")]
        // SAFETY: each view was made by `view_within` of UTF-8: its length is the text's, its
        // prefix the text's first bytes, and its place lies in the buffer of that number.
        unsafe {
            StringViewArray::new_unchecked(views, full, valid)
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, StringViewBuilder};

    use super::*;

    #[test]
    fn builds_what_arrow_builds() {
        let (repeated, longest): (_, &[usize]) =
            if cfg!(miri) { (500, &[4_000]) } else { (40_000, &[4_000, 70_000, 300_000]) };
        let text = "aé日😀".repeat(repeated);
        let mut expected = StringViewBuilder::new();
        let mut builder = TextBuilder::new();
        for round in 0..3 {
            for length in (0..200).step_by(if cfg!(miri) { 9 } else { 1 }).chain(longest.iter().copied()) {
                let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= length).unwrap();
                let text = &text[..end];
                builder.append(text);
                expected.append_value(text);
                if length % 7 == round {
                    builder.append_null();
                    expected.append_null();
                }
            }
            let array = builder.finish();
            array.to_data().validate_full().unwrap();
            assert_eq!(array, expected.finish());
        }
        assert!(builder.finish().is_empty());
    }

    #[test]
    #[expect(unsafe_code, reason = "what is tested is unsafe")]
    fn memory_is_written_to_again_once_nobody_reads_it() {
        let mut builder = TextBuilder::new();
        let mut held = Vec::new();
        for round in 0..6 {
            let texts: Vec<_> = (0..if cfg!(miri) { 100 } else { 2_000 })
                .map(|number| format!("{round} {}", "x".repeat(number % 90)))
                .collect();
            let bytes = texts.join("\"").into_bytes();
            let mut start = 0;
            for text in &texts {
                // SAFETY: the texts are what was joined.
                unsafe { builder.append_within(&bytes, start, start + text.len()) };
                start += text.len() + 1;
            }
            let array = builder.finish();
            array.to_data().validate_full().unwrap();
            held.push((array, texts));
            if round == 2 {
                held.clear();
            }
        }
        for (array, texts) in held {
            assert!(array.iter().map(Option::unwrap).eq(texts.iter().map(String::as_str)));
        }
    }
}
