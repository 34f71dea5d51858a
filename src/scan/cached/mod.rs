//! Rows that the cache holds: which objects need not be fetched, their rows, and keeping those of the others.
//!
//! Owns what one scan reads from the cache and puts into it. The files and their index are the cache's own. It must
//! not change an answer, nor what is told of an object: whatever the cache can't give is fetched.

mod caching;
mod coverage;
mod found;
mod ledger;
mod pruning;
mod recorder;
mod rows;

pub(super) use caching::{Caching, Keeping};
pub(super) use coverage::{Coverage, cover, set_flags, without};
pub(super) use found::Found;
pub(super) use pruning::RowPruning;
pub(super) use recorder::Recorder;
pub(super) use rows::{CachedBatch, CachedPiece, CachedRows, SegmentReading};
