//! A pack: about a megabyte of fetched bytes, of one object or of many, on its way to a decoder.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use crate::json::Framing;
use crate::store::Object;
use std::sync::Arc;

/// Bytes of one object, or of a part of it that begins and ends between records.
#[derive(Debug)]
pub struct Piece {
    /// The object that the bytes are of.
    pub object: Arc<Object>,
    /// The bytes as stored; compressed ones only where the piece is the whole object.
    pub bytes: Bytes,
    /// Where the piece begins.
    pub start: Start,
}

/// Where a piece begins in its object.
#[derive(Clone, Copy, Debug)]
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
    },
}

/// Pieces that one decoder takes at once, and the share of the byte budget that they hold.
#[derive(Debug)]
pub struct Pack {
    /// The pieces, in key order where they were fetched in that order.
    pub pieces: Vec<Piece>,
    /// Given back to the feed's budget when the pack is dropped.
    pub permits: Vec<OwnedSemaphorePermit>,
}
