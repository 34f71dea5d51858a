//! How many bytes a feed may have fetched that nobody has decoded yet, and the buffers that it reads files into.
//!
//! Owns the two limits of a feed and the buffers that go round. It must not read anything.
//!
//! There are two lanes, because what is decompressed waits for the second while it holds what it has of the
//! first: with one for both, objects could hold all of it and wait for each other for ever.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::pack::{PACK_BYTES, PERMIT_BYTES};
use crate::error::{Error, Result};
use crate::store::StoreKind;

/// The size of a part of a large object, and of the buffers that go round.
pub const PART_BYTES: usize = 2 << 20;

/// A share of the budget, given back when the last holder drops it.
pub type Permit = Arc<OwnedSemaphorePermit>;

/// What bytes are reserved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Bytes that go to a decoder.
    Decoding,
    /// Bytes of a large object that are decompressed on their way.
    Inflating,
}

/// The byte budget of one feed.
#[derive(Clone, Debug)]
pub struct Budget {
    decoding: Arc<Semaphore>,
    inflating: Arc<Semaphore>,
    decoding_kib: usize,
    inflating_kib: usize,
    buffers: Buffers,
}

/// Buffers of one feed that are used again: fresh ones of this size, made on one thread and dropped on another, leave
/// an allocator with far more memory than is ever in use, or cost a fault for each of their pages.
#[derive(Clone, Debug)]
pub struct Buffers {
    free: Arc<Mutex<Vec<Vec<u8>>>>,
    most: usize,
}

/// A buffer that goes back to where it came from.
struct Lent {
    bytes: Vec<u8>,
    buffers: Buffers,
}

impl Budget {
    /// The budget of a scan of that kind of store with so many decoders, each of which is to have a part at
    /// hand, one that waits and one on its way. A disk is read as fast as memory, so that more is of no use;
    /// over a network, bytes in flight hide its latency, as far as the session's memory limit has room for them: they
    /// stand beside what is counted there, and several scans may run at once.
    pub fn of_scan(kind: StoreKind, decoders: usize, memory_limit: u64) -> Budget {
        let parts = decoders.saturating_mul(3).saturating_mul(PART_BYTES);
        let share = |of: u64| usize::try_from(memory_limit / of).unwrap_or(usize::MAX);
        match kind {
            StoreKind::Disk => Budget::new(parts.max(8 << 20), 8 << 20),
            StoreKind::S3 => {
                Budget::new(share(16).clamp(8 << 20, 48 << 20).max(parts), share(32).clamp(4 << 20, 16 << 20))
            }
        }
    }

    fn new(decoding: usize, inflating: usize) -> Budget {
        let (decoding_kib, inflating_kib) = (decoding / PERMIT_BYTES, inflating / PERMIT_BYTES);
        Budget {
            decoding: Arc::new(Semaphore::new(decoding_kib)),
            inflating: Arc::new(Semaphore::new(inflating_kib)),
            decoding_kib,
            inflating_kib,
            // A run of small files is about a pack, and has one of its own.
            buffers: Buffers::new(decoding / PACK_BYTES),
        }
    }

    /// Waits until `bytes` more may be fetched. One reservation takes at most half of a lane, so that packs
    /// under way can never wait for each other.
    pub async fn reserve(&self, lane: Lane, bytes: u64) -> Result<Permit> {
        let (semaphore, kib) = match lane {
            Lane::Decoding => (&self.decoding, self.decoding_kib),
            Lane::Inflating => (&self.inflating, self.inflating_kib),
        };
        let wanted = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(PERMIT_BYTES);
        let permits = u32::try_from(wanted.clamp(1, (kib / 2).max(1))).unwrap_or(u32::MAX);
        Arc::clone(semaphore).acquire_many_owned(permits).await.map(Arc::new).map_err(closed)
    }

    /// Waits until everything that was fetched has been decoded: each pack gives its share back then.
    pub async fn all_given_back(&self) -> Result<()> {
        for (lane, kib) in [(&self.inflating, self.inflating_kib), (&self.decoding, self.decoding_kib)] {
            drop(lane.acquire_many(u32::try_from(kib).unwrap_or(u32::MAX)).await.map_err(closed)?);
        }
        Ok(())
    }

    /// The buffers that go round.
    pub fn buffers(&self) -> &Buffers {
        &self.buffers
    }
}

impl Buffers {
    /// So many are kept at most.
    pub fn new(most: usize) -> Buffers {
        Buffers { free: Arc::default(), most }
    }

    /// An empty buffer with room for a part.
    pub fn take(&self) -> Vec<u8> {
        self.lock().pop().unwrap_or_else(|| Vec::with_capacity(PART_BYTES))
    }

    /// The filled buffer as bytes, whose last holder gives it back.
    pub fn lend(&self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent { bytes, buffers: self.clone() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut free = self.buffers.lock();
        // One that has grown is not kept: the next reader might need as little as ever.
        if bytes.capacity() == PART_BYTES && free.len() < self.buffers.most {
            free.push(bytes);
        }
    }
}

/// The semaphores live as long as what waits for them.
pub fn closed(error: AcquireError) -> Error {
    Error::bug("a limit on reading was closed").because(error)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn one_reservation_takes_at_most_half() {
        let budget = Budget::new(8 << 20, 4 << 20);
        let reserve = |lane, bytes| budget.reserve(lane, bytes).now_or_never().transpose().unwrap();
        let held = [reserve(Lane::Decoding, u64::MAX), reserve(Lane::Decoding, 4 << 20)];
        assert!(held.iter().all(Option::is_some));
        assert!(reserve(Lane::Decoding, 1).is_none(), "the lane is full");
        assert!(reserve(Lane::Inflating, 1).is_some(), "the other is not");
        drop(held);
        assert!(reserve(Lane::Decoding, 0).is_some());
    }

    #[test]
    fn every_decoder_can_have_a_part() {
        for decoders in [1, 2, 64] {
            for (kind, limit) in [(StoreKind::Disk, 1 << 40), (StoreKind::S3, 1 << 40), (StoreKind::S3, 1 << 20)] {
                let budget = Budget::of_scan(kind, decoders, limit);
                let part = || budget.reserve(Lane::Decoding, PART_BYTES as u64).now_or_never();
                let held: Vec<_> = std::iter::from_fn(part).collect();
                assert!(held.len() > decoders * 2, "{decoders} decoders of {kind:?}");
            }
        }
    }

    #[test]
    fn buffers_go_round_and_grown_ones_do_not() {
        let buffers = Buffers::new(4);
        let mut buffer = buffers.take();
        buffer.extend_from_slice(b"abc");
        let place = buffer.as_ptr();
        let bytes = buffers.lend(buffer);
        let part = bytes.slice(1..);
        drop(bytes);
        assert!(buffers.lock().is_empty(), "a part of it is still held");
        assert_eq!(part, "bc");
        drop(part);
        let again = buffers.take();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        drop(buffers.lend(Vec::with_capacity(PART_BYTES * 2)));
        assert!(buffers.lock().is_empty());
    }
}
