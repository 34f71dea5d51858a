//! The schema of a table that declares none: inferred over a sample spread over its partitions.
//!
//! Owns which objects are looked at. What their values widen to is `json`'s.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::cache::{SchemaCache, SchemaFile};
use crate::config::{OnBadRecord, RecordPolicy};
use crate::error::{Error, Result};
use crate::json::{BadRecord, Framing, Inference, InferredColumn, Records};
use crate::landing::Compression;
use crate::location::Location;
use crate::scan::fetch::{Inflater, ObjectLimit};
use crate::scan::objects::Snapshot;
use crate::scan::options::TableOptions;
use crate::scan::rows::{Damage, bad_record, damaged};
use crate::store::Object;

/// Objects looked at in all; with tiny ones this is one round trip at the usual requests in flight.
const OBJECTS: usize = 96;
/// An object up to this size is fetched whole, for the scan as well.
const WHOLE_UP_TO: u64 = 1 << 20;
/// Of an object's bytes one in so many is looked at, between these bounds: a run does nothing else before, and a
/// smaller object is one of more.
const LOOKED_AT: u64 = 64;
const LEAST_BYTES: usize = 64 << 10;
const MOST_BYTES: usize = 1 << 20;

/// What a sample of a table shows.
#[derive(Debug)]
pub struct Sample {
    /// The columns in the order in which their keys were first seen.
    pub columns: Vec<InferredColumn>,
    /// Objects looked at.
    pub objects: usize,
    /// Records seen in them.
    pub records: u64,
    /// Records that could not be read, where the table skips such.
    pub bad_records: u64,
    /// When it was taken.
    pub origin: SampleOrigin,
}

/// When a sample was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleOrigin {
    /// In this run.
    ThisRun,
    /// In an earlier one, of objects that are unchanged.
    EarlierRun,
}

/// What is sampled, and how.
pub struct Sampling<'a> {
    pub location: &'a Location,
    pub options: &'a TableOptions,
    pub limit: &'a ObjectLimit,
    pub in_flight: usize,
    pub cache: Option<&'a SchemaCache>,
    pub io: &'a Handle,
}

impl Sampling<'_> {
    /// Looks at objects from every partition: the first, the last, and some between.
    pub async fn take(&self, snapshot: &Arc<Snapshot>) -> Result<Sample> {
        let pages = snapshot.pages().await?;
        // A snapshot without any object fails by itself, so this is never empty.
        let chosen: Arc<[Arc<Object>]> = choose(pages.iter().flat_map(|page| page.iter())).into();
        let file = self.cache.map(|cache| cache.file(self.location, self.options));
        let known = self.earlier(file.clone(), &chosen).await;
        let is_new = known.iter().any(Option::is_none);
        let seen = self.look_at(snapshot, &chosen, known).await?;
        let origin = if is_new { SampleOrigin::ThisRun } else { SampleOrigin::EarlierRun };
        let sample = Sample::of(&seen, origin)?;
        if let Some(file) = file.filter(|_| is_new) {
            // What can't be kept is looked at again.
            let _unkept = self.io.spawn_blocking(move || file.write(&chosen, &seen)).await;
        }
        Ok(sample)
    }

    /// For each object what an earlier run saw in it.
    async fn earlier(&self, file: Option<SchemaFile>, chosen: &Arc<[Arc<Object>]>) -> Vec<Option<Seen>> {
        let objects = Arc::clone(chosen);
        let read = self.io.spawn_blocking(move || file.map(|file| file.read(&objects))).await;
        let nothing = || chosen.iter().map(|_| None).collect();
        read.ok().flatten().unwrap_or_else(nothing)
    }

    /// Looks at the objects of which nothing is known.
    async fn look_at(
        &self,
        snapshot: &Arc<Snapshot>,
        chosen: &[Arc<Object>],
        known: Vec<Option<Seen>>,
    ) -> Result<Vec<Seen>> {
        // The order is kept, so that a landing always gives the same columns in the same order.
        let chosen = chosen.to_vec();
        stream::iter(chosen.into_iter().zip(known))
            .map(|(object, known)| {
                let look =
                    Look { snapshot: Arc::clone(snapshot), limit: self.limit.clone(), policy: self.options.policy };
                let task = self.io.spawn(async move {
                    match known {
                        Some(seen) => Ok(seen),
                        None => look.at(&object).await,
                    }
                });
                async move { task.await.map_err(|error| Error::bug("a sampling task failed").because(error))? }
            })
            .buffered(self.in_flight.clamp(1, OBJECTS))
            .try_collect()
            .await
    }
}

impl Sample {
    /// What the objects show together.
    fn of(seen: &[Seen], origin: SampleOrigin) -> Result<Sample> {
        let objects = seen.len();
        let (mut inference, mut bad_records, mut first_bad) = (Inference::new(), 0, None);
        for part in seen {
            inference.merge(part.inference.clone());
            bad_records += part.bad_records;
            first_bad = first_bad.or(part.first_bad.as_ref());
        }
        let columns = inference.columns();
        if columns.is_empty() {
            let bad =
                first_bad.map(|first| format!(" that can be read; the first of {bad_records} that can't: {first}"));
            let bad = bad.unwrap_or_default();
            return Err(Error::statement(format!("a sample of {objects} of its objects holds no record{bad}"))
                .hint("declare `columns`"));
        }
        Ok(Sample { columns, objects, records: inference.records(), bad_records, origin })
    }
}

/// Up to `OBJECTS` objects, spread over the folders that hold them: the first and the last of each, and some between.
fn choose<'a>(objects: impl Iterator<Item = &'a Arc<Object>>) -> Vec<Arc<Object>> {
    let mut folders: BTreeMap<&str, Vec<&Arc<Object>>> = BTreeMap::new();
    for object in objects {
        let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(object);
    }
    let share = (OBJECTS / folders.len().max(1)).max(3);
    let step = folders.len().div_ceil(OBJECTS / 3).max(1);
    let mut chosen = Vec::new();
    for objects in folders.into_values().step_by(step) {
        // A step that doubles: as objects land, those between stay the same, and what was seen in them is known.
        let step = objects.len().div_ceil(share.saturating_sub(1).max(1)).next_power_of_two();
        let last = objects.len().saturating_sub(1);
        let positions = (0..last).step_by(step).chain([last]);
        chosen.extend(positions.filter_map(|position| objects.get(position).map(|object| Arc::clone(object))));
    }
    chosen
}

/// What a look into one object shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its records.
    pub inference: Inference,
    /// How many can't be read.
    pub bad_records: u64,
    /// What is wrong with the first of them, and where.
    pub first_bad: Option<String>,
}

/// A look into one object.
struct Look {
    snapshot: Arc<Snapshot>,
    limit: ObjectLimit,
    policy: RecordPolicy,
}

impl Look {
    /// What its first records show, and how many of them can't be read.
    async fn at(&self, object: &Arc<Object>) -> Result<Seen> {
        let (mut inference, mut bad_records, mut first_bad) = (Inference::new(), 0, None);
        let bytes = match self.head(object).await? {
            Ok(bytes) => bytes,
            // A scan counts the object as a bad record.
            Err(error) if self.policy.on_bad_record == OnBadRecord::Skip => {
                return Ok(Seen { inference, bad_records: 1, first_bad: Some(error.message().to_owned()) });
            }
            Err(error) => return Err(error),
        };
        for record in Records::new(&bytes, Framing::detect(&bytes), 1, 0, 0) {
            let observed = record.and_then(|record| {
                if record.text.len() as u64 > self.policy.max_record_bytes {
                    return Err(BadRecord::too_large(&record, self.policy.max_record_bytes));
                }
                inference.observe(&record, &object.key)
            });
            match (observed, self.policy.on_bad_record) {
                (Ok(_), _) => {}
                (Err(bad), OnBadRecord::Skip) => {
                    bad_records += 1;
                    first_bad.get_or_insert_with(|| bad_record(&self.limit.table, object, &bad).message().to_owned());
                }
                (Err(bad), OnBadRecord::Fail) => return Err(bad_record(&self.limit.table, object, &bad)),
            }
        }
        Ok(Seen { inference, bad_records, first_bad })
    }

    /// The whole of a small object, or the whole lines at the beginning of a large one. The inner error is
    /// the object's own: it can be fetched, and not be decompressed.
    async fn head(&self, object: &Arc<Object>) -> Result<Result<Bytes>> {
        let store = self.snapshot.store();
        let mut wanted = if object.size <= WHOLE_UP_TO { WHOLE_UP_TO } else { looked_at(object) as u64 };
        loop {
            let is_all = wanted >= object.size;
            let bytes = if is_all { store.get(object).await? } else { store.get_range_alone(object, 0..wanted).await? };
            if is_all {
                self.snapshot.keep_sampled(object, &bytes);
            }
            match begin(&self.limit, object, bytes, is_all) {
                Ok(Some(head)) => return Ok(Ok(head)),
                Ok(None) => {}
                Err(error) => return Ok(Err(error)),
            }
            // No line ends here, or records span lines: look further, and at the whole of it before long.
            wanted = wanted.saturating_mul(8);
        }
    }
}

/// The plain lines in the first `bytes` of an object, or all of it where `is_all`; none where that is too
/// little to tell.
fn begin(limit: &ObjectLimit, object: &Arc<Object>, bytes: Bytes, is_all: bool) -> Result<Option<Bytes>> {
    let (compression, most) = (Compression::of_magic(&bytes), looked_at(object));
    if compression == Compression::None {
        if is_all && bytes.len() <= most {
            return Ok(Some(bytes));
        }
        return Ok(whole_lines(&bytes.slice(..most.min(bytes.len()))).or(is_all.then_some(bytes)));
    }
    let mut inflater = Inflater::new(Arc::clone(object), compression, Cursor::new(bytes), limit.clone())?;
    let mut plain = Vec::new();
    // What was cut off in the middle can't end well: damage says something of whole objects alone.
    inflater.fill(&mut plain, most)?;
    if plain.len() >= most {
        let head = Bytes::from(plain);
        if let Some(lines) = whole_lines(&head) {
            return Ok(Some(lines));
        }
        plain = head.into();
    }
    if !is_all {
        return Ok(None);
    }
    inflater.fill(&mut plain, usize::MAX)?;
    match inflater.damage() {
        Some(reason) => {
            let line = memchr::memchr_iter(b'\n', &plain).count() as u64 + 1;
            let byte = memchr::memrchr(b'\n', &plain).map_or(0, |newline| newline as u64 + 1);
            let damage = Damage { line, byte, reason: reason.to_string(), text: String::new() };
            Err(damaged(&limit.table, object, &damage))
        }
        None => Ok(Some(plain.into())),
    }
}

/// How many bytes of the object's records are looked at.
fn looked_at(object: &Object) -> usize {
    usize::try_from(object.size / LOOKED_AT).unwrap_or(MOST_BYTES).clamp(LEAST_BYTES, MOST_BYTES)
}

/// The lines that end in these bytes, where lines hold records.
fn whole_lines(bytes: &Bytes) -> Option<Bytes> {
    let end = memchr::memrchr(b'\n', bytes)?;
    (Framing::detect(bytes) == Framing::Lines).then(|| bytes.slice(..=end))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn object(key: &str) -> Arc<Object> {
        Arc::new(Object { key: key.to_owned(), size: 1, modified: Default::default(), etag: None })
    }

    #[test]
    fn what_lands_leaves_the_sample_as_it_is_but_for_its_end() {
        let objects: Vec<_> = (0..5_000).map(|n| object(&format!("partition=0/{n:06}.json"))).collect();
        let keys = |count: usize| choose(objects.iter().take(count)).iter().map(|object| object.key.clone()).collect();
        for count in [100, 1_000, 4_095, 4_096, 4_998] {
            let (before, after): (BTreeSet<String>, BTreeSet<String>) = (keys(count), keys(count + 1));
            // The new last object, and a new one between where the step allows one more.
            let looked_at = after.difference(&before).count();
            assert!(looked_at <= 1 || after.len() < before.len(), "{count}: {looked_at}");
        }
    }

    #[test]
    fn the_sample_is_spread_over_all_partitions_and_has_both_ends() {
        let objects: Vec<_> = (0..3)
            .flat_map(|partition| (0..1000).map(move |n| object(&format!("partition={partition}/{n:04}.json"))))
            .collect();
        let chosen = choose(objects.iter());
        assert!((OBJECTS / 2..=OBJECTS).contains(&chosen.len()), "{}", chosen.len());
        for partition in 0..3 {
            for n in [0, 999] {
                let key = format!("partition={partition}/{n:04}.json");
                assert!(chosen.iter().any(|object| object.key == key), "{key}");
            }
        }
    }

    #[test]
    fn a_head_is_whole_lines_and_what_is_too_little_to_tell_is_said() {
        let limit = ObjectLimit { table: "pin".into(), bytes: 64 << 20 };
        let head = |bytes: &[u8], is_all| {
            begin(&limit, &object("a.json"), Bytes::copy_from_slice(bytes), is_all).unwrap().map(|head| head.len())
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
        assert_eq!(sized(32 << 20), 512 << 10);
        assert_eq!(sized(1 << 40), MOST_BYTES);
    }

    #[test]
    fn few_objects_are_all_looked_at_once() {
        let objects = [object("a/1.json"), object("a/2.json"), object("b/1.json")];
        assert_eq!(choose(objects.iter()).len(), 3);
        assert_eq!(choose([].iter()).len(), 0);
    }
}
