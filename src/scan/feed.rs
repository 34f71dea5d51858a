//! The fetching side of a scan: objects of a snapshot -> packs, ahead of the decoders.
//!
//! Owns how many reads are in flight and how many fetched bytes may wait. It must not decode.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, BoxStream, Stream};
use futures::{StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio::sync::{AcquireError, Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::AbortHandle;

use super::counters::Counters;
use super::pack::{Gathering, PACK_BYTES, PERMIT_BYTES, Pack, Piece, Start};
use super::selection::Selection;
use super::wanted::{Positions, Rows, Wanted};
use crate::error::{Error, Result};
use crate::json::{Framing, Records};
use crate::landing::Compression;
use crate::store::{Object, Store, StoreKind};

/// Objects beyond this size are cut into parts at line ends, so that one object uses every core.
const LARGE_BYTES: u64 = 4 << 20;
/// The size of such a part.
const PART_BYTES: usize = 2 << 20;
/// Bytes that may be fetched or fetching and not yet decoded.
const BUDGET_BYTES: usize = 64 << 20;
/// Large objects read at once; each has a few parts in memory that the budget does not know yet.
const LARGE_READERS: usize = 4;
/// Files read at once; a disk gains nothing from hundreds.
const FOLDER_READERS: usize = 4;
/// Objects that are fetched at first where only a few rows are wanted.
const FIRST_WAVE: usize = 4;

/// Packs as they arrive, for the partitions of one scan to share.
#[derive(Debug)]
pub struct Feed {
    packs: Mutex<mpsc::Receiver<Result<Pack>>>,
    task: AbortHandle,
}

impl Feed {
    /// Starts to fetch every object of `selection` on the I/O runtime. `requests` are the GETs that all
    /// feeds together may have under way, `in_flight` in number.
    pub fn start(
        selection: Arc<Selection>,
        wanted: Wanted,
        counters: Arc<Counters>,
        requests: Arc<Semaphore>,
        in_flight: usize,
        io: &Handle,
    ) -> Feed {
        let (sender, receiver) = mpsc::channel(16);
        let fetcher = Fetcher {
            store: selection.store().clone(),
            wanted,
            counters,
            requests,
            large: Semaphore::new(LARGE_READERS),
            budget: Arc::new(Semaphore::new(BUDGET_BYTES / PERMIT_BYTES)),
            sender,
        };
        let task = io.spawn(async move {
            let fetched = match wanted.rows {
                Rows::All => fetcher.fetch(objects(&selection), in_flight).await,
                Rows::Few => fetcher.fetch_few(objects(&selection), in_flight).await,
            };
            if let Err(error) = fetched {
                // The receiver is gone where the statement ended first; nobody wants the error then.
                let _ = fetcher.sender.send(Err(error)).await;
            }
        });
        Feed { packs: Mutex::new(receiver), task: task.abort_handle() }
    }

    /// The next pack for whichever partition asks first; `None` is the end.
    pub async fn next(&self) -> Option<Result<Pack>> {
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
struct Fetcher {
    store: Store,
    wanted: Wanted,
    counters: Arc<Counters>,
    requests: Arc<Semaphore>,
    large: Semaphore,
    budget: Arc<Semaphore>,
    sender: mpsc::Sender<Result<Pack>>,
}

/// One read: small files that lie side by side, or an object of its own.
enum Job {
    Run(Vec<Arc<Object>>),
    Large(Arc<Object>),
}

impl Fetcher {
    async fn fetch(&self, objects: impl Stream<Item = Result<Arc<Object>>>, in_flight: usize) -> Result<()> {
        match self.store.kind() {
            StoreKind::Disk => self.fetch_folder(objects).await,
            StoreKind::S3 => self.fetch_bucket(objects, in_flight.max(1)).await,
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
            self.fetch(stream::iter(first).map(Ok), in_flight).await?;
            // Every pack gives its share of the budget back when it is decoded.
            let all = u32::try_from(BUDGET_BYTES / PERMIT_BYTES).unwrap_or(u32::MAX);
            drop(self.budget.acquire_many(all).await.map_err(closed)?);
            wave = wave.saturating_mul(2);
        }
    }

    /// Reads small files in runs, one blocking task and one buffer for each run.
    async fn fetch_folder(&self, objects: impl Stream<Item = Result<Arc<Object>>>) -> Result<()> {
        jobs(objects)
            .try_for_each_concurrent(FOLDER_READERS, |job| async move {
                match job {
                    Job::Run(objects) => self.read_run(objects).await,
                    Job::Large(object) => self.stream_large(object).await,
                }
            })
            .await
    }

    /// Keeps `in_flight` GETs under way and gathers what arrives into packs.
    async fn fetch_bucket(&self, objects: impl Stream<Item = Result<Arc<Object>>>, in_flight: usize) -> Result<()> {
        let fetched = objects
            .map_ok(|object| async move {
                if object.size > LARGE_BYTES {
                    self.stream_large(object).await?;
                    return Ok(None);
                }
                let permit = self.reserve(object.size).await?;
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
                self.counters.add_object(object.size);
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
        let permit = self.reserve(size).await?;
        let store = self.store.clone();
        let (objects, buffer, ranges) = tokio::task::spawn_blocking(move || {
            let mut buffer = Vec::with_capacity(usize::try_from(size).unwrap_or(PACK_BYTES));
            let ranges = store.read_into(&objects, &mut buffer);
            (objects, buffer, ranges)
        })
        .await
        .map_err(|error| Error::bug("a reading task failed").because(error))?;
        let buffer = Bytes::from(buffer);
        let mut pieces = Vec::with_capacity(objects.len());
        for (object, range) in objects.into_iter().zip(ranges?) {
            self.counters.add_object(object.size);
            pieces.push(Piece { object, bytes: buffer.slice(range), start: Start::Object });
        }
        self.send(Pack { pieces, permits: vec![permit] }).await
    }

    /// Sends a large object in parts that end at line ends. One that is compressed, or whose records
    /// do not stand line by line, can't be cut and is sent whole.
    async fn stream_large(&self, object: Arc<Object>) -> Result<()> {
        let _reading = self.large.acquire().await.map_err(closed)?;
        self.counters.add_object(object.size);
        let mut body = self.store.get_stream(&object);
        let mut waiting = Vec::with_capacity(PART_BYTES);
        fill(&mut body, &mut waiting, PART_BYTES).await?;
        let framing = match Compression::of_magic(&waiting) {
            Compression::None => Framing::detect(&waiting),
            _ => Framing::Values,
        };
        if framing == Framing::Values {
            let permit = self.reserve(object.size).await?;
            fill(&mut body, &mut waiting, usize::MAX).await?;
            let piece = Piece { object, bytes: waiting.into(), start: Start::Object };
            return self.send(Pack { pieces: vec![piece], permits: vec![permit] }).await;
        }
        let (mut line, mut byte, mut record) = (1, 0, 0);
        loop {
            // A line longer than a part makes the part longer, until its end is found.
            let mut wanted = PART_BYTES;
            fill(&mut body, &mut waiting, wanted).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            let mut end = memchr::memrchr(b'\n', &waiting);
            while end.is_none() && waiting.len() >= wanted {
                wanted = wanted.saturating_mul(2);
                fill(&mut body, &mut waiting, wanted).await?;
                end = memchr::memrchr(b'\n', &waiting);
            }
            let end = if waiting.len() < wanted { waiting.len() } else { end.map_or(waiting.len(), |end| end + 1) };
            let rest = waiting.split_off(end);
            let part = std::mem::replace(&mut waiting, rest);
            let start = Start::Part { framing, line, byte, record };
            if self.wanted.positions == Positions::Counted {
                record += Records::new(&part, framing, line, byte, 0).count() as u64;
            }
            line += memchr::memchr_iter(b'\n', &part).count() as u64;
            byte += part.len() as u64;
            let permit = self.reserve(part.len() as u64).await?;
            let piece = Piece { object: Arc::clone(&object), bytes: part.into(), start };
            self.send(Pack { pieces: vec![piece], permits: vec![permit] }).await?;
        }
    }

    /// Waits until `bytes` more may be fetched. One object takes at most half of the budget, so that
    /// packs under way can never wait for each other.
    async fn reserve(&self, bytes: u64) -> Result<OwnedSemaphorePermit> {
        let most = BUDGET_BYTES / 2 / PERMIT_BYTES;
        let permits = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(PERMIT_BYTES).clamp(1, most);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        Arc::clone(&self.budget).acquire_many_owned(permits).await.map_err(closed)
    }

    async fn send(&self, pack: Pack) -> Result<()> {
        self.sender.send(Ok(pack)).await.map_err(|_| Error::bug("packs were fetched for a statement that has ended"))
    }
}

/// The semaphores live as long as what waits for them.
fn closed(error: AcquireError) -> Error {
    Error::bug("a limit on reading was closed").because(error)
}

/// The objects of a selection, page after page as they are listed.
fn objects(selection: &Selection) -> impl Stream<Item = Result<Arc<Object>>> {
    stream::try_unfold((), move |()| async move { Ok::<_, Error>(selection.next().await?.map(|page| (page, ()))) })
        .map_ok(|page| stream::iter((0..page.len()).map(move |index| Ok(Arc::clone(&page[index])))))
        .try_flatten()
}

/// Groups small objects that follow each other into runs of about a pack.
fn jobs(objects: impl Stream<Item = Result<Arc<Object>>>) -> impl Stream<Item = Result<Job>> {
    let most = u64::try_from(PACK_BYTES).unwrap_or(u64::MAX);
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
            if object.size > LARGE_BYTES && run.is_empty() {
                return Ok(Some((Job::Large(object), (objects, None))));
            }
            if object.size > LARGE_BYTES || (!run.is_empty() && size + object.size > most) {
                return Ok(Some((Job::Run(run), (objects, Some(object)))));
            }
            // However small the files, a run is no more than a pack's worth of opening them.
            size += object.size.max(PERMIT_BYTES as u64);
            run.push(object);
        }
    })
}

/// Reads on until `waiting` holds `wanted` bytes or the body ends.
async fn fill(body: &mut BoxStream<'static, Result<Bytes>>, waiting: &mut Vec<u8>, wanted: usize) -> Result<()> {
    while waiting.len() < wanted {
        match body.try_next().await? {
            Some(bytes) => waiting.extend_from_slice(&bytes),
            None => break,
        }
    }
    Ok(())
}
