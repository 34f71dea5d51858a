//! The fetching side of a scan: objects of a snapshot -> packs, ahead of the decoders.
//!
//! Owns how many reads are in flight and the order of fetching. How many fetched bytes may wait is
//! `budget`'s, how large objects are read `large`'s. It must not decode.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, Stream};
use futures::{StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::AbortHandle;

use super::ahead::{Volume, objects, walk_ahead};
use super::budget::{Budget, Buffers, Lane, PART_BYTES, closed};
use super::inflate::ObjectLimit;
use super::pack::{Gathering, Load, PACK_BYTES, PERMIT_BYTES, Pack, Piece, Start};
use super::wanted::{Rows, Wanted};
use crate::error::{Error, Result};
use crate::scan::cached::{Caching, Coverage};
use crate::scan::counters::Counters;
use crate::scan::metrics::FetchMetrics;
use crate::scan::objects::Selection;
use crate::store::{Object, Store, StoreKind};

/// Objects of a bucket beyond this size, or that of a range, are cut into parts at line ends, so that one object uses
/// every core; files are that do not fit into one of the buffers that go round.
const LARGE_BYTES: u64 = 4 << 20;
/// Large objects read at once.
const LARGE_READERS: usize = 4;
/// Files read at once; a disk gains nothing from hundreds.
const FOLDER_READERS: usize = 4;
/// Objects that are fetched at first where only a few rows are wanted.
const FIRST_WAVE: usize = 4;

/// Packs as they arrive, for the partitions of one scan to share.
#[derive(Debug)]
pub struct Feed {
    packs: Mutex<mpsc::Receiver<Result<Load>>>,
    volume: Arc<Volume>,
    buffers: Buffers,
    task: AbortHandle,
}

/// What a feed keeps to, and where it counts.
pub struct Limits {
    /// What the scan wants.
    pub wanted: Wanted,
    /// GETs that all feeds together may have under way.
    pub requests: Arc<Semaphore>,
    /// As many in number.
    pub in_flight: usize,
    /// Partitions that take packs from the feed.
    pub decoders: usize,
    /// Bytes that the session may use, of which what is fetched ahead is a share.
    pub memory: u64,
    /// What one object may grow to.
    pub object: ObjectLimit,
    /// What the feed counts.
    pub metrics: FetchMetrics,
    /// Where rows may be that need not be fetched.
    pub caching: Option<Arc<Caching>>,
}

impl Feed {
    /// Starts to fetch every object of `selection` on the I/O runtime.
    pub fn start(selection: Arc<Selection>, counters: Arc<Counters>, limits: Limits, io: &Handle) -> Feed {
        let in_flight = limits.in_flight.max(1);
        let (sender, receiver) = mpsc::channel(16);
        let fetcher = Fetcher {
            budget: Budget::of_scan(selection.store().kind(), limits.decoders, limits.memory),
            store: selection.store().clone().metered(&limits.metrics.meter),
            selection: Arc::clone(&selection),
            wanted: limits.wanted,
            limit: limits.object,
            requests: limits.requests,
            large: Semaphore::new(LARGE_READERS),
            counters,
            metrics: limits.metrics,
            caching: limits.caching,
            coverage: std::sync::Mutex::default(),
            has_fetched: AtomicBool::new(false),
            sender,
        };
        let buffers = fetcher.budget.buffers().clone();
        let listing = fetcher.counters.begin_listing();
        let volume = Arc::new(Volume::default());
        let walked = Arc::clone(&volume);
        let task = io.spawn(async move {
            let fetched = match fetcher.wanted.rows {
                Rows::All => {
                    let objects = walk_ahead(Arc::clone(&selection), Arc::clone(&fetcher.counters), listing, walked);
                    fetcher.look_into_cache().await;
                    fetcher.fetch_all(objects, in_flight).await
                }
                Rows::Few => {
                    fetcher.look_into_cache().await;
                    let fetched = fetcher.fetch_few(objects(&selection), in_flight).await;
                    // Nobody can tell before how many objects it takes.
                    drop(listing);
                    fetched
                }
            };
            if let Err(error) = fetched {
                selection.distrust().await;
                // The receiver is gone where the statement ended first; nobody wants the error then.
                let _ = fetcher.sender.send(Err(error)).await;
            }
        });
        Feed { packs: Mutex::new(receiver), volume, buffers, task: task.abort_handle() }
    }

    /// How much there is to read in all, as far as that is known.
    pub fn volume(&self) -> &Arc<Volume> {
        &self.volume
    }

    /// Buffers for what is decompressed of its packs.
    pub fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    /// What comes next for whichever partition asks first; `None` is the end.
    pub async fn next(&self) -> Option<Result<Load>> {
        self.packs.lock().await.recv().await
    }

    /// Fetches no more; what was fetched and not taken is lost.
    pub fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the fetching tasks of one feed share.
pub(super) struct Fetcher {
    pub(super) store: Store,
    selection: Arc<Selection>,
    pub(super) wanted: Wanted,
    pub(super) limit: ObjectLimit,
    pub(super) requests: Arc<Semaphore>,
    pub(super) large: Semaphore,
    pub(super) budget: Budget,
    pub(super) counters: Arc<Counters>,
    pub(super) metrics: FetchMetrics,
    pub(super) caching: Option<Arc<Caching>>,
    pub(super) coverage: std::sync::Mutex<Option<Coverage>>,
    /// Whether an object was fetched.
    pub(super) has_fetched: AtomicBool,
    sender: mpsc::Sender<Result<Load>>,
}

/// One read: small files that lie side by side, or an object of its own.
enum Job {
    Run(Vec<Arc<Object>>),
    Large(Arc<Object>),
}

impl Fetcher {
    /// Fetches what the cache does not hold, and sends what it does.
    async fn fetch_all(&self, objects: impl Stream<Item = Result<Arc<Object>>>, in_flight: usize) -> Result<()> {
        self.fetch(self.uncovered(objects), in_flight).await?;
        let again = self.send_cached().await?;
        self.fetch(stream::iter(again).map(Ok), in_flight).await
    }

    async fn fetch(&self, objects: impl Stream<Item = Result<Arc<Object>>>, in_flight: usize) -> Result<()> {
        match self.store.kind() {
            StoreKind::Disk => self.fetch_folder(objects).await,
            StoreKind::S3 => self.fetch_bucket(objects, in_flight).await,
        }
    }

    /// Fetches in waves, each twice the one before, and each once the one before is decoded: whoever
    /// wants a few rows has stopped by then.
    async fn fetch_few(&self, objects: impl Stream<Item = Result<Arc<Object>>>, in_flight: usize) -> Result<()> {
        let mut objects = std::pin::pin!(objects.fuse());
        let mut wave = FIRST_WAVE;
        loop {
            let first: Vec<_> = objects.by_ref().take(wave).try_collect().await?;
            if first.is_empty() {
                return Ok(());
            }
            self.fetch_all(stream::iter(first).map(Ok), in_flight).await?;
            self.budget.all_given_back().await?;
            wave = wave.saturating_mul(2);
        }
    }

    /// Reads small files in runs, one blocking task and one buffer for each run.
    async fn fetch_folder(&self, objects: impl Stream<Item = Result<Arc<Object>>>) -> Result<()> {
        jobs(objects)
            .try_for_each_concurrent(FOLDER_READERS, |job| async move {
                match job {
                    Job::Run(objects) => self.read_run(objects).await,
                    Job::Large(object) => self.read_large(object).await,
                }
            })
            .await
    }

    /// Keeps `in_flight` GETs under way and gathers what arrives into packs.
    async fn fetch_bucket(&self, objects: impl Stream<Item = Result<Arc<Object>>>, in_flight: usize) -> Result<()> {
        let large = LARGE_BYTES.min(self.store.range_bytes());
        let fetched = objects
            .map_ok(|object| async move {
                if object.size > large {
                    self.read_large(object).await?;
                    return Ok(None);
                }
                let permit = self.budget.reserve(Lane::Decoding, object.size).await?;
                if let Some(bytes) = self.selection.take_sampled(&object) {
                    self.count_object(&object);
                    return Ok(Some((Piece { object, bytes, start: Start::Object }, permit)));
                }
                let (store, requests) = (self.store.clone(), Arc::clone(&self.requests));
                // A task of its own goes on while packs wait for a reader, so that a scan that nobody
                // reads from gives its requests back and does not starve another.
                let get = SpawnedTask::spawn(async move {
                    let _request = requests.acquire_owned().await.map_err(closed)?;
                    let bytes = store.get(&object).await?;
                    Ok::<_, Error>((object, bytes))
                });
                let got = get.await.map_err(|error| Error::bug("a reading task failed").because(error))?;
                let (object, bytes) = got?;
                self.count_object(&object);
                Ok(Some((Piece { object, bytes, start: Start::Object }, permit)))
            })
            .try_buffer_unordered(in_flight);
        let mut fetched = std::pin::pin!(fetched);
        let mut gathering = Gathering::default();
        while let Some(fetched) = fetched.try_next().await? {
            let Some((piece, permit)) = fetched else { continue };
            if let Some(pack) = gathering.add(piece, permit) {
                self.send(pack).await?;
            }
        }
        match gathering.rest() {
            Some(pack) => self.send(pack).await,
            None => Ok(()),
        }
    }

    async fn read_run(&self, objects: Vec<Arc<Object>>) -> Result<()> {
        let size = objects.iter().map(|object| object.size).sum();
        let permit = self.budget.reserve(Lane::Decoding, size).await?;
        // One byte more than there should be, by which a file that grew is told.
        let room = usize::try_from(size).unwrap_or(PACK_BYTES).saturating_add(1);
        let (store, buffers) = (self.store.clone(), self.budget.buffers().clone());
        let (objects, buffer, ranges) = tokio::task::spawn_blocking(move || {
            let mut buffer = if room <= PART_BYTES { buffers.take() } else { Vec::with_capacity(room) };
            let ranges = store.read_into(&objects, &mut buffer);
            (objects, buffer, ranges)
        })
        .await
        .map_err(|error| Error::bug("a reading task failed").because(error))?;
        let buffer = self.budget.buffers().lend(buffer);
        let mut pieces = Vec::with_capacity(objects.len());
        for (object, range) in objects.into_iter().zip(ranges?) {
            self.count_object(&object);
            pieces.push(Piece { object, bytes: buffer.slice(range), start: Start::Object });
        }
        self.send(Pack { pieces, permits: vec![permit] }).await
    }

    /// Counts an object whose bytes are asked for.
    pub(super) fn count_object(&self, object: &Object) {
        self.has_fetched.store(true, Ordering::Relaxed);
        self.counters.add_object(object.size);
        self.metrics.objects.add(1);
        self.metrics.bytes.add(usize::try_from(object.size).unwrap_or(usize::MAX));
    }

    pub(super) async fn send(&self, pack: Pack) -> Result<()> {
        self.hand_on(Load::Pack(pack)).await
    }

    /// Hands something on to the partition that asks first.
    pub(super) async fn hand_on(&self, load: Load) -> Result<()> {
        let ended = |_| Error::bug("something was read for a statement that has ended");
        self.sender.send(Ok(load)).await.map_err(ended)
    }
}

/// Groups small objects that follow each other into runs of about a pack.
fn jobs(objects: impl Stream<Item = Result<Arc<Object>>>) -> impl Stream<Item = Result<Job>> {
    let (most, large) = (PACK_BYTES as u64, PART_BYTES as u64);
    let objects = Box::pin(objects);
    stream::try_unfold((objects, None), move |(mut objects, mut held): (_, Option<Arc<Object>>)| async move {
        let (mut run, mut size) = (Vec::new(), 0);
        loop {
            let object = match held.take() {
                Some(object) => object,
                None => match objects.try_next().await? {
                    Some(object) => object,
                    None if run.is_empty() => return Ok(None),
                    None => return Ok(Some((Job::Run(run), (objects, None)))),
                },
            };
            if object.size >= large && run.is_empty() {
                return Ok(Some((Job::Large(object), (objects, None))));
            }
            if object.size >= large || (!run.is_empty() && size + object.size > most) {
                return Ok(Some((Job::Run(run), (objects, Some(object)))));
            }
            // However small the files, a run is no more than a pack's worth of opening them.
            size += object.size.max(PERMIT_BYTES as u64);
            run.push(object);
        }
    })
}
