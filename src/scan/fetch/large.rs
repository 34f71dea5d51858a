//! Large objects: fetched in chunks ahead of the decoders, cut into parts that all of them share.
//!
//! Owns how many chunks of one object are on their way, and the thread that decompresses. Where a part
//! ends is `parts`', what is in flight altogether `budget`'s.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use bytes::{Buf, Bytes};
use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::budget::{Lane, PART_BYTES, Permit, closed};
use super::feed::Fetcher;
use super::inflate::Inflater;
use super::pack::{PACK_BYTES, Pack, Piece};
use super::parts::{Cutter, count_line_ends};
use crate::error::{Error, Result};
use crate::json::Framing;
use crate::landing::Compression;
use crate::store::{Object, StoreKind};

/// Ranges of one object that are asked for at once, as far as the budget goes.
const RANGES_AHEAD: usize = 8;

/// Bytes of a file in which line ends are counted as soon as they are read: they are in the core's own cache then.
const COUNTED_BYTES: usize = 512 << 10;

/// Some bytes of an object, in its order, and their share of the budget.
struct Chunk {
    bytes: Bytes,
    /// How many line ends they have, where somebody counted.
    line_ends: Option<u64>,
    permit: Permit,
}

/// Reads compressed chunks as they arrive, on a thread that may block; each holds its share of the budget
/// until the next one is needed.
struct ChunkReader {
    chunks: mpsc::Receiver<Chunk>,
    current: Option<Chunk>,
}

impl Fetcher {
    /// Sends a large object in parts that end between records: at line ends, unless records span lines.
    pub(super) async fn read_large(&self, object: Arc<Object>) -> Result<()> {
        let _reading = self.large.acquire().await.map_err(closed)?;
        self.count_object(&object);
        // What the name says decides nothing but the lane: the bytes tell.
        let extension = object.key.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let lane = match Compression::of_extension(&extension) {
            Some(Compression::Gzip | Compression::Zstd) => Lane::Inflating,
            Some(Compression::None) | None => Lane::Decoding,
        };
        let mut chunks = self.chunks(&object, lane);
        let Some(first) = chunks.try_next().await? else { return Ok(()) };
        match (Compression::of_magic(&first.bytes), lane) {
            (Compression::None, _) => {
                let chunks = stream::iter([Ok(first)]).chain(chunks).boxed();
                self.send_parts(object, chunks, &OnceLock::new()).await
            }
            (compression, Lane::Inflating) => {
                let chunks = stream::iter([Ok(first)]).chain(chunks).boxed();
                self.inflate(object, compression, chunks).await
            }
            (compression, Lane::Decoding) => {
                // Named as if it were plain. What waits for the lane of the decoders must hold nothing of it.
                drop((first, chunks));
                let chunks = self.chunks(&object, Lane::Inflating);
                self.inflate(object, compression, chunks).await
            }
        }
    }

    fn chunks(&self, object: &Arc<Object>, lane: Lane) -> BoxStream<'_, Result<Chunk>> {
        match self.store.kind() {
            StoreKind::Disk => self.pieces_of_file(Arc::clone(object), lane),
            StoreKind::S3 => self.ranges_of_object(Arc::clone(object), lane),
        }
    }

    /// A large file in buffers that are used again. It is read in order: one thread reads faster than the
    /// decoders decode, and a file whose name is given to another while it is read stays the same file.
    fn pieces_of_file(&self, object: Arc<Object>, lane: Lane) -> BoxStream<'_, Result<Chunk>> {
        let pieces = stream::try_unfold((None, false), move |(reader, is_read)| {
            let object = Arc::clone(&object);
            async move {
                if is_read {
                    return Ok(None);
                }
                let permit = self.budget.reserve(lane, PART_BYTES as u64).await?;
                let (store, mut buffer) = (self.store.clone(), self.budget.buffers().take());
                let read = tokio::task::spawn_blocking(move || {
                    let mut reader = match reader {
                        Some(reader) => reader,
                        None => store.open_file(&object)?,
                    };
                    // Those of compressed bytes are none.
                    let mut line_ends = (lane == Lane::Decoding).then_some(0_u64);
                    loop {
                        let before = buffer.len();
                        if reader.read_into(&mut buffer, COUNTED_BYTES)? == 0 {
                            break Ok::<_, Error>((reader, buffer, line_ends));
                        }
                        let read = buffer.get(before..).unwrap_or_default();
                        line_ends = line_ends.map(|line_ends| line_ends.saturating_add(count_line_ends(read)));
                    }
                });
                let (reader, buffer, line_ends) = read.await.map_err(reading_failed)??;
                // One that is full may have been filled by the last bytes there are.
                let (is_empty, is_read) = (buffer.is_empty(), buffer.len() < buffer.capacity());
                let chunk = Chunk { bytes: self.budget.buffers().lend(buffer), line_ends, permit };
                Ok::<_, Error>((!is_empty).then_some((chunk, (Some(reader), is_read))))
            }
        });
        pieces.boxed()
    }

    /// A large object in ranges that are asked for side by side.
    fn ranges_of_object(&self, object: Arc<Object>, lane: Lane) -> BoxStream<'_, Result<Chunk>> {
        let (size, step) = (object.size, self.store.range_bytes().max(1));
        let whole = Arc::clone(&object);
        let starts = (0..size.div_ceil(step)).map(move |number| number.saturating_mul(step));
        let chunks = stream::iter(starts)
            .then(move |start| async move {
                let range = start..start.saturating_add(step).min(size);
                let permit = self.budget.reserve(lane, range.end.saturating_sub(start)).await?;
                Ok::<_, Error>((range, permit))
            })
            .map_ok(move |(range, permit)| {
                let (store, requests) = (self.store.clone(), Arc::clone(&self.requests));
                let object = Arc::clone(&object);
                // A task of its own for the reason that whole objects have one.
                let get = SpawnedTask::spawn(async move {
                    let _request = requests.acquire_owned().await.map_err(closed)?;
                    if range == (0..object.size) {
                        store.get(&object).await
                    } else {
                        store.get_range(&object, range).await
                    }
                });
                async move { Ok(Chunk { bytes: get.await.map_err(reading_failed)??, line_ends: None, permit }) }
            })
            .try_buffered(RANGES_AHEAD);
        self.sealed(whole, chunks)
    }

    /// The chunks of an object as they come. Its end comes only where all of them together are what was stored: what
    /// was handed on before is worth nothing otherwise, and whoever has it is told by the error.
    fn sealed<'a>(
        &'a self,
        object: Arc<Object>,
        chunks: impl Stream<Item = Result<Chunk>> + Send + 'a,
    ) -> BoxStream<'a, Result<Chunk>> {
        if object.size <= self.store.range_bytes() {
            // It comes as a whole, and is held against what the service says of it by whoever asks for it.
            return chunks.boxed();
        }
        let store = self.store.clone();
        let asking = SpawnedTask::spawn(async move { store.seal(&object).await });
        let sealed = async move {
            let seal = asking.await.map_err(reading_failed)??;
            let chunks = stream::try_unfold((Box::pin(chunks), seal), |(mut chunks, mut seal)| async move {
                match (chunks.try_next().await?, &mut seal) {
                    (Some(chunk), Some(sealed)) => {
                        sealed.add(&chunk.bytes).await;
                        Ok(Some((chunk, (chunks, seal))))
                    }
                    (Some(chunk), None) => Ok(Some((chunk, (chunks, seal)))),
                    (None, _) => match seal {
                        Some(seal) => seal.check().await.map(|()| None),
                        None => Ok(None),
                    },
                }
            });
            Ok::<_, Error>(chunks)
        };
        stream::once(sealed).try_flatten().boxed()
    }

    /// Sends plain chunks as parts.
    /// `damage` is set at the end of the chunks where they are not all that the object holds.
    async fn send_parts(
        &self,
        object: Arc<Object>,
        mut chunks: BoxStream<'_, Result<Chunk>>,
        damage: &OnceLock<Arc<str>>,
    ) -> Result<()> {
        let mut cutter = None;
        while let Some(Chunk { bytes, line_ends, permit }) = chunks.try_next().await? {
            let begin = || self.cutter(&object, Framing::detect(&bytes));
            let pieces = cutter.get_or_insert_with(begin).push(&bytes, line_ends)?;
            self.send_pieces(pieces, &permit).await?;
        }
        let cutter = cutter.unwrap_or_else(|| self.cutter(&object, Framing::Lines));
        let rest: Vec<Piece> = match damage.get() {
            Some(reason) => cutter.damaged(Arc::clone(reason)).collect(),
            None => cutter.finish().collect(),
        };
        let permit =
            self.budget.reserve(Lane::Decoding, rest.iter().map(|piece| piece.bytes.len() as u64).sum()).await?;
        self.send(Pack { pieces: rest, permits: vec![permit] }).await
    }

    /// Sends the parts of one chunk, which hold its share of the budget together, as they share its bytes.
    async fn send_pieces(&self, pieces: Vec<Piece>, permit: &Permit) -> Result<()> {
        let mut pack = Vec::new();
        let mut bytes = 0_usize;
        let mut pieces = pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            bytes = bytes.saturating_add(piece.bytes.len());
            pack.push(piece);
            // A seam is one record; it goes with what follows it.
            if bytes >= PACK_BYTES || pieces.peek().is_none() {
                bytes = 0;
                self.send(Pack { pieces: std::mem::take(&mut pack), permits: vec![Arc::clone(permit)] }).await?;
            }
        }
        Ok(())
    }

    fn cutter(&self, object: &Arc<Object>, framing: Framing) -> Cutter {
        Cutter::new(Arc::clone(object), framing, self.limit.clone(), self.wanted.positions)
    }

    /// Decompresses chunks on a thread of their own and sends the plain ones.
    async fn inflate(
        &self,
        object: Arc<Object>,
        compression: Compression,
        mut compressed: BoxStream<'_, Result<Chunk>>,
    ) -> Result<()> {
        let (to_thread, chunks) = mpsc::channel(1);
        let (from_thread, mut inflated) = mpsc::channel(1);
        let (budget, limit, runtime) = (self.budget.clone(), self.limit.clone(), Handle::current());
        let source = Arc::clone(&object);
        let damage = Arc::new(OnceLock::new());
        let ended = Arc::clone(&damage);
        tokio::task::spawn_blocking(move || {
            let work = || -> Result<()> {
                let reader = ChunkReader { chunks, current: None };
                let mut inflater = Inflater::new(source, compression, reader, limit)?;
                loop {
                    let permit = runtime.block_on(budget.reserve(Lane::Decoding, PART_BYTES as u64))?;
                    let mut buffer = budget.buffers().take();
                    if inflater.fill(&mut buffer, PART_BYTES)? == 0 {
                        // It stands before the channel closes, which is when it is looked at.
                        inflater.damage().into_iter().for_each(|reason| drop(ended.set(reason)));
                        return Ok(());
                    }
                    let chunk = Chunk { bytes: budget.buffers().lend(buffer), line_ends: None, permit };
                    if from_thread.blocking_send(Ok(chunk)).is_err() {
                        return Ok(());
                    }
                }
            };
            if let Err(error) = work() {
                // Nobody listens any more where this fails.
                let _ = from_thread.blocking_send(Err(error));
            }
        });
        let (compared, is_compared) = oneshot::channel();
        let fetch = async move {
            let mut is_read = true;
            while let Some(chunk) = compressed.try_next().await? {
                // The thread is done at the first damage, and only all bytes together tell whether it came on the way.
                is_read = is_read && to_thread.send(chunk).await.is_ok();
            }
            drop(to_thread);
            // Nobody listens where the parts have failed.
            let _ = compared.send(());
            Ok::<_, Error>(())
        };
        // What the thread says of its input, be it that it is damaged or that it is cut short, counts only once the store
        // has said that this is what is stored. Its error ends both.
        let end = stream::once(async move {
            if is_compared.await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let plain = stream::poll_fn(move |context| inflated.poll_recv(context));
        let plain = plain.chain(end.filter_map(|()| async { None })).boxed();
        futures::try_join!(fetch, self.send_parts(object, plain, &damage)).map(|_| ())
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(chunk) = &mut self.current
                && chunk.bytes.has_remaining()
            {
                let length = buffer.len().min(chunk.bytes.remaining());
                if let Some(target) = buffer.get_mut(..length) {
                    chunk.bytes.copy_to_slice(target);
                }
                return Ok(length);
            }
            self.current = None;
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = Some(chunk),
                None => return Ok(0),
            }
        }
    }
}

/// A reading task panicked or was stopped.
fn reading_failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::bug("a reading task failed").because(error)
}
