//! What the landing holds by its keys: topics, partitions, objects, sizes, compression, and keys that are no data.
//!
//! Owns how much of it is listed: so many keys, so much time. It must not look into an object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};

use super::step::{Name, Status, Step};
use crate::config::{Config, TableSource};
use crate::engine::{Engine, TablePlace};
use crate::error::{Error, Result};
use crate::landing::{Compression, LandingKey, NotData};
use crate::store::{Object, Store, Stores};
use crate::ui::human;

/// Keys that are listed of all tables together, and for how long.
const MOST_KEYS: usize = 100_000;
const LONGEST: Duration = Duration::from_secs(8);
/// Folders that are listed side by side.
const SIDE_BY_SIDE: usize = 16;
/// Keys that are named.
const NAMED: usize = 3;

/// What was listed.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub tables: Vec<Listed>,
}

/// What was listed of one table.
#[derive(Debug)]
pub(super) struct Listed {
    pub place: TablePlace,
    pub store: Store,
    /// Those that are data, by key.
    pub objects: Vec<Arc<Object>>,
    /// Whether there are no more.
    pub is_whole: bool,
    not_data: BTreeMap<Sort, Vec<(String, NotData)>>,
    other: u64,
}

/// Lists each table.
pub(super) async fn step(stores: &Stores, config: &Config, engine: &Engine) -> (Step, Contents) {
    let places = match engine.table_places().await {
        Ok(places) => places,
        Err(error) => return (Step::failed(Name::Landing, &error), Contents::default()),
    };
    let mut contents = Contents::default();
    let mut step = Step::ok(Name::Landing, "");
    let share = (MOST_KEYS / places.len().max(1)).max(1_000);
    let deadline = Instant::now().checked_add(LONGEST);
    for place in places {
        let name = place.name.clone();
        match list(stores, place, share, deadline).await {
            Ok(listed) => {
                tell(&mut step, &listed);
                contents.tables.push(listed);
            }
            Err(error) => {
                step.worsen(Status::Failed);
                step.detail(format!("`raw.{name}`: {}", error.message()));
                step.blame(&error);
            }
        }
    }
    for topic in engine.passed_over_topics() {
        step.worsen(Status::Warning);
        step.detail(format!(
            "the topic `{}` is no table: the configuration gives `{}` to another",
            topic.topic, topic.table
        ));
    }
    for table in &config.tables {
        let is_there = contents.tables.iter().any(|listed| listed.place.name == table.name);
        if !is_there && table.source == TableSource::TopicOfThatName && step.status != Status::Failed {
            step.worsen(Status::Warning);
            step.detail(format!("`[tables.{}]` is declared, and no topic of that name has landed", table.name));
            step.hint(format!("say which topic it is: `[tables.{}]` with `topic = \"...\"`", table.name));
        }
    }
    step.what = summary(&contents);
    if contents.tables.iter().all(|listed| listed.objects.is_empty()) && step.status != Status::Failed {
        step.worsen(Status::Failed);
        step.hint("objects are `<topic>/partition=<n>/<topic>+<n>+<offset>.json`, or `.json.gz`, or `.json.zst`");
    }
    (step, contents)
}

fn summary(contents: &Contents) -> String {
    let tables = contents.tables.len() as u64;
    let objects: usize = contents.tables.iter().map(|listed| listed.objects.len()).sum();
    let bytes = contents.tables.iter().map(Listed::bytes).sum();
    let is_whole = contents.tables.iter().all(|listed| listed.is_whole);
    let first = if is_whole { "" } else { "the first " };
    format!(
        "{}, {first}{}, {}",
        human::counted(tables, "table", "tables"),
        human::counted(objects as u64, "object", "objects"),
        human::bytes(bytes)
    )
}

fn tell(step: &mut Step, listed: &Listed) {
    let name = &listed.place.name;
    let keys: Vec<LandingKey> = listed.objects.iter().filter_map(|it| LandingKey::parse(&it.key).ok()).collect();
    let partitions: BTreeSet<Option<i32>> = keys.iter().map(|key| key.partition).collect();
    let compressed = |kind| keys.iter().filter(|key| key.compression == kind).count() as u64;
    let mut text = match listed.objects.len() {
        0 => {
            step.worsen(Status::Warning);
            format!("`raw.{name}`: no objects in `{}`", listed.place.location)
        }
        count => format!(
            "`raw.{name}`: {}{} in {}, {}",
            if listed.is_whole { "" } else { "the first " },
            human::counted(count as u64, "object", "objects"),
            human::counted(partitions.len() as u64, "partition", "partitions"),
            human::bytes(listed.bytes())
        ),
    };
    for (kind, word) in [(Compression::Gzip, "gzip"), (Compression::Zstd, "zstd")] {
        let count = compressed(kind);
        if count > 0 {
            text.push_str(&format!(", {} {word}", human::count(count)));
        }
    }
    let topics: BTreeSet<&str> = keys.iter().filter_map(|key| key.topic.as_deref()).collect();
    if topics.len() > 1 {
        step.worsen(Status::Warning);
        let named: Vec<String> = topics.iter().take(NAMED).map(|topic| format!("`{topic}`")).collect();
        text.push_str(&format!("; its keys name {} topics, such as {}", topics.len(), named.join(", ")));
        // One level too high: what was taken for a topic holds a folder for each.
        let is_below = |object: &Arc<Object>| {
            LandingKey::parse(&object.key).is_ok_and(|key| key.topic.as_deref() == object.key.split('/').next())
        };
        if listed.objects.iter().all(is_below) {
            step.hint(format!("it looks like a folder of topics: `pinq doctor {}`", listed.place.location));
        }
    }
    let nameless = keys.iter().filter(|key| key.start_offset.is_none()).count() as u64;
    if nameless > 0 {
        text.push_str(&format!("; {} no offset in the name", human::counted(nameless, "has", "have")));
    }
    step.detail(text);
    for (sort, keys) in &listed.not_data {
        let Some((key, reason)) = keys.first() else { continue };
        let keys = human::counted(keys.len() as u64, "key", "keys");
        match sort {
            Sort::OfOtherTools => {
                step.detail(format!("`raw.{name}`: {keys} of other tools passed over, such as `{key}`"))
            }
            Sort::NoData => {
                step.worsen(Status::Warning);
                step.detail(format!("`raw.{name}`: {keys} passed over as no data, such as `{key}`: {reason}"));
                step.hint("what is JSON has to end in `.json`, `.json.gz` or `.json.zst`; keep other files elsewhere");
            }
        }
    }
    if listed.other > 0 {
        step.detail(format!("`raw.{name}`: {} more keys are passed over", human::count(listed.other)));
    }
}

/// Keys that are remembered of each table.
const REMEMBERED: usize = 10_000;

/// What a key is that is no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    /// Other tools leave such beside data.
    OfOtherTools,
    /// Nobody meant it to stand there.
    NoData,
}

impl Sort {
    fn of(reason: &NotData) -> Sort {
        match reason {
            NotData::FolderMarker
            | NotData::Hidden(_)
            | NotData::Bookkeeping(_)
            | NotData::Unfinished(_)
            | NotData::Checksum(_) => Sort::OfOtherTools,
            NotData::BrokenName | NotData::UnknownCompression(_) | NotData::OtherFormat(_) | NotData::NoExtension => {
                Sort::NoData
            }
        }
    }
}

impl Listed {
    /// Bytes as stored.
    pub(super) fn bytes(&self) -> u64 {
        self.objects.iter().fold(0, |sum, object| sum.saturating_add(object.size))
    }

    fn sort(&mut self, objects: Vec<Object>) {
        for object in objects {
            match LandingKey::parse(&object.key) {
                Ok(_) => self.objects.push(Arc::new(object)),
                Err(reason) => {
                    let keys = self.not_data.entry(Sort::of(&reason)).or_default();
                    match keys.len() {
                        0..REMEMBERED => keys.push((object.key, reason)),
                        _ => self.other = self.other.saturating_add(1),
                    }
                }
            }
        }
    }
}

/// Lists a table up to so many keys.
async fn list(stores: &Stores, place: TablePlace, most: usize, deadline: Option<Instant>) -> Result<Listed> {
    let store = stores.open(&place.location).await?;
    let (objects, not_data) = (Vec::new(), BTreeMap::new());
    let mut listed = Listed { place, store: store.clone(), objects, is_whole: true, not_data, other: 0 };
    let left = Arc::new(AtomicUsize::new(most));
    let is_cut = Arc::new(AtomicBool::new(false));
    let is_late = move || deadline.is_some_and(|deadline| Instant::now() > deadline);
    let mut levels = store.list_level("");
    while let Some(level) = levels.try_next().await? {
        take(&left, level.objects.len());
        listed.sort(level.objects);
        let listings = stream::iter(level.folders).map(|folder| {
            let (store, left, is_cut) = (store.clone(), Arc::clone(&left), Arc::clone(&is_cut));
            async move {
                let mut found = Vec::new();
                let mut pages = store.list_below(&folder);
                while let Some(page) = next_page(&mut pages, &left, is_late, &is_cut).await? {
                    found.extend(page);
                }
                Ok::<_, Error>(found)
            }
        });
        let mut listings = listings.buffered(SIDE_BY_SIDE);
        while let Some(found) = listings.try_next().await? {
            listed.sort(found);
        }
        if left.load(Ordering::Relaxed) == 0 || is_late() {
            is_cut.store(true, Ordering::Relaxed);
            break;
        }
    }
    listed.is_whole = !is_cut.load(Ordering::Relaxed);
    listed.objects.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(listed)
}

/// The next page, unless enough was listed.
async fn next_page(
    pages: &mut stream::BoxStream<'static, Result<Vec<Object>>>,
    left: &AtomicUsize,
    is_late: impl Fn() -> bool,
    is_cut: &AtomicBool,
) -> Result<Option<Vec<Object>>> {
    if left.load(Ordering::Relaxed) == 0 || is_late() {
        // Whether anything is left can't be told without asking.
        is_cut.store(true, Ordering::Relaxed);
        return Ok(None);
    }
    let page = pages.try_next().await?;
    take(left, page.as_ref().map_or(0, Vec::len));
    Ok(page)
}

fn take(left: &AtomicUsize, count: usize) {
    let take = |left: usize| Some(left.saturating_sub(count));
    let _was = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, StorageConfig};
    use crate::location::Location;

    #[tokio::test]
    async fn no_more_is_listed_than_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        for partition in 0..3 {
            let below = folder.path().join(format!("partition={partition}"));
            std::fs::create_dir(&below).unwrap();
            for number in 0..1_200 {
                std::fs::write(below.join(format!("a+{partition}+{number:010}.json")), "{}").unwrap();
            }
        }
        std::fs::write(folder.path().join("_SUCCESS"), "").unwrap();
        std::fs::write(folder.path().join("a.avro"), "").unwrap();
        let stores = Stores::new(&StorageConfig::default(), &Environment::empty("/"));
        let listed = async |most: usize| {
            let place = TablePlace { name: "a".into(), location: Location::Folder(folder.path().to_owned()) };
            list(&stores, place, most, None).await.unwrap()
        };
        let whole = listed(100_000).await;
        assert_eq!((whole.objects.len(), whole.is_whole, whole.not_data.len()), (3_600, true, 2));
        let part = listed(1_500).await;
        assert!(!part.is_whole && part.objects.len() < 3_600, "{}", part.objects.len());
        let mut step = Step::ok(Name::Landing, "");
        tell(&mut step, &whole);
        assert_eq!(step.status, Status::Warning);
        assert_eq!(step.details[0], "`raw.a`: 3,600 objects in 3 partitions, 7.2 KB");
        assert!(step.details.iter().any(|detail| detail.contains("`a.avro`: `.avro` is not JSON")), "{step:?}");
    }

    #[tokio::test]
    async fn a_folder_of_topics_that_was_taken_for_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for topic in ["a", "b"] {
            let below = folder.path().join(topic).join("partition=0");
            std::fs::create_dir_all(&below).unwrap();
            std::fs::write(below.join(format!("{topic}+0+0000000000.json")), "{}").unwrap();
        }
        let stores = Stores::new(&StorageConfig::default(), &Environment::empty("/"));
        let location = Location::Folder(folder.path().to_owned());
        let place = TablePlace { name: "topics".into(), location: location.clone() };
        let mut step = Step::ok(Name::Landing, "");
        tell(&mut step, &list(&stores, place, 1_000, None).await.unwrap());
        assert_eq!(step.status, Status::Warning);
        assert_eq!(step.hints, [format!("it looks like a folder of topics: `pinq doctor {location}`")]);
    }
}
