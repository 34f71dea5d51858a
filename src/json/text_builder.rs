//! Growing an array of texts.
//!
//! Owns the form of `Utf8View`: sixteen bytes a value, which hold a text of up to twelve bytes or point
//! into a buffer. It does what arrow's builder does, without a call for each short text.

use std::mem;

use arrow::array::{NullBufferBuilder, StringViewArray};
use arrow::buffer::{Buffer, ScalarBuffer};

/// Texts up to this length stand in the view itself.
const INLINE: usize = 12;
/// The first buffer of longer texts; each further one is twice as large, up to the last.
const FIRST_BUFFER: usize = 16 << 10;
const LARGEST_BUFFER: usize = 2 << 20;

/// A builder of texts.
#[derive(Debug)]
pub(super) struct TextBuilder {
    views: Vec<u128>,
    valid: NullBufferBuilder,
    full: Vec<Buffer>,
    /// The buffer that grows; only `used` of it is text.
    buffer: Vec<u8>,
    used: usize,
    next_buffer: usize,
}

impl TextBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        TextBuilder {
            views: Vec::new(),
            valid: NullBufferBuilder::new(0),
            full: Vec::new(),
            buffer: Vec::new(),
            used: 0,
            next_buffer: FIRST_BUFFER,
        }
    }

    /// Appends a text of less than 2^31 bytes.
    #[inline(always)]
    pub fn append(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let view = if bytes.len() <= INLINE { inline(bytes) } else { self.store(bytes) };
        self.views.push(view);
        self.valid.append_non_null();
    }

    /// Appends a null.
    #[inline(always)]
    pub fn append_null(&mut self) {
        self.views.push(0);
        self.valid.append_null();
    }

    /// Puts a longer text into the buffer; its view.
    #[inline(always)]
    fn store(&mut self, bytes: &[u8]) -> u128 {
        if self.buffer.len() - self.used < bytes.len() {
            self.grow(bytes.len());
        }
        let (used, length) = (self.used, bytes.len());
        if let Some(into) = self.buffer.get_mut(used..used + length) {
            copy(bytes, into);
        }
        self.used += length;
        let mut view = [0; 16];
        view[..4].copy_from_slice(&(length as u32).to_le_bytes());
        view[4..8].copy_from_slice(bytes.first_chunk::<4>().unwrap_or(&[0; 4]));
        view[8..12].copy_from_slice(&(self.full.len() as u32).to_le_bytes());
        view[12..].copy_from_slice(&(used as u32).to_le_bytes());
        u128::from_le_bytes(view)
    }

    #[cold]
    fn grow(&mut self, length: usize) {
        self.close_buffer();
        self.buffer = vec![0; self.next_buffer.max(length)];
        self.next_buffer = (self.next_buffer * 2).min(LARGEST_BUFFER);
    }

    fn close_buffer(&mut self) {
        let mut buffer = mem::take(&mut self.buffer);
        if self.used > 0 {
            buffer.truncate(mem::take(&mut self.used));
            self.full.push(Buffer::from_vec(buffer));
        }
    }

    /// The array of everything appended; the builder is empty again.
    pub fn finish(&mut self) -> StringViewArray {
        self.close_buffer();
        self.next_buffer = FIRST_BUFFER;
        let capacity = self.views.len();
        let views = ScalarBuffer::from(mem::replace(&mut self.views, Vec::with_capacity(capacity)));
        let (full, valid) = (mem::take(&mut self.full), self.valid.finish());
        #[expect(unsafe_code, reason = "the check would validate every text a second time")]
        // SAFETY: each view was made by `inline` or `store` of a `str`: its length is the text's, its
        // prefix the text's first bytes, and its place lies in the buffer of that number.
        unsafe {
            StringViewArray::new_unchecked(views, full, valid)
        }
    }
}

/// Copies a text, up to 64 bytes of it by two moves that overlap instead of a call.
#[inline(always)]
fn copy(bytes: &[u8], into: &mut [u8]) {
    match bytes.len() {
        ..=7 | 65.. => into.copy_from_slice(bytes),
        8..=16 => copy_ends::<8>(bytes, into),
        17..=32 => copy_ends::<16>(bytes, into),
        33..=64 => copy_ends::<32>(bytes, into),
    }
}

#[inline(always)]
fn copy_ends<const N: usize>(bytes: &[u8], into: &mut [u8]) {
    if let (Some(from), Some(into)) = (bytes.first_chunk::<N>(), into.first_chunk_mut::<N>()) {
        *into = *from;
    }
    if let (Some(from), Some(into)) = (bytes.last_chunk::<N>(), into.last_chunk_mut::<N>()) {
        *into = *from;
    }
}

/// The view of a short text.
#[inline(always)]
fn inline(bytes: &[u8]) -> u128 {
    let length = bytes.len();
    // Two loads that overlap hold any text of four to twelve bytes, whose length is no constant.
    let text = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (length - 8))
        }
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (length - 4))
            }
            _ => bytes.iter().rev().fold(0, |text, byte| text << 8 | u128::from(*byte)),
        },
    };
    text << 32 | length as u128
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, StringViewBuilder};

    use super::*;

    #[test]
    fn builds_what_arrow_builds() {
        let text = "aé日😀".repeat(40_000);
        let mut expected = StringViewBuilder::new();
        let mut builder = TextBuilder::new();
        for round in 0..3 {
            for length in (0..200).chain([4_000, 70_000, 300_000]) {
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
}
