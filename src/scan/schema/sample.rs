//! The schema of a table that declares none: inferred over a sample spread over its partitions.
//!
//! Owns which objects are looked at. What their values widen to is `json`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::cache::{SchemaCache, SchemaFile};
use super::head::{LookingSpace, head};
use crate::config::{OnBadRecord, RecordPolicy};
use crate::error::{Error, Result};
use crate::json::{BadRecord, Inference, InferredColumn, Records};
use crate::location::Location;
use crate::scan::fetch::ObjectLimit;
use crate::scan::objects::Snapshot;
use crate::scan::options::TableOptions;
use crate::scan::rows::bad_record;
use crate::store::Object;

/// Objects looked at in all; with tiny ones this is one round trip at the usual requests in flight.
const OBJECTS: usize = 96;

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
    pub space: &'a LookingSpace,
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
                let look = Look {
                    snapshot: Arc::clone(snapshot),
                    limit: self.limit.clone(),
                    space: self.space.clone(),
                    policy: self.options.policy,
                };
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
    spread(objects, OBJECTS)
}

/// About `most` of the objects, chosen in the same way.
pub fn spread<'a>(objects: impl Iterator<Item = &'a Arc<Object>>, most: usize) -> Vec<Arc<Object>> {
    let mut folders: BTreeMap<&str, Vec<&Arc<Object>>> = BTreeMap::new();
    for object in objects {
        let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(object);
    }
    let share = (most / folders.len().max(1)).max(3);
    let step = folders.len().div_ceil((most / 3).max(1)).max(1);
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
    space: LookingSpace,
    policy: RecordPolicy,
}

impl Look {
    /// What its first records show, and how many of them can't be read.
    async fn at(&self, object: &Arc<Object>) -> Result<Seen> {
        let (mut inference, mut bad_records, mut first_bad) = (Inference::new(), 0, None);
        let head = match head(&self.snapshot, &self.limit, &self.space, object).await? {
            Ok(head) => head,
            // A scan counts the object as a bad record.
            Err(error) if self.policy.on_bad_record == OnBadRecord::Skip => {
                return Ok(Seen { inference, bad_records: 1, first_bad: Some(error.message().to_owned()) });
            }
            Err(error) => return Err(error),
        };
        for record in Records::new(&head.bytes, head.framing, 1, 0, 0) {
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
    fn few_objects_are_all_looked_at_once() {
        let objects = [object("a/1.json"), object("a/2.json"), object("b/1.json")];
        assert_eq!(choose(objects.iter()).len(), 3);
        assert_eq!(choose([].iter()).len(), 0);
    }
}
