//! The schema of a table that declares none: inferred over a sample spread over its partitions.
//!
//! Owns which objects are looked at. What their values widen to is `json`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle;

use super::decode::decompress;
use super::judge::{bad_record, skip_hint};
use super::options::TableOptions;
use super::schema_cache::{SchemaCache, SchemaFile};
use super::snapshot::Snapshot;
use crate::config::OnBadRecord;
use crate::error::{Error, Result};
use crate::json::{BadRecord, Framing, Inference, InferredColumn, Records};
use crate::landing::Compression;
use crate::location::Location;
use crate::store::{Object, Store};

/// Objects looked at in all; with tiny ones this is one round trip at the usual requests in flight.
const OBJECTS: usize = 96;
/// Bytes looked at in one object.
const OBJECT_BYTES: usize = 1 << 20;

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
    pub table: &'a str,
    pub location: &'a Location,
    pub options: &'a TableOptions,
    pub in_flight: usize,
    pub cache: Option<&'a SchemaCache>,
    pub io: &'a Handle,
}

impl Sampling<'_> {
    /// Looks at objects from every partition: the first, the last, and some between.
    pub async fn take(&self, snapshot: &Snapshot) -> Result<Sample> {
        let pages = snapshot.pages().await?;
        let chosen = choose(pages.iter().flat_map(|page| page.iter()));
        if chosen.is_empty() {
            return Err(Error::statement("it holds no JSON objects").hint("check the location, or declare `columns`"));
        }
        let chosen: Arc<[Arc<Object>]> = chosen.into();
        let file = self.cache.map(|cache| cache.file(self.location, self.options));
        if let Some(sample) = self.earlier(file.clone(), &chosen).await {
            return Ok(sample);
        }
        let sample = Arc::new(self.look_at(snapshot, &chosen).await?);
        if let Some(file) = file {
            let (sample, chosen) = (Arc::clone(&sample), Arc::clone(&chosen));
            // What can't be kept is inferred again.
            let _unkept = self.io.spawn_blocking(move || file.write(&chosen, &sample)).await;
        }
        Arc::try_unwrap(sample).map_err(|_| Error::bug("a sample is still being kept"))
    }

    async fn earlier(&self, file: Option<SchemaFile>, chosen: &Arc<[Arc<Object>]>) -> Option<Sample> {
        let (file, chosen) = (file?, Arc::clone(chosen));
        self.io.spawn_blocking(move || file.read(&chosen)).await.ok()?
    }

    async fn look_at(&self, snapshot: &Snapshot, chosen: &[Arc<Object>]) -> Result<Sample> {
        let objects = chosen.len();
        // The order is kept, so that a landing always gives the same columns in the same order.
        let seen: Vec<(Inference, u64)> = stream::iter(chosen.to_vec())
            .map(|object| {
                let look = Look {
                    table: self.table.to_owned(),
                    on_bad_record: self.options.on_bad_record,
                    max_record_bytes: self.options.max_record_bytes,
                };
                let store = snapshot.store().clone();
                let task = self.io.spawn(async move { look.at(&store, &object).await });
                async move { task.await.map_err(|error| Error::bug("a sampling task failed").because(error))? }
            })
            .buffered(self.in_flight.clamp(1, OBJECTS))
            .try_collect()
            .await?;
        let (mut inference, mut bad_records) = (Inference::new(), 0);
        for (part, bad) in seen {
            inference.merge(part);
            bad_records += bad;
        }
        let columns = inference.columns();
        if columns.is_empty() {
            return Err(Error::statement(format!("a sample of {objects} of its objects holds no record"))
                .hint("declare `columns`"));
        }
        Ok(Sample { columns, objects, records: inference.records(), bad_records, origin: SampleOrigin::ThisRun })
    }
}

/// Up to `OBJECTS` objects, spread evenly over the folders that hold them.
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
        let most = share.min(objects.len());
        // Evenly spaced positions that begin at the first object and end at the last.
        let position = |number: usize| number * (objects.len() - 1) / (most - 1).max(1);
        chosen.extend((0..most).filter_map(|number| objects.get(position(number)).map(|object| Arc::clone(object))));
    }
    chosen
}

/// A look into one object.
struct Look {
    table: String,
    on_bad_record: OnBadRecord,
    max_record_bytes: u64,
}

impl Look {
    /// What its first records show, and how many of them can't be read.
    async fn at(&self, store: &Store, object: &Object) -> Result<(Inference, u64)> {
        let (mut inference, mut bad_records) = (Inference::new(), 0);
        let bytes = match head(store, object).await? {
            Ok(bytes) => bytes,
            // A scan counts the object as a bad record.
            Err(_) if self.on_bad_record == OnBadRecord::Skip => return Ok((inference, 1)),
            Err(error) => return Err(error.hint(skip_hint(&self.table))),
        };
        for record in Records::new(&bytes, Framing::detect(&bytes), 1, 0) {
            let observed = record.and_then(|record| {
                if record.text.len() as u64 > self.max_record_bytes {
                    return Err(BadRecord::too_large(&record, self.max_record_bytes));
                }
                inference.observe(&record, &object.key)
            });
            match (observed, self.on_bad_record) {
                (Ok(_), _) => {}
                (Err(_), OnBadRecord::Skip) => bad_records += 1,
                (Err(bad), OnBadRecord::Fail) => return Err(bad_record(&self.table, object, &bad)),
            }
        }
        Ok((inference, bad_records))
    }
}

/// The whole of a small object, or the whole lines at the beginning of a large one. The inner error is
/// the object's own: it can be fetched, and not be decompressed.
async fn head(store: &Store, object: &Object) -> Result<Result<Bytes>> {
    if object.size <= OBJECT_BYTES as u64 {
        let bytes = store.get(object).await?;
        return Ok(decompress(object, bytes));
    }
    let mut body = store.get_stream(object);
    let mut bytes = Vec::new();
    while let Some(chunk) = body.try_next().await? {
        bytes.extend_from_slice(&chunk);
        let plain = Compression::of_magic(&bytes) == Compression::None;
        if plain
            && bytes.len() >= OBJECT_BYTES
            && Framing::detect(&bytes) == Framing::Lines
            && let Some(end) = memchr::memrchr(b'\n', &bytes)
        {
            bytes.truncate(end + 1);
            return Ok(Ok(bytes.into()));
        }
    }
    Ok(decompress(object, bytes.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str) -> Arc<Object> {
        Arc::new(Object { key: key.to_owned(), size: 1, modified: Default::default(), etag: None })
    }

    #[test]
    fn the_sample_is_spread_over_all_partitions_and_has_both_ends() {
        let objects: Vec<_> = (0..3)
            .flat_map(|partition| (0..1000).map(move |n| object(&format!("partition={partition}/{n:04}.json"))))
            .collect();
        let chosen = choose(objects.iter());
        assert_eq!(chosen.len(), OBJECTS);
        for partition in 0..3 {
            for n in [0, 999] {
                let key = format!("partition={partition}/{n:04}.json");
                assert!(chosen.iter().any(|object| object.key == key), "{key}");
            }
        }
    }

    #[test]
    fn few_objects_are_all_looked_at_once() {
        let objects = [object("a/1.json"), object("a/2.json"), object("b/1.json")];
        assert_eq!(choose(objects.iter()).len(), 3);
        assert_eq!(choose([].iter()).len(), 0);
    }
}
