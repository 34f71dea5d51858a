//! gzip and zstd: the parts of an object are the bytes that were compressed, up to where it is damaged, and no more than
//! it may grow to.

use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Kind, Result};
use crate::fetch::inflate::{InflatedParts, Inflater, ObjectLimit};
use crate::fetch::pack::{Piece, Start};
use crate::fetch::parts::Cutter;
use crate::fetch::wanted::Positions;
use crate::json::{BadRecord, Framing, Record, Records};
use crate::landing::Compression;
use crate::store::Object;

/// What an object may grow to here; bombs go on for longer.
const MOST: u64 = 1 << 20;

/// The first byte says whether the rest is compressed already (even) or is to be, by the four bytes behind it.
pub fn check(bytes: &[u8]) {
    let [choice, rest @ ..] = bytes else { return };
    if choice % 2 == 0 {
        let compression = Compression::of_magic(rest);
        return check_object(rest, compression, MOST, None);
    }
    let Some((plan, plain)) = rest.split_first_chunk::<4>() else { return };
    let (compressed, compression, fate) = compress(plain, *plan, *choice);
    check_cut(plain, usize::from(plan[3]) + 1);
    match fate {
        Fate::Whole => check_object(&compressed, compression, MOST, Some(plain)),
        // Exactly what it may be, and a byte less.
        Fate::Limited => {
            check_object(&compressed, compression, plain.len() as u64, Some(plain));
            if let Some(less) = (plain.len() as u64).checked_sub(1) {
                let error = parts(&compressed, compression, less).err().expect("it is larger than it may be");
                assert_eq!(error.kind(), Kind::Statement);
            }
        }
        Fate::Damaged => check_object(&compressed, compression, MOST, None),
    }
}

/// What becomes of the compressed bytes.
enum Fate {
    Whole,
    Limited,
    Damaged,
}

/// Compresses in as many members or frames as the plan says, and perhaps does damage.
fn compress(plain: &[u8], plan: [u8; 4], choice: u8) -> (Vec<u8>, Compression, Fate) {
    let [cuts, level, harm, place] = plan;
    let compression = if choice & 2 == 0 { Compression::Gzip } else { Compression::Zstd };
    let size = plain.len().div_ceil(usize::from(cuts % 5) + 1).max(1);
    let mut compressed = Vec::new();
    let members: Vec<&[u8]> = if plain.is_empty() { vec![plain] } else { plain.chunks(size).collect() };
    for member in members {
        match compression {
            Compression::Gzip => {
                let level = flate2::Compression::new(u32::from(level % 10));
                let mut encoder = flate2::write::GzEncoder::new(compressed, level);
                encoder.write_all(member).expect("memory takes everything");
                compressed = encoder.finish().expect("memory takes everything");
            }
            _ => compressed.extend(zstd::encode_all(member, i32::from(level % 6)).expect("memory takes everything")),
        }
    }
    let at = compressed.len() * usize::from(place) / 256;
    let fate = match harm % 8 {
        0..=2 => Fate::Whole,
        3 => Fate::Limited,
        4 => {
            compressed.truncate(at);
            Fate::Damaged
        }
        5 => {
            compressed.extend_from_slice(plain);
            Fate::Damaged
        }
        6 => {
            compressed.splice(at..at, plan);
            Fate::Damaged
        }
        _ => {
            compressed.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (level % 8));
            Fate::Damaged
        }
    };
    (compressed, compression, fate)
}

/// Reads the object in parts; compares with the library over the whole bytes, and with `plain` where that is known.
fn check_object(compressed: &[u8], compression: Compression, most: u64, plain: Option<&[u8]>) {
    let (expected, ended) = reference(compressed, compression, most);
    if let Some(plain) = plain {
        assert!(ended == Ended::Well && expected == plain, "what was compressed is what is read");
    }
    match parts(compressed, compression, most) {
        Err(error) => {
            assert_eq!((error.kind(), ended), (Kind::Statement, Ended::Large), "{}", error.render());
        }
        Ok(pieces) => {
            let damage = check_pieces(&pieces);
            let given: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.to_vec()).collect();
            match damage {
                false => assert!(ended == Ended::Well && given == expected),
                true => assert!(ended != Ended::Well && (given.starts_with(&expected) || expected.starts_with(&given))),
            }
            assert!(given.len() as u64 <= most);
        }
    }
    // As large objects are read: chunk by chunk, from compressed chunks of any size.
    for step in [1, 7, 4096] {
        check_chunks(compressed, compression, most, step, &expected, ended);
    }
}

/// What is cut into parts, each in little memory, holds the records of the whole, as long as none is longer than allowed.
fn check_cut(plain: &[u8], step: usize) {
    let framing = Framing::detect(plain);
    let limit = ObjectLimit { record_bytes: 1, ..limit(MOST) };
    let mut cutter = Cutter::new(object(), framing, limit, Positions::Counted);
    let mut pieces = Vec::new();
    for chunk in plain.chunks(step) {
        match cutter.push(&Bytes::copy_from_slice(chunk)) {
            Ok(more) => pieces.extend(more),
            Err(error) => return assert_eq!(error.kind(), Kind::Statement),
        }
    }
    pieces.extend(cutter.finish());
    let whole: Vec<_> = Records::new(plain, framing, 1, 0, 0).collect();
    let is_good = |record: &Result<Record<'_>, BadRecord>| record.as_ref().is_ok_and(Record::is_whole);
    let was_passed = pieces.iter().any(|piece| matches!(piece.start, Start::Passed { .. }));
    if was_passed || !whole.iter().all(is_good) {
        return;
    }
    let place = |record: Record<'_>| (record.line, record.byte, record.position, record.text.to_vec());
    let mut expected = whole.into_iter().map(|record| place(record.expect("all are good")));
    for piece in &pieces {
        let Start::Part { framing, line, byte, record } = piece.start else { continue };
        for record in Records::new(&piece.bytes, framing, line, byte, record) {
            let record = record.unwrap_or_else(|bad| panic!("good records are cut into {bad:?}"));
            assert_eq!(Some(place(record)), expected.next());
        }
    }
    assert_eq!(expected.next(), None);
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ended {
    Well,
    Damaged,
    Large,
}

/// What the library makes of all bytes at once, up to the limit.
fn reference(compressed: &[u8], compression: Compression, most: u64) -> (Vec<u8>, Ended) {
    let mut plain = Vec::new();
    let read = match compression {
        Compression::None => io::Cursor::new(compressed).take(most + 1).read_to_end(&mut plain),
        Compression::Gzip => flate2::read::MultiGzDecoder::new(compressed).take(most + 1).read_to_end(&mut plain),
        Compression::Zstd => {
            let decoder = zstd::Decoder::with_buffer(compressed).expect("a decompressor can be made");
            decoder.take(most + 1).read_to_end(&mut plain)
        }
    };
    let ended = match read {
        _ if plain.len() as u64 > most => Ended::Large,
        Ok(_) => Ended::Well,
        Err(_) => Ended::Damaged,
    };
    (plain, ended)
}

fn object() -> Arc<Object> {
    Arc::new(Object { key: "a.json".into(), size: 0, modified: Default::default(), etag: None })
}

fn limit(most: u64) -> ObjectLimit {
    ObjectLimit { table: "t".into(), bytes: most, record_bytes: u64::MAX }
}

fn parts(compressed: &[u8], compression: Compression, most: u64) -> Result<Vec<Piece>> {
    let mut parts = InflatedParts::new(object(), compression, Bytes::copy_from_slice(compressed), limit(most))?;
    std::iter::from_fn(|| parts.next().transpose()).collect()
}

/// The pieces follow one another without a gap; whether the last one is damage.
fn check_pieces(pieces: &[Piece]) -> bool {
    let (mut byte, mut line, mut damaged) = (0, 1, false);
    for (number, piece) in pieces.iter().enumerate() {
        let is_last = number + 1 == pieces.len();
        match &piece.start {
            Start::Part { line: at, byte: offset, .. } => assert_eq!((*offset, *at), (byte, line)),
            Start::Passed { .. } => panic!("nothing is too long here"),
            Start::Damaged { byte: offset, reason, .. } => {
                assert!(is_last && *offset == byte && !reason.is_empty());
                damaged = true;
            }
            Start::End { byte: offset } => assert!(is_last && *offset == byte),
            Start::Object => assert!(number == 0),
        }
        byte += piece.bytes.len() as u64;
        line += memchr::memchr_iter(b'\n', &piece.bytes).count() as u64;
    }
    damaged
}

/// Gives a few bytes at a time.
struct Steps {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Read for Steps {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[self.at..];
        let length = rest.len().min(buffer.len()).min(self.step);
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }
}

fn check_chunks(compressed: &[u8], compression: Compression, most: u64, step: usize, expected: &[u8], ended: Ended) {
    let steps = Steps { bytes: compressed.to_vec(), at: 0, step };
    let mut inflater = Inflater::new(object(), compression, steps, limit(most)).expect("a decompressor can be made");
    let mut given = Vec::new();
    loop {
        let before = given.len();
        match inflater.fill(&mut given, before + 1000) {
            Err(error) => {
                assert_eq!((error.kind(), ended), (Kind::Statement, Ended::Large), "{}", error.render());
                // One byte tells that there are more than allowed.
                assert_eq!(given.len() as u64, most + 1);
                return;
            }
            Ok(0) => break,
            Ok(read) => assert!(given.len() == before + read && read <= 1000),
        }
    }
    match inflater.damage() {
        None => assert!(ended == Ended::Well && given == expected, "in steps of {step}"),
        Some(_) => assert!(ended != Ended::Well && (given.starts_with(expected) || expected.starts_with(&given))),
    }
}
