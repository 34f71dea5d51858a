//! The beginning of an object: as much of it as a sample needs, cut where a record ends.
//!
//! Owns how many bytes are fetched of one object, and what stands in for the whole of it: lines, values or an array, which
//! no cut makes broken. It must not judge what is in them: what can't be cut is handed on as it is, or not at all.

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::error::{Error, Result};
use crate::json::{Framing, PartEnd, Place, Records};
use crate::landing::Compression;
use crate::store::{Object, Store};

/// An object up to this size is fetched whole, as it is; of a larger one so many bytes, stored and plain.
pub(super) const WHOLE: u64 = 1 << 20;

/// What was fetched of an object.
#[derive(Debug)]
pub(super) struct Beginning {
    /// What stands in for the object: its bytes as they are stored, or plain ones from its start.
    pub bytes: Bytes,
    /// Bytes that came to this machine.
    pub fetched: u64,
    /// Whether records follow that are not in it.
    pub is_cut: bool,
}

/// What the first plain bytes of a compressed object are.
#[derive(Debug, PartialEq, Eq)]
enum Inflated {
    /// These, and perhaps more.
    Plain(Vec<u8>),
    /// They can't be told, by the object's own fault.
    Damaged,
}

/// The whole of an object, or whole records at its beginning; none where its first record is longer than that and `left`,
/// the bytes that may be spent on such, does not cover the object.
///
/// # Errors
/// It can't be fetched.
pub(super) async fn beginning(store: &Store, object: &Object, left: &AtomicU64) -> Result<Option<Beginning>> {
    let whole = async || {
        let bytes = store.get(object).await?;
        Ok(Some(Beginning { fetched: bytes.len() as u64, bytes, is_cut: false }))
    };
    if object.size <= WHOLE {
        return whole().await;
    }
    let head = store.get_range_alone(object, 0..WHOLE).await?;
    let fetched = head.len() as u64;
    // Inflating keeps a thread busy for milliseconds, which others wait for that only move bytes.
    let records = tokio::task::spawn_blocking(move || records_of(&head)).await;
    let records = records.map_err(|error| Error::bug("the beginning of an object could not be read").because(error))?;
    if let Some(bytes) = records {
        return Ok(Some(Beginning { bytes, fetched, is_cut: true }));
    }
    let spend = |left: u64| left.checked_sub(object.size);
    match left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend) {
        Ok(_) => whole().await,
        Err(_) => Ok(None),
    }
}

/// Plain whole records from the first bytes of an object, or these bytes themselves where they are damaged: that is for
/// those to tell who read it.
fn records_of(head: &Bytes) -> Option<Bytes> {
    match Compression::of_magic(head) {
        Compression::None => whole_records(head),
        Compression::Gzip => match inflate(flate2::bufread::MultiGzDecoder::new(head.as_ref())) {
            Inflated::Plain(plain) => whole_records(&Bytes::from(plain)),
            Inflated::Damaged => Some(head.clone()),
        },
        Compression::Zstd => match zstd::Decoder::new(head.as_ref()).map(inflate) {
            Ok(Inflated::Plain(plain)) => whole_records(&Bytes::from(plain)),
            Ok(Inflated::Damaged) => Some(head.clone()),
            Err(_) => None,
        },
    }
}

fn inflate(decoder: impl Read) -> Inflated {
    let mut plain = Vec::new();
    match decoder.take(WHOLE).read_to_end(&mut plain) {
        // The compressed bytes were cut off, so that they end too early.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Inflated::Damaged,
        Ok(_) | Err(_) => Inflated::Plain(plain),
    }
}

/// The records that end in these first plain bytes of an object, in a form that ends well; none where none does.
fn whole_records(head: &Bytes) -> Option<Bytes> {
    if Framing::detect(head) == Framing::Lines
        && let Some(end) = memchr::memrchr(b'\n', head)
    {
        return Some(head.slice(..=end));
    }
    let mut records = Records::new(head, Framing::PartOfValues(Place::Outside, PartEnd::BetweenRecords), 1, 0, 0);
    let (mut end, mut place) = (0, Place::Outside);
    while let Some(next) = records.next() {
        let Ok(record) = next else { continue };
        let after = usize::try_from(record.byte).unwrap_or(usize::MAX).saturating_add(record.text.len());
        if record.is_whole() {
            // A number that ends with the bytes may go on behind them.
            if after < head.len() {
                (end, place) = (after, records.place());
            }
        } else if ends_early(record.byte, head) {
            break;
        }
    }
    let plain = head.get(..end).filter(|plain| !plain.is_empty())?;
    match place {
        Place::Outside => Some(head.slice(..end)),
        Place::ItemOrEnd | Place::CommaOrEnd | Place::Item => Some([plain, b"\n]"].concat().into()),
    }
}

/// Whether the value that begins there is one that more bytes might make whole.
fn ends_early(byte: u64, head: &[u8]) -> bool {
    let rest = usize::try_from(byte).ok().and_then(|byte| head.get(byte..)).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    matches!(values.next(), Some(Err(error)) if error.is_eof())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn cut(head: &str) -> Option<String> {
        let whole = whole_records(&Bytes::copy_from_slice(head.as_bytes()))?;
        Some(String::from_utf8(whole.to_vec()).unwrap())
    }

    #[test]
    fn what_is_cut_ends_with_a_record() {
        for (head, expected) in [
            ("{\"a\":1}\n{\"a\":2}\n{\"a\":", Some("{\"a\":1}\n{\"a\":2}\n")),
            ("{\"a\":1}{\"a\":2}{\"a", Some("{\"a\":1}{\"a\":2}")),
            ("[{\"a\":1},\n{\"a\":2},\n{\"a", Some("[{\"a\":1},\n{\"a\":2}\n]")),
            ("[{\"a\":1},{\"a\":2},{\"a\":[{\"b\":1},", Some("[{\"a\":1},{\"a\":2}\n]")),
            ("[{\"a\":1},{\"a\":2}]\n[{\"a\":3}, {", Some("[{\"a\":1},{\"a\":2}]\n[{\"a\":3}\n]")),
            ("{\n  \"a\": 1\n}\n{\n  \"a\": {\n    \"b\":", Some("{\n  \"a\": 1\n}")),
            ("{\n  \"a\": 1\n}\n{\n  \"a\": [\n    {\"b\": 1},\n  {\"b\": 2}", Some("{\n  \"a\": 1\n}")),
            // What is broken is left to be told of; a number may go on.
            ("[\n{\"a\":1},\n{\"a\":,},\n{\"a\":3},\n{\"a", Some("[\n{\"a\":1},\n{\"a\":,},\n{\"a\":3}\n]")),
            ("[1, 23", Some("[1\n]")),
            ("{\"a\":\"no end of it", None),
            ("[", None),
        ] {
            assert_eq!(cut(head).as_deref(), expected, "{head}");
        }
    }

    #[test]
    fn a_compressed_object_gives_plain_records_and_a_damaged_one_its_own_bytes() {
        let plain = "{\"a\":1}\n".repeat(500_000);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        encoder.write_all(plain.as_bytes()).unwrap();
        let gzip = Bytes::from(encoder.finish().unwrap()).slice(..WHOLE as usize);
        let zstd = Bytes::from(zstd::encode_all(plain.as_bytes(), 1).unwrap());
        for head in [gzip.clone(), zstd.slice(..zstd.len() - 5)] {
            let records = records_of(&head).unwrap();
            assert!(records.len() > 900_000 && records.len() <= 1 << 20, "{}", records.len());
            assert!(records.starts_with(b"{\"a\":1}\n{") && records.ends_with(b"}\n"));
        }
        let mut damaged = gzip.to_vec();
        // The length of the first stored block, which has to agree with its complement.
        damaged[11] ^= 0x55;
        assert_eq!(records_of(&damaged.clone().into()).unwrap(), damaged);
    }
}
