//! A pack: about a megabyte of fetched bytes, of one object or of many, on its way to a decoder.

use std::sync::Arc;

use bytes::Bytes;

use super::budget::Permit;
use crate::cache::SegmentBytes;
use crate::json::Framing;
use crate::scan::cached::CachedRows;
use crate::store::Object;

/// Small objects are gathered up to this size, so that a decoder is handed work that is worth it.
pub const PACK_BYTES: usize = 1 << 20;
/// The byte budget is counted in kibibytes, because a semaphore counts in 32 bits.
pub const PERMIT_BYTES: usize = 1 << 10;

/// Bytes of one object, or of a part of it that begins and ends between records.
#[derive(Debug)]
pub struct Piece {
    /// The object that the bytes are of.
    pub object: Arc<Object>,
    /// The bytes as stored where the piece is the whole object; plain ones where it is a part.
    pub bytes: Bytes,
    /// Where the piece begins.
    pub start: Start,
}

/// Where a piece begins in its object.
#[derive(Clone, Debug)]
pub enum Start {
    /// At the object's first byte; the decoder finds out how its records are framed.
    Object,
    /// In the middle, after `line - 1` lines and `byte` bytes.
    Part {
        /// How the whole object is framed.
        framing: Framing,
        /// The number of the first line, from 1.
        line: u64,
        /// The offset of the first byte, from 0.
        byte: u64,
        /// How many records came before; 0 where no offset is asked for.
        record: u64,
    },
    /// Nowhere: the object, whose parts came before, ends here.
    End {
        /// The offset, from 0.
        byte: u64,
    },
    /// Nowhere: a line was passed over that is longer than a record may be, and the bytes are its beginning.
    Passed {
        /// Its number, from 1.
        line: u64,
        /// The offset of its first byte, from 0.
        byte: u64,
        /// How many records came before, as in a part.
        record: u64,
        /// Its bytes, without the line's end.
        length: u64,
        /// The offset of what comes after it.
        end: u64,
    },
    /// Nowhere: here the compressed object can't be decompressed any further, and the bytes are what was
    /// left of a line that is not whole.
    Damaged {
        /// The number of that line, from 1.
        line: u64,
        /// The offset of its first byte, from 0.
        byte: u64,
        /// What the decompressor says.
        reason: Arc<str>,
    },
}

impl Start {
    /// The offset at which it is.
    pub fn byte(&self) -> u64 {
        match self {
            Start::Object => 0,
            Start::Part { byte, .. }
            | Start::End { byte }
            | Start::Passed { byte, .. }
            | Start::Damaged { byte, .. } => *byte,
        }
    }
}

/// Pieces that one decoder takes at once, and the share of the byte budget that they hold.
#[derive(Debug)]
pub struct Pack {
    /// The pieces, in key order where they were fetched in that order.
    pub pieces: Vec<Piece>,
    /// Given back to the feed's budget when the pack is dropped.
    #[expect(dead_code, reason = "it is held, not read")]
    pub permits: Vec<Permit>,
}

/// What a decoder takes from a feed.
pub enum Load {
    /// Bytes of objects.
    Pack(Pack),
    /// Rows that the cache holds, with the bytes of their file that they need.
    Cached {
        /// Whose rows.
        rows: Box<CachedRows>,
        /// Their bytes.
        bytes: SegmentBytes,
    },
}

/// Small objects on their way into one pack.
#[derive(Debug, Default)]
pub struct Gathering {
    pieces: Vec<Piece>,
    permits: Vec<Permit>,
    held: usize,
}

impl Gathering {
    /// Adds an object; the pack once it is large enough.
    pub fn add(&mut self, piece: Piece, permit: Permit) -> Option<Pack> {
        // By the budget that it holds: a pack of empty objects must be sent, too.
        self.held = self.held.saturating_add(piece.bytes.len().max(PERMIT_BYTES));
        self.pieces.push(piece);
        self.permits.push(permit);
        if self.held >= PACK_BYTES { self.rest() } else { None }
    }

    /// What was gathered since the last pack, if anything.
    pub fn rest(&mut self) -> Option<Pack> {
        let Gathering { pieces, permits, .. } = std::mem::take(self);
        (!pieces.is_empty()).then_some(Pack { pieces, permits })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    #[test]
    fn a_pack_of_empty_objects_never_holds_the_whole_budget() {
        let budget = Arc::new(Semaphore::new(1 << 16));
        let object = Arc::new(Object { key: "a.json".into(), size: 0, modified: Default::default(), etag: None });
        let mut gathering = Gathering::default();
        let mut packs = Vec::new();
        for _ in 0..70_000 {
            // Without a pack that is sent and decoded, there would be no permit left at last.
            if budget.available_permits() == 0 {
                packs.clear();
            }
            let permit = Arc::new(Arc::clone(&budget).try_acquire_owned().unwrap());
            let piece = Piece { object: Arc::clone(&object), bytes: Bytes::new(), start: Start::Object };
            packs.extend(gathering.add(piece, permit));
        }
        assert!(packs.iter().all(|pack| pack.pieces.len() == PACK_BYTES / PERMIT_BYTES));
        assert_eq!(gathering.rest().map(|pack| pack.pieces.len()), Some(70_000 % (PACK_BYTES / PERMIT_BYTES)));
        assert!(gathering.rest().is_none());
    }
}
