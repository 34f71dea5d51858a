//! Reading an object of a bucket: whole or a range, as it was listed and as it was stored, or not at all.
//!
//! Owns the requests that read, and what is asked for again because it came wrong. What a sum is compared with is
//! `integrity`'s; what failed on its way is tried again by the client itself.

use std::ops::Range;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::{GetOptions, GetRange, ObjectStore};

use super::Object;
use super::explain::Explain;
use super::integrity::{Integrity, Judgement, Seal, Told};
use super::meter::Tries;
use super::s3::Prefix;
use crate::error::{Error, Result};

/// How often something that came whole and wrong is asked for again.
pub const AGAIN: usize = 3;

/// Ranges of an object that are read only to compare them, at once.
const RANGES_AT_ONCE: usize = 4;

/// Up to so many ranges of an object are read to its end for the sum of all its bytes, where a statement needs no more.
const RANGES_TO_END: u64 = 8;

/// What the bytes of an object that is read in ranges are held against.
#[derive(Clone)]
pub struct Sealed {
    prefix: Prefix,
    object: Object,
    told: Told,
    seal: Seal,
    /// Bytes that were added.
    read: u64,
    /// Whose doubt it is until all of them were.
    number: u64,
}

/// How an answer is wrong.
enum Wrong {
    Length { expected: u64, found: u64 },
    Sum { what: &'static str, sum: String },
}

/// The whole of an object, or a range within it.
pub async fn get(prefix: &Prefix, object: &Object, range: Option<Range<u64>>) -> Result<Bytes> {
    let mut before: Option<String> = None;
    let mut tries = 0;
    loop {
        let told = Told::default();
        let wrong = match get_once(prefix, object, range.clone(), &told).await? {
            Ok(bytes) => return Ok(bytes),
            Err((Wrong::Sum { sum, .. }, bytes)) if before.as_ref() == Some(&sum) => {
                // The way to here does not damage the same bits twice: it is the service that contradicts itself.
                if prefix.bucket.integrity.disbelieves(object.etag.as_deref(), &told) {
                    return Ok(bytes);
                }
                Wrong::Sum { what: "MD5 or checksum", sum }
            }
            Err((wrong, _)) => wrong,
        };
        if tries >= AGAIN.min(prefix.bucket.retries) {
            return Err(wrong.error(&prefix.place(&object.key)));
        }
        if let Wrong::Sum { sum, .. } = wrong {
            before = Some(sum);
        }
        tries += 1;
    }
}

/// What is known of an object that is read in ranges; see `Store::seal`.
pub async fn seal(prefix: &Prefix, object: &Object) -> Result<Option<Sealed>> {
    if !prefix.is_thorough() {
        return Ok(None);
    }
    let (told, path) = (Told::default(), prefix.client_path(&object.key)?);
    let options = GetOptions { head: true, ..options(prefix, object, None, &told) };
    let place = prefix.place(&object.key);
    let answer = prefix.bucket.reader.get_opts(&path, options).await.explain(&prefix.bucket, "read", &place)?;
    is_as_listed(object, answer.meta.e_tag.as_deref(), &place)?;
    let seal = prefix.bucket.integrity.seal(object.etag.as_deref(), &told, object.size);
    let number = prefix.bucket.doubts.number();
    Ok(seal.map(|seal| Sealed { prefix: prefix.clone(), object: object.clone(), told, seal, read: 0, number }))
}

/// The error of bytes that were others each time they were asked for.
fn changing(prefix: &Prefix, object: &Object) -> Error {
    Wrong::Sum { what: "content", sum: String::new() }.error(&prefix.place(&object.key))
}

/// A range with nothing to hold it against: what came twice the same is believed.
pub async fn get_alone(prefix: &Prefix, object: &Object, range: Range<u64>) -> Result<Bytes> {
    let again = || get(prefix, object, Some(range.clone()));
    let (one, other) = futures::try_join!(again(), again())?;
    if one == other {
        return Ok(one);
    }
    let third = again().await?;
    if third == one || third == other { Ok(third) } else { Err(changing(prefix, object)) }
}

impl Sealed {
    /// Adds the bytes that follow those that were added, and are about to be handed on.
    pub async fn add(&mut self, bytes: &Bytes) {
        self.seal.add(bytes).await;
        self.read = self.read.saturating_add(bytes.len() as u64);
        self.prefix.bucket.doubts.note(self.number, self.clone());
    }

    /// How many bytes were added.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Compares, once all bytes were added. They were handed on by then, so whoever has them must take them back.
    pub async fn check(self) -> Result<()> {
        let Sealed { prefix, object, told, seal, number, .. } = self;
        let integrity: &Integrity = &prefix.bucket.integrity;
        let Judgement::Differing { what, sum } = integrity.finish(seal) else {
            prefix.bucket.doubts.settle(number);
            return Ok(());
        };
        let etag = object.etag.as_deref();
        // Whether the ETag is no sum, or the bytes are damaged, is told by reading them once more.
        if what == "MD5" && integrity.is_unsure(etag) {
            let again = integrity.seal(etag, &told, object.size);
            if let Some(mut again) = again {
                add_ranges(&mut again, &prefix, &object, 0..object.size).await?;
                let same = Judgement::Differing { what, sum: sum.clone() };
                if integrity.finish(again) == same && integrity.disbelieves(etag, &told) {
                    prefix.bucket.doubts.settle(number);
                    return Ok(());
                }
            }
        }
        Err(Wrong::Sum { what, sum }.error(&prefix.place(&object.key)))
    }

    /// Compares what was added, where nobody wants the rest: with all of the object, if there is not much more of it,
    /// and else with the same bytes as they come again.
    pub(super) async fn compare_early(mut self) -> Result<()> {
        let (size, step) = (self.object.size, self.prefix.range_bytes());
        if size.saturating_sub(self.read) <= self.read.max(step.saturating_mul(RANGES_TO_END)) {
            add_ranges(&mut self.seal, &self.prefix, &self.object, self.read..size).await?;
            return self.check().await;
        }
        let Sealed { prefix, object, told, seal, read, .. } = self;
        let expected = seal.so_far();
        // What differs was damaged the first time or the second: a third one tells.
        for _ in 0..2 {
            let seal = prefix.bucket.integrity.seal(object.etag.as_deref(), &told, size);
            let Some(mut again) = seal else { return Ok(()) };
            add_ranges(&mut again, &prefix, &object, 0..read).await?;
            if again.so_far() == expected {
                return Ok(());
            }
        }
        Err(changing(&prefix, &object))
    }
}

/// Reads some bytes of an object to add them to a sum.
async fn add_ranges(seal: &mut Seal, prefix: &Prefix, object: &Object, range: Range<u64>) -> Result<()> {
    let step = prefix.range_bytes().max(1);
    let starts = (0..range.end.saturating_sub(range.start).div_ceil(step))
        .map(|number| range.start.saturating_add(number.saturating_mul(step)));
    let ranges = stream::iter(starts)
        .map(|start| get(prefix, object, Some(start..start.saturating_add(step).min(range.end))))
        .buffered(RANGES_AT_ONCE);
    let mut ranges = std::pin::pin!(ranges);
    while let Some(bytes) = ranges.try_next().await? {
        seal.add(&bytes).await;
    }
    Ok(())
}

async fn get_once(
    prefix: &Prefix,
    object: &Object,
    range: Option<Range<u64>>,
    told: &Told,
) -> Result<Result<Bytes, (Wrong, Bytes)>> {
    let (bucket, place) = (&prefix.bucket, prefix.place(&object.key));
    let is_whole = range.is_none();
    let expected = range.as_ref().map_or(object.size, |range| range.end.saturating_sub(range.start));
    let path = prefix.client_path(&object.key)?;
    let options = options(prefix, object, range, told);
    let answer = bucket.reader.get_opts(&path, options).await.explain(bucket, "read", &place)?;
    is_as_listed(object, answer.meta.e_tag.as_deref(), &place)?;
    if answer.meta.size != object.size {
        let wrong = Wrong::Length { expected: object.size, found: answer.meta.size };
        return Ok(Err((wrong, Bytes::new())));
    }
    let bytes = answer.bytes().await.explain(bucket, "read", &place)?;
    bucket.counters.add_bytes(bytes.len());
    if bytes.len() as u64 != expected {
        return Ok(Err((Wrong::Length { expected, found: bytes.len() as u64 }, bytes)));
    }
    if is_whole {
        let judgement = bucket.integrity.judge(&bytes, object.etag.as_deref(), told).await;
        if let Judgement::Differing { what, sum } = judgement {
            return Ok(Err((Wrong::Sum { what, sum }, bytes)));
        }
    }
    Ok(Ok(bytes))
}

/// What the listing said of the object must hold still, range for range: bytes of two objects are never mixed.
fn options(prefix: &Prefix, object: &Object, range: Option<Range<u64>>, told: &Told) -> GetOptions {
    GetOptions {
        if_match: object.etag.clone(),
        range: range.map(GetRange::Bounded),
        extensions: Tries::extensions_of_read(prefix.meter.as_ref(), told),
        ..GetOptions::default()
    }
}

/// Not every service looks at conditions.
fn is_as_listed(object: &Object, found: Option<&str>, place: &str) -> Result<()> {
    match (&object.etag, found) {
        (Some(listed), Some(found)) if opaque(listed) != opaque(found) => {
            Err(Error::statement(format!("can not read `{place}`: it was replaced after it was listed"))
                .hint("run it again"))
        }
        _ => Ok(()),
    }
}

/// What of an ETag tells one object from another: services differ in quotes, and proxies weaken it.
fn opaque(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

impl Wrong {
    fn error(&self, place: &str) -> Error {
        match self {
            Wrong::Length { expected, found } => {
                Error::statement(format!("`{place}` has {found} bytes where {expected} were listed"))
                    .hint("it was replaced while it was read, or cut off on its way: run it again")
            }
            Wrong::Sum { what, .. } => {
                Error::statement(format!("can not read `{place}`: its {what} is not what the service says it is"))
                    .because("bytes were damaged where the object is stored or on the way")
                    .hint("run it again; https protects what is on its way")
                    .hint("if the service's ETags are no MD5s, set `verify = \"off\"` in `[storage]`")
            }
        }
    }
}
