//! Decompressing objects bit by bit: compressed bytes -> chunks of plain ones -> parts.
//!
//! Owns what an object may grow to. It must not fetch; it reads from whatever it is given, and blocks.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use bytes::Bytes;

use super::budget::{Buffers, PART_BYTES};
use super::pack::{Piece, Start};
use super::parts::Cutter;
use super::wanted::Positions;
use crate::config::RecordPolicy;
use crate::error::{Error, Result};
use crate::json::Framing;
use crate::landing::Compression;
use crate::store::Object;

/// What the objects of a table may be in memory, or grow to.
#[derive(Clone, Debug)]
pub struct ObjectLimit {
    /// Whose objects they are.
    pub table: Arc<str>,
    /// The bytes of one.
    pub bytes: u64,
    /// The bytes of a record, beyond which nothing is gathered that may be one.
    pub record_bytes: u64,
}

impl ObjectLimit {
    /// As the policy of the table says.
    pub fn new(table: &str, policy: &RecordPolicy) -> ObjectLimit {
        ObjectLimit { table: table.into(), bytes: policy.max_object_bytes, record_bytes: policy.max_record_bytes }
    }

    /// What is said of an object that is larger.
    pub fn exceeded(&self, object: &Object) -> Error {
        let ObjectLimit { table, bytes, .. } = self;
        Error::statement(format!("object `{}` holds more than the {bytes} bytes that are allowed", object.shown()))
            .hint(format!("if that is right, raise `max_object_size` under `[tables.{table}]`"))
    }
}

/// One compressed object being read.
pub struct Inflater {
    object: Arc<Object>,
    plain: Box<dyn Read + Send>,
    /// Bytes that it has given.
    given: u64,
    limit: ObjectLimit,
    /// Why it gives no more, where that is not its end.
    damage: Option<Arc<str>>,
    /// Whether that is because the compressed bytes end too soon.
    is_cut_short: bool,
}

/// The parts of one compressed object that is in memory, one after another.
pub struct InflatedParts {
    inflater: Inflater,
    progress: Progress,
    buffers: Buffers,
}

enum Progress {
    /// Nothing was read yet.
    Beginning,
    Cutting(Cutter, VecDeque<Piece>),
    /// Everything was read.
    Ending(VecDeque<Piece>),
}

impl Inflater {
    /// Reads what `compressed` is the gzip or zstd form of, up to the limit. Bytes that are neither
    /// are given as they are.
    pub fn new(
        object: Arc<Object>,
        compression: Compression,
        compressed: impl Read + Send + 'static,
        limit: ObjectLimit,
    ) -> Result<Inflater> {
        let plain: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(compressed),
            // Large reads of the compressed bytes, which come in chunks that are in memory already.
            Compression::Gzip => {
                Box::new(flate2::bufread::MultiGzDecoder::new(io::BufReader::with_capacity(64 << 10, compressed)))
            }
            Compression::Zstd => {
                let failed = |error| Error::bug("the decompressor could not be set up").because(error);
                Box::new(zstd::Decoder::new(compressed).map_err(failed)?)
            }
        };
        Ok(Inflater { object, plain, given: 0, limit, damage: None, is_cut_short: false })
    }

    /// Appends plain bytes to `buffer` until it holds `wanted`, the object ends or it can't be decompressed
    /// any further; how many those were.
    ///
    /// # Errors
    /// The object is larger than it may be.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> Result<usize> {
        // One byte beyond what is allowed tells an object that is too large.
        let allowed = self.limit.bytes.saturating_sub(self.given).saturating_add(1);
        let room = (wanted.saturating_sub(buffer.len()) as u64).min(allowed);
        if self.damage.is_some() {
            return Ok(0);
        }
        let before = buffer.len();
        if let Err(error) = (&mut self.plain).take(room).read_to_end(buffer) {
            // What came before is as it was written; records in it are not lost with what follows.
            self.damage = Some(error.to_string().into());
            self.is_cut_short = error.kind() == io::ErrorKind::UnexpectedEof;
        }
        let read = buffer.len().saturating_sub(before);
        self.given = self.given.saturating_add(read as u64);
        if self.given > self.limit.bytes {
            return Err(self.limit.exceeded(&self.object));
        }
        Ok(read)
    }

    /// Whether the compressed bytes end too soon, and are as they should be up to there.
    pub fn is_cut_short(&self) -> bool {
        self.is_cut_short
    }

    /// Why it gave less than the object holds, if it did.
    pub fn damage(&self) -> Option<Arc<str>> {
        self.damage.clone()
    }
}

impl InflatedParts {
    /// The parts of an object whose compressed bytes are `bytes`.
    pub fn new(
        object: Arc<Object>,
        compression: Compression,
        bytes: Bytes,
        limit: ObjectLimit,
        buffers: Buffers,
    ) -> Result<InflatedParts> {
        let inflater = Inflater::new(object, compression, Cursor::new(bytes), limit)?;
        Ok(InflatedParts { inflater, progress: Progress::Beginning, buffers })
    }

    /// The next part; a small object, or one whose records may span lines, has but one. The last of a
    /// damaged one is where it ends.
    pub fn next(&mut self) -> Result<Option<Piece>> {
        loop {
            match &mut self.progress {
                Progress::Ending(ready) => return Ok(ready.pop_front()),
                Progress::Beginning => {
                    let mut bytes = self.buffers.take();
                    self.inflater.fill(&mut bytes, PART_BYTES)?;
                    let framing = Framing::detect(&bytes);
                    let object = Arc::clone(&self.inflater.object);
                    if bytes.len() < PART_BYTES && self.inflater.damage.is_none() {
                        self.progress = Progress::Ending(VecDeque::new());
                        let start = Start::Part { framing, line: 1, byte: 0, record: 0 };
                        return Ok(Some(Piece { object, bytes: self.buffers.lend(bytes), start }));
                    }
                    // Whoever reads the parts one after another counts their records by itself.
                    let limit = self.inflater.limit.clone();
                    let mut cutter = Cutter::new(object, framing, limit, Positions::Uncounted);
                    let ready = cutter.push(&self.buffers.lend(bytes), None)?.into();
                    self.progress = Progress::Cutting(cutter, ready);
                }
                Progress::Cutting(cutter, ready) => {
                    if let Some(piece) = ready.pop_front() {
                        return Ok(Some(piece));
                    }
                    let mut bytes = self.buffers.take();
                    self.inflater.fill(&mut bytes, PART_BYTES)?;
                    let bytes = self.buffers.lend(bytes);
                    if !bytes.is_empty() {
                        ready.extend(cutter.push(&bytes, None)?);
                        continue;
                    }
                    let ending = Progress::Ending(VecDeque::new());
                    let Progress::Cutting(cutter, _) = std::mem::replace(&mut self.progress, ending) else { continue };
                    self.progress = Progress::Ending(match self.inflater.damage() {
                        Some(reason) => cutter.damaged(reason).collect(),
                        // Its end is told by there being no next part.
                        None => cutter.finish().filter(|piece| !matches!(piece.start, Start::End { .. })).collect(),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn parts(compressed: Vec<u8>, most: u64) -> Result<Vec<Piece>> {
        let object = Object { key: "a.json".into(), size: 0, modified: Default::default(), etag: None };
        let compression = Compression::of_magic(&compressed);
        let limit = ObjectLimit { table: "pin".into(), bytes: most, record_bytes: 64 << 20 };
        let mut parts = InflatedParts::new(Arc::new(object), compression, compressed.into(), limit, Buffers::new(2))?;
        std::iter::from_fn(|| parts.next().transpose()).collect()
    }

    #[test]
    fn parts_hold_every_byte_once_of_every_member_and_frame() {
        let line = [&[b'1'; 999][..], b"\n"].concat();
        let plain = line.repeat(5_000);
        let halves = plain.split_at(2_222_333);
        let zstd = |plain| zstd::encode_all(plain, 1).unwrap();
        for compressed in [
            gzip(&plain),
            [gzip(halves.0), gzip(halves.1)].concat(),
            zstd(&plain[..]),
            [zstd(halves.0), zstd(halves.1)].concat(),
        ] {
            let parts = parts(compressed, plain.len() as u64).unwrap();
            assert!(parts.len() > 2 && parts.iter().all(|part| part.bytes.len() <= PART_BYTES));
            assert_eq!(parts.iter().flat_map(|part| part.bytes.to_vec()).collect::<Vec<_>>(), plain);
        }
    }

    #[test]
    fn small_ones_and_those_of_many_lines_are_one_part() {
        assert_eq!(parts(gzip(b"{}\n{}"), 5).unwrap().len(), 1);
        assert_eq!(parts(gzip(b""), 5).unwrap()[0].bytes.len(), 0);
        let array = format!("[{}0]", "1,\n".repeat(1 << 20));
        let parts = parts(gzip(array.as_bytes()), u64::MAX).unwrap();
        assert_eq!((parts.len(), parts[0].bytes.len()), (1, array.len()));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![b'\n'; 16 << 20]);
        assert!(bomb.len() < 1 << 20);
        let error = parts(bomb.clone(), 9_999_999).unwrap_err();
        assert_eq!(error.message(), "object `a.json` holds more than the 9999999 bytes that are allowed");
        assert!(error.hints()[0].contains("`max_object_size` under `[tables.pin]`"));
        assert!(parts(bomb, 16 << 20).is_ok());
    }

    #[test]
    fn what_is_cut_short_gives_its_lines_and_says_where_it_ends() {
        let line = b"{\"a\":1}\n";
        for (lines, compress) in [
            (1_000, gzip as fn(&[u8]) -> Vec<u8>),
            (500_000, gzip),
            (500_000, |plain| zstd::encode_all(plain, 1).unwrap()),
        ] {
            let mut compressed = compress(&line.repeat(lines));
            compressed.truncate(compressed.len() - 9);
            let parts = parts(compressed, 1 << 30).unwrap();
            let (last, whole) = parts.split_last().unwrap();
            let given: Vec<u8> = whole.iter().flat_map(|part| part.bytes.to_vec()).collect();
            assert!(
                given.len() > line.len() * lines / 2
                    && given.len().is_multiple_of(line.len())
                    && last.bytes.len() < line.len()
            );
            let Start::Damaged { line: number, byte, reason } = &last.start else { panic!("{:?}", last.start) };
            assert_eq!((*number as usize - 1, *byte as usize), (given.len() / line.len(), given.len()));
            assert!(!reason.is_empty());
        }
        let mut array = gzip(b"[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]");
        array.truncate(array.len() - 9);
        let parts = parts(array, 1 << 20).unwrap();
        assert!(matches!(parts[1].start, Start::Damaged { .. }) && parts[0].bytes.starts_with(b"[{"));
    }
}
