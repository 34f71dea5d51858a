//! The schema of a table that declares none: inferred over a sample spread over its partitions.
//!
//! Owns which objects are looked at. What their values widen to is `json`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle;

use super::decode::{bad_record, decompress};
use super::snapshot::Snapshot;
use crate::error::{Error, Result};
use crate::json::{Framing, Inference, InferredColumn, Records};
use crate::landing::Compression;
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
}

impl Sample {
    /// Looks at objects from every partition: the first, the last, and some between.
    pub async fn take(table: &str, snapshot: &Arc<Snapshot>, in_flight: usize, io: &Handle) -> Result<Sample> {
        let pages = snapshot.pages().await?;
        let chosen = choose(pages.iter().flat_map(|page| page.iter()));
        if chosen.is_empty() {
            return Err(Error::statement("it holds no JSON objects").hint("check the location, or declare `columns`"));
        }
        let objects = chosen.len();
        // The order is kept, so that a landing always gives the same columns in the same order.
        let seen: Vec<Inference> = stream::iter(chosen)
            .map(|object| {
                let (store, table) = (snapshot.store().clone(), table.to_owned());
                let task = io.spawn(async move { look(&table, &store, &object).await });
                async move { task.await.map_err(|error| Error::bug("a sampling task failed").because(error))? }
            })
            .buffered(in_flight.clamp(1, OBJECTS))
            .try_collect()
            .await?;
        let mut inference = Inference::new();
        for part in seen {
            inference.merge(part);
        }
        let columns = inference.columns();
        if columns.is_empty() {
            return Err(Error::statement(format!("a sample of {objects} of its objects holds no record"))
                .hint("declare `columns`"));
        }
        Ok(Sample { columns, objects, records: inference.records() })
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

async fn look(table: &str, store: &Store, object: &Object) -> Result<Inference> {
    let bytes = head(store, object).await?;
    let mut inference = Inference::new();
    for record in Records::new(&bytes, Framing::detect(&bytes), 1, 0, 0) {
        record
            .and_then(|record| inference.observe(&record, &object.key))
            .map_err(|bad| bad_record(table, object, &bad))?;
    }
    Ok(inference)
}

/// The whole of a small object, or the whole lines at the beginning of a large one.
async fn head(store: &Store, object: &Object) -> Result<Bytes> {
    if object.size <= OBJECT_BYTES as u64 {
        let bytes = store.get(object).await?;
        return decompress(object, bytes);
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
            return Ok(bytes.into());
        }
    }
    decompress(object, bytes.into())
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
