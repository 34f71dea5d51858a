//! Cutting a large object into parts that begin and end between records.
//!
//! Owns the seams: a chunk of bytes ends anywhere, a part only at a line's end. It must not read or
//! decompress, and copies nothing but the records that lie across two chunks.

use std::sync::Arc;

use bytes::Bytes;

use super::budget::PART_BYTES;
use super::pack::{Piece, Start};
use super::wanted::Positions;
use crate::json::{Framing, Records};
use crate::store::Object;

/// Takes an object's chunks in order and gives its parts.
#[derive(Debug)]
pub struct Cutter {
    object: Arc<Object>,
    /// What came after the last line's end.
    tail: Vec<u8>,
    /// The number of the first line that was not given yet, from 1, and the offset of its first byte.
    line: u64,
    byte: u64,
    /// The number of the first record that was not given yet, from 0, where records are counted.
    record: u64,
    positions: Positions,
}

impl Cutter {
    /// A cutter of an object whose records stand line by line.
    pub fn new(object: Arc<Object>, positions: Positions) -> Cutter {
        Cutter { object, tail: Vec::new(), line: 1, byte: 0, record: 0, positions }
    }

    /// The parts that are complete with this chunk. All but the first share its bytes.
    pub fn push(&mut self, chunk: &Bytes) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        if !self.tail.is_empty() {
            let Some(newline) = memchr::memchr(b'\n', chunk) else {
                self.tail.extend_from_slice(chunk);
                return pieces;
            };
            at = newline.saturating_add(1);
            self.tail.extend_from_slice(chunk.get(..at).unwrap_or_default());
            let seam = std::mem::take(&mut self.tail);
            pieces.push(self.piece(seam.into()));
        }
        while let Some(end) = next_end(chunk, at) {
            pieces.push(self.piece(chunk.slice(at..end)));
            at = end;
        }
        self.tail.extend_from_slice(chunk.get(at..).unwrap_or_default());
        pieces
    }

    /// What stands after the last line's end, once the object has no further chunk, and the object's end.
    pub fn finish(mut self) -> impl Iterator<Item = Piece> {
        let tail = std::mem::take(&mut self.tail);
        let rest = (!tail.is_empty()).then(|| self.piece(tail.into()));
        let end = Piece { object: self.object, bytes: Bytes::new(), start: Start::End { byte: self.byte } };
        rest.into_iter().chain([end])
    }

    /// What stands after the last line's end of an object that can't be decompressed any further.
    pub fn damaged(mut self, reason: Arc<str>) -> Piece {
        let tail = std::mem::take(&mut self.tail);
        let start = Start::Damaged { line: self.line, byte: self.byte, reason };
        Piece { object: self.object, bytes: tail.into(), start }
    }

    fn piece(&mut self, bytes: Bytes) -> Piece {
        let (line, byte, record) = (self.line, self.byte, self.record);
        let start = Start::Part { framing: Framing::Lines, line, byte, record };
        if self.positions == Positions::Counted {
            let records = Records::new(&bytes, Framing::Lines, line, byte, 0).count();
            self.record = self.record.saturating_add(records as u64);
        }
        let lines = memchr::memchr_iter(b'\n', &bytes).count();
        self.line = self.line.saturating_add(lines as u64);
        self.byte = self.byte.saturating_add(bytes.len() as u64);
        Piece { object: Arc::clone(&self.object), bytes, start }
    }
}

/// Where the part that begins at `at` ends: after the last line's end within a part's size, or else after
/// the first one beyond it.
fn next_end(chunk: &[u8], at: usize) -> Option<usize> {
    let rest = chunk.get(at..)?;
    let within = rest.get(..PART_BYTES).unwrap_or(rest);
    let newline = match memchr::memrchr(b'\n', within) {
        Some(newline) => newline,
        None => within.len().saturating_add(memchr::memchr(b'\n', rest.get(within.len()..)?)?),
    };
    Some(at.saturating_add(newline).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], chunk: usize) -> Vec<Piece> {
        let object = Object { key: "a.json".into(), size: 0, modified: Default::default(), etag: None };
        let mut cutter = Cutter::new(Arc::new(object), Positions::Counted);
        let mut pieces: Vec<_> =
            text.chunks(chunk).flat_map(|chunk| cutter.push(&Bytes::copy_from_slice(chunk))).collect();
        pieces.extend(cutter.finish());
        let end = pieces.pop().unwrap();
        assert!(matches!(end.start, Start::End { byte } if byte == text.len() as u64));
        pieces
    }

    #[test]
    fn parts_are_whole_lines_at_their_places_however_the_chunks_fall() {
        let text = b"{\"a\":1}\n\n{\"b\":\"a long record, longer than the chunks\"}\r\n{}\n{\"c\":3}";
        for chunk in 1..text.len() + 2 {
            let mut seen = Vec::new();
            for piece in cut(text, chunk) {
                let Start::Part { framing, line, byte, record } = piece.start else { panic!("a part") };
                assert_eq!((framing, byte), (Framing::Lines, seen.len() as u64), "chunks of {chunk}");
                let before = memchr::memchr_iter(b'\n', &seen).count() as u64;
                assert_eq!(line, before + 1, "chunks of {chunk}");
                let records = Records::new(&seen, Framing::Lines, 1, 0, 0).count() as u64;
                assert_eq!(record, records, "chunks of {chunk}");
                assert!(seen.last().is_none_or(|byte| *byte == b'\n'), "chunks of {chunk}");
                seen.extend_from_slice(&piece.bytes);
            }
            assert_eq!(seen, text, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_large_chunk_makes_many_parts_without_a_copy() {
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        let text = Bytes::from(line.repeat(8 << 10));
        let mut cutter = Cutter::new(
            Arc::new(Object { key: String::new(), size: 0, modified: Default::default(), etag: None }),
            Positions::Uncounted,
        );
        let pieces = cutter.push(&text);
        assert_eq!(pieces.iter().map(|piece| piece.bytes.len()).collect::<Vec<_>>(), [PART_BYTES; 4]);
        assert!(pieces.iter().zip(0..).all(|(piece, n)| piece.bytes.as_ptr() == text.slice(n * PART_BYTES..).as_ptr()));
        assert_eq!(cutter.finish().count(), 1);
    }

    #[test]
    fn a_record_longer_than_a_part_is_one() {
        let text = [&vec![b'x'; PART_BYTES * 3][..], b"\nend"].concat();
        for chunk in [text.len(), PART_BYTES, 1 << 16] {
            let pieces = cut(&text, chunk);
            assert_eq!(pieces.iter().map(|piece| piece.bytes.len()).collect::<Vec<_>>(), [PART_BYTES * 3 + 1, 3]);
        }
    }

    #[test]
    fn nothing_makes_no_part() {
        assert!(cut(b"", 1).is_empty());
    }
}
