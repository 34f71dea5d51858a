//! The beginning of an object that is looked at for its columns.
//!
//! Owns how much of it that is, and that it takes no more memory than a record may. It must not look inside.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::json::{Framing, PartEnd, Place};
use crate::landing::Compression;
use crate::scan::fetch::{Cutter, Inflater, ObjectLimit, PART_BYTES, Positions, Start, count_line_ends};
use crate::scan::objects::Snapshot;
use crate::scan::rows::{Damage, damaged, skip_hint};
use crate::store::Object;

/// An object up to this size is fetched whole, for the scan as well.
const WHOLE_UP_TO: u64 = 1 << 20;
/// Of an object's bytes one in so many is looked at, between these bounds: a run does nothing else before, and a
/// smaller object is one of more.
const LOOKED_AT: u64 = 128;
const LEAST_BYTES: usize = 64 << 10;
const MOST_BYTES: usize = 1 << 20;

/// What all looks beyond the first of them may fetch at once, in units of `WHOLE_UP_TO`: one may take all of it.
const UNITS: u16 = 64;

/// Memory for looks at objects that need more than a first one, for all tables of a session together.
#[derive(Clone, Debug)]
pub struct LookingSpace(Arc<Semaphore>);

/// Whole records at the beginning of an object.
#[derive(Debug)]
pub struct Head {
    /// Their plain bytes.
    pub bytes: Bytes,
    /// How they follow one another.
    pub framing: Framing,
    /// Held until they were looked at.
    #[expect(dead_code, reason = "it is held, not read")]
    pub space: Option<OwnedSemaphorePermit>,
}

impl Default for LookingSpace {
    fn default() -> LookingSpace {
        LookingSpace(Arc::new(Semaphore::new(UNITS.into())))
    }
}

impl LookingSpace {
    /// Waits until so many bytes more may be fetched; a first look needs no leave.
    async fn reserve(&self, bytes: u64) -> Result<Option<OwnedSemaphorePermit>> {
        if bytes <= WHOLE_UP_TO {
            return Ok(None);
        }
        let units = u32::try_from(bytes.div_ceil(WHOLE_UP_TO).min(UNITS.into())).unwrap_or(u32::MAX);
        let closed = |error| Error::bug("a limit on sampling was closed").because(error);
        Arc::clone(&self.0).acquire_many_owned(units).await.map(Some).map_err(closed)
    }
}

/// How much of an object's bytes there is to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// There is more, if need be.
    Beginning,
    /// There is more, but nothing further is looked at.
    Most,
    /// It is all.
    All,
}

/// The whole of a small object, or whole records at the beginning of a large one. The inner error is
/// the object's own: it can be fetched, and not be read.
pub async fn head(
    snapshot: &Snapshot,
    limit: &ObjectLimit,
    space: &LookingSpace,
    object: &Arc<Object>,
) -> Result<Result<Head>> {
    let store = snapshot.store();
    let most = most(limit) as u64;
    let mut wanted = if object.size <= WHOLE_UP_TO { WHOLE_UP_TO } else { looked_at(object) as u64 };
    loop {
        let reach = match () {
            () if wanted >= object.size => Reach::All,
            () if wanted >= most => Reach::Most,
            () => Reach::Beginning,
        };
        let space = space.reserve(wanted.min(object.size)).await?;
        let bytes = match reach {
            Reach::All => store.get(object).await?,
            Reach::Beginning | Reach::Most => store.get_range_alone(object, 0..wanted).await?,
        };
        if reach == Reach::All {
            snapshot.keep_sampled(object, &bytes);
        }
        match begin(limit, object, bytes, reach) {
            Ok(Some(head)) => return Ok(Ok(Head { space, ..head })),
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
        // No line ends here, or records span lines: look further, and at the whole of it before long.
        wanted = wanted.saturating_mul(8).min(most.max(WHOLE_UP_TO));
    }
}

/// Plain bytes beyond which nothing is gathered: one record may be as long.
fn most(limit: &ObjectLimit) -> usize {
    usize::try_from(limit.record_bytes).unwrap_or(usize::MAX).max(PART_BYTES).saturating_add(1)
}

/// The plain records in the first `bytes` of an object; none where that is too little to tell.
fn begin(limit: &ObjectLimit, object: &Arc<Object>, bytes: Bytes, reach: Reach) -> Result<Option<Head>> {
    let (compression, looked_at) = (Compression::of_magic(&bytes), looked_at(object));
    if compression == Compression::None {
        if reach == Reach::All && bytes.len() <= looked_at {
            return Ok(Some(Head::whole(bytes)));
        }
        let lines = whole_lines(&bytes.slice(..looked_at.min(bytes.len())));
        return match lines {
            Some(lines) => Ok(Some(lines)),
            None if reach == Reach::Beginning => Ok(None),
            None if reach == Reach::All && bytes.len() < most(limit) => Ok(Some(Head::whole(bytes))),
            None => Head::cut(limit, object, bytes.slice(..most(limit).min(bytes.len()))).map(Some),
        };
    }
    let mut inflater = Inflater::new(Arc::clone(object), compression, Cursor::new(bytes), limit.clone())?;
    let mut plain = Vec::new();
    inflater.fill(&mut plain, looked_at)?;
    if plain.len() >= looked_at {
        let head = Bytes::from(plain);
        if let Some(lines) = whole_lines(&head) {
            return Ok(Some(lines));
        }
        plain = head.into();
    }
    if reach == Reach::Beginning {
        return Ok(None);
    }
    inflater.fill(&mut plain, most(limit))?;
    // What was fetched in part ends too soon: that says nothing of the object.
    let damage = inflater.damage().filter(|_| reach == Reach::All || !inflater.is_cut_short());
    if let Some(reason) = damage.filter(|_| plain.len() < most(limit)) {
        let line = count_line_ends(&plain) + 1;
        let byte = memchr::memrchr(b'\n', &plain).map_or(0, |newline| newline as u64 + 1);
        let damage = Damage { line, byte, reason: reason.to_string(), text: String::new() };
        return Err(damaged(&limit.table, object, &damage));
    }
    if plain.len() >= most(limit) || reach == Reach::Most {
        return Head::cut(limit, object, plain.into()).map(Some);
    }
    Ok(Some(Head::whole(plain.into())))
}

impl Head {
    fn whole(bytes: Bytes) -> Head {
        Head { framing: Framing::detect(&bytes), bytes, space: None }
    }

    /// The records that end in these bytes, which are as many as are looked at.
    fn cut(limit: &ObjectLimit, object: &Arc<Object>, bytes: Bytes) -> Result<Head> {
        let framing = Framing::detect(&bytes);
        let mut cutter = Cutter::new(Arc::clone(object), framing, limit.clone(), Positions::Uncounted);
        let parts = cutter.push(&bytes, None)?;
        let parts = parts.iter().take_while(|part| matches!(part.start, Start::Part { .. }));
        let end: usize = parts.map(|part| part.bytes.len()).sum();
        if end == 0 {
            let most = limit.record_bytes;
            return Err(Error::statement(format!(
                "object `{}`, line 1: the record has more than the {most} bytes of `max_record_size`",
                object.shown()
            ))
            .hint(skip_hint(&limit.table)));
        }
        let framing = match framing {
            Framing::Lines => Framing::Lines,
            Framing::Values | Framing::PartOfValues(..) => {
                Framing::PartOfValues(Place::Outside, PartEnd::BetweenRecords)
            }
        };
        Ok(Head { bytes: bytes.slice(..end), framing, space: None })
    }
}

/// How many bytes of the object's records are looked at.
fn looked_at(object: &Object) -> usize {
    usize::try_from(object.size / LOOKED_AT).unwrap_or(MOST_BYTES).clamp(LEAST_BYTES, MOST_BYTES)
}

/// The lines that end in these bytes, where lines hold records.
fn whole_lines(bytes: &Bytes) -> Option<Head> {
    let end = memchr::memrchr(b'\n', bytes)?;
    let is_lines = Framing::detect(bytes) == Framing::Lines;
    is_lines.then(|| Head { bytes: bytes.slice(..=end), framing: Framing::Lines, space: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Records;

    fn object(key: &str) -> Arc<Object> {
        Arc::new(Object { key: key.to_owned(), size: 1, modified: Default::default(), etag: None })
    }

    #[test]
    fn a_head_is_whole_lines_and_what_is_too_little_to_tell_is_said() {
        let limit = ObjectLimit { table: "pin".into(), bytes: 64 << 20, record_bytes: 64 << 20 };
        let head = |bytes: &[u8], is_all| {
            let reach = if is_all { Reach::All } else { Reach::Beginning };
            let head = begin(&limit, &object("a.json"), Bytes::copy_from_slice(bytes), reach).unwrap();
            head.map(|head| head.bytes.len())
        };
        let lines = "{\"a\":1}\n".repeat(40_000);
        let (lines, array) = (lines.as_bytes(), format!("[{}1]", "1,\n".repeat(LEAST_BYTES)));
        assert_eq!(head(&lines[..LEAST_BYTES + 100], false), Some(LEAST_BYTES / 8 * 8));
        assert_eq!(head(lines, true), Some(LEAST_BYTES / 8 * 8));
        assert_eq!((head(&[b'1'; 100], false), head(&[b'1'; 100], true)), (None, Some(100)));
        assert_eq!(head(&array.as_bytes()[..LEAST_BYTES], false), None);
        let zstd = |plain: &[u8]| zstd::encode_all(plain, 1).unwrap();
        assert_eq!(head(&zstd(lines), true), Some(LEAST_BYTES / 8 * 8));
        assert_eq!(head(&zstd(array.as_bytes()), true), Some(array.len()));
        let long = [b'1'; LEAST_BYTES + 100];
        assert_eq!((head(&zstd(&long), true), head(&zstd(&long)[..12], false)), (Some(long.len()), None));
    }

    #[test]
    fn a_share_of_a_large_object_is_looked_at() {
        let sized = |size| looked_at(&Object { size, ..Object::clone(&object("a.json")) });
        assert_eq!(sized(100), LEAST_BYTES);
        assert_eq!(sized(64 << 20), 512 << 10);
        assert_eq!(sized(1 << 40), MOST_BYTES);
    }

    #[test]
    fn damage_is_told_of_an_array_of_which_only_the_beginning_was_fetched() {
        let limit = ObjectLimit { table: "pin".into(), bytes: 1 << 40, record_bytes: 3 << 20 };
        let items: String =
            (0..900_000_u64).map(|id| format!("{{\"a\":{}}},\n", id.wrapping_mul(id) % 999_983)).collect();
        let mut stored = zstd::encode_all(format!("[{items}").as_bytes(), 1).unwrap();
        let look = |stored: &[u8]| begin(&limit, &object("a.json"), Bytes::copy_from_slice(stored), Reach::Most);
        assert!(look(&stored).unwrap().unwrap().bytes.len() > 2 << 20);
        // What is fetched ends too soon, which is no damage.
        let error = look(&stored[..100]).unwrap_err();
        assert!(error.message().contains("`max_record_size`"), "{error}");
        stored[..40_000].iter_mut().skip(20_000).for_each(|byte| *byte = 0);
        let error = look(&stored).unwrap_err();
        assert!(!error.message().contains("`max_record_size`"), "{error}");
    }

    #[test]
    fn no_more_is_gathered_than_a_record_may_have() {
        let limit = ObjectLimit { table: "pin".into(), bytes: 1 << 40, record_bytes: 3 << 20 };
        let look = |plain: &str, reach| {
            let head = begin(&limit, &object("a.json"), Bytes::copy_from_slice(plain.as_bytes()), reach);
            head.map(|head| {
                head.map(|head| (Records::new(&head.bytes, head.framing, 1, 0, 0).count(), head.bytes.len()))
            })
        };
        let record = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
        for reach in [Reach::Most, Reach::All] {
            let endless = format!("{{\"a\":\"{}", "x".repeat(6 << 20));
            let error = look(&endless, reach).unwrap_err();
            assert!(error.message().contains("more than the 3145728 bytes of `max_record_size`"), "{error}");
            // Two of five records end in what is looked at.
            for text in [record.repeat(5), format!("[{}]", [record.as_str(); 5].join(",\n"))] {
                let (records, bytes) = look(&text, reach).unwrap().unwrap();
                assert!(records == 2 && bytes < 3 << 20, "{records} in {bytes}");
            }
        }
    }
}
