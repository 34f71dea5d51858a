//! One record: its text and its place in the object.
//!
//! Owns nothing but the place. Whether the text is valid JSON is the decoder's to find.

use super::framing::value_length;

/// The text of one record and where it lies in its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The record's bytes, without the blanks around it; perhaps not valid JSON, perhaps not UTF-8.
    pub text: &'a [u8],
    /// The line on which the text begins, from 1.
    pub line: u64,
    /// The byte of that line at which the text begins, from 1.
    pub column: u64,
    /// The offset of the text in the decompressed object, from 0.
    pub byte: u64,
    /// How many records came before it in its object, tombstones and bad ones included.
    pub position: u64,
}

impl Record<'_> {
    /// Whether the text is one whole value, as far as its brackets and quotes say.
    pub fn is_whole(&self) -> bool {
        value_length(self.text) == Some(self.text.len())
    }
}

/// The text without JSON's white space at both ends.
pub(super) fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text {
        if !is_blank(*first) {
            break;
        }
        text = rest;
    }
    while let [rest @ .., last] = text {
        if !is_blank(*last) {
            break;
        }
        text = rest;
    }
    text
}

/// Whether the byte is white space in JSON.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A length as a place in an object.
pub(super) fn offset(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
